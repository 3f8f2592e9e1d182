import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.options import NOTHING
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes import images as made
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.layouts import write_layout
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import FakeRegistry
from tests.fakes.secrets import env_file, token

LAYERS = (layer(debian(), dpkg(openssl="3.0.11-1", bash="5.2-1")), layer(made.python("jinja2", "3.0")))
HIGH = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]
TIME = "2024-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()
    with registry.running():
        yield registry


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Write settings with a mirror of a few advisories."""
    mirror = Mirror()
    openssl = record("CVE-2024-1", TIME, ("Debian:12", "openssl"), fixed="3.0.12-1", severity=HIGH)
    mirror.put("Debian", openssl, record("CVE-2024-2", TIME, ("Debian:12", "bash"), fixed="9"))
    mirror.put("PyPI", record("GHSA-1", TIME, ("PyPI", "jinja2")).replace(b', {"fixed": "2.0"}', b""))
    mirror.write(tmp_path / "osv")
    file = tmp_path / "settings.toml"
    file.write_text(f'[advisories]\nosv.url = "{(tmp_path / "osv").as_uri()}"\n')
    return file


def scan(settings: Path, *args: str) -> Ran:
    return cleanbill(settings.parent / "cache", "--config", str(settings), "image", *args)


def vulnerabilities(ran: Ran) -> list[str]:
    report: dict[str, Any] = json.loads(ran.out)
    results = report.get("Results", [])
    return sorted(each["VulnerabilityID"] for part in results for each in part.get("Vulnerabilities") or [])


def test_an_image_of_a_registry_as_table(settings: Path, registry: FakeRegistry) -> None:
    push(registry, "team/app", "1.0", *LAYERS)
    ran = scan(settings, f"{registry.host}/team/app:1.0")
    assert (ran.code, ran.err) == (0, "")
    for part in ("team/app:1.0", "openssl", "CVE-2024-1", "HIGH", "3.0.12-1", "jinja2"):
        assert part in ran.out


def test_as_json_and_again_without_a_blob(settings: Path, registry: FakeRegistry) -> None:
    image = push(registry, "team/app", "1.0", *LAYERS)
    first = scan(settings, "--format", "json", f"{registry.host}/team/app:1.0")
    registry.requests.clear()
    again = scan(settings, "--format", "json", f"{registry.host}/team/app@{image.digest}")
    assert vulnerabilities(first) == vulnerabilities(again) == ["CVE-2024-1", "CVE-2024-2", "GHSA-1"]
    assert [(each.method, each.path) for each in registry.requests] == [
        ("HEAD", f"/v2/team/app/manifests/{image.digest}")
    ]
    assert json.loads(again.out)["Metadata"]["ImageID"] == image.config_digest


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--severity", "HIGH,CRITICAL"], ["CVE-2024-1"]),
        (["-s", "low"], []),
        (["--ignore-unfixed"], ["CVE-2024-1", "CVE-2024-2"]),
        (["--skip-db-update"], []),
        (["--offline-scan"], []),
        (["--scanners", "vuln"], ["CVE-2024-1", "CVE-2024-2", "GHSA-1"]),
        (["--scanners", "none"], []),
    ],
)
def test_what_is_shown(
    settings: Path, registry: FakeRegistry, options: list[str], expected: list[str]
) -> None:
    push(registry, "team/app", "1.0", *LAYERS)
    ran = scan(settings, "-f", "json", "--exit-code", "5", *options, f"{registry.host}/team/app:1.0")
    assert vulnerabilities(ran) == expected
    unmatched = {"--skip-db-update", "--offline-scan"}.isdisjoint(options)
    assert ran.code == (5 if expected else 0 if unmatched else 3)


def entries(ran: Ran, key: str) -> list[dict[str, Any]]:
    """Return the "Secrets", "Licenses" or "Misconfigurations" of all results."""
    report: dict[str, Any] = json.loads(ran.out)
    return [each for part in report.get("Results", []) for each in part.get(key) or []]


def test_a_secret_is_found_in_its_layer_and_shown_to_nobody(settings: Path, registry: FakeRegistry) -> None:
    image = push(registry, "team/keys", "1", LAYERS[1], layer({"srv/.env": env_file()}))
    name = f"{registry.host}/team/keys:1"
    ran = scan(settings, "-f", "json", "--scanners", "secret", "--exit-code", "5", name)
    (secret,) = entries(ran, "Secrets")
    assert (ran.code, secret["RuleID"], secret["Severity"], secret["StartLine"]) == (
        *(5, "github-pat", "CRITICAL"),
        2,
    )
    assert secret["Layer"]["CreatedBy"] == "RUN step 1"
    assert secret["Layer"]["Digest"] == json.loads(image.body)["layers"][1]["digest"]
    (result,) = (each for each in json.loads(ran.out)["Results"] if each["Class"] == "secret")
    assert result["Target"] == "/srv/.env"
    assert token().decode() not in ran.out
    # Nobody asked for advisories.
    assert vulnerabilities(ran) == []
    table = scan(settings, name)
    for part in ("srv/.env: 1 secret", "github-pat", ": RUN step 1", "1 secret."):
        assert part in table.out, part
    assert "GHSA-1" in table.out
    assert token().decode() not in table.out


def test_a_secret_that_a_later_layer_deletes_is_told(settings: Path, registry: FakeRegistry) -> None:
    push(registry, "gone", "1", layer({"srv/.env": env_file()}), layer(made.whiteout("srv/.env")))
    ran = scan(settings, "-f", "json", "--exit-code", "5", f"{registry.host}/gone:1")
    (secret,) = entries(ran, "Secrets")
    assert (ran.code, secret["Deleted"], secret["Layer"]["CreatedBy"]) == (5, True, "RUN step 0")
    table = scan(settings, f"{registry.host}/gone:1")
    assert "a later layer deletes the file, but it is still in the image" in table.out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 5),
        (["--scanners", "vuln"], 0),
        (["--scanners", "secret", "-s", "LOW"], 0),
        (["--scanners", "secret", "-s", "CRITICAL"], 5),
        (["--scanners", "license"], 0),
        (["--format", "cyclonedx"], 0),
    ],
)
def test_the_exit_code_is_for_secrets_that_were_asked_for(
    settings: Path, registry: FakeRegistry, options: list[str], code: int
) -> None:
    push(registry, "keys", "1", layer({"srv/.env": env_file()}))
    assert scan(settings, "--exit-code", "5", f"{registry.host}/keys:1").code == 5
    # What another scan has found is not told to those who did not ask.
    assert scan(settings, "--exit-code", "5", *options, f"{registry.host}/keys:1").code == code


@pytest.mark.parametrize(
    ("scanners", "secrets", "checks"),
    [("secret", ["github-pat"], False), ("misconfig", [], True), ("misconfig,secret", ["github-pat"], True)],
)
def test_what_the_configuration_of_an_image_holds(
    settings: Path, registry: FakeRegistry, scanners: str, secrets: list[str], *, checks: bool
) -> None:
    config = {"Env": [f"GITHUB_TOKEN={token().decode()}"]}
    push(registry, "env", "1", layer(debian()), config=config)
    options = ("-f", "json", "--scanners", "vuln", "--image-config-scanners", scanners)
    ran = scan(settings, *options, "--exit-code", "5", f"{registry.host}/env:1")
    assert ran.code == 5
    assert [each["RuleID"] for each in entries(ran, "Secrets")] == secrets
    failed = {each["ID"] for each in entries(ran, "Misconfigurations")}
    assert ("DS-0002" in failed) == checks
    found = [
        each for part in ("Results",) for each in json.loads(ran.out)[part] if each["Class"] != "os-pkgs"
    ]
    assert {each["Target"] for each in found} == {f"{registry.host}/env:1"}
    assert token().decode() not in json.dumps(found)


def test_licences_of_packages(settings: Path, registry: FakeRegistry) -> None:
    terms = b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
    terms += b"Files: *\nCopyright: somebody\nLicense: GPL-3+\n"
    push(registry, "free", "1", LAYERS[0], layer({"usr/share/doc/bash/copyright": terms}))
    ran = scan(settings, "-f", "json", "--scanners", "license", f"{registry.host}/free:1")
    (found,) = entries(ran, "Licenses")
    assert (found["Name"], found["PkgName"], found["Category"], found["Severity"]) == (
        *("GPL-3.0-or-later", "bash"),
        *("restricted", "HIGH"),
    )
    options = ("-f", "json", "--scanners", "license", "--ignored-licenses", "GPL-3.0-or-later")
    ran = scan(settings, *options, "--exit-code", "5", f"{registry.host}/free:1")
    assert (ran.code, entries(ran, "Licenses")) == (0, [])


def test_licences_of_files_are_for_those_who_ask(settings: Path, registry: FakeRegistry) -> None:
    header = b"// SPDX-License-Identifier: Apache-2.0\nint main(void) { return 0; }\n"
    push(registry, "headers", "1", layer({"srv/main.c": header}))
    name = f"{registry.host}/headers:1"
    plain = scan(settings, "-f", "json", "--scanners", "license", name)
    assert entries(plain, "Licenses") == []
    full = scan(settings, "-f", "json", "--scanners", "license", "--license-full", name)
    (found,) = entries(full, "Licenses")
    assert (found["Name"], found["FilePath"]) == ("Apache-2.0", "srv/main.c")


def test_rules_of_the_users_own(settings: Path, registry: FakeRegistry, tmp_path: Path) -> None:
    push(registry, "own", "1", layer({"srv/.env": env_file() + b"OWN=own_" + b"7c2e" + b"91d4\n"}))
    name = f"{registry.host}/own:1"
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules:\n- {id: own-token, category: Own, title: Own, severity: LOW, regex: 'own_[0-9a-f]{8}'}\n"
        "disable-rules: [github-pat]\n"
    )

    def found(*options: str) -> list[str]:
        ran = scan(settings, "-f", "json", "--scanners", "secret", *options, name)
        return sorted(each["RuleID"] for each in entries(ran, "Secrets"))

    assert found() == ["github-pat"]
    assert found("--secret-config", str(rules)) == ["own-token"]
    assert found() == ["github-pat"]
    rules.write_text("disable-rules: [nope]\n")
    ran = scan(settings, "--scanners", "secret", "--secret-config", str(rules), name)
    assert f"cleanbill: {rules}: disable-rules: no rule is called 'nope'\n" in ran.err
    rules.write_text("rules: 7\n")
    ran = scan(settings, "--secret-config", str(rules), name)
    assert (ran.code, ran.out) == (NOTHING, "")
    assert "rules.yaml" in ran.err


def test_a_plain_sbom_asks_for_no_advisories(settings: Path, registry: FakeRegistry) -> None:
    push(registry, "team/app", "1.0", *LAYERS)
    plain = scan(settings, "--format", "cyclonedx", f"{registry.host}/team/app:1.0")
    sbom = json.loads(plain.out)
    names = {component["name"] for component in sbom["components"]}
    assert (plain.code, sbom["specVersion"], {"openssl", "jinja2"} <= names) == (0, "1.6", True)
    assert "vulnerabilities" not in sbom
    full = scan(settings, "-f", "cyclonedx", "--scanners", "vuln", f"{registry.host}/team/app:1.0")
    assert len(json.loads(full.out)["vulnerabilities"]) == 3


def test_a_layout_by_tag_by_digest_and_alone(settings: Path, tmp_path: Path) -> None:
    held = FakeRegistry()
    one, two = push(held, "x", "one", *LAYERS), push(held, "x", "two", LAYERS[0])
    write_layout(tmp_path / "both", held, {"one": one, "two": two})
    write_layout(tmp_path / "alone", held, {"": two})
    for place, expected in (
        (f"{tmp_path}/both:one", one),
        (f"{tmp_path}/both@{two.digest}", two),
        (f"{tmp_path}/alone", two),
    ):
        ran = scan(settings, "--input", place, "--format", "json")
        report = json.loads(ran.out)
        assert (ran.code, report["ArtifactName"]) == (0, place)
        assert report["Metadata"]["ImageID"] == expected.config_digest


def test_the_image_of_the_platform_asked_for(settings: Path, registry: FakeRegistry) -> None:
    arm = push(registry, "multi", "", layer(debian("13")), architecture="arm64", variant="v8")
    amd = push(registry, "multi", "", *LAYERS)
    registry.push_index("multi", "1", [made.entry(arm, "linux/arm64/v8"), made.entry(amd, "linux/amd64")])
    name = f"{registry.host}/multi:1"
    chosen = {
        platform: json.loads(scan(settings, "-f", "json", "--platform", platform, name).out)["Metadata"][
            "ImageID"
        ]
        for platform in ("linux/amd64", "linux/arm64", "linux/arm64/v8")
    }
    assert list(chosen.values()) == [amd.config_digest, arm.config_digest, arm.config_digest]
    ran = scan(settings, "--platform", "linux/s390x", name)
    assert (ran.code, ran.out) == (4, "")
    assert "no image for 'linux/s390x' in the index; it holds linux/amd64, linux/arm64/v8" in ran.err


def test_a_platform_that_is_not_there_is_told_before_the_others_are_read(
    settings: Path, registry: FakeRegistry
) -> None:
    images = [push(registry, "unread", "", *LAYERS, architecture=each) for each in ("amd64", "arm64")]
    entries = zip(images, ("linux/amd64", "linux/arm64"), strict=True)
    registry.push_index("unread", "1", [made.entry(image, platform) for image, platform in entries])
    ran = scan(settings, "--platform", "linux/s390x", f"{registry.host}/unread:1")
    assert (ran.code, "it holds linux/amd64, linux/arm64" in ran.err) == (4, True)
    assert not [path for path in registry.paths("GET") if path.startswith("/v2/unread/blobs/")]
    assert scan(settings, "-f", "json", "--platform", "linux/arm64", f"{registry.host}/unread:1").code in {
        0,
        3,
    }


def test_variants_that_only_one_side_names(settings: Path, registry: FakeRegistry) -> None:
    plain, old, new = (
        push(registry, "multi", "", layer(debian(release)), architecture="arm", variant=variant)
        for release, variant in (("11", ""), ("12", "v6"), ("13", "v7"))
    )
    entries = [
        made.entry(plain, "linux/arm"),
        made.entry(old, "linux/arm/v6"),
        made.entry(new, "linux/arm/v7"),
    ]
    registry.push_index("multi", "all", entries)
    registry.push_index("multi", "plain", entries[:1])

    def image_id(tag: str, platform: str) -> str:
        ran = scan(settings, "-f", "json", "--platform", platform, f"{registry.host}/multi:{tag}")
        return str(json.loads(ran.out)["Metadata"]["ImageID"])

    assert image_id("all", "linux/arm/v7") == new.config_digest
    assert image_id("all", "linux/arm") == plain.config_digest
    assert image_id("plain", "linux/arm/v7") == plain.config_digest


def test_an_image_for_another_platform_is_said_to_be_one(settings: Path, registry: FakeRegistry) -> None:
    push(registry, "arm", "1", *LAYERS, architecture="arm64")
    ran = scan(settings, f"{registry.host}/arm:1")
    assert (ran.code, ran.err) == (
        0,
        "cleanbill: the image is for linux/arm64; there is none for linux/amd64\n",
    )


def test_the_report_goes_where_it_is_told(settings: Path, registry: FakeRegistry, tmp_path: Path) -> None:
    push(registry, "team/app", "1.0", *LAYERS)
    ran = scan(settings, "-f", "json", "-o", str(tmp_path / "r.json"), f"{registry.host}/team/app:1.0")
    assert (ran.code, ran.out) == (0, "")
    assert json.loads((tmp_path / "r.json").read_text())["ArtifactName"].endswith("team/app:1.0")
    ran = scan(settings, "-o", str(tmp_path / "none/r"), f"{registry.host}/team/app:1.0")
    assert (ran.code, ran.err) == (4, f"cleanbill: --output {tmp_path}/none/r: there is no such directory\n")


def test_a_feed_that_cannot_be_had_is_told_and_counts(settings: Path, registry: FakeRegistry) -> None:
    push(registry, "wolf", "1", layer(made.alpine(), made.apk(musl="1.2-r0")))
    ran = scan(settings, f"{registry.host}/wolf:1")
    assert ran.code == 3
    assert re.search(r"cleanbill: advisories of Alpine: file:.*: has no Alpine: expected OSV", ran.err)
    quiet = cleanbill(
        settings.parent / "other", "--quiet", "--config", str(settings), "image", f"{registry.host}/wolf:1"
    )
    assert (quiet.code, quiet.err) == (3, "")


def test_content_that_is_not_what_the_configuration_names_is_told(
    settings: Path, registry: FakeRegistry
) -> None:
    rootfs = {"type": "layers", "diff_ids": [made.diff_id(LAYERS[1]), made.diff_id(LAYERS[1])]}
    push(registry, "odd", "1", *LAYERS, rootfs=rootfs)
    ran = scan(settings, "-f", "json", f"{registry.host}/odd:1")
    assert ran.code == 3
    assert f"layer 0: content {made.diff_id(LAYERS[0])}" in ran.out
    push(registry, "odd", "2", *LAYERS, rootfs={"type": "layers", "diff_ids": []})
    assert "config.rootfs.diff_ids: 0 for 2 layers" in scan(settings, f"{registry.host}/odd:2").out


WRONG = {
    "no such image": ("{host}/team/none:1", 4, r"team/none:1: not found"),
    "not an image": ("{host}/chart:1", 4, "{host}/chart:1: not an image but a helm chart"),
    "broken": ("{host}/broken:1", 4, "{host}/broken:1: manifest: expected JSON"),
    "bad name": ("UPPER/App:1", 2, "'UPPER/App:1'"),
    "bad digest": ("{host}/app@sha256:12", 2, "sha256:12"),
    "plain http": ("http://registry.test/app", 2, "http"),
}


@pytest.mark.parametrize(("name", "code", "sentence"), WRONG.values(), ids=WRONG)
def test_wrong_input_is_one_sentence(
    settings: Path, registry: FakeRegistry, name: str, code: int, sentence: str
) -> None:
    made.push_chart(registry, "chart", "1")
    registry.push_manifest("broken", "1", b"<html>")
    ran = scan(settings, name.format(host=registry.host))
    assert (ran.code, ran.out) == (code, "")
    assert re.fullmatch(
        rf"cleanbill: [^\n]*{re.escape(sentence.format(host=registry.host))}[^\n]*\n", ran.err
    ), ran.err


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ([""], "'': expected the NAME of an image, such as alpine:3.20"),
        (["--input", ""], "'--input': expected a path, got an empty one"),
        ([], "expected either the NAME of an image or --input PATH"),
        (["a", "--input", "b"], "expected either the NAME of an image or --input PATH"),
        (["a", "--severity", "AWFUL"], "'AWFUL': expected some of"),
        (["a", "--scanners", "virus"], "'virus': expected some of vuln,"),
        (["a", "--format", "xml"], "'xml' is not one of"),
    ],
)
def test_wrong_usage(settings: Path, args: list[str], sentence: str) -> None:
    ran = scan(settings, *args)
    assert (ran.code, ran.out, sentence in ran.err) == (2, "", True)


ARCHIVE = "expected an archive of an OCI image layout or of docker save"
LAYOUT = "oci-layout and index.json of an OCI image layout, or manifest.json of docker save"
NO_IMAGE = f"holds no image: expected {LAYOUT}"
ABSENT = f"sha256:{'a' * 64}"
INPUTS = {
    "": (4, f": {NO_IMAGE}"),
    "/nothing": (
        4,
        "/nothing: not found, expected an OCI image layout, or an archive of one or of docker save",
    ),
    "/empty": (4, f"/empty: {NO_IMAGE}"),
    "/file": (4, f"/file: empty: {ARCHIVE}"),
    "/text": (4, f"/text: not a tar archive, nor one packed with gzip or zstd: {ARCHIVE}"),
    "/layout": (2, "/layout: expected a tag or digest of one of: one, two"),
    "/layout:three": (4, "/layout: no image 'three'; it holds one, two"),
    f"/layout@{ABSENT}": (4, f"/layout: no image '{ABSENT}'; it holds one, two"),
    "/layout@sha256:aaaa": (2, "/layout@sha256:aaaa: expected 64 lower-case hex digits, got 'aaaa'"),
}


@pytest.mark.parametrize("place", INPUTS)
def test_an_input_that_cannot_be_is_one_sentence(settings: Path, tmp_path: Path, place: str) -> None:
    code, sentence = INPUTS[place]
    held = FakeRegistry()
    images = {tag: push(held, "x", tag, *LAYERS[:number]) for number, tag in ((1, "one"), (2, "two"))}
    write_layout(tmp_path / "layout", held, images)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "text").write_text("FROM scratch\n")
    ran = scan(settings, "--input", f"{tmp_path}{place}")
    assert (ran.code, ran.out, ran.err) == (code, "", f"cleanbill: --input {tmp_path}{sentence}\n")


def test_a_failed_image_is_tried_again_at_once(settings: Path, registry: FakeRegistry) -> None:
    image = push(registry, "flaky", "1", LAYERS[0])
    config = registry.blobs.pop(image.config_digest)
    assert scan(settings, f"{registry.host}/flaky:1").code == 4
    registry.push_blob(config)
    assert scan(settings, f"{registry.host}/flaky:1").code == 0


def test_no_registry_gives_orders_to_the_terminal(settings: Path, registry: FakeRegistry) -> None:
    pushed = [push(registry, "evil", "", layer(dpkg(evil=f"{number}"))) for number in range(2)]
    registry.push_index("evil", "1", [made.entry(image, "\x1b[2Jos/a") for image in pushed])
    ran = scan(settings, f"{registry.host}/evil:1")
    assert (ran.code, "\x1b" in ran.err, r"\x1b[2Jos/" in ran.err) == (NOTHING, False, True)

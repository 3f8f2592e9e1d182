import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.attached import ELSEWHERE
from crawler.cli.options import DONE, INCOMPLETE, NOTHING, USAGE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.images import debian, dpkg, entry, layer, push
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST, Canned, FakeRegistry, digest_of

TIME = "2024-01-01T00:00:00Z"
KEY = "AKIA" + "Z7QXW2RT5MNB4KLC"
LAYER = layer(debian(), dpkg(openssl="3.0.11-1", bash="5.2-1"), {"srv/app.env": f"AWS_KEY={KEY}\n".encode()})
BOTH = ["CVE-2024-1", "CVE-2024-2"]
NAMES = ("openssl", "bash")
SECRET = "aws-access-key-id"
DSSE = "application/vnd.dsse.envelope.v1+json"
OPENVEX = "application/vnd.openvex+json"


@pytest.fixture(scope="module")
def registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()
    with registry.running():
        push(registry, "team/app", "1.0", LAYER)
        yield registry


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Have a mirror of two advisories and a store that all tests share."""
    folder = tmp_path_factory.mktemp("ignoring")
    mirror = Mirror()
    mirror.put(
        "Debian",
        *(record(id_, TIME, ("Debian:12", name), fixed="9") for id_, name in zip(BOTH, NAMES, strict=True)),
    )
    mirror.write(folder / "osv")
    return folder


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Work in an empty folder with settings."""
    monkeypatch.chdir(tmp_path)
    settled(folder)
    return tmp_path


def settled(folder: Path, text: str = "") -> None:
    Path("cleanbill.toml").write_text(f'[advisories]\nosv.url = "{(folder / "osv").as_uri()}"\n{text}')


def scan(folder: Path, registry: FakeRegistry, *args: str, format: str = "json") -> Ran:  # noqa: A002 - the option
    named = [] if any(each.startswith("team/") for each in args) else ["team/app:1.0"]
    options = [f"{registry.host}/{each}" if each.startswith("team/") else each for each in (*args, *named)]
    return cleanbill(folder / "cache", "image", "--image-src", "remote", "--format", format, *options)


def results(ran: Ran) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran.out).get("Results", [])
    return found


def left(ran: Ran) -> list[str]:
    vulnerabilities = [
        each["VulnerabilityID"] for part in results(ran) for each in part.get("Vulnerabilities", [])
    ]
    secrets = [each["RuleID"] for part in results(ran) for each in part.get("Secrets", [])]
    return sorted((*vulnerabilities, *secrets))


def hidden(ran: Ran) -> list[dict[str, Any]]:
    return [each for part in results(ran) for each in part.get("ExperimentalModifiedFindings", [])]


def openvex(status: str, product: str, **more: object) -> dict[str, object]:
    statement = {"vulnerability": {"name": "CVE-2024-1"}, "products": [{"@id": product}], "status": status}
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.com/vex/1",
        "author": "security team",
        "timestamp": TIME,
        "version": 1,
        "statements": [statement | more],
    }


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (".other", "CVE-2024-1\n", [SECRET, *BOTH]),
        (".trivyignore", "CVE-2024-1\n", [SECRET, "CVE-2024-2"]),
        (".trivyignore", f"# not used\ncve-2024-1 exp:2999-01-01\n{SECRET}\n", ["CVE-2024-2"]),
        (".trivyignore", "CVE-2024-1 exp:2020-01-01\n", [SECRET, *BOTH]),
        (".trivyignore.yaml", "vulnerabilities:\n- id: CVE-2024-2\n", [SECRET, "CVE-2024-1"]),
        (
            ".trivyignore.yaml",
            "vulnerabilities:\n- id: CVE-2024-2\n  purls: [pkg:deb/debian/zlib]\n",
            [SECRET, *BOTH],
        ),
        (".trivyignore.yaml", f"secrets:\n- id: {SECRET}\n  paths: ['srv/*.env']\n", BOTH),
        (".trivyignore.yaml", f"secrets:\n- id: {SECRET}\n  paths: ['etc/**']\n", [SECRET, *BOTH]),
        (".trivyignore.yaml", f"secrets:\n- id: {SECRET}\n  expired_at: 2020-01-01\n", [SECRET, *BOTH]),
    ],
)
def test_ignore_files_of_the_working_directory(
    folder: Path, registry: FakeRegistry, name: str, text: str, expected: list[str]
) -> None:
    Path(name).write_text(text)
    assert left(scan(folder, registry)) == sorted(expected)


def test_an_ignore_file_that_is_named_stands_for_all(folder: Path, registry: FakeRegistry) -> None:
    Path(".trivyignore").write_text("CVE-2024-1\n")
    Path("mine.yaml").write_text("vulnerabilities:\n- id: CVE-2024-2\n")
    assert left(scan(folder, registry, "--ignorefile", "mine.yaml")) == ["CVE-2024-1", SECRET]


def test_what_is_left_out_is_shown_when_it_is_asked_for(folder: Path, registry: FakeRegistry) -> None:
    Path(".trivyignore.yaml").write_text(
        "vulnerabilities:\n- id: CVE-2024-1\n  statement: not reachable\n  owner: shop team\n"
    )
    assert hidden(scan(folder, registry)) == []
    (shown,) = hidden(scan(folder, registry, "--show-suppressed"))
    assert (shown["Type"], shown["Status"], shown["Statement"]) == (
        "vulnerability",
        "ignored",
        "not reachable",
    )
    assert shown["Source"] == ".trivyignore.yaml:2, shop team"
    assert shown["Finding"]["VulnerabilityID"] == "CVE-2024-1"
    table = scan(folder, registry, "--show-suppressed", format="table").out
    assert "Suppressed: 1 finding" in table
    assert "not reachable" in table
    assert "CVE-2024-1 in openssl 3.0.11-1" in table
    plain = scan(folder, registry, format="table").out
    assert "1 finding suppressed" in plain
    assert "CVE-2024-1" not in plain


@pytest.mark.parametrize("format_name", ["table", "json", "cyclonedx", "spdx-json"])
def test_a_rule_that_has_expired_speaks_up_in_every_format(
    folder: Path, registry: FakeRegistry, format_name: str
) -> None:
    Path(".trivyignore").write_text("CVE-2024-1 exp:2020-01-01\nCVE-2024-9 exp:2020-01-01\n")
    ran = scan(folder, registry, "--scanners", "vuln", format=format_name)
    assert ran.err == "cleanbill: .trivyignore:1 (CVE-2024-1): it ignores nothing any more\n"
    if format_name == "json":
        assert json.loads(ran.out)["Cleanbill"]["Expired"] == [".trivyignore:1 (CVE-2024-1)"]


@pytest.mark.parametrize(
    ("status", "product", "expected"),
    [
        ("not_affected", "pkg:deb/debian/openssl", ["CVE-2024-2", SECRET]),
        ("fixed", "pkg:deb/debian/openssl@3.0.11-1", ["CVE-2024-2", SECRET]),
        ("affected", "pkg:deb/debian/openssl", [*BOTH, SECRET]),
        ("not_affected", "pkg:deb/debian/openssl@9", [*BOTH, SECRET]),
        ("not_affected", "pkg:oci/app?repository_url={host}%2Fteam%2Fapp", ["CVE-2024-2", SECRET]),
        ("not_affected", "pkg:oci/app?repository_url={host}%2Fteam%2Fother", [*BOTH, SECRET]),
    ],
)
def test_statements_of_a_file(
    folder: Path, registry: FakeRegistry, status: str, product: str, expected: list[str]
) -> None:
    more = (
        {"justification": "vulnerable_code_not_present"}
        if status == "not_affected"
        else {"action_statement": "x"}
    )
    product = product.format(host=registry.host.replace(":", "%3A"))
    Path("app.vex.json").write_text(json.dumps(openvex(status, product, **more)))
    ran = scan(folder, registry, "--vex", "app.vex.json", "--show-suppressed")
    assert left(ran) == expected
    assert [each["Source"] for each in hidden(ran)] == ["app.vex.json, security team"] * (3 - len(expected))


@pytest.mark.parametrize(
    ("versions", "expected", "told"),
    [
        ({"range": "vers:deb/<3.0.11-2"}, ["CVE-2024-2"], ""),
        ({"range": "vers:deb/<3.0.11-1"}, BOTH, ""),
        ({"range": "vers:cpan/<9"}, BOTH, "no order of versions is known for 'cpan'; the statement holds"),
        ({"range": "<9"}, BOTH, "expected a range of versions such as"),
    ],
)
def test_ranges_of_versions_are_matched_or_told(
    folder: Path, registry: FakeRegistry, versions: dict[str, str], expected: list[str], told: str
) -> None:
    affects = [{"ref": "pkg:deb/debian/openssl", "versions": [versions | {"status": "unaffected"}]}]
    analysis = {"state": "not_affected", "justification": "code_not_reachable"}
    vulnerabilities = [{"id": "CVE-2024-1", "analysis": analysis, "affects": affects}]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": vulnerabilities}
    Path("app.cdx.json").write_text(json.dumps(bom))
    ran = scan(folder, registry, "--vex", "app.cdx.json", "--scanners", "vuln")
    assert left(ran) == expected
    assert told in ran.err
    assert bool(told) == bool(ran.err)


@pytest.mark.parametrize(
    ("name", "text", "options", "code", "sentence"),
    [
        (
            ".trivyignore",
            "CVE-1 exp:soon\n",
            [],
            NOTHING,
            ".trivyignore:1: 'exp:soon', expected a day such as",
        ),
        (
            ".trivyignore.yaml",
            "secret: []\n",
            [],
            NOTHING,
            ".trivyignore.yaml: unknown key 'secret', expected any",
        ),
        ("x.json", "{}", ["--vex", "x.json"], NOTHING, "x.json: expected OpenVEX, CycloneDX or CSAF"),
        ("x.json", "{", ["--vex", "x.json"], NOTHING, "x.json: "),
        ("x.json", "", ["--vex", "y.json"], USAGE, "'y.json': expected a file"),
        ("x.json", "", ["--ignorefile", "y.json"], USAGE, "'y.json': expected a file"),
        ("x.json", "", ["--ignorefile", "y" * 5000], USAGE, "yyy: expected a file"),
        (
            "cleanbill.toml",
            "[[policies]]\nids = ['*']\n",
            [],
            USAGE,
            "policies[0].ids: '*' alone: expected paths",
        ),
    ],
)
def test_a_bad_file_is_one_sentence(  # noqa: PLR0913, PLR0917 - a row of the table
    folder: Path, registry: FakeRegistry, name: str, text: str, options: list[str], code: int, sentence: str
) -> None:
    Path(name).write_text(text)
    ran = scan(folder, registry, *options)
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("ids = ['CVE-2024-1']", ["CVE-2024-2", SECRET]),
        ("ids = ['CVE-2024-1']\nexpires = 2020-01-01", [*BOTH, SECRET]),
        ("ids = ['CVE-2024-1']\nexpires = 2999-01-01", ["CVE-2024-2", SECRET]),
        ("ids = ['CVE-2024-1']\nkinds = ['secret']", [*BOTH, SECRET]),
        ("ids = ['*']\npaths = ['srv/**']", BOTH),
        ("ids = ['*']\npurls = ['pkg:deb/debian/bash']", ["CVE-2024-1", SECRET]),
        ("ids = ['*']\nseverities = ['CRITICAL']\nkinds = ['secret']", BOTH),
        ("ids = ['*']\nrepositories = ['team/*']", []),
        ("ids = ['*']\nrepositories = ['127.0.0.1:*/team/app']", []),
        ("ids = ['*']\nrepositories = ['app', 'other/*', 'registry.example.com/*']", [*BOTH, SECRET]),
    ],
)
def test_policies_of_the_settings(
    folder: Path, registry: FakeRegistry, policy: str, expected: list[str]
) -> None:
    settled(folder, f"[[policies]]\n{policy}\nowner = 'shop team'\nreason = 'unused'\n")
    ran = scan(folder, registry, "--show-suppressed")
    assert left(ran) == expected
    shown = [(each["Source"], each["Statement"]) for each in hidden(ran)]
    assert shown == [("settings: policies[0], shop team", "unused")] * (3 - len(expected))


def test_policies_for_all_repositories_hold_for_folders_too(folder: Path) -> None:
    Path("app.env").write_text(f"AWS_KEY={KEY}\n")
    asked = ("fs", ".", "--format", "json", "--scanners", "secret")
    settled(folder, f"[[policies]]\nids = ['{SECRET}']\nrepositories = ['team/*']\n")
    assert left(cleanbill(folder / "cache", *asked)) == [SECRET]
    settled(folder, f"[[policies]]\nids = ['{SECRET}']\n")
    assert left(cleanbill(folder / "cache", *asked)) == []


def attach(registry: FakeRegistry, repository: str, to: str, body: bytes, type_: str = OPENVEX) -> None:
    """Push an artifact that holds the body and refers to a manifest."""
    stored = {"mediaType": type_, "digest": registry.push_blob(body), "size": len(body)}
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2}
    value = {"mediaType": OCI_MANIFEST, "artifactType": type_, "config": empty, "layers": [stored]}
    digest = registry.push_manifest(repository, "", value)
    listed(
        registry,
        repository,
        to,
        {"mediaType": OCI_MANIFEST, "digest": digest, "size": 2, "artifactType": type_},
    )


def listed(registry: FakeRegistry, repository: str, to: str, *entries: Mapping[str, object]) -> None:
    body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
    registry.faults.always[f"/v2/{repository}/referrers/{to}"] = Canned(
        200, body, {"Content-Type": OCI_INDEX}
    )


def said(product: str) -> bytes:
    return json.dumps(openvex("not_affected", product, justification="component_not_present")).encode()


def test_statements_attached_to_the_image(folder: Path, registry: FakeRegistry) -> None:
    image = push(registry, "team/attached", "1.0", LAYER)
    attach(registry, "team/attached", image.digest, said("pkg:deb/debian/openssl"))
    ran = scan(folder, registry, "--vex", "oci", "--show-suppressed", "team/attached:1.0")
    assert (ran.code, left(ran)) == (DONE, ["CVE-2024-2", SECRET])
    (shown,) = hidden(ran)
    assert shown["Source"].endswith(f"attached to {image.digest}, security team")
    assert left(scan(folder, registry, "team/attached:1.0")) == [*BOTH, SECRET]


def test_statements_attached_to_the_index(folder: Path, registry: FakeRegistry) -> None:
    image = push(registry, "team/many", "", LAYER)
    index = registry.push_index("team/many", "1.0", [entry(image, "linux/amd64")])
    product = f"pkg:oci/many@{index.replace(':', '%3A')}"
    attach(registry, "team/many", index, said(product))
    ran = scan(folder, registry, "--vex", "oci", "team/many:1.0")
    assert (ran.code, left(ran)) == (DONE, ["CVE-2024-2", SECRET])


@pytest.mark.parametrize("of", ["amd64", "arm64"])
def test_statements_that_a_builder_put_into_the_index(folder: Path, registry: FakeRegistry, of: str) -> None:
    built = {each: push(registry, "team/built", "", LAYER, architecture=each) for each in ("amd64", "arm64")}
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://openvex.dev/ns",
        "subject": [{"name": "pkg:docker/team/built", "digest": {"sha256": built[of].digest[7:]}}],
        "predicate": openvex("not_affected", "pkg:deb/debian/openssl", justification="component_not_present"),
    }
    other = {**statement, "predicateType": "https://slsa.dev/provenance/v0.2", "predicate": {}}
    bodies = [json.dumps(each).encode() for each in (other, statement)]
    stored = [
        {
            "mediaType": "application/vnd.in-toto+json",
            "digest": registry.push_blob(body),
            "size": len(body),
            "annotations": {"in-toto.io/predicate-type": each["predicateType"]},
        }
        for body, each in zip(bodies, (other, statement), strict=True)
    ]
    config = b"{}"
    attestation = registry.push_manifest(
        "team/built",
        "",
        {
            "mediaType": OCI_MANIFEST,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": registry.push_blob(config),
                "size": len(config),
            },
            "layers": stored,
        },
    )
    beside = {
        "mediaType": OCI_MANIFEST,
        "digest": attestation,
        "size": 2,
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": built[of].digest,
        },
    }
    images = [entry(image, f"linux/{name}") for name, image in built.items()]
    registry.push_index("team/built", "1.0", [*images, beside])
    registry.requests.clear()
    ran = scan(folder, registry, "--vex", "oci", "team/built:1.0")
    assert (ran.code, left(ran)) == (DONE, [*(["CVE-2024-1"] if of == "arm64" else []), "CVE-2024-2", SECRET])
    provenance = str(stored[0]["digest"])
    assert not any(provenance in each.path for each in registry.requests)


def test_each_image_of_an_index_has_what_is_attached_to_it(folder: Path, registry: FakeRegistry) -> None:
    amd, arm = (push(registry, "team/each", "", LAYER, architecture=each) for each in ("amd64", "arm64"))
    registry.push_index("team/each", "1.0", [entry(amd, "linux/amd64"), entry(arm, "linux/arm64")])
    attach(registry, "team/each", arm.digest, said("pkg:deb/debian/openssl"))
    ran = scan(folder, registry, "--vex", "oci", "--platform", "all", "team/each:1.0", format="table")
    assert (ran.code, ran.out.count("CVE-2024-1"), ran.out.count("CVE-2024-2")) == (DONE, 1, 2)
    assert ran.out.count("1 finding suppressed") == 1


def test_a_file_comes_before_what_is_attached_when_it_is_named_first(
    folder: Path, registry: FakeRegistry
) -> None:
    image = push(registry, "team/two", "1.0", LAYER)
    attach(registry, "team/two", image.digest, said("pkg:deb/debian/openssl"))
    affected = openvex("affected", "pkg:deb/debian/openssl", action_statement="update")
    Path("mine.json").write_text(json.dumps(affected))
    first = scan(folder, registry, "--vex", "mine.json", "--vex", "oci", "team/two:1.0")
    last = scan(folder, registry, "--vex", "oci", "--vex", "mine.json", "team/two:1.0")
    assert (left(first), left(last)) == ([*BOTH, SECRET], ["CVE-2024-2", SECRET])


def test_what_is_attached_and_cannot_be_read_is_told(folder: Path, registry: FakeRegistry) -> None:
    image = push(registry, "team/broken", "1.0", LAYER)
    attach(registry, "team/broken", image.digest, b"{", DSSE)
    ran = scan(folder, registry, "--vex", "oci", "team/broken:1.0", format="table")
    assert ran.code == INCOMPLETE
    assert "VEX attached to the image is not known: " in ran.out
    gone = {"mediaType": OCI_MANIFEST, "digest": digest_of(b"gone"), "size": 2, "artifactType": OPENVEX}
    listed(registry, "team/broken", image.digest, gone)
    assert scan(folder, registry, "--vex", "oci", "team/broken:1.0").code == INCOMPLETE
    registry.faults.always[f"/v2/team/broken/referrers/{image.digest}"] = Canned(401)
    assert scan(folder, registry, "--vex", "oci", "team/broken:1.0").code == INCOMPLETE


def test_an_image_from_elsewhere_has_nothing_attached_that_is_known(folder: Path, tmp_path: Path) -> None:
    from tests.fakes.layouts import write_layout  # noqa: PLC0415 - for this test only

    held = FakeRegistry()
    write_layout(tmp_path / "layout", held, {"1.0": push(held, "x", "1.0", LAYER)})
    ran = cleanbill(folder / "cache", "image", "--input", f"{tmp_path}/layout", "--vex", "oci")
    assert ran.code == INCOMPLETE
    assert ELSEWHERE in " ".join(ran.out.split())


def test_attached_documents_are_for_images_only(folder: Path) -> None:
    ran = cleanbill(folder / "cache", "fs", ".", "--vex", "oci")
    assert ran.code == USAGE
    assert "'oci': expected a file" in ran.err

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.inventory import Package
from crawler.cli.diff import parse_time
from crawler.cli.stored import is_served_by
from crawler.registry.reference import parse_reference
from store.database import Store
from tests.crawler.cli.stores import BEFORE, Fleet, cleanbill, digest, in_store, record, wheel
from tests.fakes.images import debian, dpkg, layer, push, whiteout
from tests.fakes.layouts import write_layout
from tests.fakes.registry import FakeRegistry
from tests.fakes.secrets import env_file, token

NOW = "2026-09-20T12:00:00.000000Z"
LATER = "2026-02-01T00:00:00.000000Z"
DEP5 = b"""Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: somebody
License: GPL-3+
"""
FLAW = record("PYSEC-1", "urllib3", "2.0")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tag that moved from a sound image to one with a finding; an index; images that could not be read."""
    folder = tmp_path_factory.mktemp("fleet")

    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.index("multi", {"sound": "linux/amd64", "arm": "linux/arm64"})
        await made.image("sound", {"a": [wheel("urllib3", "2.0"), wheel("idna", "3")]}, repository="app")
        await made.image("flawed", {"b": [wheel("urllib3", "1.0")]}, repository="app", time=LATER)
        await made.image("odd", {"c": [Package(kind="conda-pkg", name="thing", version="1")]})
        await made.unread("bad", "failed", "layer 0: no gzip")
        await made.unread("chart", "not_an_image", "helm chart")
        await made.advise(FLAW, PyPI="ok")

    in_store(folder, fill)
    return folder


def test_two_images_are_compared(fleet: Path) -> None:
    ran = cleanbill(fleet, "diff", digest("sound"), "registry.test/app", "--format", "json")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert (found["Before"]["Digest"], found["After"]["Digest"]) == (digest("sound"), digest("flawed"))
    assert found["Packages"]["Changed"] == [
        {"Kind": "python-pkg", "Name": "urllib3", "From": "2.0", "To": "1.0"}
    ]
    assert [each["ID"] for each in found["Findings"]["Opened"]] == ["PYSEC-1"]


def test_the_table_names_both_sides(fleet: Path) -> None:
    ran = cleanbill(fleet, "diff", digest("flawed"), digest("sound"), columns=80)
    assert (ran.code, ran.err) == (0, "")
    assert "1 finding closed\n" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "args",
    [
        ["registry.test/app", "2026-01-15"],
        ["registry.test/app", "--since", "2026-01-15T00:00:00Z"],
        ["registry.test/app:latest", "--since", "2026-01-15T01:00:00+01:00", "--until", "2026-02-15"],
    ],
)
def test_one_tag_is_compared_at_two_times(fleet: Path, args: list[str]) -> None:
    ran = cleanbill(fleet, "diff", *args, "--format", "json")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert found["Before"]["Digest"] == digest("sound")
    assert found["Before"]["Time"] == "2026-01-15T00:00:00.000000Z"
    assert found["After"]["Digest"] == digest("flawed")
    assert "judged by the advisories of now" in ran.err


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([digest("sound"), digest("flawed"), "--exit-code", "9"], 9),
        ([digest("flawed"), digest("sound"), "--exit-code", "9"], 0),
        ([digest("sound"), digest("odd")], 3),
        ([digest("odd"), digest("flawed"), "--exit-code", "9"], 9),
    ],
)
def test_the_exit_code_tells_what_opened_or_is_not_known(fleet: Path, args: list[str], code: int) -> None:
    assert cleanbill(fleet, "diff", *args).code == code


def test_an_index_stands_for_its_image_of_the_platform(fleet: Path) -> None:
    ran = cleanbill(fleet, "diff", "registry.test/multi", digest("sound"), "--format", "json")
    assert json.loads(ran.out)["Before"]["Digest"] == digest("sound")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["registry.test/nobody"], "`cleanbill crawl registry.test` would"),
        (["elsewhere.test/app"], "no crawl has met this tag"),
        ([f"registry.test/app@{digest('none')}"], f"`cleanbill image registry.test/app@{digest('none')}`"),
        ([digest("none")], "not in the store"),
        (["registry.test/bad"], "it could not be analysed: layer 0: no gzip"),
        (["registry.test/chart"], "not an image but a helm chart"),
        (["registry.test/multi", "--platform", "linux/arm64"], "--platform linux/arm64` would look into it"),
        (["registry.test/multi", "--platform", "linux/s390x"], "it holds linux/amd64, linux/arm64"),
    ],
)
def test_an_image_that_is_not_stored_names_what_would_help(
    fleet: Path, args: list[str], sentence: str
) -> None:
    ran = cleanbill(fleet, "diff", digest("sound"), *args)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("cleanbill: ")
    assert sentence in ran.err


def test_a_tag_that_was_not_there_yet_tells_since_when_it_is_known(fleet: Path) -> None:
    ran = cleanbill(fleet, "diff", "registry.test/app", "2025-12-01")
    assert ran.code == 4
    assert ran.err == (
        "cleanbill: registry.test/app: nothing is known of this tag at 2025-12-01T00:00:00Z, only since"
        " 2026-01-01T00:00:00Z: no crawl saw it before, or that is longer ago than store.keep\n"
    )


@pytest.mark.parametrize(
    ("time", "known"),
    [
        ("2026-03-15", "until 2026-03-01T00:00:00Z, and again from 2026-04-01T00:00:00Z"),
        ("2026-05-15", "until 2026-05-01T00:00:00Z"),
    ],
)
def test_a_tag_that_went_away_tells_between_which_times(tmp_path: Path, time: str, known: str) -> None:
    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.image("app", {"a": []})
        for month, found in ((3, {}), (4, {"latest": "app"}), (5, {})):
            await made.tag("app", found, f"2026-0{month}-01T00:00:00.000000Z")

    in_store(tmp_path, fill)
    ran = cleanbill(tmp_path, "diff", "registry.test/app", time)
    assert (ran.code, ran.out) == (4, "")
    assert f"no crawl saw this tag at {time}T00:00:00Z; it was there {known}\n" in ran.err


@pytest.mark.parametrize(
    "args",
    [
        ["a"],
        ["a", "b", "--since", "7d"],
        ["", "b"],
        ["a", ""],
        ["a", "b", "--platform", "all"],
        ["a", "--until", "7d"],
        ["a", "--since", "yesterday"],
        ["B:::", "a"],
        ["sha256:123", digest("sound")],
        [digest("sound"), "--since", "7d"],
    ],
)
def test_wrong_usage_is_told(fleet: Path, args: list[str]) -> None:
    ran = cleanbill(fleet, "diff", *args)
    assert (ran.code, ran.out) == (2, "")
    assert "expected" in ran.err or "not a" in ran.err


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("7d", "2026-09-13T12:00:00.000000Z"),
        ("1h30m", "2026-09-20T10:30:00.000000Z"),
        ("2026-09-20", "2026-09-20T00:00:00.000000Z"),
        ("2026-09-20T12:34:56.5Z", "2026-09-20T12:34:56.500000Z"),
        ("2026-09-20T12:00:00+02:00", "2026-09-20T10:00:00.000000Z"),
        ("0001-01-01T00:00:00+02:00", None),
        ("0001-01-01", "0001-01-01T00:00:00.000000Z"),
        ("0999-12-31T23:59:59Z", "0999-12-31T23:59:59.000000Z"),
        ("999999999w", "0001-01-01T00:00:00.000000Z"),
        ("latest", None),
        ("", None),
    ],
)
def test_a_time_is_a_moment_or_how_long_ago(text: str, time: str | None) -> None:
    assert parse_time(text, NOW) == time


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    found = parse_time(text, NOW)
    assert found is None or len(found) == len(BEFORE)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of which one, "plain", was not searched for secrets and licences, as the others were."""
    folder, held = tmp_path_factory.mktemp("scanned"), FakeRegistry()
    base = layer(debian(), dpkg(bash="5.2-1"))
    key = layer({"srv/app/.env": env_file()})
    license_of_bash = layer({"usr/share/doc/bash/copyright": DEP5})
    user = {"config": {"User": "app"}}
    pushed = {
        "old": push(held, "x", "old", base, **user),
        "plain": push(held, "x", "plain", base, architecture="plain", **user),
        "new": push(held, "x", "new", base, key, license_of_bash),
        "gone": push(held, "x", "gone", base, key, layer(whiteout("srv/app/.env")), **user),
    }
    write_layout(folder / "layout", held, pushed)
    for name, image in pushed.items():
        scanners = "vuln" if name == "plain" else "vuln,secret,license"
        place = f"{folder}/layout:{name}"
        assert cleanbill(folder, "image", "--offline-scan", "--scanners", scanners, "--input", place).out
        (folder / name).write_text(image.digest)
    return folder


def changes(folder: Path, before: str, after: str) -> dict[str, Any]:
    names = [(folder / each).read_text() for each in (before, after)]
    found: dict[str, Any] = json.loads(cleanbill(folder, "diff", *names, "--format", "json").out)
    return found


def test_secrets_licences_and_failed_checks_come_and_go(scanned: Path) -> None:
    there, back = changes(scanned, "old", "new"), changes(scanned, "new", "old")
    (secret,) = there["Secrets"]["Added"]
    assert (secret["Path"], secret["Layer"]["CreatedBy"]) == ("srv/app/.env", "RUN step 1")
    assert token().decode() not in json.dumps(there)
    assert [(each["Name"], each["Package"]) for each in there["Licenses"]["Added"]] == [
        ("GPL-3.0-or-later", "bash")
    ]
    assert "DS-0002" in [each["ID"] for each in there["Misconfigurations"]["Added"]]
    for key in ("Secrets", "Licenses", "Misconfigurations"):
        assert there[key]["State"] == back[key]["State"] == "compared"
        assert there[key]["Added"] == back[key]["Removed"]
    deleted = changes(scanned, "new", "gone")["Secrets"]
    assert (deleted["Added"], deleted["Removed"]) == ([], [])


def test_licences_are_in_the_class_that_the_settings_name(scanned: Path) -> None:
    (scanned / "settings.toml").write_text('[licenses]\nforbidden = ["GPL-3.0-or-later"]\n')
    names = [(scanned / each).read_text() for each in ("old", "new")]
    ran = cleanbill(scanned, "--config", str(scanned / "settings.toml"), "diff", *names, "--format", "json")
    (found,) = json.loads(ran.out)["Licenses"]["Added"]
    assert (found["Name"], found["Category"], found["Severity"]) == (
        *("GPL-3.0-or-later", "forbidden"),
        "CRITICAL",
    )


@pytest.mark.parametrize(("before", "after"), [("plain", "new"), ("new", "plain")])
def test_what_one_side_was_not_scanned_for_is_neither_new_nor_gone(
    scanned: Path, before: str, after: str
) -> None:
    found = changes(scanned, before, after)
    for key, word in (("Secrets", "secret"), ("Licenses", "license")):
        part = found[key]
        assert (part["State"], part["Added"], part["Removed"]) == ("not_compared", [], [])
        assert part["Reason"].endswith(f": never scanned with --scanners {word}")
    assert found["Misconfigurations"]["State"] == "compared"


def test_a_new_secret_is_something_that_opened(scanned: Path) -> None:
    old, gone = ((scanned / each).read_text() for each in ("old", "gone"))
    assert cleanbill(scanned, "diff", old, gone, "--exit-code", "9").code == 9
    assert cleanbill(scanned, "diff", gone, old, "--exit-code", "9").code != 9


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("", 9),
        ("vulnerabilities:\n- id: PYSEC-1\n", 0),
        ("vulnerabilities:\n- id: PYSEC-1\n  purls: [pkg:pypi/other]\n", 9),
        ("vulnerabilities:\n- id: PYSEC-1\n  expired_at: 2020-01-01\n", 9),
        ("secrets:\n- id: PYSEC-1\n", 9),
    ],
)
def test_what_an_ignore_file_leaves_out_did_not_open(
    fleet: Path, tmp_path: Path, rules: str, code: int
) -> None:
    (tmp_path / "rules.yaml").write_text(rules)
    args = ("diff", digest("sound"), digest("flawed"), "--exit-code", "9", "--format", "json")
    ran = cleanbill(fleet, *args, "--ignorefile", str(tmp_path / "rules.yaml"), "--show-suppressed")
    assert ran.code == code
    shown = [each["ID"] for each in json.loads(ran.out)["Suppressed"]["Added"]]
    assert shown == ([] if code else ["PYSEC-1"])
    assert ("it ignores nothing any more" in ran.err) == ("2020" in rules)


@pytest.mark.parametrize(
    ("policy", "opened"),
    [
        ("ids = ['PYSEC-1']", []),
        ("ids = ['PYSEC-1']\nrepositories = ['registry.test/app']", []),
        ("ids = ['PYSEC-1']\nrepositories = ['app']", []),
        ("ids = ['PYSEC-1']\nrepositories = ['other']", ["PYSEC-1"]),
        ("ids = ['*']\npurls = ['pkg:pypi/urllib3@1.0']", []),
        ("ids = ['PYSEC-1']\nexpires = 2020-01-01", ["PYSEC-1"]),
    ],
)
def test_policies_of_the_settings_hold(fleet: Path, tmp_path: Path, policy: str, opened: list[str]) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[[policies]]\n{policy}\n")
    ran = cleanbill(
        *(fleet, "--config", str(settings), "diff", digest("sound"), "registry.test/app", "--format", "json")
    )
    found = json.loads(ran.out)
    assert [each["ID"] for each in found["Findings"]["Opened"]] == opened
    assert found["After"]["Suppressed"] == 1 - len(opened)


def test_secrets_and_checks_are_left_out_as_well(scanned: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "secrets:\n- id: github-pat\n  paths: ['srv/**']\nmisconfigurations:\n- id: AVD-DS-0002\n"
    )
    names = [(scanned / each).read_text() for each in ("old", "new")]
    args = ("--ignorefile", str(tmp_path / "rules.yaml"), "--format", "json", "--show-suppressed")
    there = json.loads(cleanbill(scanned, "diff", *names, *args).out)
    back = json.loads(cleanbill(scanned, "diff", *names[::-1], *args).out)
    assert (there["Secrets"]["Added"], back["Secrets"]["Removed"]) == ([], [])
    assert "DS-0002" not in [each["ID"] for each in there["Misconfigurations"]["Added"]]
    kinds = sorted(each["Type"] for each in there["Suppressed"]["Added"])
    assert kinds == ["misconfiguration", "secret"]
    assert back["Suppressed"]["Removed"] == there["Suppressed"]["Added"]


@pytest.mark.parametrize(
    ("name", "url", "is_served"),
    [
        ("registry.test/a", "https://registry.test", True),
        ("registry.test/a", "https://registry.test:443/", True),
        ("registry.test/a", "https://Registry.test", True),
        ("registry.test/a", "https://registry.test:5000", False),
        ("127.0.0.1:5001/a", "http://127.0.0.1:5001", True),
        ("debian", "https://registry-1.docker.io", True),
        ("debian", "https://docker.io", True),
        ("debian", "https://quay.io", False),
    ],
)
def test_a_registry_is_known_by_host_and_port(name: str, url: str, *, is_served: bool) -> None:
    assert is_served_by(parse_reference(name), url) == is_served

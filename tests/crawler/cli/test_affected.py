import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from analyzers.inventory import Package, Problem
from store.database import Store
from tests.crawler.cli.stores import Fleet, cleanbill, deb, digest, in_store, record, wheel

FLAW = record(
    "GHSA-aaaa-bbbb-cccc",
    "urllib3",
    "1.26.17",
    aliases=["CVE-2023-43804"],
    summary="cookies leak",
    database_specific={"severity": "HIGH"},
)
LATER = "2026-02-01T00:00:00.000000Z"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two images on one base with an old urllib3, one that has none of it."""
    folder = tmp_path_factory.mktemp("fleet")

    async def fill(store: Store) -> None:
        made = Fleet(store)
        base = {"base": [deb("libssl3", "3.0.11-1", "openssl"), deb("libc6", "1:2.36-9")]}
        await made.image("one", base | {"pip": [wheel("urllib3", "1.26.4")]}, tags=["v1", "latest"])
        await made.image("two", base | {"pip": [wheel("urllib3", "1.26.4")]}, repository="team/two")
        await made.image("three", base)
        openssl = record(
            "DSA-1", "openssl", "3.0.12-1", ecosystem="Debian:12", upstream=["CVE-2024-0001", "CVE-2024-0002"]
        )
        late = record(
            "DEBIAN-CVE-2024-0001", "openssl", "", ecosystem="Debian:12", upstream=["CVE-2024-0001"]
        )
        harmless = record("PYSEC-2024-9", "urllib3", "1.0", aliases=["CVE-2024-0009"])
        gone = record("PYSEC-2024-7", "urllib3", "", withdrawn="2026-01-01T00:00:00Z")
        await made.advise(FLAW, openssl, late, harmless, gone, PyPI="ok", Debian="ok")

    in_store(folder, fill)
    return folder


def answer(folder: Path, *args: str) -> dict[str, Any]:
    ran = cleanbill(folder, "affected", *args, "--format", "json")
    assert ran.code in {0, 3}
    found: dict[str, Any] = json.loads(ran.out)
    assert found["Incomplete"] == (ran.code == 3)
    return found


def images(found: dict[str, Any]) -> list[str]:
    return [f"{image['Repository']}:{','.join(image['Tags'])}" for image in found["Layers"][0]["Images"]]


def test_a_vulnerability_is_shown_by_layer_with_its_images(fleet: Path) -> None:
    ran = cleanbill(fleet, "affected", "CVE-2023-43804")
    assert ran.code == 0
    assert ran.out == (
        "CVE-2023-43804\n"
        "\n"
        "  Severity  HIGH\n"
        "  Title     cookies leak\n"
        "  Also      GHSA-aaaa-bbbb-cccc\n"
        "\n"
        "Affects 2 of 3 images.\n"
        "\n"
        "Layer 706970000000: RUN make pip\n"
        "\n"
        "Package  Installed  Fixed    Severity\n"
        "─────────────────────────────────────\n"
        "urllib3  1.26.4     1.26.17  HIGH\n"
        "\n"
        "  2 images:\n"
        "  registry.test/one: latest, v1\n"
        "  registry.test/team/two: latest\n"
    )


@pytest.mark.parametrize("name", ["CVE-2023-43804", "cve-2023-43804", "GHSA-AAAA-bbbb-cccc"])
def test_every_name_of_it_gives_the_same_layers_whatever_its_case(fleet: Path, name: str) -> None:
    found = answer(fleet, name)
    assert found["IDs"] == ["CVE-2023-43804", "GHSA-aaaa-bbbb-cccc"]
    (layer,) = found["Layers"]
    assert (layer["Digest"], layer["CreatedBy"]) == (digest("pip"), "RUN make pip")
    assert layer["Packages"] == [
        {
            "Name": "urllib3",
            "InstalledVersion": "1.26.4",
            "VulnerabilityID": "CVE-2023-43804",
            "Aliases": ["GHSA-aaaa-bbbb-cccc"],
            "FixedVersion": "1.26.17",
            "Severity": "HIGH",
            "Status": "fixed",
            "PURL": "pkg:pypi/urllib3@1.26.4",
            "SourcePURL": "",
            "Paths": ["site-packages/urllib3/METADATA"],
        }
    ]
    assert images(found) == ["one:latest,v1", "team/two:latest"]


@pytest.mark.parametrize(
    ("name", "vulnerabilities"),
    [
        ("CVE-2024-0001", {"CVE-2024-0001"}),
        ("CVE-2024-0002", {"CVE-2024-0002"}),
        ("DSA-1", {"CVE-2024-0001", "CVE-2024-0002"}),
        ("DEBIAN-CVE-2024-0001", {"CVE-2024-0001"}),
    ],
)
def test_an_erratum_finds_all_it_fixes_and_a_cve_only_itself(
    fleet: Path, name: str, vulnerabilities: set[str]
) -> None:
    found = answer(fleet, name)
    (layer,) = found["Layers"]
    assert {each["VulnerabilityID"] for each in layer["Packages"]} == vulnerabilities
    assert {each["Name"] for each in layer["Packages"]} == {"libssl3"}
    assert found["ImagesAffected"] == 3


def settled(folder: Path, policy: str) -> list[str]:
    (folder / "settings.toml").write_text(f"[[policies]]\n{policy}\nowner = 'shop'\nreason = 'unused'\n")
    return ["--config", str(folder / "settings.toml"), "affected"]


@pytest.mark.parametrize(
    ("policy", "left", "suppressed"),
    [
        ("ids = ['CVE-2023-43804']", [], 2),
        ("ids = ['ghsa-AAAA-bbbb-cccc']", [], 2),
        ("ids = ['CVE-2023-43804']\nrepositories = ['team/*']", ["one:latest,v1"], 1),
        ("ids = ['CVE-2023-43804']\nrepositories = ['registry.test/one']", ["team/two:latest"], 1),
        ("ids = ['CVE-2023-43804']\nexpires = 2020-01-01", ["one:latest,v1", "team/two:latest"], 0),
        ("ids = ['CVE-2023-43804']\nkinds = ['secret']", ["one:latest,v1", "team/two:latest"], 0),
        ("ids = ['*']\npurls = ['pkg:pypi/urllib3@1.26.4']", [], 2),
        ("ids = ['*']\npurls = ['pkg:pypi/urllib3@9']", ["one:latest,v1", "team/two:latest"], 0),
        ("ids = ['*']\npaths = ['site-packages/**']", [], 2),
        ("ids = ['*']\nseverities = ['LOW']", ["one:latest,v1", "team/two:latest"], 0),
    ],
)
def test_policies_hold_in_their_repositories(
    fleet: Path, tmp_path: Path, policy: str, left: list[str], suppressed: int
) -> None:
    args = settled(tmp_path, policy)
    found = json.loads(cleanbill(fleet, *args, "CVE-2023-43804", "--format", "json").out)
    assert (images(found) if found["Layers"] else []) == left
    assert (found["ImagesAffected"], found["ImagesSuppressed"]) == (len(left), suppressed)
    assert found["Suppressed"] == []
    shown = cleanbill(fleet, *args, "CVE-2023-43804", "--format", "json", "--show-suppressed").out
    names = [each["Repository"] for told in json.loads(shown)["Suppressed"] for each in told["Images"]]
    assert len(names) == suppressed
    assert found["Expired"] == (["settings: policies[0] (CVE-2023-43804)"] if "2020" in policy else [])


def test_a_policy_for_a_source_holds_for_what_was_built_from_it(fleet: Path, tmp_path: Path) -> None:
    for purl, left in (("pkg:deb/debian/openssl?arch=source", 0), ("pkg:deb/debian/openssl", 3)):
        args = settled(tmp_path, f"ids = ['CVE-2024-0002']\npurls = ['{purl}']")
        found = json.loads(cleanbill(fleet, *args, "CVE-2024-0002", "--format", "json").out)
        assert (found["ImagesAffected"], found["ImagesSuppressed"]) == (left, 3 - left)


def test_a_policy_for_one_of_what_an_erratum_fixes_leaves_the_other(fleet: Path, tmp_path: Path) -> None:
    args = settled(tmp_path, "ids = ['CVE-2024-0001']")
    found = json.loads(cleanbill(fleet, *args, "DSA-1", "--format", "json").out)
    (layer,) = found["Layers"]
    assert [each["VulnerabilityID"] for each in layer["Packages"]] == ["CVE-2024-0002"]
    assert (found["ImagesAffected"], found["ImagesSuppressed"]) == (3, 0)


def test_the_table_names_what_policies_leave_out(fleet: Path, tmp_path: Path) -> None:
    args = settled(tmp_path, "ids = ['CVE-2023-43804']\nrepositories = ['one']")
    ran = cleanbill(fleet, *args, "CVE-2023-43804", "--show-suppressed")
    assert "Affects 1 of 3 images, suppressed in 1.\n" in ran.out
    assert ran.out.endswith(
        "\nSuppressed: CVE-2023-43804 in urllib3 1.26.4\n"
        "  unused\n"
        "  settings: policies[0], shop\n"
        "  registry.test/one: latest, v1\n"
    )
    assert "Suppressed" not in cleanbill(fleet, *args, "CVE-2023-43804").out


def test_policies_leave_out_findings_not_packages(fleet: Path, tmp_path: Path) -> None:
    args = settled(tmp_path, "ids = ['*']\npurls = ['pkg:pypi/urllib3']")
    assert "Is in 2 of 3 images.\n" in cleanbill(fleet, *args, "pkg:pypi/urllib3").out


@pytest.mark.parametrize("name", ["CVE-2024-0009", "PYSEC-2024-7"])
def test_what_affects_nothing_says_of_how_many_images(fleet: Path, name: str) -> None:
    ran = cleanbill(fleet, "affected", name)
    assert ran.code == 0
    assert "Affects none of 3 images.\n" in ran.out
    assert ("Withdrawn  PYSEC-2024-7" in ran.out) == (name == "PYSEC-2024-7")


@pytest.mark.parametrize("name", ["urllib3", "left-pad", "Flask-Login", "@babel/core", "pypi/urllib3"])
def test_a_package_is_asked_for_by_its_url(fleet: Path, name: str) -> None:
    ran = cleanbill(fleet, "affected", name)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith(
        f"cleanbill: no stored advisory is called '{name}', which is taken for an id: expected an id such as"
        " CVE-2023-43804, or of a package its URL, such as pkg:pypi/urllib3; the feeds: "
    )


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_none(fleet: Path, name: str) -> None:
    ran = cleanbill(fleet, "affected", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"{name!r}: expected an id such as CVE-2023-43804, or of a package" in ran.err


def test_an_unknown_id_tells_how_fresh_the_feeds_are(fleet: Path) -> None:
    ran = cleanbill(fleet, "affected", "CVE-2099-1")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == (
        "cleanbill: no stored advisory is called 'CVE-2099-1'; the feeds: Debian and PyPI, current now;"
        " `cleanbill advisories update` fetches what is new\n"
    )


@pytest.mark.parametrize(
    ("purl", "number"),
    [
        ("pkg:pypi/urllib3", 2),
        ("pkg:pypi/URLlib3@1.26.4", 2),
        ("pkg:pypi/urllib3@1.26.5", 0),
        ("pkg:pypi/urllib", 0),
        ("pkg:npm/urllib3", 0),
        ("pkg:deb/debian/libc6@2.36-9", 3),
        ("pkg:deb/debian/libc6@1:2.36-9", 3),
        ("pkg:deb/libc6", 3),
        ("pkg:deb/ubuntu/libc6", 0),
        ("pkg:deb/debian/libc6@2.36-9?arch=arm64&distro=debian-12", 3),
    ],
)
def test_a_purl_finds_packages_without_looking_at_qualifiers(fleet: Path, purl: str, number: int) -> None:
    found = answer(fleet, purl)
    assert found["ImagesAffected"] == number
    assert bool(found["Layers"]) == bool(number)


def test_a_package_has_no_severity(fleet: Path) -> None:
    ran = cleanbill(fleet, "affected", "pkg:pypi/urllib3")
    assert "Is in 2 of 3 images." in ran.out
    assert "urllib3  1.26.4\n" in ran.out
    assert "Severity" not in ran.out


@pytest.mark.parametrize("name", ["pkg:x", "pkg:pypi", "pkg:", "CVE\x1b[2J", "CVE-\udcff"])
def test_what_is_no_id_and_no_purl_is_a_usage_error(fleet: Path, name: str) -> None:
    ran = cleanbill(fleet, "affected", name)
    assert (ran.code, ran.out) == (2, "")
    assert "\x1b" not in ran.err


def test_a_purl_without_a_name_tells_how_one_looks(fleet: Path) -> None:
    ran = cleanbill(fleet, "affected", "pkg:npm")
    assert "Error: 'pkg:npm': expected pkg:TYPE/NAME[@VERSION], such as pkg:npm/lodash" in ran.err


def test_a_report_can_go_to_a_file(fleet: Path, tmp_path: Path) -> None:
    ran = cleanbill(fleet, "affected", "DSA-1", "-f", "json", "-o", str(tmp_path / "report.json"))
    assert (ran.code, ran.out) == (0, "")
    assert json.loads((tmp_path / "report.json").read_text())["Query"] == "DSA-1"


def test_a_narrow_terminal_loses_nothing(fleet: Path) -> None:
    ran = cleanbill(fleet, "affected", "CVE-2023-43804", columns=40)
    assert "urllib3 1.26.4 1.26.17 HIGH\n" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 40


async def _failed(made: Fleet) -> None:
    await made.unread("bad", "failed", "layer 0: no gzip")


async def _pending(made: Fleet) -> None:
    await made.unread("new", "pending", "")


async def _in_part(made: Fleet) -> None:
    await made.image("odd", {"x": []}, problems=[Problem("a.jar", "no zip")])


async def _unchecked(made: Fleet) -> None:
    await made.image("old", {"y": [Package(kind="conda-pkg", name="thing", version="1")]})
    await made.advise(PyPI="ok")


async def _partial(made: Fleet) -> None:
    await made.advise(PyPI="partial")


async def _missing(made: Fleet) -> None:
    await made.image("node", {"n": [deb("bash", "5")]})


@pytest.mark.parametrize(
    ("gap", "id_says", "package_says"),
    [
        (_failed, "(1 could not be checked)", True),
        (_pending, "(1 could not be checked)", True),
        (_in_part, "(1 in part)", True),
        (_unchecked, "(1 package could not be checked)", False),
        (_partial, "(1 advisory feed not up to date)", False),
        (_missing, "(1 package could not be checked, 1 advisory feed not up to date)", False),
    ],
)
def test_what_could_not_be_checked_is_said_and_exits_with_3(
    tmp_path: Path, gap: Callable[[Fleet], Awaitable[None]], id_says: str, *, package_says: bool
) -> None:
    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.image("one", {"pip": [wheel("urllib3", "2.0")]})
        await made.advise(FLAW, PyPI="ok")
        await gap(made)

    in_store(tmp_path, fill)
    ran = cleanbill(tmp_path, "affected", "CVE-2023-43804")
    assert ran.code == 3
    assert f"{id_says}.\n" in ran.out
    # A package is there or not, whatever advisories say.
    assert cleanbill(tmp_path, "affected", "pkg:pypi/urllib3").code == (3 if package_says else 0)


def test_another_id_than_a_cve_needs_only_the_feeds_that_speak_of_it(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.image("one", {"pip": [wheel("urllib3", "1.0")], "apt": [deb("bash", "5")]})
        await made.advise(record("PYSEC-1", "urllib3", "2.0"), PyPI="ok", Debian="failed")

    in_store(tmp_path, fill)
    assert cleanbill(tmp_path, "affected", "PYSEC-1").code == 0


def test_a_finding_that_could_not_be_decided_is_said(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.image("one", {"pip": [wheel("urllib3", "1.0")]})
        await made.advise(record("PYSEC-1", "urllib3", "no version"), PyPI="ok")

    in_store(tmp_path, fill)
    ran = cleanbill(tmp_path, "affected", "PYSEC-1")
    assert ran.code == 3
    assert "Affects 1 of 1 image (1 package undecided).\n" in ran.out


def test_an_image_without_a_tag_counts_only_when_it_never_had_one(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.image("old", {"pip": [wheel("urllib3", "1.0")]}, repository="app")
        await made.image("new", {"pip2": [wheel("urllib3", "2.0")]}, repository="app", time=LATER)
        await made.image("by hand", {"pip3": [wheel("urllib3", "1.1")]}, tags=())
        await made.advise(FLAW, PyPI="ok")

    in_store(tmp_path, fill)
    ran = cleanbill(tmp_path, "affected", "CVE-2023-43804")
    assert "Affects 1 of 2 images.\n" in ran.out
    assert "Former    also in 1 image that no tag points to any more\n" in ran.out
    assert f"{digest('by hand')} linux/amd64 (no tag)\n" in ran.out


def test_an_image_under_an_index_has_the_tags_of_the_index(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.index("multi", {"amd": "linux/amd64", "arm": "linux/arm64"})
        await made.image("amd", {"pip": [wheel("urllib3", "1.0")]}, tags=())
        await made.advise(FLAW, PyPI="ok")

    in_store(tmp_path, fill)
    found = answer(tmp_path, "CVE-2023-43804")
    assert images(found) == ["multi:latest"]
    assert (found["ImagesTotal"], found["ImagesUnread"]) == (1, [])


def test_strangers_strings_cannot_steer_the_terminal(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.image("one", {"pip": [wheel("urllib3", "1.0")]})
        await made.advise({**FLAW, "summary": "a\x1b[2Jb\nc"}, PyPI="ok")

    in_store(tmp_path, fill)
    ran = cleanbill(tmp_path, "affected", "CVE-2023-43804")
    assert r"a\x1b[2Jb c" in ran.out


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    ran = cleanbill(tmp_path, "affected", "CVE-2023-43804")
    assert ran.code == 4
    assert "`cleanbill crawl`" in ran.err
    assert not list(tmp_path.iterdir())


def test_a_store_without_images_has_no_answer(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        await Fleet(store).advise(FLAW, PyPI="ok")

    in_store(tmp_path, fill)
    assert cleanbill(tmp_path, "affected", "CVE-2023-43804").code == 4
    assert cleanbill(tmp_path, "affected", "pkg:pypi/urllib3").code == 4

from typing import Any

import msgspec
import pytest

from analyzers import matching, osv, versions
from analyzers.errors import ParseError

Block = dict[str, Any]


def block(
    *events: dict[str, str], kind: str = "ECOSYSTEM", ecosystem: str = "npm", name: str = "it"
) -> Block:
    ranges = [{"type": kind, "events": list(events)}] if events else []
    return {"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}


def verdict(version: str, *blocks: Block, ecosystem: str = "npm", package: str = "it") -> matching.Verdict:
    judged = matching.judge(version, blocks, package, ecosystem)
    decoded = msgspec.convert(blocks, list[osv.Affected])
    assert matching.judge(version, decoded, package, ecosystem) == judged
    if not isinstance(judged, matching.Unknown):
        assert matching.affects(version, blocks, package, ecosystem) is isinstance(judged, matching.Affected)
        assert matching.affects(version, decoded, package, ecosystem) is isinstance(judged, matching.Affected)
    return judged


FROM_0_TO_2 = block({"introduced": "0"}, {"fixed": "2.0.0"})
TWO_SPANS = block({"introduced": "3.0.0"}, {"fixed": "3.2.5"}, {"introduced": "1.0.0"}, {"fixed": "1.0.2"})
CLEAN = matching.NotAffected()


@pytest.mark.parametrize(
    ("version", "blocks", "expected"),
    [
        ("1.9.9", [FROM_0_TO_2], matching.Affected("2.0.0")),
        ("0.0.0-alpha", [FROM_0_TO_2], matching.Affected("2.0.0")),
        ("2.0.0", [FROM_0_TO_2], CLEAN),
        ("2.0.0-rc.1", [FROM_0_TO_2], matching.Affected("2.0.0")),
        ("99.0.0", [block({"introduced": "0"})], matching.Affected("")),
        ("0.9.0", [TWO_SPANS], CLEAN),
        ("1.0.0", [TWO_SPANS], matching.Affected("1.0.2")),
        ("1.0.2", [TWO_SPANS], CLEAN),
        ("3.2.4", [TWO_SPANS], matching.Affected("3.2.5")),
        ("3.2.5", [TWO_SPANS], CLEAN),
        ("2.1.214", [block({"introduced": "0"}, {"last_affected": "2.1.214"})], matching.Affected("")),
        ("2.1.215", [block({"introduced": "0"}, {"last_affected": "2.1.214"})], CLEAN),
        ("1.0.0", [block({"introduced": "0"}, {"limit": "1.0.0"})], CLEAN),
        ("0.9.9", [block({"introduced": "0"}, {"limit": "1.0.0"})], matching.Affected("")),
        (
            "1.5.0",
            [block({"introduced": "0"}, {"limit": "1.0.0"}, {"limit": "2.0.0"})],
            matching.Affected(""),
        ),
        ("9.9.9", [block({"introduced": "0"}, {"limit": "*"})], matching.Affected("")),
        ("1.0.0", [block({"introduced": "0"}, {"fixed": "0"})], CLEAN),
        (
            "1.0.0",
            [block({"introduced": "0"}, {"fixed": "1.0.0"}, {"introduced": "1.0.0"}, {"fixed": "1.1.0"})],
            matching.Affected("1.1.0"),
        ),
        (
            "1.0.0",
            [FROM_0_TO_2, block({"introduced": "1.0.0"}, {"fixed": "10.0.0"})],
            matching.Affected("10.0.0"),
        ),
        ("1.0.0", [FROM_0_TO_2, block({"introduced": "1.0.0"})], matching.Affected("")),
        ("1.0.0", [block({"introduced": "5.0.0"}), FROM_0_TO_2], matching.Affected("2.0.0")),
        ("1.0.0", [block({"introduced": "0"}, {"fixed": "2.0.0"}, name="other")], CLEAN),
        ("1.0.0", [], CLEAN),
    ],
)
def test_ranges(version: str, blocks: list[Block], expected: matching.Verdict) -> None:
    assert verdict(version, *blocks) == expected


@pytest.mark.parametrize("kind", ["SEMVER", "ECOSYSTEM"])
def test_the_ecosystem_orders_both_kinds_of_range(kind: str) -> None:
    libraries = block({"introduced": "0"}, {"fixed": "0.6.3+1"}, kind=kind, ecosystem="Julia")

    assert verdict("0.6.3+0", libraries, ecosystem="Julia") == matching.Affected("0.6.3+1")


@pytest.mark.parametrize(
    ("version", "listed", "expected"),
    [
        ("1.0", ["1.0"], matching.Affected()),
        ("1.0.0", ["1.0"], matching.Affected()),
        ("1.1", ["1.0", "2004d"], CLEAN),
        ("2004d", ["1.0", "2004d"], matching.Affected()),
    ],
)
def test_versions_are_listed(version: str, listed: list[str], expected: matching.Verdict) -> None:
    assert verdict(version, block(ecosystem="PyPI") | {"versions": listed}, ecosystem="PyPI") == expected


def test_a_listed_version_outside_the_ranges_is_affected() -> None:
    both = FROM_0_TO_2 | {"versions": ["7.0.0"]}

    assert verdict("7.0.0", both) == matching.Affected("")
    assert verdict("1.0.0", both) == matching.Affected("2.0.0")
    assert verdict("8.0.0", both) == CLEAN


def test_ranges_of_commits_are_no_answer() -> None:
    commits = block({"introduced": "0"}, {"fixed": "a" * 40}, kind="GIT")

    assert verdict("1.0.0", commits) == matching.Unknown("only ranges of commits")
    assert not matching.affects("1.0.0", [commits], "it", "npm")
    assert verdict("1.0.0", commits | {"versions": ["1.0.0"]}) == matching.Affected()
    assert verdict("1.1.0", commits | {"versions": ["1.0.0"]}) == CLEAN
    assert verdict("1.0.0", commits, FROM_0_TO_2) == matching.Affected("2.0.0")
    assert verdict("2.0.0", commits, FROM_0_TO_2) == matching.Unknown("only ranges of commits")


def test_a_block_that_says_nothing_leaves_it_unknown() -> None:
    assert verdict("1.0.0", block()) == matching.Unknown("neither versions nor ranges")
    assert not matching.affects("1.0.0", [block()], "it", "npm")


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ("Debian", "Debian:12", True),
        ("Debian:12", "Debian:12", True),
        ("Debian:11", "Debian:12", False),
        ("Ubuntu:Pro:18.04:LTS", "Ubuntu:18.04:LTS", False),
        ("Alpine:v3.20", "Alpine:v3.20", True),
    ],
)
def test_releases(theirs: str, ours: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    given = block({"introduced": "0"}, {"fixed": "2"}, ecosystem=theirs)

    assert matching.affects("1.0", [given], "it", ours) is expected


def test_names_are_compared_normalised() -> None:
    given = block({"introduced": "0"}, {"fixed": "2"}, ecosystem="PyPI", name="zope-interface")

    assert matching.affects("1.0", [given], "Zope.Interface", "PyPI")


def test_distribution_versions() -> None:
    openssl = block({"introduced": "0"}, {"fixed": "3.0.22-1~deb12u2"}, ecosystem="Debian:12", name="openssl")

    assert verdict(
        "3.0.20-1~deb12u2", openssl, ecosystem="Debian:12", package="openssl"
    ) == matching.Affected("3.0.22-1~deb12u2")
    assert verdict("3.0.22-1~deb12u2", openssl, ecosystem="Debian:12", package="openssl") == CLEAN


def test_an_unreadable_version_is_told() -> None:
    with pytest.raises(versions.InvalidVersionError, match="'latest'"):
        matching.affects("latest", [FROM_0_TO_2], "it", "npm")
    assert isinstance(verdict("latest", FROM_0_TO_2), matching.Unknown)
    assert verdict("latest", FROM_0_TO_2 | {"versions": ["latest"]}) == matching.Affected()
    assert matching.affects("latest", [FROM_0_TO_2, block() | {"versions": ["latest"]}], "it", "npm")
    assert not matching.affects("latest", [FROM_0_TO_2], "other", "npm")


def test_an_unreadable_event_hides_nothing_else() -> None:
    broken = block({"introduced": "0"}, {"fixed": "next"})

    assert isinstance(verdict("1.0.0", broken), matching.Unknown)
    assert verdict("1.0.0", broken, FROM_0_TO_2) == matching.Affected("2.0.0")
    assert isinstance(verdict("3.0.0", FROM_0_TO_2, broken), matching.Unknown)
    one = FROM_0_TO_2 | {"ranges": broken["ranges"] + FROM_0_TO_2["ranges"]}
    assert verdict("1.0.0", one) == matching.Affected("2.0.0")


def test_an_unknown_ecosystem_answers_by_spelling_only() -> None:
    given = block({"introduced": "0"}, ecosystem="Elsewhere")
    listed = block(ecosystem="Elsewhere") | {"versions": ["1.0"]}

    assert "no version order" in str(verdict("1.0", given, ecosystem="Elsewhere"))
    with pytest.raises(versions.UnknownEcosystemError):
        matching.affects("1.0", [given], "it", "Elsewhere")
    assert verdict("1.0", listed, ecosystem="Elsewhere") == matching.Affected()
    assert verdict("1.1", listed, ecosystem="Elsewhere") == CLEAN


def test_an_unreadable_version_is_not_cleared_by_a_list() -> None:
    listed = block() | {"versions": ["1.0.0"]}

    with pytest.raises(versions.InvalidVersionError, match="'latest'"):
        matching.affects("latest", [listed], "it", "npm")
    assert isinstance(verdict("latest", listed), matching.Unknown)


def test_a_block_of_another_form_is_an_error() -> None:
    with pytest.raises(ParseError, match=r"ranges\[0\]"):
        matching.affects("1.0.0", [{"package": {}, "ranges": ["1.0.0"]}], "it", "npm")

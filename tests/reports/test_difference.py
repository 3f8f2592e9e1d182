import json
from datetime import date

import msgspec
import pytest

from analyzers.ignore.policy import Policy
from analyzers.ignore.rule import Rule
from analyzers.inventory import Package
from reports.difference import PackageVersion, VersionChange, difference, render_difference
from reports.document import Component, Document
from reports.suppression import suppressed
from tests.reports.documents import CONTEXT, debian_image, empty_image, newer_debian_image, rocky_image


def _holding(*versions: str) -> Document:
    components = tuple(
        Component(
            package=Package(kind="node-pkg", name="a", version=version),
            purl="",
            path=f"{number}/package.json",
            layer=0,
        )
        for number, version in enumerate(versions)
    )
    return msgspec.structs.replace(empty_image(), components=components)


@pytest.fixture(scope="module")
def pair() -> tuple[Document, Document]:
    return debian_image(), newer_debian_image()


def test_packages_are_added_removed_or_changed(pair: tuple[Document, Document]) -> None:
    found = difference(*pair)
    assert [(each.name, each.version) for each in found.packages_added] == [("uvicorn", "0.30.0")]
    assert [(each.name, each.version) for each in found.packages_removed] == [("login", "1:4.13+dfsg1-1+b1")]
    assert [(each.name, each.from_, each.to) for each in found.packages_changed] == [
        ("libssl3", "3.0.13-1~deb12u1", "3.0.14-1~deb12u2"),
        ("openssl", "3.0.13-1~deb12u1", "3.0.14-1~deb12u2"),
    ]


def test_findings_are_compared_by_package_name_and_any_id(pair: tuple[Document, Document]) -> None:
    found = difference(*pair)
    assert [(each.package, each.id) for each in found.findings_opened] == [("golang.org/x/net", "CVE-2026-1")]
    assert [(each.package, each.id) for each in found.findings_closed] == [
        ("libssl3", "CVE-2024-6119"),
        ("openssl", "CVE-2024-6119"),
    ]
    (changed,) = found.findings_changed
    assert (changed.before.severity, changed.after.severity) == ("MEDIUM", "HIGH")
    assert changed.after.versions == ("4.17.20",)


def test_finding_of_a_package_that_went_unchecked_is_not_closed(pair: tuple[Document, Document]) -> None:
    found = difference(*pair)
    assert [(each.package, each.id) for each in found.findings_unchecked] == [("urllib3", "CVE-2023-43804")]


def test_nothing_changes_between_a_document_and_itself() -> None:
    text = render_difference(difference(rocky_image(), rocky_image()), "table", CONTEXT)
    assert text.endswith("\nNo package and no known vulnerability changed.\n")


def test_reverse_swaps_added_and_removed(pair: tuple[Document, Document]) -> None:
    there, back = difference(*pair), difference(pair[1], pair[0])
    assert there.packages_added == back.packages_removed
    assert there.packages_removed == back.packages_added


@pytest.mark.parametrize(
    ("before", "after", "added", "removed", "changed"),
    [
        (("1",), ("2",), [], [], [("1", "2")]),
        (("1", "2"), ("2", "3"), [], [], [("1", "3")]),
        (("1", "2"), ("3",), ["3"], ["1", "2"], []),
        (("1",), ("1", "1"), [], [], []),
        ((), ("1",), ["1"], [], []),
    ],
)
def test_versions_of_one_name_are_compared_as_sets(
    before: tuple[str, ...],
    after: tuple[str, ...],
    added: list[str],
    removed: list[str],
    changed: list[tuple[str, str]],
) -> None:
    found = difference(_holding(*before), _holding(*after))
    kind, name = "node-pkg", "a"
    assert list(found.packages_added) == [
        PackageVersion(kind=kind, name=name, version=each) for each in added
    ]
    assert list(found.packages_removed) == [
        PackageVersion(kind=kind, name=name, version=each) for each in removed
    ]
    assert list(found.packages_changed) == [
        VersionChange(kind=kind, name=name, from_=old, to=new) for old, new in changed
    ]


def test_findings_are_not_compared_when_one_side_was_not_asked(pair: tuple[Document, Document]) -> None:
    found = difference(msgspec.structs.replace(pair[0], vulnerabilities_asked=False), pair[1])
    assert (found.findings_compared, found.findings_opened) == (False, ())
    assert "Findings" not in json.loads(render_difference(found, "json", CONTEXT))
    assert "not asked for on both sides" in render_difference(found, "table", CONTEXT)


def test_side_that_could_not_be_checked_is_told(pair: tuple[Document, Document]) -> None:
    report = json.loads(render_difference(difference(*pair), "json", CONTEXT))
    assert report["Before"] == {
        "Name": "registry.example.com/team/app:1.4",
        "Digest": "sha256:" + "d1" * 32,
        "Time": "2026-11-23T05:00:00Z",
        "Incomplete": True,
        "Suppressed": 0,
    }
    assert "not everything could be checked" in render_difference(difference(*pair), "table", CONTEXT)


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_table_fits_the_terminal_and_escapes_strangers(width: int, pair: tuple[Document, Document]) -> None:
    context = msgspec.structs.replace(CONTEXT, width=width)
    text = render_difference(difference(*pair), "table", context)
    assert max(map(len, text.split("\n"))) <= width
    assert "\x1b" not in text


def test_unknown_format_is_refused(pair: tuple[Document, Document]) -> None:
    with pytest.raises(ValueError, match="format 'cyclonedx': expected one of table, json"):
        render_difference(difference(*pair), "cyclonedx", CONTEXT)


TODAY = date(2026, 11, 23)


def _without(document: Document, *rules: Rule, shown: bool = True) -> Document:
    left = suppressed(document, Policy(rules), TODAY)
    return msgspec.structs.replace(left, show_suppressed=shown)


@pytest.mark.parametrize(
    ("on", "opened", "closed", "newly", "no_longer"),
    [
        ("", ["CVE-2026-1"], ["CVE-2024-6119"], [], []),
        ("b", [], ["CVE-2024-6119"], ["CVE-2026-1"], []),
        ("a", ["CVE-2026-1"], [], [], ["CVE-2024-6119"]),
        ("ab", [], [], ["CVE-2026-1"], ["CVE-2024-6119"]),
    ],
)
def test_what_is_suppressed_opens_and_closes_nothing(  # noqa: PLR0913, PLR0917 - a row of the table
    pair: tuple[Document, Document],
    on: str,
    opened: list[str],
    closed: list[str],
    newly: list[str],
    no_longer: list[str],
) -> None:
    rules = (Rule(id="CVE-2026-1", statement="unused"), Rule(id="CVE-2024-6119", source="file a:1"))
    a, b = (_without(each, *rules) if name in on else each for name, each in zip("ab", pair, strict=True))
    found = difference(a, b)
    assert sorted({each.id for each in found.findings_opened}) == opened
    assert sorted({each.id for each in found.findings_closed}) == closed
    assert sorted({each.id for each in found.suppressed.added}) == newly
    assert sorted({each.id for each in found.suppressed.removed}) == no_longer


def test_a_finding_that_is_suppressed_later_is_not_closed(pair: tuple[Document, Document]) -> None:
    whole = pair[0]
    left = _without(whole, Rule(id="CVE-2024-6119", owner="shop", source="file a:1", statement="unused"))
    there, back = difference(whole, left), difference(left, whole)
    assert (there.findings_opened, there.findings_closed) == ((), ())
    assert sorted(each.package for each in back.findings_opened) == ["libssl3", "openssl"]
    report = json.loads(render_difference(there, "json", CONTEXT))
    assert (report["Before"]["Suppressed"], report["After"]["Suppressed"]) == (0, 2)
    assert report["Suppressed"]["Added"][0] == {
        "Type": "vulnerability",
        "ID": "CVE-2024-6119",
        "Target": "libssl3",
        "Severity": "CRITICAL",
        "Status": "ignored",
        "Statement": "unused",
        "Source": "file a:1, shop",
    }
    table = render_difference(there, "table", CONTEXT)
    assert "2 findings newly suppressed" in table
    assert "No package and no known vulnerability changed, but for what is suppressed." not in table


def test_suppressed_findings_are_counted_and_listed_only_when_asked_for(
    pair: tuple[Document, Document],
) -> None:
    left = _without(pair[0], Rule(id="CVE-2024-6119"), shown=False)
    found = difference(pair[0], left)
    assert "Suppressed" not in json.loads(render_difference(found, "json", CONTEXT))
    table = render_difference(found, "table", CONTEXT)
    assert "0 findings before, 2 after" in table
    assert "No package and no known vulnerability changed, but for what is suppressed." in table


def test_a_rule_that_has_expired_is_told(pair: tuple[Document, Document]) -> None:
    left = _without(pair[0], Rule(id="CVE-2024-6119", expires=TODAY, source="file a:1"))
    found = difference(left, left)
    assert json.loads(render_difference(found, "json", CONTEXT))["Expired"] == ["file a:1 (CVE-2024-6119)"]
    assert "file a:1 (CVE-2024-6119): it ignores nothing any more" in render_difference(
        found, "table", CONTEXT
    )

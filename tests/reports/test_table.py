import re
import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from analyzers.inventory import Scanner
from reports import FORMATS, render
from reports.document import Document, Feed
from reports.layout import fold
from tests.reports.documents import CONTEXT, UNCHECKED, debian_image, empty_image, rocky_image
from tests.reports.goldens import TESTDATA, goldens

GOLDENS = list(goldens())
WIDTHS = (40, 60, 80, 100, 120, 160)


def _table(document: Document, width: int = 80, *, color: bool = False) -> str:
    return render(document, "table", msgspec.structs.replace(CONTEXT, width=width, color=color))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(("name", "rendering"), GOLDENS, ids=[name for name, _ in GOLDENS])
def test_rendering_is_the_golden_one(name: str, rendering: Callable[[], str]) -> None:
    assert rendering() == (TESTDATA / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = _table(debian_image(), width).split("\n")
    assert max(map(cell_len, lines)) <= width
    assert not any(text.endswith(" ") for text in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_lost_on_narrow_terminals(width: int) -> None:
    document = debian_image()
    text = _squeezed(_table(document, width))
    for found in document.findings:
        package = document.components[found.component].package
        finding = found.finding
        assert all(part in text for part in (package.name, finding.id, finding.rating.severity.name))
        # a folded cell has those of its neighbours between its parts
        if width != 80:
            assert all(part in text for part in (package.version, finding.fixed))
    assert _squeezed(document.manifest_digest) in text
    assert "srv/app/node_modules/old/node_modules/lodash/package.json" in text
    assert _squeezed(UNCHECKED) in text
    assert "connectionrefused" in text
    assert "packedbyUPX" in text


@pytest.mark.parametrize("width", [73, 80, 84, 85, 120])
def test_a_digest_is_on_one_line(width: int) -> None:
    lines = [text.strip() for text in _table(debian_image(), width).split("\n")]
    digest = debian_image().manifest_digest
    assert (digest in lines) == (width < 85)
    assert (f"Digest      {digest}" in lines) == (width >= 85)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, "Total 8 findings   CRITICAL 2   HIGH 2   MEDIUM 2   LOW 0   UNKNOWN 2\n"),
        (60, "Total 8 findings CRITICAL 2 HIGH 2 MEDIUM 2 LOW 0 UNKNOWN 2\n"),
        (40, "Total 8 findings   CRITICAL 2   HIGH 2\nMEDIUM 2   LOW 0   UNKNOWN 2\n"),
    ],
)
def test_a_total_breaks_between_its_numbers(width: int, shown: str) -> None:
    assert f"\n\n{shown}\n" in _table(debian_image(), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_strangers_control_nothing(width: int) -> None:
    text = _table(debian_image(), width)
    assert {"\x1b", "\x9b", "\u202e"}.isdisjoint(text)
    assert r"\x1b[2J\u202egnp.exe\x9b31m" in text


@pytest.mark.parametrize("width", [0, 1, 12])
def test_absurdly_narrow_terminals_still_get_everything(width: int) -> None:
    assert "CVE-2024-6119" in _squeezed(_table(debian_image(), width))


def test_colour_is_only_added() -> None:
    colored = _table(debian_image(), color=True)
    assert "\x1b[1;31mCRITICAL" in colored
    bare = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert [text.rstrip() for text in bare.split("\n")] == _table(debian_image()).split("\n")


def test_findings_are_sorted_by_falling_severity() -> None:
    lines = _table(debian_image()).split("\n")
    assert [text.split()[0] for text in lines if re.match(r"\S+ +(CVE|GHSA|TEMP)-", text)] == [
        "libssl3",
        "openssl",
        "libc6",
        "golang.org/x/net",
        "lodash",
        "lodash",
        "urllib3",
        "werkzeug",
    ]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (rocky_image(), "No known vulnerabilities in 3 packages."),
        (
            msgspec.structs.replace(rocky_image(), left_out=2),
            "No known vulnerabilities that were asked for in 3 packages; 2 findings not asked for.",
        ),
        (empty_image(), "No packages to check."),
        (
            msgspec.structs.replace(empty_image(), scanners=frozenset({Scanner.PACKAGES, Scanner.SECRET})),
            "No packages to check; no secrets.",
        ),
        (
            msgspec.structs.replace(debian_image(), findings=(), feeds=(), problems=()),
            "No known vulnerabilities in 16 packages; 1 package could not be checked.",
        ),
        (
            msgspec.structs.replace(debian_image(), vulnerabilities_asked=False),
            "Vulnerabilities were not asked for; 1 problem while reading.",
        ),
    ],
)
def test_clean_is_said_only_with_what_was_checked(document: Document, sentence: str) -> None:
    assert _table(document, 160).rstrip("\n").split("\n")[-1] == sentence


@pytest.mark.parametrize(
    ("current_at", "shown"),
    [
        ("2026-11-23T04:59:30Z", "current now"),
        ("2026-11-23T03:59:00Z", "current 61 minutes ago"),
        ("2026-11-22T05:00:00+00:00", "current 24 hours ago"),
        ("2026-10-24T05:00:00Z", "current 30 days ago"),
        ("2026-11-24T05:00:00Z", "current at 2026-11-24T05:00:00Z"),
        ("never", "current at never"),
        ("2026-11-23T04:00:00", "current at 2026-11-23T04:00:00"),
    ],
)
def test_feeds_tell_their_age(current_at: str, shown: str) -> None:
    document = rocky_image()
    feed = msgspec.structs.replace(document.feeds[0], current_at=current_at)
    text = _table(msgspec.structs.replace(document, feeds=(feed,)))
    assert f"Rocky Linux:9, {shown}\n" in text


def test_why_a_feed_is_missing_is_told_once() -> None:
    document = debian_image()
    failed = Feed(name="npm", state="failed", reason="connection refused", current_at="")
    first, second, *_ = document.components
    unchecked = (
        msgspec.structs.replace(first, unchecked="no advisories of npm: connection refused"),
        msgspec.structs.replace(second, unchecked=UNCHECKED),
    )
    text = _table(msgspec.structs.replace(document, feeds=(failed,), components=unchecked, findings=()))
    assert "1 package: no advisories of npm\n" in text
    assert f"1 package: {UNCHECKED}\n" in text
    assert text.count("connection refused") == 1


def test_asking_without_any_feed_is_told() -> None:
    assert "Advisories  none used" in _table(msgspec.structs.replace(rocky_image(), feeds=()))


def test_unknown_format_names_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="format 'xml': expected one of table, json, cyclonedx"):
        render(empty_image(), "xml", CONTEXT)


@pytest.mark.parametrize("modules", [("reports",), tuple(FORMATS[name] for name in ("json", "cyclonedx"))])
def test_rich_is_imported_for_tables_only(modules: tuple[str, ...]) -> None:
    code = f"import sys, {', '.join(modules)}; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(text=st.text(), width=st.integers(2, 50))
def test_folding_keeps_every_character_within_the_width(text: str, width: int) -> None:
    lines = fold(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(part) <= width for part in lines)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 8, ["one two", "three"]),
        ("sha256-abcdef", 10, ["sha256-", "abcdef"]),
        ("a-bcdefghijkl", 10, ["a-bcdefghi", "jkl"]),
        ("漢字漢字", 5, ["漢字", "漢字"]),
        ("", 5, [""]),
        ("漢字", -3, ["漢", "字"]),
    ],
)
def test_lines_break_at_spaces_then_after_separators(text: str, width: int, lines: list[str]) -> None:
    assert fold(text, width) == lines

import re

import msgspec
import pytest

from analyzers.inventory import Scanner
from analyzers.severity import Severity
from reports import table
from reports.document import Document
from tests.reports.contents_documents import license_of, secret, source_files, with_contents
from tests.reports.documents import CONTEXT

WIDTHS = (40, 60, 79, 80, 120, 160)


def drawn(document: Document, width: int = 120) -> str:
    return table.render(document, msgspec.structs.replace(CONTEXT, width=width))


def words(text: str) -> str:
    return " ".join(text.split())


def test_secrets_by_file_with_the_layer_that_brought_them() -> None:
    text = drawn(with_contents())
    assert "\nsrv/app.ini: 1 secret\n" in text
    assert "\nimage configuration: 1 secret\n" in text
    assert re.search(r"^CRITICAL +Token of Acme \(acme-token\) +3 +token = \*{12}$", text, re.MULTILINE)
    origin = "but it is still in the image; layer a1a1a1a1a1a1: /bin/sh -c #(nop) ADD file:0a1b in /"
    assert f"a later layer deletes the file, {origin}" in words(text)


def test_a_file_that_was_replaced() -> None:
    text = drawn(msgspec.structs.replace(with_contents(), secrets=(secret("a", 0, is_replaced=True),)))
    gone = "a later layer replaces the file, but this one is still in the image"
    assert f"{gone}; layer a1a1a1a1a1a1:" in words(text)


def test_files_have_no_layers() -> None:
    assert "layer 1" not in drawn(source_files())


def test_failed_checks_the_worst_first_with_how_to_mend_them() -> None:
    text = drawn(with_contents())
    assert "\nsrv/pod.yaml: 2 failures\n" in text
    high = text.index("KSV-0017 Title of KSV-0017")
    assert high < text.index("KSV-0001 Title of KSV-0001")
    assert "KSV-0001 fails here" in text
    assert "Pod/web: Mend KSV-0017." in text
    assert "KSV-0009" not in text


def test_passed_checks_when_they_are_asked_for() -> None:
    text = drawn(msgspec.structs.replace(with_contents(), include_passed=True))
    assert re.search(r"^HIGH +KSV-0009 Title of KSV-0009 +passed$", text, re.MULTILINE)
    assert "\nsrv/pod.yaml: 2 failures\n" in text


def test_a_licence_once_with_all_that_have_it() -> None:
    text = drawn(with_contents())
    assert "\nLicences: 2 in 3 findings\n" in text
    assert re.search(r"^HIGH +GPL-3.0-only +restricted +2 +apt, bash$", text, re.MULTILINE)
    assert re.search(r"^LOW +MIT +notice +1 +srv/LICENSE$", text, re.MULTILINE)


def test_licences_add_up_to_the_total() -> None:
    found = (
        *(license_of("MIT", Severity.LOW, package="a", path=f"{each}/lock") for each in "xyz"),
        license_of("MIT", Severity.LOW, package="b", path="x/lock"),
        license_of("MIT", Severity.LOW, path="LICENSE"),
        license_of("GPL-3.0-only", Severity.HIGH, package="b", path="x/lock"),
    )
    shown = msgspec.structs.replace(
        with_contents(), secrets=(), misconfigurations=(), suppressed=(), components=(), licenses=found
    )
    text = drawn(msgspec.structs.replace(shown, scanners=frozenset({Scanner.LICENSE})))
    assert "\nTotal 6 findings   CRITICAL 0   HIGH 1   MEDIUM 0   LOW 5   UNKNOWN 0\n" in text
    assert "\nLicences: 2 in 6 findings\n" in text
    rows = re.findall(r"^(HIGH|LOW) +\S+ +\S+ +(\d+) +(.+)$", text, re.MULTILINE)
    assert rows == [("HIGH", "1", "b"), ("LOW", "5", "LICENSE, a (3 files), b")]
    assert text.endswith("\n2 licences in 6 findings; 1 problem while reading.\n")
    narrow = drawn(msgspec.structs.replace(shown, scanners=frozenset({Scanner.LICENSE})), 60)
    assert "\nLOW MIT\n  notice, 5 findings\n  LICENSE, a (3 files), b\n" in narrow


@pytest.mark.parametrize("width", [40, 60, 79])
def test_a_line_number_is_called_one_where_it_has_no_column(width: int) -> None:
    lines = drawn(with_contents(), width).split("\n")
    assert lines[lines.index("CRITICAL Token of Acme (acme-token)") + 1 :][:2] == [
        "  line 3",
        "  token = ************",
    ]
    assert "  line 7" in lines
    assert not any(text.strip().isdigit() for text in lines)


def test_who_states_no_licence_is_counted_where_licences_are_looked_for() -> None:
    shown = with_contents()
    (werkzeug,) = (each for each in shown.components if each.package.name == "werkzeug")
    one = msgspec.structs.replace(shown, components=(werkzeug,), licenses=())
    assert "no licences; 1 package states no licence" in words(drawn(one))
    package = msgspec.structs.replace(werkzeug.package, licenses=("UNKNOWN",))
    nothing_said = msgspec.structs.replace(werkzeug, package=package)
    said = msgspec.structs.replace(package, licenses=("LicenseRef-own",))
    one = msgspec.structs.replace(
        one, components=(nothing_said, msgspec.structs.replace(werkzeug, package=said))
    )
    assert "1 package states no licence" in words(drawn(one))
    unasked = msgspec.structs.replace(shown, scanners=frozenset({Scanner.SECRET}))
    assert "no licence" not in words(drawn(unasked))


def test_suppressed_findings_when_they_are_asked_for() -> None:
    assert "Suppressed" not in drawn(with_contents())
    text = drawn(msgspec.structs.replace(with_contents(), show_suppressed=True))
    assert "\nSuppressed: 3 findings\n" in text
    assert re.search(r"^CRITICAL +acme-token in srv/old.ini +ignored +for tests only$", text, re.MULTILINE)
    for name in ("KSV-0020 in srv/pod.yaml", "AGPL-3.0-only of ghost", "file .trivyignore:2, team-a"):
        assert name in text


def test_the_last_sentence_and_the_total_count_them_all() -> None:
    text = words(drawn(with_contents()))
    assert "2 secrets" in text
    assert "2 of 3 checks failed" in text
    assert "2 licences in 3 findings; 10 packages state no licence" in text
    assert "3 findings suppressed" in text
    assert "Total 7 findings CRITICAL 2 HIGH 3 MEDIUM 1 LOW 1 UNKNOWN 0" in text


def test_nothing_of_what_was_looked_for_is_said() -> None:
    clean = msgspec.structs.replace(
        with_contents(), secrets=(), misconfigurations=(), licenses=(), suppressed=()
    )
    text = words(drawn(clean))
    for said in ("No secrets", "nothing to check", "no licences"):
        assert said in text
    only = msgspec.structs.replace(clean, scanners=frozenset({Scanner.SECRET}))
    assert "nothing to check" not in words(drawn(only))


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_lost_at_any_width(width: int) -> None:
    shown = msgspec.structs.replace(with_contents(), show_suppressed=True, include_passed=True)
    text = drawn(shown, width)
    assert max(map(len, text.split("\n"))) <= width
    squeezed = re.sub(r"\s", "", text)
    for part in (
        "TokenofAcme(acme-token)",
        "token=************",
        "KSV-0001failshere",
        "Pod/web:MendKSV-0017.",
        "GPL-3.0-only",
        "apt,bash",
        "file.trivyignore:2,team-a",
    ):
        assert part in squeezed


def test_strangers_strings_cannot_speak_to_the_terminal() -> None:
    (first, second) = with_contents().secrets
    evil = msgspec.structs.replace(first, path="srv/\x1b[31ma\nb.ini")
    text = drawn(msgspec.structs.replace(with_contents(), secrets=(evil, second)))
    assert "\x1b" not in text
    assert "a\nb.ini" not in text

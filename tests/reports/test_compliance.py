import json
import re

import msgspec
import pytest

from analyzers.checks.compliance import Control, Spec, Status
from analyzers.inventory import Problem
from analyzers.severity import Severity
from reports.compliance import ComplianceReport, compliance_of, render
from reports.document import Document
from tests.reports.contents_documents import with_contents
from tests.reports.documents import CONTEXT, debian_image

SPEC = Spec(
    id="acme-1",
    title="Acme's rules",
    version="1",
    link="https://acme.example/rules",
    description="What we agreed on.",
    controls=(
        Control(id="1", name="No privileges", severity=Severity.HIGH, checks=("KSV017", "KSV-0001")),
        Control(id="2", name="No host network", severity=Severity.HIGH, checks=("AVD-KSV-0009",)),
        Control(id="3", name="No roots", severity=Severity.LOW, checks=("KSV-0012",)),
        Control(id="4", name="Reviewed", severity=Severity.MEDIUM),
    ),
)
EVERY = tuple(severity.name for severity in Severity)


def report(*, is_summary: bool = False, severities: tuple[str, ...] = EVERY) -> ComplianceReport:
    return compliance_of(SPEC, with_contents(), severities, is_summary=is_summary)


def test_summary_as_json() -> None:
    assert json.loads(render(report(is_summary=True), "json", CONTEXT)) == {
        "ID": "acme-1",
        "Title": "Acme's rules",
        "Description": "What we agreed on.",
        "Version": "1",
        "RelatedResources": ["https://acme.example/rules"],
        "SummaryControls": [
            {"ID": "1", "Name": "No privileges", "Severity": "HIGH", "TotalFail": 2, "Status": "FAIL"},
            {"ID": "2", "Name": "No host network", "Severity": "HIGH", "TotalFail": 0, "Status": "PASS"},
            {
                "ID": "3",
                "Name": "No roots",
                "Severity": "LOW",
                "TotalFail": None,
                "Status": "NOT CHECKED",
                "Reason": "there was nothing that its checks are about",
            },
            {"ID": "4", "Name": "Reviewed", "Severity": "MEDIUM", "TotalFail": None, "Status": "MANUAL"},
        ],
    }


def test_all_as_json_has_what_was_found_for_each_control() -> None:
    made = json.loads(render(report(), "json", CONTEXT))
    assert "SummaryControls" not in made
    first, second, *others = made["Results"]
    (result,) = first["Results"]
    assert [each["ID"] for each in result["Misconfigurations"]] == ["KSV-0001", "KSV-0017"]
    assert second["Results"][0]["MisconfSummary"] == {"Successes": 1, "Failures": 0}
    assert [each["Results"] for each in others] == [[], []]


@pytest.mark.parametrize("is_summary", [False, True])
@pytest.mark.parametrize("severities", [EVERY, ()])
def test_json_is_formatted_as_it_is_elsewhere(*, is_summary: bool, severities: tuple[str, ...]) -> None:
    text = render(report(is_summary=is_summary, severities=severities), "json", CONTEXT)
    assert text == msgspec.json.format(text, indent=2) + "\n"


def test_controls_of_some_severities_only() -> None:
    chosen = report(severities=("LOW", "MEDIUM"))
    assert [each.control.id for each in chosen.results] == ["3", "4"]
    assert not chosen.has_failures
    assert report().has_failures


def test_table() -> None:
    text = render(report(), "table", msgspec.structs.replace(CONTEXT, width=120))
    assert re.search(r"^1 +HIGH +FAIL +2 +No privileges$", text, re.MULTILINE)
    assert re.search(r"^3 +LOW +NOT CHECKED +- +No roots$", text, re.MULTILINE)
    assert "\n1 No privileges\n" in text
    assert "KSV-0001 fails here" in text
    assert "acme-token" not in text
    assert "4 controls: 1 passed, 1 failed, 1 not checked, 1 to be judged by hand\n" in text
    assert "not checked: 3: there was nothing that its checks are about\n" in text
    assert "Suppressed" not in text
    summary = render(report(is_summary=True), "table", msgspec.structs.replace(CONTEXT, width=120))
    assert "KSV-0001" not in summary


@pytest.mark.parametrize("width", [30, 79, 80, 160])
def test_nothing_is_lost_at_any_width(width: int) -> None:
    text = render(report(), "table", msgspec.structs.replace(CONTEXT, width=width))
    assert max(map(len, text.split("\n"))) <= width
    squeezed = re.sub(r"\s", "", text)
    for part in ("Acme'srules(acme-1)", "Noprivileges", "NOTCHECKED", "KSV-0017failshere"):
        assert part in squeezed


def test_what_could_not_be_read_is_said() -> None:
    broken = msgspec.structs.replace(with_contents(), problems=(Problem("srv/b.yaml", "no YAML"),))
    made = compliance_of(SPEC, broken, EVERY, is_summary=True)
    assert "could not be checked: srv/b.yaml: no YAML" in render(made, "table", CONTEXT)


def status_of(document: Document, *checks: str) -> tuple[Status, int, int, tuple[str, ...]]:
    """Return what a control of these checks comes to: status, failures, suppressed ones, reasons."""
    control = Control(id="1", name="a", severity=Severity.HIGH, checks=checks)
    spec = Spec(id="a", title="A", version="1", link="", controls=(control,))
    (found,) = compliance_of(spec, document, EVERY, is_summary=True).results
    return found.status, found.failed, found.suppressed, found.reasons


IMAGE = debian_image()
"""With vulnerabilities, and packages that nobody could check."""
WHOLE = msgspec.structs.replace(
    IMAGE,
    feeds=(),
    components=tuple(msgspec.structs.replace(each, unchecked="") for each in IMAGE.components),
)
CLEAN = msgspec.structs.replace(WHOLE, findings=())


@pytest.mark.parametrize("severity", [each.name for each in Severity])
def test_vulnerabilities_of_a_severity_are_a_check(severity: str) -> None:
    number = sum(each.finding.rating.severity.name == severity for each in WHOLE.findings)
    status, failed, _, _ = status_of(WHOLE, f"VULN-{severity}")
    assert (status, failed) == (Status.FAIL if number else Status.PASS, number)


def test_a_vulnerability_by_any_of_its_names() -> None:
    name = WHOLE.findings[0].finding.id
    assert status_of(WHOLE, name.lower())[0] is Status.FAIL
    assert status_of(CLEAN, name)[0] is Status.PASS


@pytest.mark.parametrize(
    ("document", "reasons"),
    [
        (
            msgspec.structs.replace(CLEAN, vulnerabilities_asked=False),
            ("vulnerabilities were not looked for",),
        ),
        (
            msgspec.structs.replace(IMAGE, findings=()),
            ("1 package and 2 advisory feeds could not be checked",),
        ),
        (
            msgspec.structs.replace(CLEAN, components=()),
            ("there was nothing that its checks are about",),
        ),
    ],
)
def test_what_was_not_looked_for_is_not_passed(document: Document, reasons: tuple[str, ...]) -> None:
    assert status_of(document, "VULN-CRITICAL") == (Status.NOT_CHECKED, 0, 0, reasons)


def test_secrets_of_a_severity_are_a_check() -> None:
    assert status_of(with_contents(), "SECRET-CRITICAL") == (Status.FAIL, 2, 1, ())
    assert status_of(with_contents(), "SECRET-LOW") == (Status.PASS, 0, 0, ())
    assert status_of(CLEAN, "SECRET-CRITICAL", "DS-0002")[3] == ("secrets were not looked for",)


def test_an_id_that_nobody_knows_is_told() -> None:
    assert status_of(with_contents(), "KSV-0009", "KSV-9999") == (
        Status.NOT_CHECKED,
        0,
        0,
        ("there is no check KSV-9999",),
    )


def test_what_is_suppressed_passes_and_is_counted() -> None:
    left = with_contents()
    assert status_of(left, "KSV-0020") == (Status.PASS, 0, 1, ())
    gone = msgspec.structs.replace(left, secrets=())
    assert status_of(gone, "SECRET-CRITICAL") == (Status.PASS, 0, 1, ())
    control = Control(id="1", name="Ingress", severity=Severity.LOW, checks=("KSV-0020",))
    spec = Spec(id="a", title="A", version="1", link="", controls=(control,))
    for is_shown in (False, True):
        document = msgspec.structs.replace(left, show_suppressed=is_shown)
        held = compliance_of(spec, document, EVERY, is_summary=False)
        text = render(held, "table", msgspec.structs.replace(CONTEXT, width=120))
        assert re.search(r"^1 +LOW +PASS +0 +1 +Ingress$", text, re.MULTILINE)
        assert "1 control: 1 passed, 1 failure suppressed\n" in text
        assert ("for tests only" in text) is is_shown
        narrow = render(held, "table", msgspec.structs.replace(CONTEXT, width=60))
        assert "PASS 1 Ingress (LOW, 1 suppressed)" in narrow
        (made,) = json.loads(render(held, "json", CONTEXT))["Results"]
        assert (made["Status"], made["Suppressed"]) == ("PASS", 1)
        assert ("ExperimentalModifiedFindings" in json.dumps(made)) is is_shown


@pytest.mark.parametrize("width", [40, 120])
def test_vulnerabilities_are_shown_with_their_control(width: int) -> None:
    control = Control(id="1", name="Patched", severity=Severity.HIGH, checks=("VULN-HIGH",))
    spec = Spec(id="a", title="A", version="1", link="", controls=(control,))
    held = compliance_of(spec, WHOLE, EVERY, is_summary=False)
    found = [each for each in WHOLE.findings if each.finding.rating.severity is Severity.HIGH]
    text = render(held, "table", msgspec.structs.replace(CONTEXT, width=width))
    made = json.loads(render(held, "json", CONTEXT))["Results"][0]["Results"]
    shown = [each["VulnerabilityID"] for part in made for each in part["Vulnerabilities"]]
    assert sorted(shown) == sorted(each.finding.id for each in found) != []
    assert not any("Packages" in part for part in made)
    for each in found:
        assert each.finding.id in text
        assert WHOLE.components[each.component].package.name in text

import json
import re

import msgspec
import pytest

from analyzers.checks.compliance import Control, Spec
from analyzers.inventory import Problem
from analyzers.severity import Severity
from reports.compliance import ComplianceReport, compliance_of, render
from tests.reports.contents_documents import with_contents
from tests.reports.documents import CONTEXT

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
            {"ID": "3", "Name": "No roots", "Severity": "LOW", "TotalFail": None, "Status": "NOT CHECKED"},
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
    assert "not read: srv/b.yaml: no YAML" in render(made, "table", CONTEXT)

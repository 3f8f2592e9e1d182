"""Standards of the user's own, in the form of Trivy's compliance files.

Format: https://trivy.dev/latest/docs/compliance/compliance/#custom-compliance
"""

from collections.abc import Mapping

from analyzers.checks.compliance import Control, Spec, Status, severity_of
from analyzers.documents import Value, items, table, text
from analyzers.documents import yaml as yaml_document
from analyzers.errors import ParseError
from analyzers.severity import Severity

_DEFAULTS = {"": None, "PASS": Status.PASS, "FAIL": Status.FAIL, "WARN": None}
"""Words of `defaultStatus`; what is to be warned of is not checked, or manual, here."""


def read_spec(data: bytes, path: str) -> Spec:
    """Return the standard that a file describes, "spec:" before all or left out.

    Raises:
        ParseError: it is no YAML, or no standard; says which part.
    """
    value = table(yaml_document.load(data, path))
    spec = table(value.get("spec")) or value
    controls = tuple(
        _control(table(each), f"{path}: controls[{number}]")
        for number, each in enumerate(items(spec.get("controls")))
    )
    if not controls:
        raise ParseError(f"{path}: no controls, expected 'spec.controls' with some")
    return Spec(
        id=_needed(spec, "id", path),
        title=_needed(spec, "title", path),
        version=text(spec.get("version")),
        link=next(iter(filter(None, map(text, items(spec.get("relatedResources"))))), ""),
        description=text(spec.get("description")),
        controls=controls,
    )


def _control(control: Mapping[str, Value], place: str) -> Control:
    severity = text(control.get("severity")).upper() or Severity.UNKNOWN.name
    if severity not in Severity.__members__:
        raise ParseError(f"{place}.severity: {severity!r}, expected one of {', '.join(Severity.__members__)}")
    checks = items(control.get("checks"))
    return Control(
        id=_needed(control, "id", place),
        name=_needed(control, "name", place),
        severity=Severity[severity],
        checks=tuple(_check(table(each), f"{place}.checks[{number}]") for number, each in enumerate(checks)),
        default=_default(text(control.get("defaultStatus")).upper(), place),
    )


def _default(status: str, place: str) -> Status | None:
    if status not in _DEFAULTS:
        raise ParseError(f"{place}.defaultStatus: {status!r}, expected PASS, FAIL or WARN")
    return _DEFAULTS[status]


def _check(check: Mapping[str, Value], place: str) -> str:
    named = _needed(check, "id", place)
    severity = severity_of(named)
    if severity is not None and severity not in Severity.__members__:
        start = named.partition("-")[0]
        known = ", ".join(f"{start}-{each}" for each in Severity.__members__)
        raise ParseError(f"{place}.id: {named!r}, expected one of {known}")
    return named


def _needed(value: Mapping[str, Value], key: str, place: str) -> str:
    if not (found := text(value.get(key))):
        raise ParseError(f"{place}: no {key!r}, expected a text")
    return found

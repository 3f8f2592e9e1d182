"""What a target comes to by the controls of a standard."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module

import msgspec

from analyzers.checks.check import canonical
from analyzers.checks.compliance import Control, ControlResult, Spec, Status, evaluate
from reports.context import RenderContext
from reports.document import Document

FORMATS = {"table": "reports.compliance_table", "json": "reports.compliance_json"}
"""Name of each format and the module that renders it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceReport:
    """The controls of a standard, and the document that was held against them."""

    spec: Spec
    results: tuple[ControlResult, ...]
    """In the standard's order; those of the severities that were asked for."""
    document: Document
    is_summary: bool
    """Whether what fails is left out."""

    @property
    def has_failures(self) -> bool:
        """Whether any control fails."""
        return any(each.status is Status.FAIL for each in self.results)

    def of(self, control: Control) -> Document:
        """Return the document with the outcomes of one control only."""
        ids = {canonical(check) for check in control.checks}
        return msgspec.structs.replace(
            self.document,
            findings=(),
            secrets=(),
            licenses=(),
            suppressed=(),
            misconfigurations=tuple(
                each for each in self.document.misconfigurations if canonical(each.outcome.check) in ids
            ),
        )


def compliance_of(
    spec: Spec, document: Document, severities: Collection[str], *, is_summary: bool
) -> ComplianceReport:
    """Return what a document comes to by a standard.

    Args:
        spec: the standard.
        document: with misconfigurations of all severities, passed ones too, without those ignored.
        severities: of the controls that are wanted.
        is_summary: whether to leave out what fails.
    """
    results = evaluate(spec, (each.outcome for each in document.misconfigurations))
    wanted = tuple(each for each in results if each.control.severity.name in severities)
    return ComplianceReport(spec=spec, results=wanted, document=document, is_summary=is_summary)


def render(report: ComplianceReport, format_name: str, context: RenderContext) -> str:
    """Return the report in a format of `FORMATS`, with a line end at its end. Raises KeyError: no such."""
    renderer: Callable[[ComplianceReport, RenderContext], str]
    renderer = import_module(FORMATS[format_name]).render
    return renderer(report, context)

"""What a target comes to by the controls of a standard."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module

from analyzers.checks.compliance import Control, ControlResult, Spec, Status, evaluate
from reports.compliance_tally import about, gaps_of, tallies_of
from reports.context import RenderContext
from reports.document import Document

FORMATS = {"table": "reports.compliance_table", "json": "reports.compliance_json"}
"""Name of each format and the module that renders it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceReport:
    """The controls of a standard, and what was held against them."""

    spec: Spec
    name: str
    """Of the target."""
    results: tuple[ControlResult, ...]
    """In the standard's order; those of the severities that were asked for."""
    documents: Callable[[Control], Iterable[Document]]
    """Gives what was found for a control, and of everything else nothing."""
    gaps: tuple[str, ...] = ()
    """What could not be read or checked."""
    show_suppressed: bool = False
    is_summary: bool
    """Whether what fails is left out."""

    @property
    def has_failures(self) -> bool:
        """Whether any control fails."""
        return any(each.status is Status.FAIL for each in self.results)


def compliance_of(
    spec: Spec, document: Document, severities: Collection[str], *, is_summary: bool
) -> ComplianceReport:
    """Return what a document comes to by a standard.

    Args:
        spec: the standard.
        document: with findings of all severities, those of passed checks too; those ignored are in its
            `suppressed`.
        severities: of the controls that are wanted.
        is_summary: whether to leave out what fails.
    """
    return ComplianceReport(
        spec=spec,
        name=document.name,
        results=wanted(evaluate(spec, tallies_of(spec, [document])), severities),
        documents=lambda control: (about(control, document),),
        gaps=tuple(gaps_of(document)),
        show_suppressed=document.show_suppressed,
        is_summary=is_summary,
    )


def wanted(results: Iterable[ControlResult], severities: Collection[str]) -> tuple[ControlResult, ...]:
    """Return the results of controls of these severities."""
    return tuple(each for each in results if each.control.severity.name in severities)


def render(report: ComplianceReport, format_name: str, context: RenderContext) -> str:
    """Return the report in a format of `FORMATS`, with a line end at its end. Raises KeyError: no such."""
    return "".join(parts(report, format_name, context))


def parts(report: ComplianceReport, format_name: str, context: RenderContext) -> Iterator[str]:
    """Yield the same in parts, for what is large. Raises KeyError: there is no such format."""
    renderer: Callable[[ComplianceReport, RenderContext], Iterator[str]]
    renderer = import_module(FORMATS[format_name]).render
    return renderer(report, context)

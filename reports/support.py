"""Whether a report's operating system still gets security updates."""

from datetime import date

from analyzers.lifecycle import end_of_life
from reports.document import Document

_DAY = len("2024-01-31")


def ended_on(document: Document) -> date | None:
    """Return the last day of the system's support when the report is of a later one.

    None for a supported system, for one whose end is not known, and without a system.
    """
    last = end_of_life(document.release) if document.release else None
    return last if last and last < date.fromisoformat(document.created_at[:_DAY]) else None

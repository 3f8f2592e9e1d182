"""VEX statements: what the maker of a product says about a vulnerability in it.

Requirements: https://www.cisa.gov/sites/default/files/2023-04/minimum-requirements-for-vex-508c.pdf
"""

from datetime import UTC, datetime

import msgspec

from analyzers.errors import ParseError
from analyzers.ignore.decision import Status

MOST_STATEMENTS = 500_000
"""Of one document: vulnerabilities times products, and the packages in them."""
STATUSES = {
    status.value: status
    for status in (Status.NOT_AFFECTED, Status.AFFECTED, Status.FIXED, Status.UNDER_INVESTIGATION)
}
"""The statuses of VEX, by their names."""

Identifiers = tuple[str, ...]
"""Names of one thing, any of which may be the one it is found by: purls, digests, BOM-Links, plain names."""


class Statement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is said about one vulnerability in one product."""

    vulnerabilities: tuple[str, ...]
    """Its name and aliases."""
    product: Identifiers
    """The image, what brings the package in, or the package itself."""
    subcomponents: tuple[Identifiers, ...] = ()
    """The packages in the product that it is said of; all when there are none."""
    scope: Identifiers = ()
    """The artifacts that it is said of, when it was taken from an attestation; any when empty."""
    status: Status
    statement: str = ""
    """Why, by its label and words."""
    author: str = ""
    source: str = ""
    problem: str = ""
    """Why it holds for nothing: its versions cannot be told."""
    time_s: float = 0.0
    """When it was made, in Unix time; 0 when it does not say. Later statements override earlier ones."""


def seconds(text: str, place: str) -> float:
    """Return a timestamp in Unix time, 0 for an empty one; without an offset it is UTC.

    Format: https://www.rfc-editor.org/rfc/rfc3339

    Raises:
        ParseError: it is none.
    """
    if not text:
        return 0.0
    try:
        time = datetime.fromisoformat(text.strip())
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise ParseError(f"{place}: {text!r:.100}, expected a time such as 2026-01-31T12:00:00Z") from error


def joined(*parts: str) -> str:
    """Return the parts that say anything, as one sentence."""
    return ": ".join(part.strip() for part in dict.fromkeys(parts) if part.strip())


class Gathered:
    """The statements of one document, as many as are read."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._size = 0
        self._all: list[Statement] = []

    def add(self, statement: Statement) -> None:
        """Add one.

        Raises:
            ParseError: the document says more than MOST_STATEMENTS.
        """
        self._size += len(statement.vulnerabilities) * len(statement.product) + len(statement.subcomponents)
        if self._size > MOST_STATEMENTS:
            raise ParseError(f"{self._source}: more than {MOST_STATEMENTS} vulnerabilities and products")
        self._all.append(statement)

    def all(self) -> tuple[Statement, ...]:
        """Return them in their order."""
        return tuple(self._all)

"""How severe an advisory is, from its CVSS vectors or its source's own words.

Specifications: https://ossf.github.io/osv-schema/#severity-field and https://www.first.org/cvss/
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from typing import Protocol

import msgspec

from analyzers.osv import Affected, Record, Score

_LONGEST_VECTOR = 500


class Severity(IntEnum):
    """Severities in their order."""

    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Rating(msgspec.Struct, frozen=True):
    """One source's opinion.

    `score` is 0.0 to 10.0, None when there is only a word; `vector` is the CVSS vector behind it or "".
    `origin` names record and place, such as "GHSA-35jh-r3h4-6jhm CVSS_V3"; "" when nothing was said.
    """

    severity: Severity = Severity.UNKNOWN
    score: float | None = None
    vector: str = ""
    origin: str = ""


UNRATED = Rating()


class _Vector(Protocol):
    base_score: Decimal


_NEWEST_FIRST = ("CVSS_V4", "CVSS_V3", "CVSS_V2")
_WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "important": Severity.HIGH,  # Red Hat, AlmaLinux, Rocky Linux, SUSE
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "low": Severity.LOW,
    "negligible": Severity.LOW,  # Ubuntu
    "none": Severity.LOW,
    "unimportant": Severity.LOW,  # Debian
    "minor": Severity.LOW,
}
# The errata of Red Hat and its rebuilds say it in the first word of the title only.
_TITLE = re.compile(r"(Critical|Important|Moderate|Low): ")
_HIGH_FROM, _MEDIUM_FROM, _CRITICAL_FROM = 7.0, 4.0, 9.0


def of_record(record: Record, block: Affected | None = None) -> Rating:
    """Return the record's rating of the package that `block` of its `affected` list is about.

    The newest CVSS version that can be read wins; a broken vector gives way to the next source. Without any,
    the source's own word counts; without that the severity is UNKNOWN.
    """
    blocks = [block] if block else []
    scores = [score for each in blocks for score in each.severity] + list(record.severity)
    for method in _NEWEST_FIRST:
        for given in scores:
            rating = _scored(method, given.score) if given.type == method else None
            if rating is not None:
                return msgspec.structs.replace(rating, origin=f"{record.id} {method}")
    for origin, word in _words(record, blocks, scores):
        severity = _WORDS.get(word.rstrip("*").strip().lower())
        if severity is not None:
            return Rating(severity=severity, origin=f"{record.id} {origin}")
    return UNRATED


def vectors(record: Record) -> Iterator[Rating]:
    """Yield a rating for each CVSS vector of the record as a whole that can be read."""
    for given in record.severity:
        rating = _scored(given.type, given.score) if given.type in _NEWEST_FIRST else None
        if rating is not None:
            yield msgspec.structs.replace(rating, origin=f"{record.id} {given.type}")


def best(ratings: Iterable[Rating]) -> Rating:
    """Return the rating that speaks for several records about the same vulnerability.

    A score goes before a word, a newer CVSS version before an older, then the higher one; the order of the
    ratings has no say.
    """
    return max(ratings, key=_weight, default=UNRATED)


def of_score(score: float) -> Severity:
    """Return the severity of a CVSS version 3 or 4 score; "None" (0.0) counts as LOW.

    Specification: https://www.first.org/cvss/v4.0/specification-document#Qualitative-Severity-Rating-Scale
    """
    if score >= _CRITICAL_FROM:
        return Severity.CRITICAL
    if score >= _HIGH_FROM:
        return Severity.HIGH
    return Severity.MEDIUM if score >= _MEDIUM_FROM else Severity.LOW


def _weight(rating: Rating) -> tuple[int, float, int, str, str]:
    method = rating.origin.rpartition(" ")[2]
    newness = len(_NEWEST_FIRST) - _NEWEST_FIRST.index(method) if rating.score is not None else 0
    return newness, rating.score or 0.0, rating.severity, rating.origin, rating.vector


@lru_cache(maxsize=1 << 16)
def _scored(method: str, vector: str) -> Rating | None:
    if len(vector) > _LONGEST_VECTOR:
        return None
    from cvss import CVSS2, CVSS3, CVSS4  # noqa: PLC0415 - what is all judged needs none
    from cvss.exceptions import CVSSError  # noqa: PLC0415 - as above

    methods: dict[str, Callable[[str], _Vector]] = {"CVSS_V4": CVSS4, "CVSS_V3": CVSS3, "CVSS_V2": CVSS2}
    try:
        score = float(methods[method](vector).base_score)
    except (CVSSError, ArithmeticError, ValueError, KeyError, TypeError):
        return None  # hostile vectors reach places where the library does not check
    severity = min(of_score(score), Severity.HIGH) if method == "CVSS_V2" else of_score(score)
    return Rating(severity=severity, score=score, vector=vector)


def _words(record: Record, blocks: list[Affected], scores: list[Score]) -> Iterator[tuple[str, str]]:
    """Yield place and word of everything that is not a vector, most specific first."""
    for score in scores:
        if score.type == "Ubuntu":
            yield "Ubuntu", score.score
    for block in blocks:
        yield from _named("ecosystem_specific", block.ecosystem_specific)
        yield from _named("affected.database_specific", block.database_specific)
    yield from _named("database_specific", record.database_specific)
    if title := _TITLE.match(record.summary):
        yield "summary", title[1]


def _named(place: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name in ("severity", "urgency"):
        word = values.get(name)
        if isinstance(word, str):
            yield f"{place}.{name}", word

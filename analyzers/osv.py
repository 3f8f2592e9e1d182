"""Advisories in the Open Source Vulnerability format.

Specification: https://ossf.github.io/osv-schema/ (1.6 and later)
"""

import re
from datetime import UTC, datetime, timedelta
from textwrap import shorten

import msgspec

from analyzers.documents.wording import decoding_problem
from analyzers.errors import ParseError

_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,12}))?(?:[Zz]|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2}))"
)


TITLE_CHARACTERS = 120
"""Length of a title made from a longer text."""


def short_title(text: str) -> str:
    """Return at most `TITLE_CHARACTERS` of one line of text, cut after a word if there is one."""
    short = shorten(text, TITLE_CHARACTERS, placeholder=" …")
    return short if short != "…" else text.strip()[: TITLE_CHARACTERS - 1] + "…"


class Score(msgspec.Struct, frozen=True, omit_defaults=True):
    """A severity by some method: "CVSS_V2", "CVSS_V3", "CVSS_V4" with a vector, "Ubuntu" with a word."""

    type: str
    score: str


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change along a range; one of the four is given, the others are None."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(msgspec.Struct, frozen=True, omit_defaults=True):
    """Affected versions between events, in the order that `type` names: SEMVER, ECOSYSTEM or GIT."""

    type: str = ""
    repo: str = ""
    events: tuple[Event, ...] = ()


class PackageName(msgspec.Struct, frozen=True, omit_defaults=True):
    """A package within its ecosystem; both are "" in records that speak about commits only."""

    ecosystem: str = ""
    name: str = ""
    purl: str = ""


class Affected(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one package's affected versions are."""

    package: PackageName = PackageName()
    severity: tuple[Score, ...] = ()
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    ecosystem_specific: dict[str, object] = {}
    database_specific: dict[str, object] = {}


class ReferenceLink(msgspec.Struct, frozen=True):
    """Where to read more: an address and what kind of page it is ("ADVISORY", "FIX", "WEB" …)."""

    type: str = ""
    url: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One advisory. Times are as the source wrote them; `normalise_time` makes them sort."""

    id: str
    modified: str
    schema_version: str = "1.0.0"
    published: str = ""
    withdrawn: str = ""
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    summary: str = ""
    details: str = ""
    severity: tuple[Score, ...] = ()
    affected: tuple[Affected, ...] = ()
    references: tuple[ReferenceLink, ...] = ()
    database_specific: dict[str, object] = {}

    @property
    def title(self) -> str:
        """The summary; many sources write none, then the beginning of the details."""
        if self.summary:
            return self.summary
        line = self.details.strip().partition("\n")[0]
        return short_title(line)

    @property
    def url(self) -> str:
        """Where to read more: the source's own page when it names one, else OSV's."""
        pages = {link.type: link.url for link in reversed(self.references)}
        return pages.get("ADVISORY") or pages.get("WEB") or f"https://osv.dev/vulnerability/{self.id}"


_DECODER = msgspec.json.Decoder(Record)


def parse_record(data: bytes) -> Record:
    """Return the advisory; keys that are not known are passed over, a null is as good as no key.

    Raises:
        ParseError: not JSON, or a value of another type than the format says; names the place.
    """
    try:
        record = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"OSV record: {decoding_problem(error)}") from error
    if not record.id:
        raise ParseError("OSV record: id: expected an identifier, got ''")
    return record


def parse_affected(blocks: object) -> tuple[Affected, ...]:
    """Return the `affected` list of a record from its JSON values.

    Raises:
        ParseError: a value has another type than the format says; names the place.
    """
    try:
        return msgspec.convert(_without_nulls(blocks), tuple[Affected, ...])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ParseError(f"OSV affected: {decoding_problem(error)}") from error


def normalise_time(text: str) -> str:
    """Return a time in UTC as 27 characters that sort, "2024-01-31T08:15:00.000000Z".

    Finer fractions than microseconds are cut off. Specification: RFC 3339, section 5.6.

    Raises:
        ParseError: not a time of RFC 3339.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ParseError(f"{text!r}: expected a time of RFC 3339, such as 2024-01-31T08:15:00Z")
    # a leap second is not known to datetime; the second before it sorts in the same place
    clock = match["clock"].replace(":60", ":59") if match["clock"].endswith(":60") else match["clock"]
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{clock}.{fraction}+00:00")
        moment -= _offset(match)
    except (ValueError, OverflowError) as error:
        raise ParseError(f"{text!r}: no such time") from error
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def _offset(match: re.Match[str]) -> timedelta:
    if not match["sign"]:
        return timedelta()
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
    return -offset if match["sign"] == "-" else offset


def _decode(data: bytes) -> Record:
    try:
        return _DECODER.decode(data)
    except msgspec.ValidationError:
        # some databases write null where the format wants no key at all
        return msgspec.convert(_without_nulls(msgspec.json.decode(data)), Record)


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(item) for item in value if item is not None]
    return value

"""A feed's list of changes, and what to fetch because of it.

The list has a line "<modified>,<id>" for each record of an ecosystem, newest first:
https://google.github.io/osv.dev/data/#data-dumps
"""

from collections.abc import Mapping
from dataclasses import dataclass

from analyzers.errors import ParseError
from analyzers.osv import Record, normalise_time, parse_record

ID_CHARS = 200
"""Length of an id; the longest in use have less than 100."""
ARCHIVE_ABOVE = 2_000
"""More records than this are fetched as one archive."""
ARCHIVE_ABOVE_SHARE = 0.3
"""As is more than this part of a feed."""

_MARK = "?"
_NOT_IN_IDS = frozenset(' /\\,"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Every record of a feed."""

    times: dict[str, str]
    """Id → normalised time."""
    whole: bool
    """Whether it ended with a line's end. If not, it may have been cut short: not to be taken for known."""


def parse_listing(body: bytes) -> Listing:
    r"""Return the list. line = time "," id ("\n" | "\r\n").

    Raises:
        ParseError: a line is not of this form, or there is none; names the line.
    """
    times: dict[str, str] = {}
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError as error:
        raise ParseError(f"byte {error.start}: expected ASCII") from error
    for number, line in enumerate(text.splitlines(), 1):
        time, comma, osv_id = line.partition(",")
        if not comma or not is_id(osv_id):
            raise ParseError(f"line {number}: {line[:ID_CHARS]!r}: expected a time, a comma and an id")
        try:
            normal = normalise_time(time)
        except ParseError as error:
            raise ParseError(f"line {number}: {str(error)[:ID_CHARS]}") from error
        times[osv_id] = max(normal, times.get(osv_id, ""))
    if not times:
        raise ParseError("no lines: expected one for each record")
    return Listing(times=times, whole=text.endswith("\n"))


def is_id(osv_id: str) -> bool:
    """Tell whether an id can be part of an address and a file's name, and no more than that."""
    plain = osv_id.isascii() and osv_id.isprintable() and _NOT_IN_IDS.isdisjoint(osv_id)
    return plain and not osv_id.startswith(".") and 0 < len(osv_id) <= ID_CHARS


def checked_record(data: bytes, osv_id: str | None = None) -> Record:
    """Return a record that can be stored and found again.

    Raises:
        ParseError: it is none, has no readable time, or another id than `osv_id`.
    """
    record = parse_record(data)
    if not is_id(record.id):
        raise ParseError(f"OSV record: $.id: {record.id[:ID_CHARS]!r}: expected an identifier")
    if osv_id is not None and record.id != osv_id:
        raise ParseError(f"OSV record: $.id: {record.id!r}: expected {osv_id!r}")
    normalise_time(record.modified)
    return record


def differing(times: Mapping[str, str], stored: Mapping[str, str]) -> list[str]:
    """Return the ids whose time is not the stored one, in the order of the list.

    All of them, not only those since the last look: a list is made anew each time, and a record may appear
    in its middle. Records that are stored and no longer listed stay: OSV withdraws, it does not delete.
    """
    return [osv_id for osv_id, time in times.items() if stored.get(osv_id) != time]


def wants_archive(different: int, listed: int, *, first: bool) -> bool:
    """Tell whether the archive of all records is the cheaper way."""
    return different > 0 and (first or different > ARCHIVE_ABOVE or different > ARCHIVE_ABOVE_SHARE * listed)


def listed_time(record: Record, time: str | None, before: str | None) -> str:
    """Return the time to remember a record under.

    That is the list's, unless the record is older than it says: then a cache may have kept it, or the archive
    was made before the list. It is remembered with a mark, so that it differs the next time too; a later
    update that meets the same takes the list to be wrong.

    Args:
        record: what the source has.
        time: the list's time, None when the record is not listed.
        before: what was remembered when this update began.
    """
    own = normalise_time(record.modified)
    if time is None:
        return own
    marked = time + _MARK
    return marked if _is_behind(own, time) and before not in {marked, time} else time


def _is_behind(own: str, time: str) -> bool:
    # To the second: not everybody writes fractions.
    return own[:19] < time[:19]

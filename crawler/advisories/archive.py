"""A feed's archive of all its records, verified before it is used.

Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, read by the standard library.
"""

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from analyzers.errors import LimitExceededError, ParseError
from analyzers.limits import GIB, MIB
from analyzers.osv import Record
from crawler.advisories.listing import ID_CHARS, checked_record

ARCHIVE_BYTES = 2 * GIB
"""Length of an archive; the largest of the export has a tenth of it."""
DIRECTORY_BYTES = 48 * MIB
"""Length of an archive's directory, of which every entry is held in memory."""
MEMBER_BYTES = 32 * MIB
"""Length of one record."""
RECORDS = 1_000_000
"""Records of one archive."""
TOTAL_BYTES = 32 * GIB
"""Length of all records of an archive together."""
BATCH_BYTES = 8 * MIB
"""A batch ends after the record that reaches this length."""
BATCH_RECORDS = 1_000
"""Records of one batch."""

REASON_CHARS = 300
"""Length of a reason, which may repeat what a stranger wrote."""

_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1
_CORRUPT = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What an archive holds."""

    records: int
    broken: dict[str, str]
    """Names of those that are no OSV records, without ".json" → why."""


class _Bounded(io.BufferedReader):
    """A file that is never read in pieces longer than an archive's directory may be."""

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = DIRECTORY_BYTES + 1 if size is None or size < 0 else size
        data = super().read(min(wanted, DIRECTORY_BYTES + 1))
        if len(data) > DIRECTORY_BYTES:
            raise LimitExceededError("directory_bytes", f"a directory of more than {DIRECTORY_BYTES} bytes")
        return data


def verify(file: BinaryIO) -> Verified:
    """Read the archive to its end and decode every record.

    Raises:
        ParseError: it is no archive, cut short, damaged, empty, or passes a limit; nothing of it is to be
            used then.
    """
    broken: dict[str, str] = {}
    count = 0
    for name, data in _members(file):
        count += 1
        try:
            checked_record(data)
        except ParseError as error:
            broken[name] = str(error)[:REASON_CHARS]
    if not count:
        raise ParseError("an archive without records")
    return Verified(records=count - len(broken), broken=broken)


def records(file: BinaryIO) -> Iterator[tuple[Record, bytes]]:
    """Yield the records of a verified archive with their JSON, without the broken ones."""
    for _, data in _members(file):
        with contextlib.suppress(ParseError):  # verify() told of it
            yield checked_record(data), data


def batched(found: Iterable[tuple[Record, bytes]]) -> Iterator[list[tuple[Record, bytes]]]:
    """Yield the records in lists that are stored together."""
    batch: list[tuple[Record, bytes]] = []
    length = 0
    for record, data in found:
        batch.append((record, data))
        length += len(data)
        if length >= BATCH_BYTES or len(batch) >= BATCH_RECORDS:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _members(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Yield name without ".json" and content of every file in the archive, checked against its CRC."""
    total = 0
    with _opened(file) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            data = _read(archive, info)
            total += len(data)
            if total > TOTAL_BYTES:
                raise LimitExceededError("total_bytes", f"records of more than {TOTAL_BYTES} bytes together")
            yield PurePosixPath(info.filename).name.removesuffix(".json")[:ID_CHARS], data


@contextlib.contextmanager
def _opened(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    file.flush()
    raw = io.FileIO(file.fileno(), closefd=False)
    try:
        archive = zipfile.ZipFile(_Bounded(raw))
    except LimitExceededError:
        raise
    except _CORRUPT as error:
        raise ParseError(f"no whole zip archive ({error})") from error
    with archive:
        if len(archive.infolist()) > RECORDS:
            raise LimitExceededError("records", f"more than {RECORDS} records")
        yield archive


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type not in _METHODS or info.flag_bits & _ENCRYPTED:
        raise ParseError(f"{info.filename[:ID_CHARS]!r}: expected deflated or stored, not encrypted")
    try:
        with archive.open(info) as member:
            data = member.read(MEMBER_BYTES + 1)
    except _CORRUPT as error:
        raise ParseError(f"{info.filename[:ID_CHARS]!r}: damaged ({error})") from error
    if len(data) > MEMBER_BYTES:
        message = f"{info.filename[:ID_CHARS]!r}: more than {MEMBER_BYTES} bytes"
        raise LimitExceededError("member_bytes", message)
    if len(data) != info.file_size:
        raise ParseError(f"{info.filename[:ID_CHARS]!r}: {len(data)} bytes, expected {info.file_size}")
    return data

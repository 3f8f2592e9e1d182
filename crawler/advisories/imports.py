"""Advisories from files, for machines without internet: OSV JSON, arrays of it, JSON lines, zips, folders."""

import asyncio
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from analyzers import ecosystems
from analyzers.documents.wording import decoding_problem
from analyzers.errors import ParseError
from analyzers.limits import MIB
from analyzers.osv import Record, normalise_time
from crawler.advisories import archive
from crawler.advisories.listing import checked_record
from reports.counting import count
from store.advisories import Feed, put_feed_state, put_records
from store.database import Store

ARRAY_BYTES = 512 * MIB
"""Length of a file that holds an array, which is read whole."""
START_BYTES = 256
"""What of a file is looked at to tell what it is."""
NAMED = 3
"""Unreadable inputs that a feed's reason names."""

_LINES = frozenset({".jsonl", ".ndjson"})
_SUFFIXES = _LINES | {".json", ".zip"}
_ZIP = b"PK"
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What an import did."""

    feeds: tuple[str, ...]
    """Ecosystems that are now current."""
    records: int
    """Records that were read."""
    records_changed: int
    invalid: dict[str, str]
    """Files, lines and members that are no OSV records → why."""


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    records: int = 0
    feeds: dict[str, str] = field(default_factory=dict)
    """Ecosystem → the path that was named for it."""
    invalid: dict[str, str] = field(default_factory=dict)


async def import_paths(store: Store, paths: Sequence[Path], now: Callable[[], str]) -> ImportOutcome:
    """Store the records in files and folders; afterwards the feeds found are current as of now.

    A feed is found where a record speaks about its packages and no other ecosystem's: a dump of npm also
    has records that name one RubyGems package, and does not make RubyGems complete. Newer records than
    those in the files stay. An archive is stored only when all of it can be read; of other files, every
    record that can be read is.
    """
    found, changed, time = _Found(), 0, now()
    for path in paths:
        batches = archive.batched(_read_path(path, found))
        while batch := await asyncio.to_thread(next, batches, None):
            incoming = [(record, normalise_time(record.modified), raw) for record, raw in batch]
            async with store.transaction() as tx:
                changed += await put_records(tx, "", incoming)
            _note(found, path, [record for record, _ in batch])
    async with store.transaction() as tx:
        for name, url in found.feeds.items():
            await put_feed_state(tx, _state(name, url, time, found.invalid))
    return ImportOutcome(
        feeds=tuple(sorted(found.feeds)),
        records=found.records,
        records_changed=changed,
        invalid=found.invalid,
    )


def _state(name: str, url: str, time: str, invalid: dict[str, str]) -> Feed:
    # What an unreadable input would have spoken about is not known, so it is every feed's.
    named = "; ".join(f"{where}: {why}" for where, why in list(invalid.items())[:NAMED])
    reason = f"{count(len(invalid), 'unreadable input')}: {named}" if invalid else ""
    return Feed(name=name, url=url, state="partial" if invalid else "ok", reason=reason, current_at=time)


def _note(found: _Found, path: Path, records: Sequence[Record]) -> None:
    found.records += len(records)
    for record in records:
        names = {
            ecosystems.split(block.package.ecosystem)[0] for block in record.affected if block.package.name
        }
        if len(names) == 1:
            found.feeds[names.pop()] = f"import:{_shown(path.absolute())}"


def _read_path(path: Path, found: _Found) -> Iterator[tuple[Record, bytes]]:
    """Yield what a file or folder holds; what cannot be read is noted as invalid."""
    if not path.is_dir():
        yield from _read_file(path, found)
        return
    before = len(found.invalid)
    files = sorted(_files_below(path, found))
    if not files and len(found.invalid) == before:
        found.invalid[_shown(path)] = "no files ending in .json, .jsonl, .ndjson or .zip"
    for file in files:
        yield from _read_file(file, found)


def _files_below(folder: Path, found: _Found) -> Iterator[Path]:
    """Yield the files that may hold records; folders that cannot be read are noted as invalid."""

    def note(error: OSError) -> None:
        found.invalid[_shown(Path(error.filename))] = error.strerror or type(error).__name__

    for parent, _, names in os.walk(folder, onerror=note):
        files = (Path(parent, name) for name in names)
        yield from (file for file in files if file.suffix.lower() in _SUFFIXES and not _is_special(file))


def _is_special(file: Path) -> bool:
    """Tell whether it is no regular file, such as a pipe; of what cannot be told, reading says why."""
    try:
        return not stat.S_ISREG(file.stat().st_mode)
    except OSError:
        return False


def _read_file(path: Path, found: _Found) -> Iterator[tuple[Record, bytes]]:
    name = _shown(path)
    try:
        with path.open("rb") as file:
            yield from _read(file, path, found)
    except ParseError as error:
        found.invalid[name] = str(error)[: archive.REASON_CHARS]
    except OSError as error:
        found.invalid[name] = error.strerror or type(error).__name__


def _read(file: BinaryIO, path: Path, found: _Found) -> Iterator[tuple[Record, bytes]]:
    name = _shown(path)
    start = file.read(START_BYTES).lstrip()
    file.seek(0)
    if start.startswith(_ZIP):
        verified = archive.verify(file)
        found.invalid |= {f"{name}: {member!r}": why for member, why in verified.broken.items()}
        yield from archive.records(file)
    elif path.suffix.lower() in _LINES or (start.startswith(b"{") and _is_whole(_line(file))):
        file.seek(0)
        yield from _read_lines(file, name, found)
    else:
        file.seek(0)
        yield from _read_json(file, name, found)


def _read_lines(file: BinaryIO, name: str, found: _Found) -> Iterator[tuple[Record, bytes]]:
    number = 0
    while line := _line(file):
        number += 1
        if line.strip():
            yield from _checked(line.strip(), f"{name}: line {number}", found)
    if not number:
        raise ParseError("no lines")


def _read_json(file: BinaryIO, name: str, found: _Found) -> Iterator[tuple[Record, bytes]]:
    data = file.read(ARRAY_BYTES + 1)
    if len(data) > ARRAY_BYTES:
        raise ParseError(f"more than {ARRAY_BYTES} bytes: expected an archive or JSON lines")
    data = data.strip()
    if not data.startswith(b"["):
        yield from _checked(data, name, found)
        return
    try:
        items = _ARRAY.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"JSON array: {decoding_problem(error)}") from error
    if not items:
        raise ParseError("an array without records")
    for number, item in enumerate(items):
        yield from _checked(bytes(item), f"{name}: [{number}]", found)


def _checked(data: bytes, where: str, found: _Found) -> Iterator[tuple[Record, bytes]]:
    try:
        yield checked_record(data), data
    except ParseError as error:
        found.invalid[where] = str(error)[: archive.REASON_CHARS]


def _line(file: BinaryIO) -> bytes:
    line = file.readline(archive.MEMBER_BYTES + 1)
    if len(line) > archive.MEMBER_BYTES:
        raise ParseError(f"a line of more than {archive.MEMBER_BYTES} bytes")
    return line


def _is_whole(line: bytes) -> bool:
    """Tell whether a first line is an object by itself, so that the others will be too."""
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _shown(path: Path) -> str:
    # A name on disk may be any bytes; the store takes text.
    return os.fsencode(path).decode(errors="replace")

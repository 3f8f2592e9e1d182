"""Turns one layer's bytes into its inventory, in one walk.

Formats: https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar, assert_never

import msgspec

from analyzers.catalogue import Dispatch
from analyzers.decompression import decompress
from analyzers.errors import ParseError, UnreadableFileError
from analyzers.hashing import Hashing
from analyzers.inventory import (
    Analyzer,
    Fact,
    File,
    Found,
    LayerInventory,
    License,
    Note,
    Outcome,
    Owned,
    Package,
    Problem,
    Release,
    Secret,
)
from analyzers.limits import KIB, MIB, Limits
from analyzers.path_digest import packed, path_hash
from analyzers.tar import Walk as TarWalk
from analyzers.tar_header import Entry, Kind, display, normalise

# Wanted files up to this size are kept, up to this sum, in case a hard link to them follows. Manifests of
# packages are smaller nearly always; what is not kept is fetched by a second walk.
_KEPT_FILE_BYTES = 64 * KIB
_KEPT_BYTES = 32 * MIB

_EXECUTABLE = 0o111
_TEXT_BYTES = 8 * KIB
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FILE = Kind.FILE
_NO_FILES = frozenset({Kind.DIRECTORY, Kind.REFUSED})

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_AUFS = ".wh..wh."


class LayerReader(Protocol):
    """A layer's compressed bytes, which can be read again from their start."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, at least one unless the end is reached."""
        ...

    def seek(self, offset: int, /) -> int:
        """Go to a place; only 0 is asked for."""
        ...


class Walk(Protocol):
    """Iterates over files; the content of the current one can be read once."""

    entries: int
    """How many entries have been seen."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries."""
        ...

    def peek(self, count: int, /) -> bytes:
        """Return up to `count` first bytes of the current file. Raises UnreadableFileError."""
        ...

    def read(self) -> bytes:
        """Return the current file's content. Raises UnreadableFileError."""
        ...


def analyse(reader: LayerReader, size: int, limits: Limits, dispatch: Dispatch) -> LayerInventory:
    """Return what the analyzers of `dispatch` find in a layer of `size` compressed bytes.

    The same bytes give the same inventory. A wanted file that cannot be read is a Problem in it.

    Raises:
        LimitExceededError: the layer passes one of `limits`.
        ParseError: the layer cannot be read as a whole.
    """
    findings = Findings(dispatch=dispatch, limits=limits)
    with Hashing() as hashing:
        walk = TarWalk(hashing.passing(decompress(_Sized(reader, size), limits)), limits)
        for entry in walk:
            findings.take(entry, walk)
    if findings.pending:
        reader.seek(0)
        findings.take_targets(TarWalk(decompress(reader, limits), limits))
    return LayerInventory(
        diff_id=f"sha256:{hashing.sha256.hexdigest()}",
        size_bytes=hashing.size,
        entries=walk.entries,
        found=findings.by_analyzer(),
        whiteouts=tuple(sorted(findings.covered)),
        opaque=tuple(sorted(findings.opaque)),
        problems=tuple(findings.problems.values()),
        files=packed(findings.files),
    )


class _Sized:
    """A reader that ends in an error when its bytes are fewer than announced."""

    def __init__(self, reader: LayerReader, size: int) -> None:
        self._reader = reader
        self._size = size
        self._seen = 0

    def read(self, size: int, /) -> bytes:
        data = self._reader.read(size)
        self._seen += len(data)
        if not data and self._seen != self._size:
            raise ParseError(f"layer: {self._seen} bytes, expected {self._size}")
        return data


class Findings(msgspec.Struct, kw_only=True):
    """What a walk has found so far. A later entry of the same path takes the place of an earlier one."""

    dispatch: Dispatch
    limits: Limits
    is_layer: bool = True
    """Whether there are others below it, whose files its entries hide, and hard links in it."""
    results: dict[str, dict[str, Found]] = {}
    """Path → analyzer id → what it found."""
    problems: dict[str, Problem] = {}
    opaque: set[str] = set()
    covered: set[str] = set()
    """Paths that hide those of lower layers: whiteouts, and entries that no analyzer may have read.

    A program, link or device takes the place of what was there, be it a file with findings or a folder
    full of them, though no analyzer has anything to say about it. Non-executable files are left out for
    their number: only one in place of a program or folder matters, which then stays reported.
    """
    files: "array[int]" = msgspec.field(default_factory=lambda: array("I"))
    """Hashes of the paths of all that is no directory."""
    pending: dict[str, tuple[int, str]] = {}
    """Wanted hard link → its place in the archive and the path whose content it shares."""
    _targets: dict[str, str] = {}
    _kept: dict[str, bytes] = {}
    _kept_bytes: int = 0

    def take(self, entry: Entry, walk: Walk) -> None:
        """Note what the entry means; `walk` has its content."""
        path = entry.path
        if _WHITEOUT in path and self.is_layer and self._is_whiteout(path):
            return
        if path in self.results or path in self.problems:
            self._forget(path)
        if self.is_layer and (entry.kind is _FILE or entry.kind not in _NO_FILES):
            self.files.append(path_hash(path))
        if entry.kind is _FILE:
            self._take_file(entry, walk)
        else:
            self._take_special(entry, walk)

    def _take_file(self, entry: Entry, walk: Walk) -> None:
        wanted = self.dispatch.wants(entry.path)
        try:
            if entry.mode & _EXECUTABLE:
                if self.is_layer:
                    self.covered.add(entry.path)
                wanted += tuple(a for a in self._by_magic(walk) if a not in wanted)
            if (others := self.dispatch.everywhere(entry.path)) and is_text(walk.peek(_TEXT_BYTES)):
                wanted += tuple(a for a in others if a not in wanted)
            if wanted:
                self._read(entry, wanted, walk)
        except UnreadableFileError as error:
            self.problems[entry.path] = Problem(entry.path, str(error))

    def _by_magic(self, walk: Walk) -> tuple[Analyzer, ...]:
        count = self.dispatch.magic_bytes
        return self.dispatch.by_magic(walk.peek(count)) if count else ()

    def _is_whiteout(self, path: str) -> bool:
        """Note a whiteout; tell whether the path is one, or lies in a folder of AUFS's own."""
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            self.opaque.add(folder)
        elif name.startswith(_AUFS) or f"/{_AUFS}" in f"/{folder}":
            return True
        elif name.startswith(_WHITEOUT):
            self.covered.add(f"{folder}/{name[4:]}" if folder else name[4:])
        else:
            return False
        return True

    def _forget(self, path: str) -> None:
        self.results.pop(path, None)
        self.problems.pop(path, None)
        self.pending.pop(path, None)
        self._kept.pop(path, None)

    def _read(self, entry: Entry, wanted: tuple[Analyzer, ...], walk: Walk) -> None:
        if reason := self._unreadable(entry):
            self.problems[entry.path] = Problem(entry.path, reason)
            return
        file = File(entry.path, walk.read(), bool(entry.mode & _EXECUTABLE))
        self._run(wanted, file)
        if (
            self.is_layer
            and len(file.data) <= _KEPT_FILE_BYTES
            and self._kept_bytes + len(file.data) <= _KEPT_BYTES
        ):
            self._kept[file.path] = file.data
            self._kept_bytes += len(file.data)

    def _unreadable(self, entry: Entry) -> str:
        if entry.kind is Kind.SPARSE:
            return "layer: a sparse file, expected one stored whole"
        if entry.size > self.limits.file_bytes:
            return f"layer: {entry.size} bytes, expected at most {self.limits.file_bytes} (file_bytes)"
        return ""

    def _run(self, wanted: tuple[Analyzer, ...], file: File) -> None:
        results = self.results.setdefault(file.path, {})
        for analyzer in wanted:
            found = read_file(analyzer, file, self.dispatch)
            # Most executables and texts are of no interest, and `covered` has the former already.
            if not (analyzer.magic or analyzer.every_file) or found != Found(file.path):
                results[analyzer.id] = found

    def _take_special(self, entry: Entry, walk: Walk) -> None:
        path = entry.path
        match entry.kind:
            case Kind.DIRECTORY:
                self._take_directory(entry)
            case Kind.HARDLINK:
                self.covered.add(path)
                self._take_link(entry, walk.entries)
            case Kind.SYMLINK | Kind.OTHER:
                # A symbolic link has no content of its own. What it leads to is read at its own path if an
                # analyzer knows that place; whether it exists depends on layers not known here.
                self.covered.add(path)
            case Kind.SPARSE:
                self.covered.add(path)
                if self.dispatch.wants(path) or entry.mode & _EXECUTABLE:
                    self.problems[path] = Problem(path, self._unreadable(entry))
            case Kind.REFUSED:
                self.problems[path] = Problem(path, "layer: '..' or NUL in the path: the entry was left out")
            case Kind.FILE:
                raise AssertionError(entry)
            case _:
                assert_never(entry.kind)

    def _take_directory(self, entry: Entry) -> None:
        """Note an opaque folder, or one in the place of a file that an analyzer read in a lower layer."""
        self.covered.discard(entry.path)
        if entry.opaque:
            self.opaque.add(entry.path)
        if wanted := self.dispatch.wants(entry.path):
            self.results[entry.path] = {analyzer.id: Found(entry.path) for analyzer in wanted}

    def _take_link(self, entry: Entry, place: int) -> None:
        """Give a wanted hard link the content of the file it shares, at once if that was kept."""
        target = normalise(entry.link) or ""
        target = self._targets.get(target, target)
        self._targets[entry.path] = target
        if programs := self._programs(target):
            self.results[entry.path] = {key: _renamed(found, entry.path) for key, found in programs}
        wanted = self.dispatch.wants(entry.path)
        if wanted and target in self._kept:
            self._run(wanted, File(entry.path, self._kept[target], bool(entry.mode & _EXECUTABLE)))
        elif wanted:
            self.results.setdefault(entry.path, {})  # keeps its place in the order
            self.pending[entry.path] = (place, target)
            self.problems[entry.path] = Problem(
                entry.path, f"layer: a hard link to {display(entry.link)!r}, expected a file of this layer"
            )

    def _programs(self, path: str) -> list[tuple[str, Found]]:
        """Return what was found in an executable for its content's sake, wherever it lies."""
        magic = {analyzer.id for analyzer in self.dispatch.analyzers if analyzer.magic}
        return [(key, found) for key, found in self.results.get(path, {}).items() if key in magic]

    def take_targets(self, walk: Walk) -> None:
        """Walk the layer once more, to read what hard links share with files that were not kept."""
        links: dict[str, list[tuple[int, str]]] = {}
        for path, (place, target) in self.pending.items():
            links.setdefault(target, []).append((place, path))
        for entry in walk:
            if entry.path in links and entry.kind in {Kind.FILE, Kind.SPARSE}:
                # Of several files at the target's path the link shares the last one before it.
                paths = [path for place, path in links[entry.path] if place > walk.entries]
                self._take_target(entry, paths, walk)

    def _take_target(self, entry: Entry, paths: list[str], walk: Walk) -> None:
        if reason := self._unreadable(entry):
            self.problems.update((path, Problem(path, reason)) for path in paths)
            return
        data = walk.read() if paths else b""
        for path in paths:
            self.problems.pop(path, None)
            wanted = self.dispatch.wants(path)
            self._run(wanted, File(path, data, bool(entry.mode & _EXECUTABLE)))

    def by_analyzer(self) -> dict[str, tuple[Found, ...]]:
        """Return the findings as inventories keep them."""
        found: dict[str, list[Found]] = {}
        for results in self.results.values():
            for key, one in results.items():
                found.setdefault(key, []).append(one)
        return {key: tuple(found[key]) for key in sorted(found)}


def _renamed(found: Found, path: str) -> Found:
    problems = tuple(Problem(path, problem.reason) for problem in found.problems)
    return msgspec.structs.replace(found, path=path, problems=problems)


def is_text(first: bytes) -> bool:
    """Tell whether a file that begins like this may be text: it has no NUL, or the mark of UTF-16."""
    return bool(first) and (b"\0" not in first or first.startswith(_UTF_16))


def read_file(analyzer: Analyzer, file: File, dispatch: Dispatch) -> Found:
    """Return what an analyzer says about a file; where it has to give up, that is a Problem at the end."""
    facts: list[Fact] = []
    if analyzer.most_bytes and len(file.data) > analyzer.most_bytes:
        reason = f"{len(file.data)} bytes, expected at most {analyzer.most_bytes} (most_bytes)"
        return Found(file.path, problems=(Problem(file.path, f"{analyzer.id}: {reason}"),))
    try:
        facts.extend(analyzer.parse(file))  # up to the error, if there is one
    except ParseError as exc:
        facts.append(Problem(file.path, f"{analyzer.id}: {str(exc).removeprefix(f'{file.path}: ')}"))
    if not facts:
        return Found(file.path)
    contested = (_contested(owned, dispatch) for owned in _of(facts, Owned))
    return Found(
        path=file.path,
        packages=_of(facts, Package),
        release=next(iter(_of(facts, Release)), None),
        owned=tuple(owned for owned in contested if owned),
        problems=tuple(map(_shortened, _of(facts, Problem))),
        note=b"".join(note.data for note in _of(facts, Note)),
        secrets=_of(facts, Secret),
        licenses=_of(facts, License),
        outcomes=_of(facts, Outcome),
    )


_Sort = TypeVar("_Sort", bound=Fact)


def _of(facts: Iterable[Fact], sort: type[_Sort]) -> tuple[_Sort, ...]:
    return tuple(fact for fact in facts if isinstance(fact, sort))


def _shortened(problem: Problem) -> Problem:
    """Return it without the path in its reason, which errors name: it is beside them here."""
    return Problem(problem.path, problem.reason.removeprefix(f"{problem.path}: "))


def _contested(owned: Owned, dispatch: Dispatch) -> Owned | None:
    """Return it with those paths only that another analyzer may report from as well, if there are any."""
    paths = tuple(path for one in owned.paths if dispatch.may_report(path := one.lstrip("/")))
    return Owned(paths, owned.package) if paths else None


def content_id(found: dict[str, tuple[Found, ...]], problems: tuple[Problem, ...]) -> str:
    """Return the digest of findings, for what has no bytes of its own to be known by."""
    return f"sha256:{hashlib.sha256(msgspec.msgpack.encode((found, problems))).hexdigest()}"

"""Walks a directory of this machine as a layer is walked, for what is below it and nothing else."""

import functools
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator

import msgspec

from analyzers.catalogue import Dispatch, compile_glob
from analyzers.errors import LimitExceededError, UnreadableFileError
from analyzers.inventory import LayerInventory, Problem
from analyzers.layer import Findings, content_id
from analyzers.limits import Limits
from analyzers.tar_header import Entry, Kind, display

_NEVER = ("**/.git",)
"""Directories without files of anybody's own."""
_KERNELS = {"dev": "null", "proc": "self", "sys": "kernel"}
"""Mounts of the kernel in the root of a running system, and what is in each; projects use the names, too."""


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """What the user leaves out: globs of paths below the root, as `Analyzer.globs`."""

    dirs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def analyse_tree(root: str, limits: Limits, dispatch: Dispatch, skipped: Skipped) -> LayerInventory:
    """Return what the analyzers of `dispatch` find in a directory, or in a file.

    Symbolic links are not followed. What cannot be read is a Problem in it.

    Raises:
        LimitExceededError: there are more entries than `limits` allow.
        ValueError: a glob is none.
    """
    tree = Tree(root, limits, skipped, with_modes=bool(dispatch.magic_bytes))
    findings = Findings(dispatch=dispatch, limits=limits, is_layer=False)
    for entry in tree:
        findings.take(entry, tree)
    found = findings.by_analyzer()
    problems = (*tree.problems, *findings.problems.values())
    return LayerInventory(
        diff_id=content_id(found, problems),
        size_bytes=tree.size_bytes,
        entries=tree.entries,
        found=found,
        problems=problems,
    )


class Tree:
    """Iterates over the regular files below a directory, folder by folder, by name."""

    def __init__(self, root: str, limits: Limits, skipped: Skipped, *, with_modes: bool) -> None:
        """Walk `root`; modes are looked up only when somebody asks for executables."""
        self.entries = 0
        """How many files and directories have been seen."""
        self.size_bytes = 0
        """Of the files read."""
        self.problems: list[Problem] = []
        self._root, self._limits, self._with_modes = root, limits, with_modes
        self._skips_dir = matcher((*_NEVER, *skipped.dirs))
        self._skips_file = matcher(skipped.files)
        self._current = ""
        self._peeked: tuple[str, bytes] | None = None
        """A file that was short enough for `peek` to read it whole."""

    def __iter__(self) -> Iterator[Entry]:
        """Yield an Entry for each file; its size is not looked up.

        Raises:
            LimitExceededError: for `entries`.
        """
        if not os.path.isdir(self._root):  # noqa: PTH112 - strings all the way, for speed
            # A link that the user names is followed, and called as the user does.
            self._current = os.path.realpath(self._root)
            yield self._entry(display(os.fsencode(os.path.basename(self._root))), self._current)  # noqa: PTH119 - as above
            return
        left = [(self._root, "")]
        while left:
            folder, path = left.pop()
            folders = []
            for item in self._listed(folder, path):
                own = path + (item.name if item.name.isascii() else display(os.fsencode(item.name)))
                if item.is_dir(follow_symlinks=False):
                    if not self._skips_dir(own) and not (
                        own in _KERNELS and self._is_kernels(own, item.path)
                    ):
                        folders.append((item.path, f"{own}/"))
                elif item.is_file(follow_symlinks=False) and not self._skips_file(own):
                    self._current = item.path
                    yield self._entry(own, item)
            left.extend(reversed(folders))

    def _is_kernels(self, path: str, place: str) -> bool:
        is_mounted = os.lstat(place).st_dev != os.stat(self._root).st_dev  # noqa: PTH116 - strings all the way, for speed
        return is_mounted and os.path.lexists(f"{place}/{_KERNELS[path]}")

    def _listed(self, folder: str, path: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as items:
                listed = sorted(items, key=lambda item: item.name)
        except OSError as error:
            self.problems.append(Problem(path.rstrip("/") or ".", f"directory: {error.strerror}"))
            return []
        self.entries += len(listed)
        if self.entries > self._limits.entries:
            most = self._limits.entries
            raise LimitExceededError("entries", f"{path}: more than {most} files and directories (entries)")
        return listed

    def _entry(self, path: str, item: os.DirEntry[str] | str) -> Entry:
        mode = 0
        if self._with_modes:
            try:
                mode = os.lstat(item).st_mode
            except OSError as error:
                self.problems.append(Problem(path, f"file: {error.strerror}"))
        return Entry(path=path, kind=Kind.FILE, size=0, mode=mode)

    def peek(self, count: int, /) -> bytes:
        """Return up to `count` first bytes of the current file."""
        data = self._read(count)
        if len(data) < count:
            self._peeked = (self._current, data)
        return data

    def read(self) -> bytes:
        """Return the current file's content."""
        path, data = self._peeked or ("", b"")
        if path != self._current:
            data = self._read(self._limits.file_bytes + 1)
        if len(data) > self._limits.file_bytes:
            raise UnreadableFileError(
                f"file: more than {self._limits.file_bytes} bytes, expected at most that many (file_bytes)"
            )
        self.size_bytes += len(data)
        return data

    def _read(self, count: int) -> bytes:
        # What was a file a moment ago may be a pipe or a link by now: neither waited for nor followed.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            with open(os.open(self._current, flags), "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise UnreadableFileError("file: no regular file any more")
                return _whole(file.read, min(count, status.st_size + 1) if status.st_size else count)
        except OSError as error:
            raise UnreadableFileError(f"file: {error.strerror}") from error


def _whole(read: Callable[[int], bytes | None], count: int) -> bytes:
    """Return up to `count` bytes; one call need not give all there are."""
    pieces = []
    while count and (piece := read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a path matches one of the globs. Raises ValueError: one is none."""
    patterns = [compile_glob(glob.strip("/").removeprefix("./")) for glob in globs]
    if not patterns:
        return lambda _path: False
    together = re.compile("|".join(f"(?:{pattern.pattern})" for pattern in patterns))
    return functools.partial(_matches, together)


def _matches(pattern: re.Pattern[str], path: str) -> bool:
    return pattern.fullmatch(path) is not None

"""Walks the file systems of a disk image as a layer is walked."""

import os
import stat
from collections.abc import Iterator

from analyzers.catalogue import Dispatch
from analyzers.disks.device import DiskError, ImageFile
from analyzers.disks.filesystems import FileEntry, FileSystem
from analyzers.disks.images import open_image
from analyzers.disks.layout import Layout, read_layout
from analyzers.disks.mounting import Mounted, mount
from analyzers.errors import LimitExceededError, UnreadableFileError
from analyzers.inventory import LayerInventory, Problem
from analyzers.layer import Findings, content_id
from analyzers.limits import Limits
from analyzers.tar_header import Entry, Kind
from analyzers.tree import Skipped, matcher

_NEVER = ("**/.git",)
"""As in directories of this machine."""
_MOST_PROBLEMS = 1000
_READ_INLINE_BYTES = 60
"""What the library reads of a directory that is in its inode."""
_NO_NAMES = frozenset(("", ".", ".."))


def analyse_disk(
    path: str, limits: Limits, dispatch: Dispatch, skipped: Skipped
) -> tuple[LayerInventory, tuple[str, ...]]:
    """Return what the analyzers of `dispatch` find on a disk, and remarks on what was left alone.

    Symbolic links are not followed, and no file but `path` is opened. What may be a system and cannot be read
    is a Problem.

    Raises:
        LimitExceededError: there are more entries than `limits` allow.
        ParseError: nothing on it can be read, or it is truncated.
        ValueError: a glob is none.
    """
    # Neither waited for, should it be a pipe, nor followed out of: no other file is opened from here on.
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise DiskError(f"disk: {str(error.strerror).lower()}") from error
    try:
        if not stat.S_ISREG(mode := os.fstat(fd).st_mode) and not stat.S_ISBLK(mode):
            raise DiskError("disk: no regular file, expected a disk image")
        layout = read_layout(open_image(ImageFile(fd)))
        return _analyse(layout, limits, dispatch, skipped)
    finally:
        os.close(fd)


def _analyse(
    layout: Layout, limits: Limits, dispatch: Dispatch, skipped: Skipped
) -> tuple[LayerInventory, tuple[str, ...]]:
    if not layout.placed:
        reasons = [*(f"{each.path}: {each.reason}" for each in layout.problems), *layout.remarks]
        raise DiskError(f"no file system that can be read: {'; '.join(reasons) or 'no partitions'}")
    mounted = mount(layout)
    walk = DiskWalk(mounted, limits, skipped)
    findings = Findings(dispatch=dispatch, limits=limits, is_layer=False)
    for entry in walk:
        findings.take(entry, walk)
    found = findings.by_analyzer()
    problems = (*layout.problems, *mounted.problems, *walk.problems, *findings.problems.values())
    inventory = LayerInventory(
        diff_id=content_id(found, problems),
        size_bytes=walk.size_bytes,
        entries=walk.entries,
        found=found,
        problems=problems,
    )
    return inventory, (*layout.remarks, *mounted.remarks)


class DiskWalk:
    """Iterates over the regular files of file systems, folder by folder, by name."""

    def __init__(self, mounted: Mounted, limits: Limits, skipped: Skipped) -> None:
        """Walk what is mounted, then what stands apart."""
        self.entries = 0
        """How many files and directories have been seen."""
        self.size_bytes = 0
        """Of the files read."""
        self.problems: list[Problem] = []
        self._mounted, self._limits = mounted, limits
        self._skips_dir = matcher((*_NEVER, *skipped.dirs))
        self._skips_file = matcher(skipped.files)
        self._left: dict[str, FileSystem] = {}
        self._seen: set[tuple[int, int]] = set()
        self._current: tuple[FileSystem, FileEntry] | None = None

    def __iter__(self) -> Iterator[Entry]:
        """Yield an Entry for each file.

        Raises:
            LimitExceededError: for `entries`.
            DiskError: the image is truncated, or too much of it is damaged.
        """
        self._left = dict(self._mounted.places)
        if self._mounted.root is not None:
            yield from self._walk(self._mounted.root, "")
        while self._left:
            # Its place is not in the file system that it belongs to; it can be reached nevertheless.
            path = min(self._left)
            files = self._left.pop(path)
            if not self._is_skipped(path):
                yield from self._walk(files, f"{path}/")
        for name, files in self._mounted.apart:
            yield from self._walk(files, f"{name}/")

    def _is_skipped(self, path: str) -> bool:
        parts = path.split("/")
        return any(self._skips_dir("/".join(parts[:count])) for count in range(1, len(parts) + 1))

    def _walk(self, files: FileSystem, path: str) -> Iterator[Entry]:
        left = [(files, files.root, path)]
        while left:
            files, folder, path = left.pop()
            folders = []
            for name, mode, entry in self._listed(files, folder, path):
                own = path + name
                if stat.S_ISDIR(mode):
                    there = self._left.pop(own, None)
                    inner = (files, entry) if there is None else (there, there.root)
                    if not self._skips_dir(own):
                        folders.append((*inner, f"{own}/"))
                elif stat.S_ISREG(mode) and not self._skips_file(own):
                    self._current = files, entry
                    yield Entry(path=own, kind=Kind.FILE, size=0, mode=mode)
            left.extend(reversed(folders))

    def _listed(self, files: FileSystem, folder: FileEntry, path: str) -> list[tuple[str, int, FileEntry]]:
        """Return (name, mode, entry) of what is in a folder, by name."""
        if len(path) > self._limits.path_bytes:
            self._note(path, f"directory: a path of {len(path)} characters, expected fewer (path_bytes)")
            return []
        listed: list[tuple[str, int, FileEntry]] = []
        try:
            inode = folder.get_inode_number()
            if (id(files), inode) in self._seen:
                self._note(path, "directory: met at another path before, expected once")
                return []
            self._seen.add((id(files), inode))
            if len(files.inline(folder) or b"") > _READ_INLINE_BYTES:
                self._note(path, "directory: kept in its inode, expected in blocks: some of it is not read")
            count = self._counted(folder, path)
        except OSError:
            self._note(path, str(files.unreadable("directory")))
            return []
        for number in range(count):
            try:
                entry = folder.get_sub_file_entry(number)
                listed.append((self._name(entry, path), entry.file_mode, entry))
            except OSError:
                self._note(path, f"{files.unreadable('directory')}, at entry {number}")
        listed.sort(key=lambda each: each[0])
        return listed

    def _counted(self, folder: FileEntry, path: str) -> int:
        count = folder.number_of_sub_file_entries
        self.entries += count
        if self.entries > self._limits.entries:
            most = self._limits.entries
            raise LimitExceededError("entries", f"{path}: more than {most} files and directories (entries)")
        return count

    def _name(self, entry: FileEntry, path: str) -> str:
        """Return a name; one that is none is made up, and what a file is of is unknown then."""
        try:
            name = entry.name
        except OSError:
            name = ""
        if name in _NO_NAMES or "/" in name or "\0" in name:
            name = f"inode {entry.get_inode_number()}"
            if stat.S_ISREG(entry.file_mode):
                self._note(path + name, "file: its name is no UTF-8, expected one that tells what it is")
        return name

    def _note(self, path: str, reason: str) -> None:
        self.problems.append(Problem(path.rstrip("/") or ".", reason))
        if len(self.problems) > _MOST_PROBLEMS:
            raise DiskError(
                f"disk: more than {_MOST_PROBLEMS} files and directories are damaged, last {path!r}"
            )

    def peek(self, count: int, /) -> bytes:
        """Return up to `count` first bytes of the current file. Raises UnreadableFileError."""
        assert self._current is not None  # noqa: S101 - asked about an entry only
        files, entry = self._current
        return files.read(entry, count)

    def read(self) -> bytes:
        """Return the current file's content. Raises UnreadableFileError."""
        assert self._current is not None  # noqa: S101 - as above
        files, entry = self._current
        try:
            size = entry.size
        except OSError as error:
            raise files.unreadable("file") from error
        if size > self._limits.file_bytes:
            most = self._limits.file_bytes
            raise UnreadableFileError(f"file: {size} bytes, expected at most {most} (file_bytes)")
        data = files.read(entry, size)
        if len(data) != size:
            raise UnreadableFileError(f"file: {len(data)} bytes, expected {size}")
        self.size_bytes += size
        return data

"""Work that only one process may do at a time: crawling, sending."""

import fcntl
from io import TextIOWrapper
from pathlib import Path


class FileLock:
    """A lock that the kernel takes back when its process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIOWrapper | None = None

    def acquire(self) -> bool:
        """Take the lock; return False when another process, or another lock of ours, has it."""
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            self._file.close()
            self._file = None

"""Directories that are gone when their holder is, however it ends."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def temporary_directory(parent: Path) -> Iterator[Path]:
    """Give an empty directory below `parent`, and remove those that killed processes left there."""
    parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        with _locked(parent, fcntl.LOCK_EX):  # nobody takes a new directory for one that was left
            for left in parent.iterdir():
                # Others are working in theirs, or removing it just now.
                with contextlib.suppress(BlockingIOError, FileNotFoundError), _locked(left):
                    shutil.rmtree(left)
            directory = Path(tempfile.mkdtemp(dir=parent))
            held.enter_context(_locked(directory))
        try:
            yield directory
        finally:
            shutil.rmtree(directory)


@contextlib.contextmanager
def _locked(directory: Path, how: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> Iterator[None]:
    """Hold the directory's lock, which the kernel drops when its holder dies; BlockingIOError when held."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)

"""Rights that even the tests of root lack."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

NOBODY = 65534


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Have no rights of root within the block; nothing new can be imported."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@contextlib.contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Let nobody, this process included, look into a folder within the block."""
    mode = folder.stat().st_mode
    folder.chmod(0)
    try:
        with as_nobody():
            yield
    finally:
        folder.chmod(mode)

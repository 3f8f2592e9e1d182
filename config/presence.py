"""Whether something is there at all, however little of it may be seen."""

import os


def is_absent(path: str | os.PathLike[str]) -> bool:
    """Tell whether nothing is there; what may not be looked at is, and opening it will say so.

    With `pathlib` that would depend on Python: up to 3.13 it raises, since 3.14 such a thing is absent.
    """
    try:
        os.stat(path)  # noqa: PTH116 - plain texts are paths, too
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False

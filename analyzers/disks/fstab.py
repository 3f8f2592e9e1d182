"""What /etc/fstab says of where file systems belong.

Format: fstab(5), https://man7.org/linux/man-pages/man5/fstab.5.html
"""

import re
from collections.abc import Iterator

import msgspec

from analyzers.tar_header import normalise

_ESCAPE = re.compile(r"\\([0-7]{3})")
_READ = frozenset(("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "auto"))
"""Types of file systems that may have packages on them."""
_MOST_LINES = 10_000


class Mount(msgspec.Struct, frozen=True):
    """A line that puts a file system of a disk below the root."""

    line: int
    spec: str
    """"UUID=…", "LABEL=…", "/dev/…"."""
    path: str
    """Relative to the root."""
    is_optional: bool
    """Whether the system starts without it."""


def parse_fstab(data: bytes) -> Iterator[Mount]:
    """Yield the mounts of an fstab, but for the root's and those without packages on them."""
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n")[:_MOST_LINES], 1):
        fields = [_unescaped(field) for field in line.split()]
        if len(fields) < 3 or fields[0].startswith("#"):  # noqa: PLR2004 - what, where, type
            continue
        spec, place, types = fields[:3]
        options = fields[3].split(",") if len(fields) > 3 else []  # noqa: PLR2004 - the fourth
        path = normalise(place.encode("utf-8", "replace"))
        if path and place.startswith("/") and _READ & {*types.split(",")} and "bind" not in options:
            is_optional = bool({"noauto", "nofail"} & {*options})
            yield Mount(number, spec.replace('"', ""), path, is_optional)


def _unescaped(field: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), field)

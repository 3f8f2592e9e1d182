"""Which paths a layer has, in four bytes for each: enough to tell which files of lower layers it covers."""

import functools
import sys
import zlib
from array import array
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

HASH_BYTES = 4
"""Of each path: CRC-32. It proves nothing: whoever makes an image can cover any file in it."""


def path_hash(path: str) -> int:
    """Return the hash of a path, below 2**32."""
    return zlib.crc32(path.encode())


def packed(hashes: Iterable[int]) -> bytes:
    """Return a digest of the paths with these hashes, sorted: all first bytes, all second ones, and so on.

    In this order they compress well: of a layer with 10,000 files three bytes of four are left.
    """
    made = array("I", sorted(set(hashes)))
    if sys.byteorder == "little":
        made.byteswap()
    data = made.tobytes()
    return b"".join(data[each::HASH_BYTES] for each in range(HASH_BYTES))


class PathDigest:
    """Paths, without their names.

    Of paths that are not in it, one in 2**32 / (their number) is taken for one that is: of a layer with
    100,000 files one in 43,000.
    """

    def __init__(self, data: bytes) -> None:
        """Read what `packed` made; bytes of nothing are a digest of no paths."""
        self._data = data

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._data)

    def __contains__(self, path: str) -> bool:
        """Tell whether the path is in it, or has the hash of one that is."""
        return path_hash(path) in self._hashes

    def has_any(self, hashes: AbstractSet[int]) -> bool:
        """Tell whether any path with one of these hashes is in it."""
        return bool(hashes) and not self._hashes.isdisjoint(hashes)

    @functools.cached_property
    def _hashes(self) -> frozenset[int]:
        count = len(self._data) // HASH_BYTES
        data = bytearray(count * HASH_BYTES)
        for each in range(HASH_BYTES):
            data[each::HASH_BYTES] = self._data[each * count : (each + 1) * count]
        hashes = array("I", bytes(data))
        if sys.byteorder == "little":
            hashes.byteswap()
        return frozenset(hashes)

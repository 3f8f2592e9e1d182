"""Disks whose image keeps their clusters in any order, or not at all."""

from collections import OrderedDict
from collections.abc import Callable

from analyzers.disks.device import Device, DiskError
from analyzers.limits import MIB

Decoded = bytes
Place = int | Decoded | None
"""Where a cluster's wanted bytes begin in the image, or the cluster itself, or nowhere: zeros."""

_KEPT_BYTES = 32 * MIB
MOST_CLUSTER_BYTES = 256 * MIB
"""What VHDX allows; all the others have smaller ones."""


class Clustered:
    """A disk read cluster by cluster."""

    def __init__(
        self, image: Device, size_bytes: int, cluster_bytes: int, locate: Callable[[int], Place]
    ) -> None:
        """Read `image`; `locate` tells where the cluster of a number is."""
        self.size_bytes = size_bytes
        self._image, self._cluster_bytes, self._locate = image, cluster_bytes, locate

    def read_at(self, offset: int, count: int, /) -> bytes:
        """Return exactly `count` bytes from `offset`. Raises DiskError."""
        if offset < 0 or offset + count > self.size_bytes:
            raise DiskError(f"disk: {count} bytes at {offset}, expected a place below {self.size_bytes}")
        pieces = []
        while count:
            number, inside = divmod(offset, self._cluster_bytes)
            length = min(count, self._cluster_bytes - inside)
            pieces.append(self._piece(self._locate(number), inside, length))
            offset, count = offset + length, count - length
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _piece(self, place: Place, inside: int, length: int) -> bytes:
        if place is None:
            return bytes(length)
        if isinstance(place, int):
            return self._image.read_at(place + inside, length)
        return place[inside : inside + length]


class Kept:
    """The values used last, up to a sum of bytes; there is room for two of them at least."""

    def __init__(self, make: Callable[[int], bytes], value_bytes: int) -> None:
        """Make a value when it is first asked for; each has about `value_bytes`."""
        self._make = make
        self._most = max(2, _KEPT_BYTES // value_bytes)
        self._values: OrderedDict[int, bytes] = OrderedDict()

    def __call__(self, key: int) -> bytes:
        """Return the value of a key, made anew if need be."""
        if (value := self._values.get(key)) is not None:
            self._values.move_to_end(key)
            return value
        value = self._values[key] = self._make(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return value

"""QCOW2, the disk images of QEMU and of most clouds.

Format: https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.rst
"""

import struct
import sys
import zlib

from analyzers.disks.clusters import Clustered, Kept, Place
from analyzers.disks.device import SECTOR, Device, DiskError
from analyzers.limits import MIB

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAGIC = b"QFI\xfb"

_HEADER = struct.Struct(">4xIQIIQIIQ")
_MIN_CLUSTER_BITS, _MAX_CLUSTER_BITS = 9, 21
_MOST_L1_BYTES = 32 * MIB
_OFFSET = 0x00FF_FFFF_FFFF_FE00
_COMPRESSED = 1 << 62
_ZERO = 1
_SUBCLUSTERS = 32
_VERSIONS = (2, 3)
_ENTRY, _EXTENDED_ENTRY = 8, 16

_DIRTY, _CORRUPT, _DATA_FILE, _COMPRESSION, _EXTENDED = 1, 2, 4, 8, 16
_KNOWN = _DIRTY | _COMPRESSION | _EXTENDED


def open_qcow2(image: Device) -> Device:
    """Return the disk in an image.

    Raises:
        DiskError: it is damaged, encrypted, or not whole: a backing file is never looked for.
    """
    version, backing, _, bits, size, encryption, l1_size, l1_offset = _HEADER.unpack(
        image.read_at(0, _HEADER.size)
    )
    if version not in _VERSIONS:
        raise DiskError(f"qcow: version {version}, expected 2 or 3: `qemu-img convert -O qcow2` makes it one")
    if backing:
        raise DiskError(
            "qcow2: the image is a layer over a backing file, which is not read: "
            "expected a whole one, as `qemu-img convert -O qcow2` makes it"
        )
    if encryption:
        raise DiskError("qcow2: the image is encrypted, expected a plain one")
    if not _MIN_CLUSTER_BITS <= bits <= _MAX_CLUSTER_BITS:
        raise DiskError(f"qcow2: clusters of 2^{bits} bytes, expected 2^9 to 2^21")
    if l1_size * _ENTRY > _MOST_L1_BYTES:
        raise DiskError(f"qcow2: an L1 table of {l1_size} entries, expected 4 Mi at most")
    features, compression = _features(image, version)
    l1 = image.read_at(l1_offset, l1_size * _ENTRY)
    tables = _Tables(image, bits, l1, zstandard=compression == 1, extended=bool(features & _EXTENDED))
    if tables.most_clusters << bits < size:
        raise DiskError(f"qcow2: an L1 table of {l1_size} entries, expected enough for {size} bytes")
    return Clustered(image, size, tables.piece_bytes, tables.locate)


def _features(image: Device, version: int) -> tuple[int, int]:
    """Return the incompatible features and the compression type."""
    if version == _VERSIONS[0]:
        return 0, 0
    (features,) = struct.unpack(">Q", image.read_at(72, 8))
    if features & _CORRUPT:
        raise DiskError("qcow2: the image is marked as corrupt")
    if features & _DATA_FILE:
        raise DiskError("qcow2: the data are in another file, which is not read: expected a whole image")
    if unknown := features & ~_KNOWN:
        raise DiskError(f"qcow2: incompatible features {unknown:#x}, expected none of them")
    compression = image.read_at(104, 1)[0] if features & _COMPRESSION else 0
    if compression > 1:
        raise DiskError(f"qcow2: compression type {compression}, expected 0 (deflate) or 1 (zstd)")
    return features, compression


class _Tables:
    """The two levels of tables; with extended entries, every cluster has 32 pieces with a state each."""

    def __init__(self, image: Device, bits: int, l1: bytes, *, zstandard: bool, extended: bool) -> None:
        self._image, self._bits, self._l1 = image, bits, l1
        self._zstandard, self._extended = zstandard, extended
        cluster = 1 << bits
        self._l2_entries = cluster // (_EXTENDED_ENTRY if extended else _ENTRY)
        self.most_clusters = len(l1) // _ENTRY * self._l2_entries
        self.piece_bytes = cluster // _SUBCLUSTERS if extended else cluster
        self._l2 = Kept(lambda offset: image.read_at(offset, cluster), cluster)
        self._inflated = Kept(self._inflate, cluster)

    def locate(self, number: int) -> Place:
        """Return where a piece is."""
        cluster, piece = divmod(number, _SUBCLUSTERS) if self._extended else (number, 0)
        index, slot = divmod(cluster, self._l2_entries)
        (table,) = struct.unpack_from(">Q", self._l1, index * _ENTRY)
        table &= _OFFSET
        if not table:
            return None
        if not self._extended:
            (entry,) = struct.unpack_from(">Q", self._l2(table), slot * _ENTRY)
            return self._place(entry, is_zero=bool(entry & _ZERO), inside=0)
        entry, states = struct.unpack_from(">QQ", self._l2(table), slot * _EXTENDED_ENTRY)
        is_zero = not states >> piece & 1
        return self._place(entry, is_zero=is_zero, inside=piece * self.piece_bytes)

    def _place(self, entry: int, *, is_zero: bool, inside: int) -> Place:
        if entry & _COMPRESSED:
            cluster = self._inflated(entry & (_COMPRESSED - 1))
            return cluster[inside : inside + self.piece_bytes] if self._extended else cluster
        offset = entry & _OFFSET
        return None if is_zero or not offset else offset + inside

    def _inflate(self, descriptor: int) -> bytes:
        """Return a cluster from its compressed form, of which only whole sectors are counted."""
        shift = 62 - (self._bits - 8)
        offset = descriptor & ((1 << shift) - 1)
        length = ((descriptor >> shift) + 1) * SECTOR - offset % SECTOR
        # The last sector need not be in the file whole.
        data = self._image.read_at(offset, min(length, max(self._image.size_bytes - offset, 1)))
        size = 1 << self._bits
        try:
            if self._zstandard:
                cluster = zstd.ZstdDecompressor().decompress(data, size)
            else:
                cluster = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size)
        except (zlib.error, zstd.ZstdError) as error:
            raise DiskError(f"qcow2: the compressed cluster at {offset} is damaged") from error
        if len(cluster) != size:
            raise DiskError(f"qcow2: the cluster at {offset} has {len(cluster)} bytes, expected {size}")
        return cluster

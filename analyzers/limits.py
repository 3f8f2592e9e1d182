"""The limits that hold while strangers' bytes are read."""

import msgspec

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one layer may cost; exceeding a limit fails the layer with that limit's name."""

    layer_bytes: int = 32 * GIB
    """Uncompressed bytes of one layer."""
    compression_ratio: int = 1100
    """Uncompressed over compressed bytes, judged after `ratio_floor_bytes`; deflate itself ends at 1032."""
    ratio_floor_bytes: int = 64 * MIB
    """Uncompressed bytes below which the compression ratio is not judged."""
    entries: int = 4_000_000
    """Entries of one layer."""
    path_bytes: int = 4 * KIB
    """Length of one path; Linux's PATH_MAX."""
    header_bytes: int = MIB
    """Length of one PAX or GNU long-name header."""
    file_bytes: int = GIB
    """Length of one file that an analyzer wants."""
    memory_bytes: int = 2 * GIB
    """Address space of a worker process."""
    deadline_s: float = 600.0
    """Time from the last byte of a layer received to its inventory."""

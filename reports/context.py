"""What a rendering depends on beside the document."""

import msgspec


class RenderContext(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a renderer would otherwise have to ask the world for."""

    version: str
    """Of Cleanbill."""
    report_id: str
    """A UUID in lower case, new for every report; see `new_report_id`."""
    width: int = 160
    """Columns of the terminal; for a pipe 160."""
    color: bool = False


def new_report_id(unix_ms: int, randomness: bytes) -> str:
    """Return a UUID of version 7: sorted by time, told apart by at least 10 random bytes.

    Specification: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
    """
    tail = int.from_bytes(randomness[:10].ljust(10, b"\0"))
    value = (unix_ms & (1 << 48) - 1) << 80 | tail
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

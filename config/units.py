"""Durations, sizes and globs as people write them in settings."""

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|[smhdw])")
_BYTES = {
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}
_SIZE = re.compile(r"([0-9]{1,15}) ?([kKMGT]?i?B)")


def parse_duration(value: object) -> float:
    """Return the seconds of "30s", "15m", "1h", "7d" or a chain such as "1h30m".

    A bare number is refused: it does not say whether it means seconds or minutes.

    Raises:
        ValueError: it is not such a text, or not longer than 0.
    """
    parts = _DURATION.findall(value) if isinstance(value, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError(f"{value!r} is not a duration: expected one such as '30s', '15m', '1h' or '7d'")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds <= 0:
        raise ValueError(f"{value!r} is too short: expected a duration above 0")
    return seconds


def parse_size(value: object) -> int:
    """Return the bytes of "4GiB", "512 MiB", "500MB" or of a whole number.

    Raises:
        ValueError: it is neither, or not above 0.
    """
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is not None and match[2] in _BYTES:
        size_bytes = int(match[1]) * _BYTES[match[2]]
    elif isinstance(value, int) and not isinstance(value, bool):
        size_bytes = value
    else:
        raise ValueError(f"{value!r} is not a size: expected one such as '512MiB', '4GiB' or bytes")
    if size_bytes <= 0:
        raise ValueError(f"{value!r} is too small: expected a size above 0")
    return size_bytes


def is_glob(pattern: str) -> bool:
    """Return whether `pattern` stands for more than one name."""
    return any(character in pattern for character in "*?[")

"""Readers of common notations, for formats that are written in them; what cannot be read is a ParseError."""

Value = str | int | float | bool | list["Value"] | dict[str, "Value"] | None
"""What JSON, TOML and YAML documents consist of."""

Lines = tuple[int, int]
"""First and last line of a part, counted from 1."""


def text(value: Value) -> str:
    """Return a string, "" for any other value."""
    return value if isinstance(value, str) else ""


def table(value: Value) -> dict[str, Value]:
    """Return a mapping, an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def items(value: Value) -> list[Value]:
    """Return a list, an empty one for any other value."""
    return value if isinstance(value, list) else []

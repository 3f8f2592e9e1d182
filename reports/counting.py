"""Numbers with their nouns, and names in a row."""

from collections.abc import Sequence


def count(number: int, noun: str) -> str:
    """Return "1 package", "2 packages", "12,345 packages"; nouns in "y" get "ies"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{number:,} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    *firsts, last = names
    return f"{', '.join(firsts)} and {last}" if firsts else last

"""Numbers with their nouns."""


def count(number: int, noun: str) -> str:
    """Return "1 package", "2 packages", "12,345 packages"; nouns in "y" get "ies"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{number:,} {noun}s"

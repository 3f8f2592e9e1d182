"""JSON in parts, for reports that are too large to be put together at once."""

from collections.abc import Iterable, Iterator

import msgspec

from reports.printable import harmless_json


def formatted(value: object, indent: int = 0) -> str:
    """Return a value as JSON, indented by two spaces, its first line not.

    Args:
        value: what msgspec writes.
        indent: spaces before each line but the first; strings of JSON have no line ends.
    """
    text = harmless_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
    return text.replace("\n", "\n" + " " * indent) if indent else text


def array(items: Iterable[str], indent: int) -> Iterator[str]:
    """Yield an array of what has been formatted, two spaces deeper than the line it begins in.

    Args:
        items: as `formatted` with two spaces more.
        indent: spaces before the line of its beginning.
    """
    before = "["
    for item in items:
        yield f"{before}\n{' ' * (indent + 2)}{item}"
        before = ","
    yield "[]" if before == "[" else f"\n{' ' * indent}]"

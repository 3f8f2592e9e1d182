"""Reads the fields of opam files.

Format: https://opam.ocaml.org/doc/Manual.html#opam
"""

import re
from collections.abc import Iterator

import msgspec

_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*+\"|\#[^\n]*+|\n|[{}\[\]()]|[^\s\"{}\[\]()#]+", re.DOTALL)
_FIELD = re.compile(r"[a-z][\w-]*:", re.ASCII)


_DEV = frozenset(("dev", "with-dev-setup", "with-doc", "with-test"))


class Item(msgspec.Struct):
    """A text of a field, such as "ocaml" in `depends: ["ocaml" {>= "4.14"}]`."""

    field: str
    text: str
    line: int
    filters: list[str] = []
    """What stands in braces behind it: words, and texts in quotes."""

    @property
    def is_dev(self) -> bool:
        """Whether it is for developing, testing or documenting only."""
        return not _DEV.isdisjoint(self.filters)


def read(data: bytes) -> Iterator[Item]:
    """Yield the texts of all fields, in order; parts in braces of a section's own are left out."""
    name, item, line, braces = "", None, 1, 0
    for match in _TOKEN.finditer(data.decode("utf-8", "replace")):
        found = match[0]
        if found == "{":
            braces += 1
        elif found == "}":
            braces -= 1
        elif braces and item and not found.startswith(("#", "\n")):
            item.filters.append(found)
        elif found.startswith('"') and name:
            if item:
                yield item
            item = Item(name, found[1:-1], line)
        elif _FIELD.fullmatch(found):
            name = found[:-1]
        line += found.count("\n")
    if item:
        yield item

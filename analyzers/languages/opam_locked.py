"""OCaml packages that a project is locked to, from what `opam lock` writes.

Format: https://opam.ocaml.org/doc/man/opam-lock.html
"""

from collections.abc import Iterator

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View
from analyzers.languages._opam import Item, read


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages.

    Raises:
        ParseError: the file has no fields.
    """
    items = list(read(file.data))
    if not items:
        raise ParseError(f"{file.path}: {beginning(file.data)}, expected fields such as depends")
    for each in items:
        if each.field == "depends":
            yield Package(
                kind="opam",
                name=each.text,
                version=_version(each),
                dev=each.is_dev,
                lines=((each.line, each.line),),
            )


def _version(item: Item) -> str:
    """Return what `= "1.0"` asks for, "" when anything else does."""
    after = item.filters[item.filters.index("=") + 1 :] if "=" in item.filters else []
    return after[0].strip('"') if after and after[0].startswith('"') else ""


ANALYZER = Analyzer(
    id="languages/opam_locked",
    version=1,
    kinds=(Kind(name="opam", purl_type="opam", ecosystem="opam"),),
    views=frozenset({View.DECLARED}),
    globs=("**/*.opam.locked", "**/opam.locked"),
    parse=parse,
)

"""Haskell packages that a Cabal project is frozen to, from cabal.project.freeze.

Format: https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-freeze
"""

import re
from collections.abc import Iterator

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Package, View
from analyzers.languages._haskell import GHC, HACKAGE

_FIELD = re.compile(r"([A-Za-z-]+):(.*)")
_PINNED = re.compile(r"(?:any\.|setup\.|[\w-]+:setup\.)?([A-Za-z0-9-]+)\s*==\s*(\d+(?:\.\d+)*)")
_COMPILER = re.compile(r"\s*ghc-(\d+(?:\.\d+)*)\s*")


def parse(file: File) -> Iterator[Fact]:
    """Yield a Package for each constraint to one version, and the compiler if the file names it.

    Raises:
        ParseError: there is no field of constraints.
    """
    field, fields = "", set()
    seen: set[tuple[str, str]] = set()
    for number, raw in enumerate(file.data.decode("utf-8", "replace").split("\n"), 1):
        line = raw.partition("--")[0]
        value = line
        if match := _FIELD.match(line):
            field, value = match[1].lower(), match[2]
            fields.add(field)
        if field == "constraints":
            for package in _pinned(value, number):
                if (package.name, package.version) not in seen:
                    seen.add((package.name, package.version))
                    yield package
        elif field == "with-compiler" and (match := _COMPILER.fullmatch(value)):
            yield Package(kind=GHC.name, name="ghc", version=match[1], lines=((number, number),))
    if not fields:
        raise ParseError(f"{file.path}: {beginning(file.data)}, expected fields such as constraints")


def _pinned(constraints: str, number: int) -> Iterator[Package]:
    for each in constraints.split(","):
        if match := _PINNED.match(each.strip()):
            yield Package(kind=HACKAGE.name, name=match[1], version=match[2], lines=((number, number),))


ANALYZER = Analyzer(
    id="languages/cabal",
    version=1,
    kinds=(HACKAGE, GHC),
    views=frozenset({View.DECLARED}),
    globs=("**/cabal.project.freeze", "**/cabal.project.*.freeze"),
    parse=parse,
)

"""Packages that an Erlang project is locked to, from rebar.lock.

Format: https://rebar3.org/docs/configuration/dependencies/#lock-files
"""

import re
from collections.abc import Iterator

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View
from analyzers.languages._terms import Dialect, Term, Value, terms
from analyzers.languages._terms import parse as parse_terms

_TAG = re.compile(r"v?(\d+(?:\.\d+)+[0-9A-Za-z.+-]*)")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages, by the name that Hex knows them by.

    One from a repository has the version of its tag, if that is why it was taken.

    Raises:
        ParseError: there is no list of dependencies.
    """
    found = [each for each in parse_terms(file.data, file.path, Dialect.ERLANG) if isinstance(each, Term)]
    if not found:
        raise ParseError(f"{file.path}: {beginning(file.data)}, expected a list of dependencies")
    # before rebar3 3.7 the list stood alone; now it follows the format's version in a tuple
    listed: Value = found[0].at(1) if found[0].text(0).partition(".")[0].isdecimal() else found[0]
    for entry in terms(listed):
        source = entry.at(1)
        if not entry.text(0) or not isinstance(source, Term):
            raise ParseError(f"{file.path}: line {entry.first_line}: expected a name, a source and a level")
        yield _package(entry, source)


def _package(entry: Term, source: Term) -> Package:
    is_pkg = source.text(0) == "pkg"
    name = source.text(1) if is_pkg else ""
    version, evidence = (source.text(2), "") if is_pkg else _of_repository(source.text(1), source.at(2))
    return Package(
        kind="rebar",
        name=name or entry.text(0),
        version=version,
        relationship="direct" if entry.text(2) == "0" else "indirect",
        lines=((entry.first_line, entry.last_line),),
        evidence=evidence,
    )


def _of_repository(address: str, state: Value) -> tuple[str, str]:
    what, value = (state.text(0), state.text(1)) if isinstance(state, Term) else ("", "")
    match = _TAG.fullmatch(value) if what == "tag" else None
    return (match[1], f"tag {value} of {address}") if match else ("", f"{what} {value} of {address}")


ANALYZER = Analyzer(
    id="languages/rebar",
    version=1,
    kinds=(Kind(name="rebar", purl_type="hex", ecosystem="Hex"),),
    views=frozenset({View.DECLARED}),
    globs=("**/rebar.lock",),
    parse=parse,
)

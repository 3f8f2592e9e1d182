"""OCaml packages that are installed in an opam switch, from the opam file that it keeps of each.

Format: https://opam.ocaml.org/doc/Manual.html#Switches
"""

from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package
from analyzers.languages._opam import read


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package that the folder is called after.

    Raises:
        ParseError: the folder's name is not "name.version".
    """
    name, _, version = file.path.split("/")[-2].partition(".")
    items = list(read(file.data))
    if not name or not version or not items:
        raise ParseError(f"{file.path}: expected an opam file in a folder 'name.version'")
    needs = [each for each in items if each.field == "depends" and not each.is_dev]
    yield Package(
        kind="opam-pkg",
        name=name,
        version=version,
        licenses=tuple(dict.fromkeys(each.text for each in items if each.field == "license")),
        depends_on=tuple(dict.fromkeys(each.text for each in needs)),
    )


ANALYZER = Analyzer(
    id="languages/opam",
    version=1,
    kinds=(Kind(name="opam-pkg", purl_type="opam", ecosystem="opam", title="OCaml"),),
    globs=("**/.opam-switch/packages/*/opam",),
    parse=parse,
)

"""C and C++ packages in Conan's cache, from the conaninfo.txt of each.

Format: https://docs.conan.io/1/creating_packages/understand_packaging.html (of Conan 1, whose folders are
called after the packages; those of Conan 2 are not)
"""

import re
from collections.abc import Iterator

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package
from analyzers.languages._conan_reference import Reference, parse_reference

_FOLDER = re.compile(r"(?:^|/)data/([^/]+)/([^/]+)/([^/]+)/([^/]+)/package/[^/]+/conaninfo\.txt")
_SECTION = re.compile(r"\[(\w+)\]")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package that the folder is called after, and those it was built with.

    The latter may be linked into it, and need not be in the cache themselves.

    Raises:
        ParseError: the file has no sections, or requires something that is no package.
    """
    needs = [_reference(file.path, line) for line in _needs(file)]
    needed = tuple(dict.fromkeys(f"{one.name}@{one.version}" for one in needs))
    if match := _FOLDER.search(file.path):
        yield Package(kind="conan-pkg", name=match[1], version=match[2], depends_on=needed)
    for one in dict.fromkeys(needs):
        yield Package(kind="conan-pkg", name=one.name, version=one.version, relationship="indirect")


def _needs(file: File) -> Iterator[str]:
    section = ""
    for raw in file.data.decode("utf-8", "replace").split("\n"):
        line = raw.strip()
        if match := _SECTION.fullmatch(line):
            section = match[1]
        elif line and section == "full_requires":
            yield line
    if not section:
        raise ParseError(f"{file.path}: {beginning(file.data)}, expected sections")


def _reference(path: str, line: str) -> Reference:
    found = parse_reference(line)
    if found is None:
        raise ParseError(f"{path}: {line!r:.100}, expected a reference such as 'zlib/1.2.13'")
    return found


ANALYZER = Analyzer(
    id="languages/conan_info",
    version=1,
    kinds=(Kind(name="conan-pkg", purl_type="conan", ecosystem="ConanCenter", title="Conan"),),
    globs=("**/conaninfo.txt",),
    parse=parse,
)

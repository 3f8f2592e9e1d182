"""Packages installed on Gentoo and its relatives, from portage's database.

Formats: https://wiki.gentoo.org/wiki//var/db/pkg, https://projects.gentoo.org/pms/8/pms.html (its versions).
A package has a folder "category/name-version" with a file for each fact. CONTENTS lists what it installed, a
line each: "obj path md5 time", "sym path -> target time", "dir path".
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from analyzers.inventory import Analyzer, Fact, File, Found, Kind, Note, Owned, Package, Problem, View

_FOLDER = re.compile(
    r"(?P<name>.+?)-(?P<version>[0-9]+(?:\.[0-9]+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)[0-9]*)*(?:-r[0-9]+)?)"
)
_FOLDER_LENGTH = 255
_OBJECT = re.compile(r"obj /(.+) [0-9a-f]{32} -?[0-9]+")
_LINK = re.compile(r"sym /(.+?) -> ")
_KINDS = ("obj /", "sym /", "dir /", "fif /", "dev /")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package that a CONTENTS belongs to and the paths that it lists, or a LICENSE as a Note."""
    *_, category, folder, kind = file.path.split("/")
    if kind == "LICENSE":
        yield Note(data=file.data)
        return
    match = _FOLDER.fullmatch(folder) if len(folder) <= _FOLDER_LENGTH else None
    if match is None:
        yield Problem(path=file.path, reason=f"{folder!r}, expected a name and a version")
        return
    name = f"{category}/{match['name']}"
    yield Package(kind="portage", name=name, version=match["version"])
    lines = file.data.decode("utf-8", "replace").split("\n")
    if paths := tuple(found[1] for line in lines if (found := _OBJECT.match(line) or _LINK.match(line))):
        yield Owned(paths=paths, package=name)
    if unread := sum(1 for line in lines if line and not line.startswith(_KINDS)):
        yield Problem(path=file.path, reason=f"{unread} lines, expected to begin with a kind and a path")


def combine(files: Sequence[Found]) -> Iterable[Found]:
    """Return each CONTENTS with the licence of its package: an expression, as the file LICENSE has it."""
    licenses = {_folder(found): found.note.decode("utf-8", "replace") for found in files if found.note}
    for found in files:
        expression = " ".join(licenses.get(_folder(found), "").split())
        if expression and found.packages:
            packages = [msgspec.structs.replace(each, licenses=(expression,)) for each in found.packages]
            yield msgspec.structs.replace(found, packages=tuple(packages))
        else:
            yield found


def _folder(found: Found) -> str:
    return found.path.rpartition("/")[0]


ANALYZER = Analyzer(
    id="os/portage",
    version=1,
    kinds=(Kind(name="portage", purl_type="ebuild", is_system=True),),
    views=frozenset(View),
    globs=("var/db/pkg/*/*/CONTENTS", "var/db/pkg/*/*/LICENSE"),
    parse=parse,
    combine=combine,
)

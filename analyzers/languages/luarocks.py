"""Lua packages, from the rockspec of each.

Format: https://github.com/luarocks/luarocks/blob/main/docs/rockspec_format.md
"""

import re
from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View

_TEXT = r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|\[\[[^\]]*+(?:\]\])?"
# a bracket without an end ends with the file: looking for its end again and again would take forever
_UNCOMMENTED = re.compile(rf"({_TEXT})|--\[\[.*?(?:\]\]|\Z)|--[^\n]*+", re.DOTALL)
_FIELD = re.compile(rf"^[^\S\n]*+(package|version)[^\S\n]*+=\s*+({_TEXT})[^\S\n]*+;?[^\S\n]*+$", re.MULTILINE)
_LICENSE = re.compile(rf"\blicense[^\S\n]*+=\s*+({_TEXT})")
_DEPENDENCIES = re.compile(r"^[^\S\n]*+dependencies[^\S\n]*+=\s*+\{([^}]*+)", re.MULTILINE)
_STRING = re.compile(_TEXT)
_NAME = re.compile(r"[\w][\w./-]*", re.ASCII)
_FILE_NAME = re.compile(r"(?:^|/)([^/]+)-([^/-]+-\d+)\.rockspec")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package.

    A rockspec is a program: what it computes is taken from the file's name, which LuaRocks wants to be
    "name-version-revision.rockspec".

    Raises:
        ParseError: neither tells a name and a version.
    """
    source = _UNCOMMENTED.sub(r"\1", file.data.decode("utf-8", "replace").replace("\r\n", "\n"))
    fields = {name: _inside(value) for name, value in _FIELD.findall(source)}
    named = _FILE_NAME.search(file.path)
    name = fields.get("package") or (named[1] if named and "package" in source else "")
    version = fields.get("version") or (named[2] if named and "version" in source else "")
    if not name or not version:
        raise ParseError(f"{file.path}: package {name!r:.100}, version {version!r:.100}, expected both")
    license_, needs = _LICENSE.search(source), _DEPENDENCIES.search(source)
    yield Package(
        kind="luarocks",
        name=name,
        version=version,
        licenses=(_inside(license_[1]),) if license_ else (),
        depends_on=_names(needs[1]) if needs else (),
    )


def _inside(quoted: str) -> str:
    return quoted.strip("[]").strip() if quoted.startswith("[") else quoted[1:-1]


def _names(listed: str) -> tuple[str, ...]:
    """Return what is needed beside Lua itself: {"lua >= 5.1", "luasocket ~> 3"}."""
    matches = (_NAME.match(_inside(match[0]).strip()) for match in _STRING.finditer(listed))
    return tuple(dict.fromkeys(match[0] for match in matches if match and match[0] != "lua"))


ANALYZER = Analyzer(
    id="languages/luarocks",
    version=1,
    kinds=(Kind(name="luarocks", purl_type="luarocks", title="Lua"),),
    views=frozenset({View.INSTALLED, View.DECLARED}),
    globs=("**/*.rockspec",),
    parse=parse,
)

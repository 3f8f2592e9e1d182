"""Ruby gems that are installed, from the specification that RubyGems wrote for each.

Formats: https://guides.rubygems.org/specification-reference/, as text by
https://github.com/rubygems/rubygems/blob/master/lib/rubygems/specification.rb (to_ruby, to_ruby_for_cache)
"""

import re
from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package

_STUB = re.compile(r"^# stub: (\S+) (\S+) ", re.MULTILINE)
_LITERAL = (
    r"""(?:"((?:[^"\\\n]|\\.)*+)"|'((?:[^'\\\n]|\\.)*+)'|"""
    r"""%[qQ](?:<([^>\n]*+)>|\{([^}\n]*+)\}|\(([^)\n]*+)\)|\[([^\]\n]*+)\]))"""
)
_TEXT = re.compile(_LITERAL)
_FIELD = re.compile(r"^[ \t]*\w+\.(name|version|licenses?)[ \t]*=(.*)", re.MULTILINE)
_NEED = re.compile(rf"^[ \t]*\w+\.add_(runtime_|development_|)dependency[( ][ \t]*{_LITERAL}", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_FILE_NAME = re.compile(r"(.+?)-(\d[^-]*)(?:-.*)?\.gemspec")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package. The text is read, not run: what is not a plain string has no value.

    Name and version come from the first comment, which RubyGems itself goes by, else from the
    assignments, else from the file's name.

    Raises:
        ParseError: there is no name or no version in any of these.
    """
    text = file.data.decode("utf-8", "replace")
    fields = dict(reversed(_FIELD.findall(text)))
    name, version = _identity(text, fields, file.path)
    yield Package(
        kind="gemspec",
        name=name,
        version=version,
        licenses=tuple(dict.fromkeys(_texts(fields.get("licenses", "") + fields.get("license", "")))),
        depends_on=_needs(text),
    )


def _identity(text: str, fields: dict[str, str], path: str) -> tuple[str, str]:
    if stub := _STUB.search(text):
        return stub[1], stub[2]
    if "Gem::Specification" not in text:
        raise ParseError(f"{path}: no Gem::Specification, expected one")
    name, version = (next(_texts(fields.get(key, "")), "") for key in ("name", "version"))
    if name and version:
        return name, version
    named = _FILE_NAME.fullmatch(path.rpartition("/")[2])
    if named is None:
        raise ParseError(f"{path}: name {name!r:.100}, version {version!r:.100}, expected plain strings")
    return name or named[1], version or named[2]


def _needs(text: str) -> tuple[str, ...]:
    """Return what the gem needs to run.

    Older RubyGems write every dependency a second time, as add_dependency, for versions of RubyGems that
    know no other; there those for development look like the rest.
    """
    names: dict[str, dict[str, None]] = {"runtime_": {}, "development_": {}, "": {}}
    for match in _NEED.finditer(text):
        names[match[1]][_plain(match.groups()[1:])] = None
    either = [name for name in names[""] if name not in names["development_"]]
    return tuple(dict.fromkeys([*names["runtime_"], *either]))


def _texts(ruby: str) -> Iterator[str]:
    """Yield the strings in an expression, of which there may be others."""
    return (_plain(match.groups()) for match in _TEXT.finditer(ruby))


def _plain(groups: tuple[str | None, ...]) -> str:
    return _ESCAPE.sub(r"\1", next(group for group in groups if group is not None))


ANALYZER = Analyzer(
    id="languages/gemspec",
    version=1,
    kinds=(Kind(name="gemspec", purl_type="gem", ecosystem="RubyGems", title="Ruby"),),
    globs=("**/specifications/*.gemspec", "**/specifications/default/*.gemspec"),
    parse=parse,
)

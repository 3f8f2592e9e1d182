"""Python packages that a project asks pip for by exact versions.

Formats: https://pip.pypa.io/en/stable/reference/requirements-file-format/,
https://packaging.python.org/en/latest/specifications/dependency-specifiers/
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzers.documents import Lines
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View
from analyzers.languages._locked import merged, without_version
from analyzers.languages._pypi import Requirement, read_file_name, read_requirement

KIND = Kind(name="pip", purl_type="pypi", ecosystem="PyPI")

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_INSTALLED = "/site-packages/"  # what came with a package is what its authors work with
_COMMENT = re.compile(r"(?:^|\s)#.*")
_OPTION = re.compile(r"(-[a-zA-Z]|--[a-z-]+)(?:\s*=\s*|\s*)(.*)")
_OWN_OPTIONS = re.compile(r"\s--?[a-z].*")
_SCHEME = re.compile(r"(?:[a-z]+\+)?[a-z]+:", re.IGNORECASE)
_EGG = re.compile(r"[#&]egg=([\w.-]+)")
_LOCAL = re.compile(r"(?:file:|[.~/\\]|[A-Za-z]:\\|[\w.-]+[/\\])")


@dataclass(slots=True, kw_only=True)
class _Read:
    pinned: list[Package] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    """What would do in several versions."""
    elsewhere: list[str] = field(default_factory=list)
    """Files that are not read, though they say more."""
    strange: list[str] = field(default_factory=list)


def parse(file: File) -> Iterator[Fact]:
    """Yield a Package per requirement that only one version fulfils.

    The others are one Problem: which version will be installed is not known. Files that it includes are read
    by themselves if their names tell what they are; markers and extras leave nothing out.
    """
    if _INSTALLED in f"/{file.path}":
        return
    found = _Read()
    for lines, text in _logical_lines(_decoded(file.data)):
        _take(found, text, lines)
    yield from merged(found.pinned)
    yield from without_version(file.path, found.loose)
    for names, reason in ((found.elsewhere, "includes what is not read"), (found.strange, "no requirement")):
        if names:
            yield Problem(file.path, f"{reason}: {', '.join(repr(name[:100]) for name in names[:5])}")


def _decoded(data: bytes) -> str:
    """Return the text; Windows' shell writes UTF-16 when it is asked to keep what `pip freeze` says."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def _logical_lines(text: str) -> Iterator[tuple[Lines, str]]:
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first if parts else number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        if not is_comment:
            parts.append(line)
        yield (first, number), _COMMENT.sub("", "".join(parts)).strip()
        parts = []
    if parts:
        yield (first, first + len(parts) - 1), _COMMENT.sub("", "".join(parts)).strip()


def _take(found: _Read, text: str, lines: Lines) -> None:
    if option := _OPTION.fullmatch(text):
        _take_option(found, option[1], option[2].strip(), lines)
    elif text:
        wanted = _OWN_OPTIONS.sub("", text).strip()
        _take_requirement(found, wanted, _read(wanted), lines)


def _read(text: str) -> Requirement | None:
    is_path = _LOCAL.match(text) or _SCHEME.match(text)
    return read_file_name(text) if is_path else read_requirement(text) or read_file_name(text)


def _take_option(found: _Read, name: str, value: str, lines: Lines) -> None:
    if name in ("-r", "--requirement") and not is_read(value):
        found.elsewhere.append(value)
    elif name in ("-e", "--editable"):
        _take_requirement(found, value, _read(value), lines)


def _take_requirement(found: _Read, text: str, read: Requirement | None, lines: Lines) -> None:
    if read and read.version:
        found.pinned.append(Package(kind=KIND.name, name=read.name, version=read.version, lines=(lines,)))
    elif read or _EGG.search(text) or (_SCHEME.match(text) and not text.startswith("file:")):
        found.loose.append(text)
    elif not _LOCAL.match(text):  # folders are the project's own
        found.strange.append(text)


def is_read(path: str) -> bool:
    """Tell whether the analyzer asks for a file of this name, wherever it lies."""
    folder, _, name = path.replace("\\", "/").rpartition("/")
    is_named = "requirements" in name or folder.rpartition("/")[2] == "requirements"
    return name.endswith(".txt") and is_named and not _SCHEME.match(path)


ANALYZER = Analyzer(
    id="languages/pip",
    version=1,
    kinds=(KIND,),
    views=frozenset({View.DECLARED}),
    globs=("**/*requirements*.txt", "**/requirements/*.txt"),
    parse=parse,
)

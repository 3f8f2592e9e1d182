"""Python distributions that are installed, from their core metadata.

Formats: https://packaging.python.org/en/latest/specifications/core-metadata/ (the fields),
https://packaging.python.org/en/latest/specifications/recording-installed-packages/ (where the file is),
https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html (zipped eggs).
Copies that a distribution carries along (setuptools/_vendor) are told too: their code is on disk.
"""

import re
from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package
from analyzers.languages._egg import read_metadata

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(
    r"^(Name|Version|License|License-Expression|Classifier|Requires-Dist|Requires):[ \t]*(.*(?:\n[ \t].*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LICENSE_NAME_LENGTH = 200  # some authors put the whole text of their licence into the field
_EXTRA = re.compile(r"\bextra\s*==")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package that the metadata describe.

    Requirements of extras are left out: nobody asked for them here.

    Raises:
        ParseError: the metadata lack a name or a version, or are in an egg that cannot be read.
    """
    fields = _fields(read_metadata(file.path, file.data) if file.path.endswith(".egg") else file.data)
    name, version = _first(fields, "name"), _first(fields, "version")
    if not name or not version:
        raise ParseError(f"{file.path}: Name {name!r}, Version {version!r}, expected both")
    yield Package(
        kind="python-pkg",
        name=name,
        version=version,
        licenses=_licenses(fields),
        depends_on=_names(fields.get("requires-dist", []) + fields.get("requires", [])),
    )


def _fields(data: bytes) -> dict[str, list[str]]:
    """Read the headers; what follows the first blank line is the description."""
    head = _END_OF_HEADERS.split(data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"), maxsplit=1)[0]
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall(head.decode("utf-8", "replace").replace("\r\n", "\n")):
        fields.setdefault(name.lower(), []).append(value.strip())
    return fields


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _licenses(fields: dict[str, list[str]]) -> tuple[str, ...]:
    """Prefer the expression, then classifiers, then the free text if it looks like a name."""
    if expression := _first(fields, "license-expression"):
        return (expression,)
    classifiers = (value.split(" :: ") for value in fields.get("classifier", []))
    named = [words[-1] for words in classifiers if words[0] == "License" and words[-1] != "OSI Approved"]
    if named:
        return tuple(dict.fromkeys(named))
    text = _first(fields, "license")
    is_name = 0 < len(text) <= _LICENSE_NAME_LENGTH and "\n" not in text and text.upper() != "UNKNOWN"
    return (text,) if is_name else ()


def _names(requirements: list[str]) -> tuple[str, ...]:
    wanted = (_REQUIREMENT.match(line) for line in requirements if not _EXTRA.search(line.partition(";")[2]))
    return tuple(dict.fromkeys(match[0] for match in wanted if match))


ANALYZER = Analyzer(
    id="languages/python",
    version=2,
    kinds=(Kind(name="python-pkg", purl_type="pypi", ecosystem="PyPI", title="Python"),),
    globs=(
        "**/*.dist-info/METADATA",
        "**/*.egg-info/PKG-INFO",
        "**/*.egg-info",
        "**/EGG-INFO/PKG-INFO",
        "**/*.egg",
    ),
    parse=parse,
)

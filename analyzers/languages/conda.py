"""Packages that conda installed, from the record it keeps of each.

Format: https://docs.conda.io/projects/conda/en/stable/dev-guide/api/conda/models/records/index.html
"""

import re
from collections.abc import Iterator

from analyzers.documents import Value, items, json, text
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package

_NAME = re.compile(r"(?:[\w.-]+::)?([A-Za-z0-9][\w.-]*)", re.ASCII)


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package that the record describes.

    Requirements of the system itself ("__glibc >=2.17") are left out: no package fulfils them.

    Raises:
        ParseError: the file is not a JSON object, or lacks a name or a version.
    """
    record = json.load_object(file.data, file.path)
    name, version = text(record.get("name")), text(record.get("version"))
    if not name or not version:
        raise ParseError(f"{file.path}: name {name!r}, version {version!r}, expected both")
    yield Package(
        kind="conda-pkg",
        name=name,
        version=version,
        licenses=tuple(filter(None, [text(record.get("license")).strip()])),
        depends_on=_names(items(record.get("depends"))),
    )


def _names(requirements: list[Value]) -> tuple[str, ...]:
    """Return the names of match specifications such as "conda-forge::numpy >=1.21,<3"."""
    matches = (_NAME.match(text(each).strip()) for each in requirements)
    return tuple(dict.fromkeys(match[1] for match in matches if match))


ANALYZER = Analyzer(
    id="languages/conda",
    version=1,
    kinds=(Kind(name="conda-pkg", purl_type="conda", title="Conda"),),
    globs=("**/conda-meta/*.json",),
    parse=parse,
)

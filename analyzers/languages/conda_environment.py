"""Packages that a conda environment is to have, conda's own and those it leaves to pip.

Format: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

import re
from collections.abc import Iterator

from analyzers.documents import Value, items, table, text, yaml
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View
from analyzers.languages import pip
from analyzers.languages._locked import merged, shown, without_version
from analyzers.languages._pypi import read_requirement

_KIND = "conda-environment"
_SPEC = re.compile(r"(?:[\w./:-]+::)?([\w.-]++)\s*+(.*)", re.DOTALL)
_EXACT = re.compile(r"={1,2}\s*+([^\s=*<>!,|]++)(?:=[^\s,|]*+)?")


def parse(file: File) -> Iterator[Fact]:
    """Yield what is asked for; conda's packages also without a version, as there are no advisories for them.

    Raises:
        ParseError: the file is no YAML mapping.
    """
    document = yaml.load(file.data, file.path)
    if not isinstance(document, dict):
        raise ParseError(f"{file.path}: {kind_of(document)}, expected a mapping")
    wanted = items(document.get("dependencies"))
    yield from merged(filter(None, map(_package, wanted)))
    requirements = [text(each) for value in wanted for each in items(table(value).get("pip"))]
    read = [(line, read_requirement(line)) for line in requirements if not line.startswith("-")]
    yield from merged(
        Package(kind=pip.KIND.name, name=each.name, version=each.version)
        for _, each in read
        if each and each.version
    )
    loose = [line for line, each in read if not (each and each.version)]
    strange = [
        text(each) or shown(each) for each in wanted if not isinstance(each, dict) and _package(each) is None
    ]
    yield from without_version(file.path, loose + strange)


def _package(spec: Value) -> Package | None:
    match = _SPEC.fullmatch(text(spec).strip())
    if match is None:
        return None
    exact = _EXACT.fullmatch(match[2].strip())
    return Package(kind=_KIND, name=match[1], version=exact[1] if exact else "", relationship="direct")


ANALYZER = Analyzer(
    id="languages/conda_environment",
    version=1,
    kinds=(Kind(name=_KIND, purl_type="conda"), pip.KIND),
    views=frozenset({View.DECLARED}),
    globs=("**/environment.yml", "**/environment.yaml"),
    parse=parse,
)

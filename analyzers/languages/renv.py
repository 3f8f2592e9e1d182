"""R packages that a project is locked to, from renv.lock.

Format: https://rstudio.github.io/renv/articles/lockfile.html
"""

from collections.abc import Iterator

from analyzers.documents import Lines, Value, items, json, table, text
from analyzers.documents.wording import kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View
from analyzers.languages import _r

_FIELDS = ("Depends", "Imports", "LinkingTo")


def parse(file: File) -> Iterator[Fact]:
    """Yield the Packages; one from a repository of source code has the version that its DESCRIPTION had.

    Raises:
        ParseError: there is no object of packages.
    """
    packages = json.load_object(file.data, file.path).get("Packages")
    if not isinstance(packages, dict):
        raise ParseError(f"{file.path}: Packages is {kind_of(packages)}, expected an object")
    lines = json.lines(file.data, 2)
    for key, value in packages.items():
        yield _package(key, table(value), packages, lines.get(("Packages", key)))


def _package(key: str, entry: dict[str, Value], all_: dict[str, Value], lines: Lines | None) -> Package:
    source = text(entry.get("Source"))
    needs = ((need, text(table(all_[need]).get("Version"))) for need in _needs(entry) if need in all_)
    is_bioconductor = source == "Bioconductor" or text(entry.get("Repository")).startswith("Bioconductor")
    return Package(
        kind="renv-bioconductor" if is_bioconductor else "renv",
        name=text(entry.get("Package")) or key,
        version=text(entry.get("Version")),
        licenses=_r.licenses(text(entry.get("License"))),
        depends_on=tuple(f"{need}@{version}" for need, version in needs),
        lines=(lines,) if lines else (),
        evidence=_evidence(source, entry),
    )


def _needs(entry: dict[str, Value]) -> tuple[str, ...]:
    """Return what it needs: Requirements until renv 1.1, which writes DESCRIPTION's fields instead."""
    listed = [each for name in ("Requirements", *_FIELDS) for each in items(entry.get(name))]
    return _r.needs(*map(text, listed), *(text(entry.get(name)) for name in _FIELDS))


def _evidence(source: str, entry: dict[str, Value]) -> str:
    remote = "/".join(
        filter(None, (text(entry.get(f"Remote{part}")) for part in ("Username", "Repo", "Sha")))
    )
    return f"{source} {remote}" if source not in ("", "Repository", "Bioconductor", "CRAN") and remote else ""


ANALYZER = Analyzer(
    id="languages/renv",
    version=1,
    kinds=(
        Kind(name="renv", purl_type="cran", ecosystem="CRAN"),
        Kind(name="renv-bioconductor", purl_type="bioconductor", ecosystem="Bioconductor"),
    ),
    views=frozenset({View.DECLARED}),
    globs=("**/renv.lock",),
    parse=parse,
)

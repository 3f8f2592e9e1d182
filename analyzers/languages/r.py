"""R packages that are installed, from the DESCRIPTION file of each.

Format: https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file
"""

import re
from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package
from analyzers.languages import _r

_FIELD = re.compile(r"^([A-Za-z][\w@/.-]*):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package; a file of that name that is about no R package yields nothing.

    Raises:
        ParseError: it names a package and no version.
    """
    fields = dict(_FIELD.findall(file.data.decode("utf-8", "replace").replace("\r\n", "\n")))
    name, version = fields.get("Package", "").strip(), fields.get("Version", "").strip()
    if not name and "Built" not in fields:
        return
    if not name or not version:
        raise ParseError(f"{file.path}: Package {name!r}, Version {version!r}, expected both")
    yield Package(
        kind="bioconductor-pkg" if _is_bioconductor(fields) else "r-pkg",
        name=name,
        version=version,
        licenses=_r.licenses(fields.get("License", "")),
        maintainer=fields.get("Maintainer", "").strip(),
        depends_on=_r.needs(*(fields.get(each, "") for each in ("Depends", "Imports", "LinkingTo"))),
    )


def _is_bioconductor(fields: dict[str, str]) -> bool:
    if repository := fields.get("Repository", ""):
        return repository.startswith("Bioconductor")
    return "biocViews" in fields or "git.bioconductor.org" in fields.get("git_url", "")


ANALYZER = Analyzer(
    id="languages/r",
    version=1,
    kinds=(
        Kind(name="r-pkg", purl_type="cran", ecosystem="CRAN", title="R"),
        Kind(
            name="bioconductor-pkg", purl_type="bioconductor", ecosystem="Bioconductor", title="Bioconductor"
        ),
    ),
    globs=("**/DESCRIPTION",),
    parse=parse,
)

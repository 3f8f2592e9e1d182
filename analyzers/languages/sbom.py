"""Packages that bills of materials inside of an image list, such as those of Bitnami's programs.

Formats: https://cyclonedx.org/specification/overview/, https://spdx.github.io/spdx-spec/v2.3/,
https://github.com/bitnami/vulndb#how-to-consume-this-cve-feed (opt/bitnami/NAME/.spdx-NAME.spdx)

What they list of the operating system's packages is left out: the package database tells it. So is what no
analyzer has a kind for: such documents also name sources and tools.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from analyzers.errors import ParseError
from analyzers.inventory import LISTED, Analyzer, Fact, File, Kind, Package

if TYPE_CHECKING:
    from analyzers.sboms.document import SbomPackage

_BITNAMI = Kind(name="bitnami", purl_type="bitnami", ecosystem="Bitnami")
_AMBIGUOUS = ("bom.json", "bom.xml")


def parse(file: File) -> Iterator[Fact]:
    """Yield each Package of a language or program, and as Problems what the document says was not read.

    A bom.json or bom.xml of another format is nobody's.

    Raises:
        ParseError: it is no bill of materials, though its name says so, or a broken one.
    """
    from analyzers import sboms  # noqa: PLC0415 - most images have no bill of materials
    from analyzers.catalogue import kinds  # noqa: PLC0415 - it knows this analyzer, too

    known = kinds()
    name = file.path.rpartition("/")[2]
    if not file.data.strip():
        if name in _AMBIGUOUS:
            return
        raise ParseError(f"{file.path}: empty, expected a bill of materials")
    if name in _AMBIGUOUS and not sboms.is_sbom(file.data):
        return
    sbom = sboms.read(file.data, file.path)
    for each in sbom.packages:
        kind = known.get(each.package.kind)
        if kind is not None and not kind.is_system:
            yield _package(each)
    # What else is in the image the other analyzers see.
    yield from (problem for problem in sbom.unread if problem.reason != sboms.INCOMPLETE)


def _package(listed: "SbomPackage") -> Package:
    package = listed.package
    return msgspec.structs.replace(
        package,
        inner_path=package.inner_path or listed.path,
        evidence=package.evidence or LISTED,
        # the root of a document is no project of whoever built the image
        relationship="" if package.relationship == "root" else package.relationship,
    )


ANALYZER = Analyzer(
    id="languages/sbom",
    version=2,
    kinds=(_BITNAMI,),
    globs=(
        "**/*.spdx",
        "**/*.spdx.json",
        "**/*.cdx",
        "**/*.cdx.json",
        "**/*.cdx.xml",
        "**/bom.json",
        "**/bom.xml",
    ),
    parse=parse,
)

"""Packages of distroless Azure Linux and CBL-Mariner images, from the list that is left of rpm's database.

Format: https://github.com/microsoft/azurelinux/blob/3.0/toolkit/tools/imagegen/installutils/installutils.go
A line of rpm -qa for each package, divided by tabs: name, version-release, times of installation and build,
vendor, epoch, size, architecture, epoch as a number, file name of the source.
"""

from collections.abc import Iterator

from analyzers.inventory import Analyzer, Fact, File, Kind, Package, Problem, View
from analyzers.os.rpm import source_of

_FIELDS = 10


def parse(file: File) -> Iterator[Fact]:
    """Yield one Package per line; a line that has other fields becomes a Problem with its number."""
    for number, line in enumerate(file.data.decode("utf-8", "replace").split("\n"), start=1):
        if line.strip():
            yield _package(line.rstrip("\r").split("\t")) or Problem(
                path=file.path, reason=f"line {number}: {line[:80]!r}, expected {_FIELDS} fields"
            )


def _package(fields: list[str]) -> Package | None:
    if len(fields) != _FIELDS or not fields[0] or not fields[1].strip("-"):
        return None
    name, version, _, _, vendor, _, _, arch, epoch, source = fields
    source_name, source_version = source_of(source)
    return Package(
        kind="rpm",
        name=name,
        version=f"{epoch}:{version}" if epoch.strip("0") and epoch.isdecimal() else version,
        arch="" if arch == "(none)" else arch,
        source_name="" if source_name == name else source_name,
        source_version="" if source_version == version else source_version,
        maintainer="" if vendor == "(none)" else vendor,
    )


ANALYZER = Analyzer(
    id="os/rpm_manifest",
    version=1,
    kinds=(Kind(name="rpm", purl_type="rpm", is_system=True),),
    views=frozenset(View),
    globs=("var/lib/rpmmanifest/container-manifest-2",),
    parse=parse,
)

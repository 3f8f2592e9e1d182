"""Bills of materials: the packages that a file lists, whoever wrote it."""

import asyncio
from pathlib import Path

import msgspec

from analyzers.ignore import naming
from analyzers.inventory import Found, LayerInventory, Package
from analyzers.layer import content_id
from analyzers.sboms import SBOM_BYTES, read
from analyzers.sboms.document import Sbom
from crawler.errors import ScanError
from crawler.targets.contents import SBOM, remember
from reports.subject import PackageKey, package_key
from store.database import Store

_READER = "sbom"
_VERSIONS = {_READER: 1}
"""Raised when the same file gives other packages."""


async def learn_sbom(store: Store, path: Path) -> tuple[str, Sbom]:
    """Make the store know what a bill of materials lists; return the digest it is known by, and what it says.

    Raises:
        ScanError: the file is none.
        OSError: it cannot be read.
    """
    sbom = await asyncio.to_thread(_read, path)
    return await remember(store, SBOM, _inventory(sbom), _VERSIONS), sbom


def names_of(sbom: Sbom) -> tuple[str, ...]:
    """Return what VEX statements may call what the document describes, and the document itself."""
    said = sbom.naming
    name = f"{said.name}:{said.version}" if said.version else said.name
    bom = naming.link(said.serial, said.revision)
    return tuple(filter(None, (said.purl, name, bom, f"{bom}#{said.ref}" if bom and said.ref else "")))


def package_names_of(sbom: Sbom) -> dict[PackageKey, tuple[str, ...]]:
    """Return what VEX statements may call each package: its purl as written there, its BOM-Links."""
    bom = naming.link(sbom.naming.serial, sbom.naming.revision)
    names: dict[PackageKey, dict[str, None]] = {}
    for each, refs in zip(sbom.packages, sbom.refs, strict=True):
        own = names.setdefault(package_key(each.package, each.path), {})
        links = (f"{bom}#{ref}" for ref in refs) if bom else ()
        own.update(dict.fromkeys(filter(None, (each.purl, *links))))
    return {key: tuple(own) for key, own in names.items()}


def _read(path: Path) -> Sbom:
    try:
        with path.open("rb") as file:
            data = file.read(SBOM_BYTES + 1)
    except OSError as error:
        raise OSError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    try:
        return read(data, str(path))
    except ValueError as error:
        raise ScanError(str(error)) from error


def _inventory(sbom: Sbom) -> LayerInventory:
    packages: dict[str, list[Package]] = {"": []}
    for each in sbom.packages:
        needs = (sbom.packages[number].package for number in each.needs)
        names = tuple(f"{need.name}@{need.version}" if need.version else need.name for need in needs)
        package = msgspec.structs.replace(each.package, depends_on=names)
        packages.setdefault(each.path, []).append(package)
    of_target = Found(path="", packages=tuple(packages.pop("")), release=sbom.release, problems=sbom.problems)
    found = (of_target, *(Found(path=path, packages=tuple(packages[path])) for path in packages))
    return LayerInventory(
        diff_id=content_id({_READER: found}, ()),
        size_bytes=0,
        entries=len(sbom.packages),
        found={_READER: found},
    )

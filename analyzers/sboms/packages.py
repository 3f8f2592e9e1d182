"""Makes a package of what a bill of materials says about one.

Trivy's and Syft's ways are read where the format has no field: https://trivy.dev/latest/docs/supply-chain/sbom/,
https://github.com/anchore/syft/tree/main/syft/format.
"""

import re

import msgspec

from analyzers.inventory import Package
from analyzers.sboms.kind import kind_of
from analyzers.sboms.listing import Described
from analyzers.sboms.package_url import PackageUrl, full_name, joined

_PYPI_SEPARATORS = re.compile(r"[-_.]+")
_LINES = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_SOURCE_RPM = re.compile(r"(?P<name>.+)-(?P<version>[^-]+-[^-]+?)(?:\.(?:no)?src)?\.rpm")
_TRUE = "true"
_RELATIONSHIPS = frozenset(("root", "workspace", "direct", "indirect"))
_SYSTEMS = frozenset(("apk", "deb", "rpm"))


def path_of(thing: Described) -> str:
    """Return the file that tells of it, relative to the root of what is described; "" when not said."""
    if own := thing.own.get("path"):
        return own
    told = thing.trivy.get("FilePath") or thing.syft.get("location:0:path", "")
    return told.removeprefix("/")


def package_of(thing: Described, purl: PackageUrl | None, path: str) -> Package:
    """Return the package as our own analyzers would have it, as far as the document tells."""
    type_ = purl.type if purl else ""
    kind = kind_of(thing, type_, path)
    version = _version(thing, purl)
    name = _name(thing, purl)
    package = Package(
        kind=kind,
        name=name,
        version=version,
        arch=thing.own.get("arch") or (purl.qualifiers.get("arch", "") if purl else ""),
        licenses=thing.licenses,
        maintainer=thing.supplier,
        modularity_label=_modularity(thing, purl),
    )
    if "kind" in thing.own:
        package = _with_own_facts(package, thing.own)
    source, source_version = _source(thing, purl)
    return msgspec.structs.replace(
        package,
        source_name="" if source == name else source,
        source_version="" if source_version == version else source_version,
    )


def _name(thing: Described, purl: PackageUrl | None) -> str:
    """Return the purl's name, in the component's spelling when they differ by what purls fold."""
    spelt = joined(purl.type if purl else "", thing.group, thing.name)
    if purl is None or "kind" in thing.own:
        return spelt
    name = full_name(purl)
    for candidate in (spelt, thing.name):
        if candidate != name and _folded(purl.type, candidate) == _folded(purl.type, name):
            return candidate
    return name


def _folded(type_: str, name: str) -> str:
    return (_PYPI_SEPARATORS.sub("-", name) if type_ == "pypi" else name).lower()


def _version(thing: Described, purl: PackageUrl | None) -> str:
    """Return the native version: an epoch that is not 0 before system packages', no "v" with Go's library."""
    version = thing.version or (purl.version if purl else "")
    if purl and purl.type == "bitnami":  # only the purl has Bitnami's own revision
        return purl.version or version
    if "kind" in thing.own or purl is None or not version:
        return version
    if purl.type in _SYSTEMS - {"apk"}:
        return _with_epoch(version, purl.qualifiers.get("epoch", ""))
    if purl.type == "golang" and purl.name == "stdlib" and not purl.namespace:
        return version.removeprefix("go").removeprefix("v")
    return version


def _with_epoch(version: str, told: str) -> str:
    """Return the version with its own epoch, else the one told beside it; 0 is not written."""
    epoch, colon, rest = version.partition(":")
    if not (colon and epoch.isascii() and epoch.isdigit()):
        epoch, rest = told if told.isascii() and told.isdigit() else "", version
    epoch = epoch.lstrip("0")
    return f"{epoch}:{rest}" if epoch else rest


def _modularity(thing: Described, purl: PackageUrl | None) -> str:
    """Return the module stream, which Trivy and Syft write under names of their own."""
    told = thing.trivy.get("Modularitylabel") or thing.syft.get("metadata:modularityLabel")
    if told or purl is None:
        return told or ""
    return purl.qualifiers.get("modularitylabel") or purl.qualifiers.get("rpmmod", "")


def _with_own_facts(package: Package, facts: dict[str, str]) -> Package:
    relationship = facts.get("relationship", "")
    return msgspec.structs.replace(
        package,
        relationship=relationship if relationship in _RELATIONSHIPS else "",
        dev=facts.get("dev") == _TRUE,
        lines=tuple((int(one), int(last)) for one, last in _LINES.findall(facts.get("lines", ""))),
        inner_path=facts.get("innerPath", ""),
        evidence=facts.get("evidence", ""),
    )


def _source(thing: Described, purl: PackageUrl | None) -> tuple[str, str]:
    """Return name and version of the source package, "" for what is not told."""
    own, syft = thing.own, thing.syft
    if "kind" in own:
        return own.get("source:name", ""), own.get("source:version", "")
    if name := thing.trivy.get("SrcName", ""):
        return name, _trivy_source_version(thing.trivy)
    if purl is None or purl.type not in _SYSTEMS:
        return "", ""
    upstream = purl.qualifiers.get("upstream") or syft.get("metadata:sourceRpm", "")
    if match := _SOURCE_RPM.fullmatch(upstream):
        return match["name"], match["version"]
    name, _, version = upstream.partition("@")
    name = name or syft.get("metadata:source") or syft.get("metadata:originPackage", "")
    return name, version or syft.get("metadata:sourceVersion", "")


def _trivy_source_version(facts: dict[str, str]) -> str:
    version, release = facts.get("SrcVersion", ""), facts.get("SrcRelease", "")
    whole = "-".join(filter(None, (version, release)))
    return _with_epoch(whole, facts.get("SrcEpoch", "")) if whole else ""

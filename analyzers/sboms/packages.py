"""Makes a package of what a bill of materials says about one.

Trivy's and Syft's ways are read where the format has no field: https://trivy.dev/latest/docs/supply-chain/sbom/,
https://github.com/anchore/syft/tree/main/syft/format.
"""

import re

import msgspec

from analyzers.inventory import Package
from analyzers.sboms.kind import kind_of
from analyzers.sboms.listing import OWN, SYFT, TRIVY, Described
from analyzers.sboms.package_url import PackageUrl, full_name, joined

_FOLDED = re.compile(r"[-_.]+")
_LINES = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
_SOURCE_RPM = re.compile(r"(?P<name>.+)-(?P<version>[^-]+-[^-]+?)(?:\.(?:no)?src)?\.rpm")
_TRUE = "true"
_RELATIONSHIPS = frozenset(("root", "workspace", "direct", "indirect"))
_SYSTEMS = frozenset(("apk", "deb", "rpm"))


def path_of(thing: Described) -> str:
    """Return the file that tells of it, relative to the root of what is described; "" when not said."""
    facts = thing.facts
    if own := facts.get(f"{OWN}path"):
        return own
    told = facts.get(f"{TRIVY}FilePath") or facts.get(f"{SYFT}location:0:path", "")
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
        arch=thing.facts.get(f"{OWN}arch") or (purl.qualifiers.get("arch", "") if purl else ""),
        licenses=thing.licenses,
        maintainer=thing.supplier,
        modularity_label=_modularity(thing, purl),
    )
    if f"{OWN}kind" in thing.facts:
        package = _with_own_facts(package, thing.facts)
    source, source_version = _source(thing, purl)
    return msgspec.structs.replace(
        package,
        source_name="" if source == name else source,
        source_version="" if source_version == version else source_version,
    )


def _name(thing: Described, purl: PackageUrl | None) -> str:
    """Return the purl's name, in the component's spelling when they differ by what purls fold."""
    spelt = joined(purl.type if purl else "", thing.group, thing.name)
    if purl is None or f"{OWN}kind" in thing.facts:
        return spelt
    name = full_name(purl)
    for candidate in (spelt, thing.name):
        if candidate != name and _folded(candidate) == _folded(name):
            return candidate
    return name


def _folded(name: str) -> str:
    return _FOLDED.sub("-", name).lower()


def _version(thing: Described, purl: PackageUrl | None) -> str:
    """Return the native version: an epoch that is not 0 before system packages', no "v" with Go's library."""
    version = thing.version or (purl.version if purl else "")
    if f"{OWN}kind" in thing.facts or purl is None or not version:
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
    told = thing.facts.get(f"{TRIVY}Modularitylabel") or thing.facts.get(f"{SYFT}metadata:modularityLabel")
    if told or purl is None:
        return told or ""
    return purl.qualifiers.get("modularitylabel") or purl.qualifiers.get("rpmmod", "")


def _with_own_facts(package: Package, facts: dict[str, str]) -> Package:
    relationship = facts.get(f"{OWN}relationship", "")
    return msgspec.structs.replace(
        package,
        relationship=relationship if relationship in _RELATIONSHIPS else "",
        dev=facts.get(f"{OWN}dev") == _TRUE,
        lines=tuple((int(one), int(last)) for one, last in _LINES.findall(facts.get(f"{OWN}lines", ""))),
        inner_path=facts.get(f"{OWN}innerPath", ""),
        evidence=facts.get(f"{OWN}evidence", ""),
    )


def _source(thing: Described, purl: PackageUrl | None) -> tuple[str, str]:
    """Return name and version of the source package, "" for what is not told."""
    facts = thing.facts
    if f"{OWN}kind" in facts:
        return facts.get(f"{OWN}source:name", ""), facts.get(f"{OWN}source:version", "")
    if name := facts.get(f"{TRIVY}SrcName", ""):
        return name, _trivy_source_version(facts)
    if purl is None or purl.type not in _SYSTEMS:
        return "", ""
    upstream = purl.qualifiers.get("upstream") or facts.get(f"{SYFT}metadata:sourceRpm", "")
    if match := _SOURCE_RPM.fullmatch(upstream):
        return match["name"], match["version"]
    name, _, version = upstream.partition("@")
    name = name or facts.get(f"{SYFT}metadata:source") or facts.get(f"{SYFT}metadata:originPackage", "")
    return name, version or facts.get(f"{SYFT}metadata:sourceVersion", "")


def _trivy_source_version(facts: dict[str, str]) -> str:
    version, release = facts.get(f"{TRIVY}SrcVersion", ""), facts.get(f"{TRIVY}SrcRelease", "")
    whole = "-".join(filter(None, (version, release)))
    return _with_epoch(whole, facts.get(f"{TRIVY}SrcEpoch", "")) if whole else ""

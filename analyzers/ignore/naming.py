"""Names of packages and products, and when the name in a rule or statement covers another.

Specification: https://github.com/package-url/purl-spec, with the matching that VEX readers agreed on in
https://github.com/openvex/spec/issues/27.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote

import msgspec
from msgspec.structs import replace

from analyzers.errors import ParseError
from analyzers.ignore import version_range
from analyzers.ignore.version_range import VersionRange
from analyzers.inventory import Package
from analyzers.purl import split_epoch
from analyzers.sboms import package_url
from analyzers.sboms.package_url import PackageUrl
from analyzers.versions import InvalidVersionError

_LOWER = frozenset(
    ("alpm", "apk", "bitbucket", "composer", "deb", "github", "golang", "hex", "npm", "oci", "pypi", "rpm")
)
"""Types whose names differ in case only by carelessness."""
_PURL = re.compile(r"pkg:", re.IGNORECASE)
_LINK = re.compile(r"urn:cdx:", re.IGNORECASE)
_DIGEST = re.compile(r"(?P<algorithm>[A-Za-z0-9-]{2,20}):(?P<value>[0-9A-Fa-f]{32,256})")
_RED_HAT = re.compile(
    r"cpe:/[aoh]:redhat:(?P<product>[^:]+):(?P<version>[^:]+)(?:::(?P<part>[^:]+))?", re.IGNORECASE
)
"""CPEs of Red Hat's products, as analyzers.red_hat names their streams."""
_WITH_SOURCES = frozenset(("deb", "rpm"))
_SOURCE = "source"
"""The architecture that purls of source packages have; RPM's "src" is the same."""
_MODULE = "modularitylabel"
"""The module of an RPM package, which Red Hat calls "rpmmod"; "nodejs:18" is any build of that stream."""
_CODENAMES = {
    "stretch": "debian-9",
    "buster": "debian-10",
    "bullseye": "debian-11",
    "bookworm": "debian-12",
    "trixie": "debian-13",
    "trusty": "ubuntu-14.04",
    "xenial": "ubuntu-16.04",
    "bionic": "ubuntu-18.04",
    "focal": "ubuntu-20.04",
    "jammy": "ubuntu-22.04",
    "noble": "ubuntu-24.04",
}
"""Releases as purls of Debian's and Ubuntu's own documents call them; any other name stays what it is."""
_POINT_RELEASE = re.compile(r"(debian-[0-9]+)\.[0-9]+")
_DOCKER_HUB = re.compile(r"(?:index\.|registry-1\.)?docker\.io/(?:library/)?")


class Name(msgspec.Struct, frozen=True):
    """A name in a rule or statement."""

    key: str
    """Equal to that of every name it may cover."""
    purl: PackageUrl | None = None
    """Without its `vers`."""
    range: VersionRange | None = None
    """The versions that a purl with `vers` speaks of."""
    part: str = ""
    """Of a product that a CPE names, such as "baseos"; "" for all of it."""
    problem: str = ""
    """Why it cannot be said what the name speaks of, so that it covers nothing."""


class Names:
    """All names of one thing."""

    __slots__ = ("_by_key",)

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_key: dict[str, list[Name]] = {}
        for text in texts:
            name = named(text)
            self._by_key.setdefault(name.key, []).append(name)

    def keys(self) -> Iterator[str]:
        """Yield the keys of names that may cover one of these."""
        return iter(self._by_key)

    def are_covered(self, names: Iterable[Name]) -> bool:
        """Tell whether one of the names covers one of these."""
        return any(_covers(name, own) for name in names for own in self._by_key.get(name.key, ()))


@lru_cache(maxsize=131_072)
def named(text: str) -> Name:
    """Return the name: of a purl, a digest, a BOM-Link, or the text as it stands."""
    text = text.strip()
    purl = parsed(text)
    if purl is not None:
        return _of_purl(purl)
    if match := _RED_HAT.fullmatch(text):
        return Name(f"cpe:redhat:{match['product']}:{match['version']}", part=match["part"] or "")
    if match := _DIGEST.fullmatch(text):
        return Name(digest(match["algorithm"], match["value"]))
    if _LINK.match(text):
        bom, _, ref = text.partition("#")
        return Name(f"{bom.lower()}#{unquote(ref)}" if ref else bom.lower())
    return Name(text)


def native_version(purl: PackageUrl) -> str:
    """Return the version with the epoch that a parsed purl has beside it: "1:5.36-7"."""
    epoch = purl.qualifiers.get("epoch")
    return f"{epoch}:{purl.version}" if epoch else purl.version


def source_purl(purl: str, package: Package) -> str:
    """Return the purl of what a package was built from: "pkg:deb/debian/openssl@3.0.11-1?arch=source".

    "" for packages of other types than deb and rpm.
    """
    own = parsed(purl)
    if own is None or own.type not in _WITH_SOURCES:
        return ""
    name, version = package.source_name or package.name, package.source_version or package.version
    epoch, version = split_epoch(version)
    qualifiers = {key: own.qualifiers[key] for key in ("distro", _MODULE) if key in own.qualifiers}
    qualifiers |= {"arch": _SOURCE} | ({"epoch": str(epoch)} if epoch else {})
    words = "&".join(f"{key}={quote(value, safe=':')}" for key, value in sorted(qualifiers.items()))
    path = "/".join(quote(each, safe="") for each in (own.namespace, name) if each)
    return f"pkg:{own.type}/{path}@{quote(version, safe=':')}?{words}" if version else ""


def ranged(purl: str, versions: str) -> str:
    """Return a purl without a version that speaks of a range of versions only.

    Specification: https://github.com/package-url/purl-spec/blob/main/PURL-SPECIFICATION.rst#known-qualifiers-keyvalue-pairs
    """
    return qualified(purl, "vers", versions)


def versioned(purl: str, version: str) -> str:
    """Return a purl without a version that speaks of one version only."""
    end = min((place for place in (purl.find("?"), purl.find("#")) if place >= 0), default=len(purl))
    return f"{purl[:end]}@{quote(version, safe=':')}{purl[end:]}"


def qualified(purl: str, key: str, value: str) -> str:
    """Return a purl with one more qualifier; any other name stays what it is."""
    if not _PURL.match(purl):
        return purl
    bare, hash_, subpath = purl.partition("#")
    return f"{bare}{'&' if '?' in bare else '?'}{key}={quote(value, safe='')}{hash_}{subpath}"


def digest(algorithm: str, value: str) -> str:
    """Return "sha256:…" for any of the ways to write algorithm and value."""
    return f"{algorithm.lower().replace('sha-', 'sha')}:{value.lower()}"


def link(serial: str, version: str, ref: str = "") -> str:
    """Return the BOM-Link of a document, or of what it calls `ref`; "" when it has no serial number.

    Specification: https://cyclonedx.org/capabilities/bomlink/
    """
    if not serial:
        return ""
    bom = f"urn:cdx:{serial.lower().removeprefix('urn:uuid:')}/{version or '1'}"
    return f"{bom}#{ref}" if ref else bom


def covers(pattern: str, purl: str) -> bool:
    """Tell whether a purl in a rule or statement speaks of the package with the other purl.

    Type, namespace and name are equal; so are version and subpath where the pattern has them, but that the
    subpath may go on; with `vers`, the version is in that range; each other qualifier of the pattern is among
    the other's. A source package is covered only by what calls itself one.
    """
    first, second = named(pattern), named(purl)
    return first.key == second.key and _covers(first, second)


@lru_cache(maxsize=131_072)
def parsed(text: str) -> PackageUrl | None:
    """Return the purl in the one form that all ways to write it share; None when it is no purl."""
    if text[:4].lower() != "pkg:":
        return None
    try:
        purl = package_url.parse(text)
    except ParseError:
        return None
    return _normal(purl)


def _of_purl(purl: PackageUrl) -> Name:
    key = f"pkg:{purl.type}/{purl.namespace}/{purl.name}"
    if "vers" not in purl.qualifiers:
        return Name(key, purl)
    qualifiers = dict(purl.qualifiers)
    versions = qualifiers.pop("vers")
    rest = replace(purl, qualifiers=qualifiers)
    try:
        found = version_range.parse(versions)
    except ParseError as error:
        return Name(key, rest, problem=str(error))
    if purl.version:
        return Name(key, rest, problem=f"{versions!r:.200}: beside a version, expected one of both")
    if not found.speaks_of(purl.type):
        return Name(key, rest, problem=f"{versions!r:.200}: a range of other packages than pkg:{purl.type}")
    return Name(key, rest, found)


def _covers(name: Name, other: Name) -> bool:
    """Judge two names with one key."""
    if name.problem:
        return False
    if name.purl is None or other.purl is None:
        return name.purl is other.purl and (not name.part or not other.part or name.part == other.part)
    pattern, purl = name.purl, other.purl
    if pattern.version and pattern.version != purl.version:
        return False
    if name.range and not _holds(name.range, purl):
        return False
    if pattern.subpath and not f"{purl.subpath}/".startswith(f"{pattern.subpath}/"):
        return False
    return _covers_build(pattern.qualifiers, purl.qualifiers)


def _covers_build(pattern: Mapping[str, str], own: Mapping[str, str]) -> bool:
    """Judge qualifiers: what is said of a package is not said of others that are made of the same source."""
    if own.get("arch") == _SOURCE != pattern.get("arch"):
        return False
    module = pattern.get(_MODULE)
    if module and not f"{own.get(_MODULE, '')}:".startswith(f"{module}:"):
        return False
    return all(own.get(key) == value for key, value in pattern.items() if key != _MODULE)


def _holds(versions: VersionRange, purl: PackageUrl) -> bool:
    try:
        return bool(purl.version) and versions.contains(native_version(purl))
    except InvalidVersionError:
        return False


def _normal(purl: PackageUrl) -> PackageUrl:
    namespace, name = purl.namespace, purl.name
    if purl.type in _LOWER:
        namespace, name = namespace.lower(), name.lower()
    if purl.type == "pypi":
        name = re.sub(r"[-_.]+", "-", name)
    version, qualifiers = purl.version, dict(purl.qualifiers)
    match purl.type:
        case "deb" | "rpm":
            version, qualifiers = _of_system(version, qualifiers)
        case "golang":
            version = version.removeprefix("v")
        case "oci":
            version = version.lower()
            if "repository_url" in qualifiers:
                qualifiers["repository_url"] = _repository(qualifiers["repository_url"])
    return PackageUrl(
        type=purl.type,
        namespace=namespace,
        name=name,
        version=version,
        qualifiers=qualifiers,
        subpath=purl.subpath,
    )


def _of_system(version: str, qualifiers: dict[str, str]) -> tuple[str, dict[str, str]]:
    epoch, version = split_epoch(version)
    if epoch:
        qualifiers["epoch"] = str(epoch)
    if qualifiers.get("epoch") == "0":
        del qualifiers["epoch"]
    if qualifiers.get("arch") == "src":
        qualifiers["arch"] = _SOURCE
    if "distro" in qualifiers:
        distro = _CODENAMES.get(qualifiers["distro"], qualifiers["distro"])
        qualifiers["distro"] = _POINT_RELEASE.sub(r"\1", distro)
    if "rpmmod" in qualifiers:
        qualifiers[_MODULE] = qualifiers.pop("rpmmod")
    return version, qualifiers


def _repository(url: str) -> str:
    """Return one form for all names of a repository; Docker Hub has several."""
    bare = re.sub(r"^https?://", "", url.strip().lower()).rstrip("/")
    return _DOCKER_HUB.sub("docker.io/", bare, count=1) if _DOCKER_HUB.match(bare) else bare

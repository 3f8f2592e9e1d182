"""Package URLs of installed packages.

Specification: https://github.com/package-url/purl-spec. Where it leaves a choice (namespaces, distro, epoch
as a qualifier), purls read as those in Trivy's reports.
"""

import re
from functools import lru_cache
from urllib.parse import quote

from analyzers.catalogue import kinds
from analyzers.inventory import Kind, Package, Release

_FAMILIES = {
    "almalinux": "alma",
    "amzn": "amazon",
    "mariner": "cbl-mariner",
    "ol": "oracle",
    "rhcos": "coreos",
    "rhel": "redhat",
    "sl-micro": "slem",
    "sle-micro": "slem",
    "sles_sap": "sles",
    "suse-microos": "slem",
}
_NAMESPACES = {
    "opensuse-leap": "opensuse",
    "opensuse-leap-micro": "opensuse",
    "opensuse-microos": "opensuse",
    "opensuse-tumbleweed": "opensuse",
    "sled": "suse",
    "slem": "suse",
    "sles": "suse",
}
"""Of families that share one; the others are their own."""
_LOWER = frozenset(("alpm", "apk", "bitbucket", "composer", "deb", "github", "golang", "hex", "npm", "pypi"))
_SCOPED = {
    "composer": "/",
    "github": "/",
    "golang": "/",
    "hex": "/",
    "luarocks": "/",
    "maven": ":",
    "npm": "/",
    "swift": "/",
    "terraform": "/",
}
_UNKNOWN = Kind(name="", purl_type="generic")
_WITH_EPOCH = frozenset(("deb", "generic", "rpm"))
"""Types of system packages whose epoch is a qualifier; in all others it is part of the version."""
_WITH_VERSION = frozenset(("cran", "swift"))
"""Types whose purls need a version, without which other readers refuse the whole report."""
_WITH_NAMESPACE = frozenset(("swift",))
_EPOCH = re.compile(r"([0-9]{1,10}):")
_ESCAPED = re.compile(r"[^A-Za-z0-9._~:-]").search


def purl_of(package: Package, release: Release | None) -> str:
    """Return the package's purl; "" when no purl can name it.

    Operating system packages carry the distribution as namespace and `distro` when the release is known; an
    epoch stands in the `epoch` qualifier, not in the version. Kinds without a purl type are "generic".
    """
    kind = kinds().get(package.kind, _UNKNOWN)
    if kind.is_system:
        return _of_system(package, kind.purl_type, release)
    # a part of a pod is its subpath: https://github.com/package-url/purl-spec/blob/main/types/cocoapods-definition.json
    whole, _, part = package.name.partition("/") if kind.purl_type == "cocoapods" else (package.name, "", "")
    if kind.purl_type in _WITH_VERSION and not package.version:
        return ""
    name = _path(kind.purl_type, whole)
    version = f"@{_quote(package.version)}" if name and package.version else ""
    return f"{name}{version}#{quote(part, safe='/')}" if name and part else f"{name}{version}"


@lru_cache(maxsize=256)
def family_of(release: Release) -> str:
    """Return the distribution as Trivy's reports and purls call it: "redhat" for os-release's "rhel"."""
    return _FAMILIES.get(release.id, release.id)


def split_epoch(version: str) -> tuple[int, str]:
    """Split "1:2.36-9" into 1 and "2.36-9"; what does not begin with a number and ":" has epoch 0."""
    match = _EPOCH.match(version)
    return (int(match[1]), version[match.end() :]) if match else (0, version)


def _of_system(package: Package, type_: str, release: Release | None) -> str:
    if not package.name:
        return ""
    prefix, distro = _distribution(type_, release)
    epoch, version = split_epoch(package.version) if type_ in _WITH_EPOCH else (0, package.version)
    name = package.name.lower() if type_ in _LOWER else package.name
    qualifiers = f"arch={_quote(package.arch)}&" if package.arch else ""
    qualifiers += distro
    if epoch:
        qualifiers += f"epoch={epoch}&"
    if package.modularity_label:
        qualifiers += f"modularitylabel={_quote(package.modularity_label)}&"
    if type_ == "ebuild":  # its namespace is the category that the name begins with
        prefix, (category, _, name) = f"pkg:{type_}/", name.rpartition("/")
        prefix += f"{_quote(category)}/" if category else ""
    purl = f"{prefix}{_quote(name)}"
    if version:
        purl += f"@{_quote(version)}"
    return f"{purl}?{qualifiers[:-1]}" if qualifiers else purl


@lru_cache(maxsize=256)
def _distribution(type_: str, release: Release | None) -> tuple[str, str]:
    """Return what stands before the name, and the distro qualifier with "&" after it."""
    if release is None or not release.id:
        return f"pkg:{type_}/", ""
    family = family_of(release)
    words = (release.version_id,) if type_ == "apk" else (family, release.version_id)
    distro = "-".join(filter(None, words))
    namespace = _quote(_NAMESPACES.get(family, family))
    return f"pkg:{type_}/{namespace}/", f"distro={_quote(distro)}&" if distro else ""


def _path(type_: str, name: str) -> str:
    """Return the purl up to the name; only types with namespaces part them from it."""
    if type_ in _LOWER:
        name = name.lower()
    if type_ == "pypi":
        name = name.replace("_", "-")
    separator = _SCOPED.get(type_, "")
    if not separator or separator not in name:
        name = "" if type_ in _WITH_NAMESPACE else name
        return f"pkg:{type_}/{_quote(name)}" if name else ""
    # a path that begins with "." is a folder of the machine that built the program: it names no package
    segments = [_quote(segment) for segment in name.split(separator) if segment]
    return f"pkg:{type_}/{'/'.join(segments)}" if segments and not name.startswith(".") else ""


def _quote(text: str) -> str:
    """Percent-encode all but letters, digits and ".", "_", "~", "-", ":"; lone surrogates become "?"."""
    return quote(text, safe=":", errors="replace") if _ESCAPED(text) else text

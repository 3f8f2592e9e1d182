"""Package URLs of installed packages.

Specification: https://github.com/package-url/purl-spec. Where it leaves a choice (namespaces, distro, epoch
as a qualifier), purls read as those in Trivy's reports.
"""

import re
from functools import lru_cache
from urllib.parse import quote

from analyzers.inventory import Package, Release

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
}
_LANGUAGES = {
    "bundler": "gem",
    "cargo": "cargo",
    "gemspec": "gem",
    "gobinary": "golang",
    "gomod": "golang",
    "node-pkg": "npm",
    "npm": "npm",
    "pip": "pypi",
    "python-pkg": "pypi",
    "rustbinary": "cargo",
}
_SYSTEMS = {"apk": "apk", "dpkg": "deb", "rpm": "rpm"}
_LOWER = frozenset(("apk", "deb", "golang", "npm", "pypi"))
_SCOPED = frozenset(("golang", "npm"))
_ESCAPED = re.compile(r"[^A-Za-z0-9._~:-]").search


def purl_of(package: Package, release: Release | None) -> str:
    """Return the package's purl; "" when no purl can name it.

    Operating system packages carry the distribution as namespace and `distro` when the release is known; an
    epoch stands in the `epoch` qualifier, not in the version. Kinds without a purl type are "generic".
    """
    if package.kind in _SYSTEMS:
        return _of_system(package, release)
    name = _path(_LANGUAGES.get(package.kind, "generic"), package.name)
    return f"{name}@{_quote(package.version)}" if name and package.version else name


@lru_cache(maxsize=256)
def family_of(release: Release) -> str:
    """Return the distribution as Trivy's reports and purls call it: "redhat" for os-release's "rhel"."""
    return _FAMILIES.get(release.id, release.id)


def split_epoch(version: str) -> tuple[int, str]:
    """Split "1:2.36-9" into 1 and "2.36-9"; what does not begin with a number and ":" has epoch 0."""
    epoch, colon, rest = version.partition(":")
    return (int(epoch), rest) if colon and epoch.isascii() and epoch.isdigit() else (0, version)


def _of_system(package: Package, release: Release | None) -> str:
    kind = package.kind
    if not package.name:
        return ""
    prefix, distro = _distribution(kind, release)
    epoch, version = (0, package.version) if kind == "apk" else split_epoch(package.version)
    name = package.name if kind == "rpm" else package.name.lower()
    qualifiers = f"arch={_quote(package.arch)}&" if package.arch else ""
    qualifiers += distro
    if epoch:
        qualifiers += f"epoch={epoch}&"
    if package.modularity_label:
        qualifiers += f"modularitylabel={_quote(package.modularity_label)}&"
    purl = f"{prefix}{_quote(name)}"
    if version:
        purl += f"@{_quote(version)}"
    return f"{purl}?{qualifiers[:-1]}" if qualifiers else purl


@lru_cache(maxsize=256)
def _distribution(kind: str, release: Release | None) -> tuple[str, str]:
    """Return what stands before the name, and the distro qualifier with "&" after it."""
    if release is None or not release.id:
        return f"pkg:{_SYSTEMS[kind]}/", ""
    family = family_of(release)
    words = (release.version_id,) if kind == "apk" else (family, release.version_id)
    distro = "-".join(filter(None, words))
    return f"pkg:{_SYSTEMS[kind]}/{_quote(family)}/", f"distro={_quote(distro)}&" if distro else ""


def _path(kind: str, name: str) -> str:
    """Return the purl up to the name; "/" parts a namespace only where the type has one."""
    if kind in _LOWER:
        name = name.lower()
    if kind == "pypi":
        name = name.replace("_", "-")
    if kind not in _SCOPED or "/" not in name:
        return f"pkg:{kind}/{_quote(name)}" if name else ""
    # a path that begins with "." is a folder of the machine that built the program: it names no package
    segments = [_quote(segment) for segment in name.split("/") if segment]
    return f"pkg:{kind}/{'/'.join(segments)}" if segments and not name.startswith(".") else ""


def _quote(text: str) -> str:
    """Percent-encode all but letters, digits and ".", "_", "~", "-", ":"; lone surrogates become "?"."""
    return quote(text, safe=":", errors="replace") if _ESCAPED(text) else text

"""Which operating system a bill of materials describes.

Namespaces and the "distro" qualifier: https://github.com/package-url/purl-spec/tree/main/types-doc.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from analyzers.inventory import Release
from analyzers.sboms.listing import Described
from analyzers.sboms.package_url import PackageUrl

_IDS = {
    "alma": "almalinux",
    "amazon": "amzn",
    "amazon linux": "amzn",
    "cbl-mariner": "mariner",
    "coreos": "rhcos",
    "debian gnu/linux": "debian",
    "opensuse.leap": "opensuse-leap",
    "opensuse.tumbleweed": "opensuse-tumbleweed",
    "oracle": "ol",
    "redhat": "rhel",
    "slem": "sl-micro",
    "suse linux enterprise micro": "sl-micro",
    "suse linux enterprise server": "sles",
}
"""What tools call a distribution → os-release's ID, where it is another word."""
_DISTRO = re.compile(r"(?P<id>[A-Za-z][A-Za-z0-9_.-]*?)-(?P<version>\d[\w.]*)")
_NUMBER = re.compile(r"\d[\w.]*")
_SYSTEM = "operating-system"


class System(msgspec.Struct, frozen=True):
    """A release, and what speaks against it."""

    release: Release | None
    others: tuple[str, ...] = ()
    """Further systems that the document names: "alpine 3.18.3"."""


def system_of(things: Iterable[Described], purls: Sequence[PackageUrl]) -> System:
    """Return the system that the document names, else the one that most system packages' purls name."""
    named = dict.fromkeys(_release(thing) for thing in things if thing.type == _SYSTEM and thing.name)
    if not named:
        counted = Counter(release for purl in purls if (release := _from_purl(purl)))
        named = dict.fromkeys(release for release, _ in counted.most_common())
    if not named:
        return System(None)
    first, *others = named
    return System(first, tuple(f"{each.id} {each.version_id}".strip() for each in others))


def _release(thing: Described) -> Release:
    name = thing.name.lower()
    identifier = thing.own.get("os:id") or thing.syft.get("distro:id") or _IDS.get(name, name)
    pretty = thing.own.get("os:name") or thing.syft.get("distro:prettyName", "")
    return Release(
        id=identifier,
        version_id=thing.version,
        id_like=tuple(thing.own.get("os:idLike", "").split()),
        channels=tuple(thing.own.get("os:channels", "").split()),
        pretty_name="" if pretty == f"{identifier} {thing.version}".strip() else pretty,
    )


def _from_purl(purl: PackageUrl) -> Release | None:
    distro = purl.qualifiers.get("distro", "").lower()
    name = purl.namespace.rpartition("/")[2].lower()
    if _NUMBER.fullmatch(distro):
        version = distro
    elif match := _DISTRO.match(distro):
        # "opensuse-leap-15.5" stands beside the namespace "opensuse"
        name, version = match["id"], match["version"]
    else:
        version = ""
    return Release(id=_IDS.get(name, name), version_id=version) if name and distro else None

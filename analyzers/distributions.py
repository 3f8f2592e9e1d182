"""Ecosystems of operating systems' packages: one for each release that OSV has advisories of.

Specification: https://ossf.github.io/osv-schema/#defined-ecosystems. Amazon Linux, Oracle Linux, Fedora,
CentOS Stream, Arch Linux, Gentoo and Bottlerocket have no ecosystem there.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from analyzers import red_hat
from analyzers.inventory import Release

_ALPINE = re.compile(r"v?([0-9]{1,9})\.([0-9]{1,9})(?:\.[0-9]+)?")
_UBUNTU = re.compile(r"([0-9]{1,9})\.([0-9]{2})")
_NUMBER = re.compile(r"([0-9]+)(?:\.[0-9]+)*")
_MINOR = re.compile(r"[0-9]{1,9}\.[0-9]+")
_SERVICE_PACK = re.compile(r"([0-9]{1,9})(?:\.([0-9]+))?")
_FIRST_WITHOUT_SERVICE_PACKS = 16
_FIRST_LINUX_MICRO = 6
_OLD_MICRO = "Linux Enterprise Micro"
_OPENEULER = re.compile(r"([0-9]{2}\.[0-9]{2})[ -]?\(?(LTS(?:-SP[0-9]+)?)\)?")
_SUSE = re.compile(
    r"Linux (?P<product>.*?) ?(?P<major>[0-9]+)(?P<minor>\.[0-9]+| SP[0-9]+)?(?:-[A-Z][\w-]*)?"
)
_PRO = "Pro:"
_ESM = frozenset(("esm-apps", "esm-infra"))

_ToEcosystem = Callable[[Release], str | None]


@lru_cache(maxsize=1024)
def ecosystem_of(kind: str, release: Release) -> str | None:
    """Return the ecosystem of the system's packages of this kind; None when there is no feed for it."""
    to_ecosystem = _RELEASES.get((kind, release.id))
    return to_ecosystem(release) if to_ecosystem else None


def covers(base: str, advisory: str, package: str) -> bool:
    """Tell whether an advisory about one release speaks about the packages of another; neither is "".

    Those of Ubuntu Pro also have what Ubuntu fixes for everybody. Fixes for SUSE's service packs are
    published for the module that a package belongs to, which no package tells. Red Hat: `red_hat.covers`.
    """
    if base == "Red Hat":
        return red_hat.covers(advisory, package)
    if base == "SUSE":
        return _suse_covers(advisory, package)
    if base == "Ubuntu" and package.startswith(_PRO) and not advisory.startswith(_PRO):
        package = package.removeprefix(_PRO)
    return advisory.removesuffix(":LTS") == package.removesuffix(":LTS")


def is_extended(release: Release) -> bool:
    """Tell whether Ubuntu Pro brings updates beyond Ubuntu's own."""
    return release.id == "ubuntu" and not _ESM.isdisjoint(release.channels)


def _suse_covers(advisory: str, package: str) -> bool:
    if advisory == package:
        return True
    theirs, mine = _SUSE.fullmatch(advisory), _SUSE.fullmatch(package)
    if theirs is None or mine is None or theirs["major"] != mine["major"]:
        return False
    if ("Micro" in theirs["product"]) != ("Micro" in mine["product"]):
        return False
    # modules for version 12 have no service packs of their own
    of_all = "Module" in theirs["product"] and theirs["minor"] is None
    return of_all or theirs["minor"] == mine["minor"]


def _by_major(base: str) -> _ToEcosystem:
    def ecosystem(release: Release) -> str | None:
        match = _NUMBER.fullmatch(release.version_id)
        return f"{base}:{match[1]}" if match else None

    return ecosystem


def _by_minor(base: str) -> _ToEcosystem:
    def ecosystem(release: Release) -> str | None:
        return f"{base}{release.version_id}" if _MINOR.fullmatch(release.version_id) else None

    return ecosystem


def _rolling(name: str) -> _ToEcosystem:
    return lambda _: name


def _alpine(release: Release) -> str | None:
    """Return the higher branch of the release and its repositories; edge has no advisories.

    Edge calls itself "3.21.0_alpha20240807", after a branch that is not there yet.
    """
    branches = []
    for text in (release.version_id, *release.channels):
        match = _ALPINE.fullmatch(text)
        if match is None:
            return None
        branches.append((int(match[1]), int(match[2])))
    major, minor = max(branches)
    return f"Alpine:v{major}.{minor}"


def _alpaquita(release: Release) -> str | None:
    return f"Alpaquita:{release.version_id}" if release.version_id else None


def _ubuntu(release: Release) -> str | None:
    match = _UBUNTU.fullmatch(release.version_id)
    if match is None:
        return None
    long_term = int(match[1]) % 2 == 0 and match[2] == "04"
    pro = _PRO if is_extended(release) else ""
    return f"Ubuntu:{pro}{release.version_id}:LTS" if long_term else f"Ubuntu:{release.version_id}"


def _openeuler(release: Release) -> str | None:
    """Return the long-term release that only the name tells: "openEuler 22.03 (LTS-SP1)"."""
    match = _OPENEULER.search(release.pretty_name)
    return f"openEuler:{match[1]}-{match[2]}" if match and match[1] == release.version_id else None


def _sles(release: Release) -> str | None:
    match = _SERVICE_PACK.fullmatch(release.version_id)
    if match is None:
        return None
    if int(match[1]) >= _FIRST_WITHOUT_SERVICE_PACKS:
        return f"SUSE:Linux Enterprise Server {release.version_id}"
    pack = f" SP{match[2]}" if match[2] and match[2] != "0" else ""
    return f"SUSE:Linux Enterprise Server {match[1]}{pack}"


def _micro(release: Release) -> str | None:
    """Return what SUSE calls it: Linux Micro since version 6, Linux Enterprise Micro before."""
    match = _MINOR.fullmatch(release.version_id)
    if match is None:
        return None
    name = "Linux Micro" if int(release.version_id.partition(".")[0]) >= _FIRST_LINUX_MICRO else _OLD_MICRO
    return f"SUSE:{name} {release.version_id}"


_leap = _by_minor("openSUSE:Leap ")
_RELEASES: dict[tuple[str, str], _ToEcosystem] = {
    ("apk", "alpaquita"): _alpaquita,
    ("apk", "alpine"): _alpine,
    ("apk", "chainguard"): _rolling("Chainguard"),
    ("apk", "minimos"): _rolling("MinimOS"),
    ("apk", "wolfi"): _rolling("Wolfi"),
    ("dpkg", "debian"): _by_major("Debian"),
    ("dpkg", "echo"): _rolling("Echo"),
    ("dpkg", "ubuntu"): _ubuntu,
    ("rpm", "almalinux"): _by_major("AlmaLinux"),
    ("rpm", "azurelinux"): _by_major("Azure Linux"),
    ("rpm", "centos"): red_hat.ecosystem_of_centos,
    ("rpm", "mageia"): _by_major("Mageia"),
    ("rpm", "mariner"): _by_major("Azure Linux"),
    ("rpm", "openeuler"): _openeuler,
    ("rpm", "opensuse"): _leap,
    ("rpm", "opensuse-leap"): _leap,
    ("rpm", "opensuse-leap-micro"): _by_minor("openSUSE:Leap Micro "),
    ("rpm", "opensuse-microos"): _rolling("openSUSE:Tumbleweed"),
    ("rpm", "opensuse-tumbleweed"): _rolling("openSUSE:Tumbleweed"),
    ("rpm", "photon"): _by_minor("Photon OS:"),
    ("rpm", "rhel"): red_hat.ecosystem_of,
    ("rpm", "rocky"): _by_major("Rocky Linux"),
    ("rpm", "sl-micro"): _micro,
    ("rpm", "sle-micro"): _micro,
    ("rpm", "sled"): _sles,
    ("rpm", "sles"): _sles,
    ("rpm", "sles_sap"): _sles,
    ("rpm", "suse-microos"): _micro,
}

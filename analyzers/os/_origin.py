"""Tells whether an operating system package comes from the distribution itself.

Only then do the distribution's advisories speak of what the package carries inside.
Sources: https://www.debian.org/doc/debian-policy/ch-controlfields.html#maintainer,
https://wiki.ubuntu.com/DebianMaintainerField (Ubuntu puts itself in the place of Debian's maintainer),
https://rpm-software-management.github.io/rpm/manual/spec.html (Vendor, Packager).
"""

import re

from analyzers.inventory import Package, Release

# Debian's maintainers may give any address, and some give a private one. No other field of an installed
# package tells its archive, so that what these packages carry counts as a vendor's: reported once more.
_ADDRESS = r"@(?:[a-z0-9-]+\.)*(?:{})\s*>?\s*$"
_SUSE = r"^\s*(?:SUSE\b|openSUSE\b)"
_MAINTAINERS = (
    {
        ("dpkg", system): re.compile(pattern, re.IGNORECASE | re.ASCII)
        for system, pattern in (
            ("debian", _ADDRESS.format(r"debian\.org|debian\.net")),
            ("ubuntu", _ADDRESS.format(r"ubuntu\.com|canonical\.com")),
        )
    }
    | {("alpm", "arch"): re.compile(_ADDRESS.format(r"archlinux\.org"), re.IGNORECASE | re.ASCII)}
    | {
        ("rpm", system): re.compile(pattern, re.IGNORECASE | re.ASCII)
        for system, pattern in (
            ("almalinux", r"^\s*AlmaLinux\b"),
            ("amzn", r"^\s*Amazon(?:\.com| Linux|,|$)"),
            ("azurelinux", r"^\s*Microsoft Corporation\b"),
            ("centos", r"^\s*(?:CentOS\b|Red Hat, Inc\b)"),
            ("fedora", r"^\s*Fedora Project\b"),
            ("mariner", r"^\s*Microsoft Corporation\b"),
            ("ol", r"^\s*Oracle America\b"),
            ("openeuler", r"^\s*(?:https?://(?:www\.)?openeuler\.org\b|openEuler\b)"),
            ("opensuse", _SUSE),
            ("opensuse-leap", _SUSE),
            ("opensuse-leap-micro", _SUSE),
            ("opensuse-microos", _SUSE),
            ("opensuse-tumbleweed", _SUSE),
            ("photon", r"^\s*(?:VMware, Inc|Broadcom)\b"),
            ("rhel", r"^\s*Red Hat, Inc\b"),
            ("rocky", r"^\s*Rocky (?:Enterprise Software Foundation|Linux)\b"),
            ("sled", _SUSE),
            ("sl-micro", _SUSE),
            ("sle-micro", _SUSE),
            ("sles", _SUSE),
            ("sles_sap", _SUSE),
            ("suse-microos", _SUSE),
        )
    }
)
_WITHOUT_BUILDER = frozenset(("apk", "portage"))
# Archives beside the distribution's that leave its maintainers in place, by what they put into versions:
# https://help.launchpad.net/Packaging/PPA/BuildingASourcePackage#Versioning, https://wiki.postgresql.org/wiki/Apt,
# https://deb.sury.org/ (snapshots of git-buildpackage).
_OTHER_ARCHIVE = re.compile(r"ppa|pgdg|deb\.sury|~\d+\.gbp[0-9a-f]{6}")


def is_official(package: Package, release: Release | None) -> bool:
    """Tell whether the distribution that `release` names has built the package.

    In doubt it has not. Packages of EPEL on Rocky Linux, whose vendor is the Fedora Project, are not Rocky's.
    apk keeps no builder and lets its maintainers write what they like, and portage's packages are built where
    they are installed: all of theirs count as built by the distribution.
    """
    if release is None:
        return False
    if package.kind in _WITHOUT_BUILDER:
        return True
    maintainers = _MAINTAINERS.get((package.kind, release.id))
    return (
        maintainers is not None
        and maintainers.search(package.maintainer) is not None
        and not (package.kind == "dpkg" and _OTHER_ARCHIVE.search(package.version))
    )

import pytest

from analyzers.inventory import Package, Release
from analyzers.os._origin import is_official


@pytest.mark.parametrize(
    ("kind", "system", "maintainer", "official"),
    [
        ("dpkg", "debian", "GNU Libc Maintainers <debian-glibc@lists.debian.org>", True),
        ("dpkg", "debian", "Sam Hartman <hartmans@debian.org>", True),
        ("dpkg", "debian", "Python Team <team+python@tracker.debian.org>", True),
        ("dpkg", "debian", "SELinux <selinux-devel@alioth-lists.debian.net>", True),
        ("dpkg", "debian", "Shadow <pkg-shadow-devel@LISTS.alioth.debian.org>", True),
        ("dpkg", "debian", "bare@debian.org", True),
        ("dpkg", "debian", "Marco d'Itri <md@linux.it>", False),
        ("dpkg", "debian", "Docker <support@docker.com>", False),
        ("dpkg", "debian", "debian.org <support@vendor.example>", False),
        ("dpkg", "debian", "A <a@notdebian.org>", False),
        ("dpkg", "debian", "A <a@debian.org.vendor.example>", False),
        ("dpkg", "debian", "<a@debian.org> B <b@vendor.example>", False),
        ("dpkg", "debian", "Debian Developers", False),
        ("dpkg", "debian", "", False),
        ("dpkg", "debian", "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>", False),
        ("dpkg", "ubuntu", "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>", True),
        ("dpkg", "ubuntu", "Dimitri John Ledkov <dimitri.ledkov@canonical.com>", True),
        ("dpkg", "ubuntu", "Sam Hartman <hartmans@debian.org>", False),
        ("dpkg", "raspbian", "Sam Hartman <hartmans@debian.org>", False),
        ("rpm", "rhel", "Red Hat, Inc.", True),
        ("rpm", "rhel", "Red Hat, Inc. <http://bugzilla.redhat.com/bugzilla>", True),
        ("rpm", "rhel", "Fedora Project", False),
        ("rpm", "rhel", "Microsoft Corporation", False),
        ("rpm", "rhel", "", False),
        ("rpm", "centos", "CentOS", True),
        ("rpm", "rocky", "Rocky Enterprise Software Foundation", True),
        ("rpm", "rocky", "Rocky Linux Build System (Peridot) <releng@rockylinux.org>", True),
        ("rpm", "rocky", "Rockyard", False),
        ("rpm", "almalinux", "AlmaLinux", True),
        ("rpm", "fedora", "Fedora Project", True),
        ("rpm", "fedora", "Fedora Copr - user someone", False),
        ("rpm", "amzn", "Amazon Linux", True),
        ("rpm", "amzn", "Amazon.com", True),
        ("rpm", "ol", "Oracle America", True),
        ("rpm", "opensuse-leap", "openSUSE", True),
        ("rpm", "opensuse-leap", "SUSE LLC <https://www.suse.com/>", True),
        ("rpm", "opensuse-tumbleweed", "obs://build.opensuse.org/home:someone", False),
        ("rpm", "sles", "SUSE LLC <https://www.suse.com/>", True),
        ("rpm", "azurelinux", "Microsoft Corporation", True),
        ("rpm", "photon", "VMware, Inc.", True),
        ("rpm", "openeuler", "http://openeuler.org", True),
        ("rpm", "debian", "Sam Hartman <hartmans@debian.org>", False),
        ("apk", "alpine", "Somebody <a@b.example>", True),
        ("apk", "wolfi", "", True),
        ("portage", "gentoo", "", True),
        ("alpm", "arch", "Frederik Schwan <freswa@archlinux.org>", True),
        ("alpm", "arch", "Unknown Packager", False),
        ("alpm", "manjaro", "Frederik Schwan <freswa@archlinux.org>", False),
        ("rpm", "sle-micro", "SUSE LLC <https://www.suse.com/>", True),
    ],
)
def test_who_built_a_package(kind: str, system: str, maintainer: str, official: bool) -> None:  # noqa: FBT001 - a column of the table
    package = Package(kind=kind, name="a", version="1-1", maintainer=maintainer)
    assert is_official(package, Release(id=system)) is official
    assert not is_official(package, None)


@pytest.mark.parametrize(
    ("version", "official"),
    [
        ("2.36-9+deb12u14", True),
        ("1.2-1~bpo12+1", True),
        ("16.1-1.pgdg120+1", False),
        ("3.9.18-1+jammy1~ppa1", False),
        ("8.2.14-1+0~20231221.24+debian12~1.gbp79cd6a", False),
    ],
)
def test_archives_that_leave_the_maintainer_in_place(version: str, official: bool) -> None:  # noqa: FBT001 - a column of the table
    package = Package(kind="dpkg", name="a", version=version, maintainer="A <a@debian.org>")
    assert is_official(package, Release(id="debian")) is official

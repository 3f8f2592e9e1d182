import pytest

from analyzers import ecosystems
from analyzers.inventory import Release


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("npm", ("npm", "")),
        ("Debian:12", ("Debian", "12")),
        ("Ubuntu:22.04:LTS", ("Ubuntu", "22.04:LTS")),
        ("Ubuntu:Pro:18.04:LTS", ("Ubuntu", "Pro:18.04:LTS")),
        ("Alpine:v3.20", ("Alpine", "v3.20")),
        ("openSUSE:Leap 15.5", ("openSUSE", "Leap 15.5")),
        ("Packagist:https://packages.drupal.org/8", ("Packagist", "https://packages.drupal.org/8")),
    ],
)
def test_split(name: str, parts: tuple[str, str]) -> None:
    assert ecosystems.split(name) == parts


@pytest.mark.parametrize(
    ("ecosystem", "name", "normal"),
    [
        ("PyPI", "Zope.Interface__x--Y", "zope-interface-x-y"),
        ("GitHub Actions", "TJ-Actions/changed-files", "tj-actions/changed-files"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("SwiftURL", "github.com/Apple/swift-nio", "github.com/apple/swift-nio"),
        ("Packagist", "Symfony/HTTP-Kernel", "symfony/http-kernel"),
        ("Packagist:https://packages.drupal.org/8", "drupal/Webform", "drupal/webform"),
        ("npm", "JSONStream", "JSONStream"),
        ("Debian:12", "libX11", "libX11"),
    ],
)
def test_normalise_name(ecosystem: str, name: str, normal: str) -> None:
    assert ecosystems.normalise_name(ecosystem, name) == normal


@pytest.mark.parametrize(
    ("advisory", "package", "covers"),
    [
        ("Debian", "Debian:12", True),
        ("Debian:12", "Debian:12", True),
        ("Debian:12", "Debian:11", False),
        ("Debian:1", "Debian:12", False),
        ("Debian:12", "Debian", False),
        ("Ubuntu:22.04:LTS", "Ubuntu:22.04:LTS", True),
        ("Ubuntu:22.04", "Ubuntu:22.04:LTS", True),
        ("Ubuntu:Pro:22.04:LTS", "Ubuntu:22.04:LTS", False),
        ("Ubuntu:22.04:LTS", "Ubuntu:Pro:22.04:LTS", True),
        ("Ubuntu:Pro:22.04:LTS", "Ubuntu:Pro:22.04:LTS", True),
        ("Ubuntu:Pro:FIPS:22.04:LTS", "Ubuntu:Pro:22.04:LTS", False),
        ("Red Hat:enterprise_linux:9::baseos", "Red Hat:enterprise_linux:9", True),
        ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "SUSE:Linux Enterprise Server 15 SP5", True),
        ("npm", "npm", True),
        ("npm", "PyPI", False),
        ("Packagist:https://packages.drupal.org/8", "Packagist", True),
        ("Packagist", "Packagist:https://packages.drupal.org/8", True),
    ],
)
def test_covers(advisory: str, package: str, covers: bool) -> None:  # noqa: FBT001 - a table's column
    assert ecosystems.covers(advisory, package) is covers


@pytest.mark.parametrize(
    ("kind", "system", "version", "ecosystem"),
    [
        ("dpkg", "debian", "12", "Debian:12"),
        ("dpkg", "debian", "12.5", "Debian:12"),
        ("dpkg", "debian", "", None),
        ("dpkg", "ubuntu", "22.04", "Ubuntu:22.04:LTS"),
        ("dpkg", "ubuntu", "23.10", "Ubuntu:23.10"),
        ("dpkg", "ubuntu", "23.04", "Ubuntu:23.04"),
        ("dpkg", "ubuntu", "rolling", None),
        ("apk", "alpine", "3.18.2", "Alpine:v3.18"),
        ("apk", "alpine", "3.18", "Alpine:v3.18"),
        ("apk", "alpine", "3.21.0_alpha20240807", None),
        ("apk", "wolfi", "20230201", "Wolfi"),
        ("apk", "chainguard", "20230214", "Chainguard"),
        ("rpm", "almalinux", "9.2", "AlmaLinux:9"),
        ("rpm", "rocky", "9.3", "Rocky Linux:9"),
        ("rpm", "rhel", "9.2", "Red Hat:enterprise_linux:9"),
        ("rpm", "fedora", "39", None),
        ("rpm", "opensuse-leap", "15.5", "openSUSE:Leap 15.5"),
        ("rpm", "opensuse-tumbleweed", "20240101", "openSUSE:Tumbleweed"),
        ("rpm", "sles", "15.5", "SUSE:Linux Enterprise Server 15 SP5"),
        ("rpm", "sles", "15", "SUSE:Linux Enterprise Server 15"),
        ("rpm", "sles", "x", None),
        ("rpm", "debian", "12", None),
        ("python-pkg", "debian", "12", "PyPI"),
        ("node-pkg", "alpine", "3.18.2", "npm"),
        ("gobinary", "alpine", "3.18.2", "Go"),
        ("conda-pkg", "debian", "12", None),
    ],
)
def test_for_package(kind: str, system: str, version: str, ecosystem: str | None) -> None:
    release = Release(id=system, version_id=version)

    assert ecosystems.for_package(kind, release) == ecosystem
    assert bool(ecosystems.unchecked_reason(kind, release)) is (ecosystem is None)


def test_a_package_without_an_operating_system() -> None:
    assert ecosystems.for_package("python-pkg", None) == "PyPI"
    assert ecosystems.for_package("dpkg", None) is None
    assert "without an operating system" in ecosystems.unchecked_reason("dpkg", None)
    edge = Release(id="alpine", version_id="3.21.0_alpha20240807")
    assert "'3.21.0_alpha20240807'" in ecosystems.unchecked_reason("apk", edge)


@pytest.mark.parametrize(
    ("kind", "release", "reason"),
    [
        (
            "rpm",
            Release(id="fedora", version_id="38"),
            "no ecosystem for rpm packages of 'fedora' '38', end of life 2024-05-21",
        ),
        (
            "apk",
            Release(id="alpine", version_id="3.20.1", channels=("edge",)),
            "no ecosystem for apk packages of 'alpine' '3.20.1' with packages of edge",
        ),
        ("alpm", Release(id="arch"), "no ecosystem for alpm packages of 'arch' ''"),
        ("portage", Release(id="gentoo"), "no ecosystem for portage packages of 'gentoo' ''"),
    ],
)
def test_why_there_is_no_feed(kind: str, release: Release, reason: str) -> None:
    assert ecosystems.unchecked_reason(kind, release) == reason


@pytest.mark.parametrize(
    "ecosystem",
    [
        "Debian:12",
        "Ubuntu:22.04:LTS",
        "Alpine:v3.20",
        "Wolfi",
        "Chainguard",
        "MinimOS",
        "Echo",
        "Rocky Linux:9",
        "SUSE:x",
        "openSUSE:Leap 15.5",
        "openEuler:22.03-LTS",
        "Azure Linux:3",
        "Photon OS:5.0",
    ],
)
def test_matched_by_source(ecosystem: str) -> None:
    assert ecosystems.matches_source(ecosystem)


@pytest.mark.parametrize("ecosystem", ["AlmaLinux:9", "Red Hat:enterprise_linux:9", "npm"])
def test_matched_by_binary(ecosystem: str) -> None:
    assert not ecosystems.matches_source(ecosystem)

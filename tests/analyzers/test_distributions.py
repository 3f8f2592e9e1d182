import pytest

from analyzers.distributions import covers, ecosystem_of, is_extended
from analyzers.inventory import Release
from analyzers.versions import compare


@pytest.mark.parametrize(
    ("kind", "release", "ecosystem"),
    [
        ("apk", Release(id="minimos", version_id="20240101"), "MinimOS"),
        ("apk", Release(id="alpaquita", version_id="23"), "Alpaquita:23"),
        ("apk", Release(id="alpaquita"), None),
        ("apk", Release(id="alpine", version_id="3.18.2", channels=("v3.18",)), "Alpine:v3.18"),
        ("apk", Release(id="alpine", version_id="3.9.6", channels=("v3.10",)), "Alpine:v3.10"),
        ("apk", Release(id="alpine", version_id="3.20.1", channels=("v3.18",)), "Alpine:v3.20"),
        ("apk", Release(id="alpine", version_id="3.20.1", channels=("edge", "v3.20")), None),
        ("apk", Release(id="alpine", version_id="3.20.1", channels=("latest-stable",)), None),
        ("dpkg", Release(id="echo"), "Echo"),
        ("dpkg", Release(id="ubuntu", version_id="18.04", channels=("esm-infra",)), "Ubuntu:Pro:18.04:LTS"),
        ("dpkg", Release(id="ubuntu", version_id="18.04", channels=("fips",)), "Ubuntu:18.04:LTS"),
        (
            "rpm",
            Release(id="centos", version_id="7", pretty_name="CentOS Linux 7"),
            "Red Hat:enterprise_linux:7",
        ),
        ("rpm", Release(id="centos", version_id="8", pretty_name="CentOS Stream 8"), None),
        ("rpm", Release(id="centos", version_id="9"), None),
        ("rpm", Release(id="centos", version_id="x"), None),
        ("rpm", Release(id="rhel", version_id=""), None),
        ("rpm", Release(id="mariner", version_id="2.0"), "Azure Linux:2"),
        ("rpm", Release(id="azurelinux", version_id="3.0"), "Azure Linux:3"),
        ("rpm", Release(id="photon", version_id="5.0"), "Photon OS:5.0"),
        ("rpm", Release(id="photon", version_id="x"), None),
        ("rpm", Release(id="mageia", version_id="9"), "Mageia:9"),
        (
            "rpm",
            Release(id="openeuler", version_id="22.03", pretty_name="openEuler 22.03 (LTS-SP1)"),
            "openEuler:22.03-LTS-SP1",
        ),
        (
            "rpm",
            Release(id="openeuler", version_id="24.03", pretty_name="openEuler 24.03 (LTS)"),
            "openEuler:24.03-LTS",
        ),
        ("rpm", Release(id="openeuler", version_id="23.09", pretty_name="openEuler 23.09"), None),
        ("rpm", Release(id="opensuse", version_id="42.3"), "openSUSE:Leap 42.3"),
        ("rpm", Release(id="opensuse-leap-micro", version_id="5.5"), "openSUSE:Leap Micro 5.5"),
        ("rpm", Release(id="opensuse-microos", version_id="20240101"), "openSUSE:Tumbleweed"),
        ("rpm", Release(id="sle-micro", version_id="5.5"), "SUSE:Linux Enterprise Micro 5.5"),
        ("rpm", Release(id="sl-micro", version_id="6.0"), "SUSE:Linux Micro 6.0"),
        ("rpm", Release(id="sl-micro", version_id="5.5"), "SUSE:Linux Enterprise Micro 5.5"),
        ("rpm", Release(id="sl-micro"), None),
        ("rpm", Release(id="sles", version_id="12.5"), "SUSE:Linux Enterprise Server 12 SP5"),
        ("rpm", Release(id="sles", version_id="16.0"), "SUSE:Linux Enterprise Server 16.0"),
        ("rpm", Release(id="sles_sap", version_id="15.4"), "SUSE:Linux Enterprise Server 15 SP4"),
        ("rpm", Release(id="amzn", version_id="2023"), None),
        ("rpm", Release(id="ol", version_id="9.3"), None),
        ("rpm", Release(id="fedora", version_id="39"), None),
        ("alpm", Release(id="arch"), None),
        ("portage", Release(id="gentoo", version_id="2.14"), None),
        ("bottlerocket", Release(id="bottlerocket", version_id="1.20.0"), None),
    ],
)
def test_ecosystem_of(kind: str, release: Release, ecosystem: str | None) -> None:
    assert ecosystem_of(kind, release) == ecosystem
    if ecosystem is not None:
        assert compare(ecosystem, "1.0-r1", "1.0-r1") == 0


@pytest.mark.parametrize(
    ("kind", "system"),
    [
        ("apk", "alpine"),
        ("dpkg", "ubuntu"),
        ("rpm", "centos"),
        ("rpm", "rhel"),
        ("rpm", "sle-micro"),
        ("rpm", "sles"),
    ],
)
@pytest.mark.parametrize("version", ["{}", "{}.04", "{}.1"])
def test_versions_of_more_digits_than_a_number_may_have(kind: str, system: str, version: str) -> None:
    assert ecosystem_of(kind, Release(id=system, version_id=version.format("1" * 5_000))) is None


@pytest.mark.parametrize(
    ("advisory", "package", "expected"),
    [
        ("Linux Enterprise Server 15 SP5", "Linux Enterprise Server 15 SP5", True),
        ("Linux Enterprise Module for Basesystem 15 SP5", "Linux Enterprise Server 15 SP5", True),
        ("Linux Enterprise Module for Python 3 15 SP5", "Linux Enterprise Server 15 SP5", True),
        ("Linux Enterprise Server 15 SP5-LTSS", "Linux Enterprise Server 15 SP5", True),
        ("Linux Enterprise Server for SAP Applications 15 SP5", "Linux Enterprise Server 15 SP5", True),
        ("Linux Enterprise Module for Basesystem 15 SP4", "Linux Enterprise Server 15 SP5", False),
        ("Linux Enterprise Module for Basesystem 15 SP5", "Linux Enterprise Server 15", False),
        ("Linux Enterprise Server 15-LTSS", "Linux Enterprise Server 15", True),
        ("Linux Enterprise Module for Web and Scripting 12", "Linux Enterprise Server 12 SP5", True),
        ("Linux Enterprise Server 12", "Linux Enterprise Server 12 SP5", False),
        ("Linux Enterprise Micro 5.5", "Linux Enterprise Micro 5.5", True),
        ("Linux Enterprise Micro 5.4", "Linux Enterprise Micro 5.5", False),
        ("Linux Enterprise Micro 5.5", "Linux Enterprise Server 5.5", False),
        ("Enterprise Storage 7", "Linux Enterprise Server 15 SP5", False),
        ("Manager Server 4.3", "Manager Server 4.3", True),
    ],
)
def test_suse_publishes_by_module(advisory: str, package: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert covers("SUSE", advisory, package) is expected


def test_services_of_ubuntu_pro_that_bring_updates() -> None:
    assert is_extended(Release(id="ubuntu", channels=("esm-apps",)))
    assert not is_extended(Release(id="ubuntu", channels=("livepatch",)))
    assert not is_extended(Release(id="debian", channels=("esm-apps",)))


def test_openeuler_leaves_epochs_out() -> None:
    assert compare("openEuler:22.03-LTS", "1:1.1.1m-15.oe2203", "1.1.1m-16.oe2203") < 0
    assert compare("Rocky Linux:9", "1:1.1.1m-15", "1.1.1m-16") > 0

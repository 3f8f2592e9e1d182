import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File, Problem, Release
from analyzers.os.release import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/release/make.py"))["SAMPLES"]


def read(path: str, data: bytes) -> list[object]:
    return list(ANALYZER.parse(File(path=path, data=data)))


def test_os_release() -> None:
    assert read("etc/os-release", SAMPLES["good/etc/os-release"]) == [
        Release(id="debian", version_id="12", pretty_name="Debian GNU/Linux 12 (bookworm)")
    ]


def test_quotes_comments_and_line_ends_of_other_systems() -> None:
    assert read("usr/lib/os-release", SAMPLES["odd/usr/lib/os-release"]) == [
        Release(id="sles", version_id="15.5", id_like=("suse", "opensuse"), pretty_name='costs $5 "now"')
    ]


@pytest.mark.parametrize(
    ("name", "text", "identifier", "version"),
    [
        ("alpine-release", "3.18.2\n", "alpine", "3.18.2"),
        ("alpine-release", "3.21.0_alpha20240807\n", "alpine", "3.21.0_alpha20240807"),
        ("debian_version", "12.5\n", "debian", "12.5"),
        ("debian_version", "trixie/sid\n", "debian", ""),
        ("redhat-release", "Red Hat Enterprise Linux release 9.2 (Plow)\n", "rhel", "9.2"),
        ("redhat-release", "Red Hat Enterprise Linux Server release 7.9 (Maipo)\n", "rhel", "7.9"),
        ("centos-release", "CentOS Linux release 7.9.2009 (Core)\n", "centos", "7.9.2009"),
        ("centos-release", "CentOS Stream release 9\n", "centos", "9"),
        ("rocky-release", "Rocky Linux release 9.2 (Blue Onyx)\n", "rocky", "9.2"),
        ("almalinux-release", "AlmaLinux release 8.8 (Sapphire Caracal)\n", "almalinux", "8.8"),
        ("oracle-release", "Oracle Linux Server release 8.9\n", "ol", "8.9"),
        ("fedora-release", "Fedora release 39 (Thirty Nine)\n", "fedora", "39"),
        ("system-release", "Amazon Linux release 2 (Karoo)\n", "amzn", "2"),
        ("system-release", "Amazon Linux AMI release 2018.03\n", "amzn", "2018.03"),
        ("system-release", "Amazon Linux 2023.3\n", "amzn", "2023.3"),
        ("system-release", "Amazon Linux\n", "amzn", ""),
        ("redhat-release", "Scientific Linux release 7.9 (Nitrogen)\n", "scientific-linux", "7.9"),
        (
            "SuSE-release",
            "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
            "sles",
            "11.4",
        ),
        (
            "SuSE-release",
            "SUSE Linux Enterprise Server 12 (x86_64)\nVERSION = 12\nPATCHLEVEL = 0\n",
            "sles",
            "12",
        ),
        (
            "SuSE-release",
            "openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin\n",
            "opensuse",
            "13.2",
        ),
        ("lsb-release", "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\n", "ubuntu", "14.04"),
        ("os-release", "ID=arch\n", "arch", ""),
    ],
)
def test_release_files(name: str, text: str, identifier: str, version: str) -> None:
    (release,) = read(f"etc/{name}", text.encode())
    assert isinstance(release, Release)
    assert (release.id, release.version_id) == (identifier, version)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("os-release", SAMPLES["empty/etc/os-release"]),
        ("os-release", SAMPLES["broken/etc/os-release"]),
        ("os-release", b"NAME=Nameless\n"),
        ("lsb-release", b"LSB_VERSION=1.4\n"),
        ("alpine-release", b""),
        ("debian_version", b"two words\n"),
        ("redhat-release", b"something else\n"),
        ("SuSE-release", b"something else\nVERSION = 1\n"),
        ("SuSE-release", b"openSUSE\n"),
    ],
)
def test_a_file_that_names_no_distribution_is_a_problem(name: str, data: bytes) -> None:
    (problem,) = read(f"etc/{name}", data)
    assert isinstance(problem, Problem)
    assert problem.path == f"etc/{name}"


def test_a_file_too_long() -> None:
    with pytest.raises(ParseError, match="expected at most 65536"):
        read("etc/os-release", b"#" * 65537)

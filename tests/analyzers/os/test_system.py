import pytest

from analyzers.inventory import Release
from analyzers.os._system import release_of

DEBIAN = Release(id="debian", version_id="12")
ALPINE = Release(id="alpine", version_id="3.18.2")
RHEL = Release(id="rhel", version_id="9.4")


@pytest.mark.parametrize(
    ("paths", "believed"),
    [
        (("etc/debian_version", "etc/os-release", "usr/lib/os-release"), "etc/os-release"),
        (("etc/debian_version", "usr/lib/os-release"), "usr/lib/os-release"),
        (("etc/lsb-release", "etc/redhat-release"), "etc/redhat-release"),
        (("etc/lsb-release",), "etc/lsb-release"),
    ],
)
def test_the_best_known_file_is_believed(paths: tuple[str, ...], believed: str) -> None:
    described = [(path, Release(id="x", pretty_name=path)) for path in paths]
    assert release_of(described, []) == Release(id="x", pretty_name=believed)


def test_channels_of_the_same_distribution_are_added() -> None:
    found = [Release(id="rhel", channels=("b", "a")), Release(id="rhel", channels=("b", "c"))]
    release = release_of([("etc/os-release", RHEL)], found)
    assert release == Release(id="rhel", version_id="9.4", channels=("a", "b", "c"))


def test_channels_of_another_distribution_are_not() -> None:
    found = [Release(id="rhel", channels=("a",))]
    assert release_of([("etc/os-release", ALPINE)], found) == ALPINE
    assert release_of([("etc/os-release", DEBIAN)], []) == DEBIAN
    assert release_of([], found) is None

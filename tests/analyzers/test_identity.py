import pytest

from analyzers.identity import NO_GROUP, Identity, identify
from analyzers.inventory import Package, Release

DEBIAN = Release(id="debian", version_id="12.5")
ROCKY = Release(id="rocky", version_id="9.3")


def package(kind: str, name: str, version: str, source: str = "", source_version: str = "") -> Package:
    return Package(kind=kind, name=name, version=version, source_name=source, source_version=source_version)


@pytest.mark.parametrize(
    ("found", "release", "expected"),
    [
        (package("dpkg", "libssl3", "1-2", "openssl"), DEBIAN, ("Debian:12", "openssl", "1-2")),
        (package("dpkg", "libc6", "2", "glibc", "1:2"), DEBIAN, ("Debian:12", "glibc", "1:2")),
        (package("dpkg", "bash", "5"), DEBIAN, ("Debian:12", "bash", "5")),
        (package("rpm", "openssl-libs", "3-1", "openssl"), ROCKY, ("Rocky Linux:9", "openssl", "3-1")),
        (package("python-pkg", "Typing_Extensions", "4"), None, ("PyPI", "typing-extensions", "4")),
        (package("node-pkg", "@scope/Name", "1"), DEBIAN, ("npm", "@scope/Name", "1")),
        (package("gobinary", "golang.org/x/net", "v0.1.0"), DEBIAN, ("Go", "golang.org/x/net", "v0.1.0")),
    ],
    ids=lambda value: value.name if isinstance(value, Package) else None,
)
def test_what_advisories_know_a_package_by(
    found: Package, release: Release | None, expected: tuple[str, str, str]
) -> None:
    identity = identify(found, release)
    assert (identity.ecosystem, identity.name, identity.version) == expected
    assert (identity.feed, identity.unchecked) == (expected[0].partition(":")[0], "")
    assert identity.purl.startswith("pkg:")


@pytest.mark.parametrize(
    ("kind", "release", "unchecked"),
    [
        ("dpkg", None, "dpkg packages without an operating system release"),
        ("dpkg", Release(id="kali"), "no ecosystem for dpkg packages of 'kali' ''"),
        ("odd", DEBIAN, "no ecosystem for packages of kind 'odd'"),
    ],
)
def test_why_no_advisory_can_speak_of_it(kind: str, release: Release | None, unchecked: str) -> None:
    identity = identify(package(kind, "a", "1"), release)
    assert identity == Identity(identity.purl, "", "a", "1", unchecked)
    assert identity.feed == ""


def test_a_package_without_a_version_has_an_ecosystem() -> None:
    identity = identify(Package(kind="python-pkg", name="a", version=""), None)
    assert (identity.ecosystem, identity.unchecked) == ("PyPI", "")


def test_a_jar_without_a_group_is_unchecked() -> None:
    assert identify(Package(kind="jar", name="a", version="1"), None).unchecked == NO_GROUP
    assert identify(Package(kind="jar", name="g:a", version="1"), None).unchecked == ""


@pytest.mark.parametrize("relationship", ["root", "workspace"])
@pytest.mark.parametrize(("kind", "version"), [("npm", "1.0.0"), ("cargo", "1.0.0"), ("gomod", "")])
def test_a_project_is_no_package_of_others(kind: str, version: str, relationship: str) -> None:
    own = Package(kind=kind, name="a", version=version, relationship=relationship)
    identity = identify(own, None)
    assert identity == Identity(identity.purl, "", "a", version)


def test_the_root_of_an_installed_program_is_what_it_says() -> None:
    program = Package(kind="rustbinary", name="a", version="1.0.0", relationship="root")
    assert identify(program, None).ecosystem == "crates.io"

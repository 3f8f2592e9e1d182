import pytest

from analyzers.inventory import Release
from analyzers.red_hat import covers, ecosystem_of


@pytest.mark.parametrize(
    ("version", "channels", "ecosystem"),
    [
        ("9.4", (), "enterprise_linux:9"),
        ("9.4", ("rhel-9-for-x86_64-baseos-rpms",), "enterprise_linux:9::baseos"),
        (
            "8.10",
            ("ubi-8-appstream-rpms", "rhel-8-for-aarch64-baseos-rpms", "ubi-8-baseos-source-rpms"),
            "enterprise_linux:8::appstream|enterprise_linux:8::baseos",
        ),
        ("8.4", ("rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_4",), "rhel_eus:8.4::baseos"),
        ("8.4", ("rhel-8-for-x86_64-appstream-aus-rpms",), "rhel_aus:8::appstream"),
        ("9.4", ("codeready-builder-for-rhel-9-x86_64-rpms",), "enterprise_linux:9::crb"),
        ("9.4", ("ubi-9-codeready-builder-rpms",), "enterprise_linux:9::crb"),
        ("9.4", ("rhel-9-for-x86_64-rt-rpms",), "enterprise_linux:9::realtime"),
        ("7.9", ("rhel-7-server-rpms",), "enterprise_linux:7"),
        ("9.4", ("rhocp-4.12-for-rhel-9-x86_64-rpms",), "enterprise_linux:9"),
        ("9.4", ("rhel-8-for-x86_64-baseos-rpms",), "enterprise_linux:9"),
    ],
)
def test_streams_of_content_sets(version: str, channels: tuple[str, ...], ecosystem: str) -> None:
    release = Release(id="rhel", version_id=version, channels=channels)
    assert ecosystem_of(release) == f"Red Hat:{ecosystem}"


@pytest.mark.parametrize(
    ("advisory", "package", "expected"),
    [
        ("enterprise_linux:9::baseos", "enterprise_linux:9", True),
        ("enterprise_linux:9", "enterprise_linux:9::baseos", True),
        ("enterprise_linux:9::baseos", "enterprise_linux:9::baseos", True),
        ("enterprise_linux:9::appstream", "enterprise_linux:9::baseos", False),
        ("enterprise_linux:9::appstream", "enterprise_linux:9::baseos|enterprise_linux:9::appstream", True),
        ("enterprise_linux:8::baseos", "enterprise_linux:9", False),
        ("enterprise_linux:90::baseos", "enterprise_linux:9", False),
        ("enterprise_linux:10.1", "enterprise_linux:10::baseos", True),
        ("rhel_eus:9.2::baseos", "enterprise_linux:9", False),
        ("rhel_eus:9.2::baseos", "rhel_eus:9.2::baseos", True),
        ("rhel_eus:9.2::baseos", "rhel_eus:9::baseos", True),
        ("openshift:4.12::el9", "enterprise_linux:9", False),
        ("nothing", "enterprise_linux:9", False),
    ],
)
def test_covers(advisory: str, package: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert covers(advisory, package) is expected

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from analyzers.inventory import Package, Release
from analyzers.purl import family_of, purl_of, split_epoch

DEBIAN = Release(id="debian", version_id="12")
ALPINE = Release(id="alpine", version_id="3.18.2")
RHEL = Release(id="rhel", version_id="9.2")
MODULE = "nodejs:18:8080020230210:63b34585"

CASES = [
    (
        Package(kind="dpkg", name="libc6", version="2.36-9+deb12u14", arch="amd64"),
        DEBIAN,
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64&distro=debian-12",
    ),
    (
        Package(kind="dpkg", name="login", version="1:4.13+dfsg1-1+b1", arch="amd64"),
        DEBIAN,
        "pkg:deb/debian/login@4.13%2Bdfsg1-1%2Bb1?arch=amd64&distro=debian-12&epoch=1",
    ),
    (
        Package(kind="dpkg", name="libstdc++6", version="12.3.0-1ubuntu1~22.04", arch="amd64"),
        Release(id="ubuntu", version_id="22.04"),
        "pkg:deb/ubuntu/libstdc%2B%2B6@12.3.0-1ubuntu1~22.04?arch=amd64&distro=ubuntu-22.04",
    ),
    (Package(kind="dpkg", name="hello", version="0:2.10-3"), None, "pkg:deb/hello@2.10-3"),
    (
        Package(kind="dpkg", name="hello", version="2.10-3", arch="all"),
        Release(id="debian"),
        "pkg:deb/debian/hello@2.10-3?arch=all&distro=debian",
    ),
    (
        Package(kind="apk", name="musl", version="1.2.4-r1", arch="x86_64"),
        ALPINE,
        "pkg:apk/alpine/musl@1.2.4-r1?arch=x86_64&distro=3.18.2",
    ),
    (
        Package(kind="rpm", name="openssl-libs", version="1:3.0.7-6.el9", arch="x86_64"),
        RHEL,
        "pkg:rpm/redhat/openssl-libs@3.0.7-6.el9?arch=x86_64&distro=redhat-9.2&epoch=1",
    ),
    (
        Package(kind="rpm", name="nodejs", version="1:18.14-2.el8", arch="x86_64", modularity_label=MODULE),
        Release(id="almalinux", version_id="8.8"),
        f"pkg:rpm/alma/nodejs@18.14-2.el8?arch=x86_64&distro=alma-8.8&epoch=1&modularitylabel={MODULE}",
    ),
    (
        Package(kind="rpm", name="bash", version="5.1-1"),
        Release(id="opensuse-leap", version_id="15.5"),
        "pkg:rpm/opensuse/bash@5.1-1?distro=opensuse-leap-15.5",
    ),
    (
        Package(kind="rpm", name="bash", version="5.1-1"),
        Release(id="sl-micro", version_id="6.0"),
        "pkg:rpm/suse/bash@5.1-1?distro=slem-6.0",
    ),
    (
        Package(kind="alpm", name="vi", version="1:070224-6", arch="x86_64"),
        Release(id="arch"),
        "pkg:alpm/arch/vi@1:070224-6?arch=x86_64&distro=arch",
    ),
    (
        Package(kind="portage", name="app-shells/bash", version="5.1_p16-r6"),
        Release(id="gentoo", version_id="2.14"),
        "pkg:ebuild/app-shells/bash@5.1_p16-r6?distro=gentoo-2.14",
    ),
    (
        Package(kind="bottlerocket", name="glibc", version="1:2.40-1.br1", arch="x86_64"),
        Release(id="bottlerocket", version_id="1.26.1"),
        "pkg:generic/bottlerocket/glibc@2.40-1.br1?arch=x86_64&distro=bottlerocket-1.26.1&epoch=1",
    ),
    (
        Package(kind="python-pkg", name="Flask_SQLAlchemy", version="3.0"),
        None,
        "pkg:pypi/flask-sqlalchemy@3.0",
    ),
    (Package(kind="python-pkg", name="torch", version="2.0+cu118"), DEBIAN, "pkg:pypi/torch@2.0%2Bcu118"),
    (Package(kind="node-pkg", name="@Babel/Core", version="7.1.0"), None, "pkg:npm/%40babel/core@7.1.0"),
    (Package(kind="node-pkg", name="lodash", version="4.17.20"), ALPINE, "pkg:npm/lodash@4.17.20"),
    (
        Package(kind="gobinary", name="github.com/BurntSushi/toml", version="v0.3.1"),
        None,
        "pkg:golang/github.com/burntsushi/toml@v0.3.1",
    ),
    (
        Package(kind="gobinary", name="github.com/docker/docker", version="v20.10.1+incompatible"),
        None,
        "pkg:golang/github.com/docker/docker@v20.10.1%2Bincompatible",
    ),
    (Package(kind="gobinary", name="stdlib", version="1.22.0"), None, "pkg:golang/stdlib@1.22.0"),
    (Package(kind="gobinary", name="example.com/app", version=""), None, "pkg:golang/example.com/app"),
    (Package(kind="gobinary", name="./fork", version="v1"), None, ""),
    (
        Package(kind="cocoapods", name="Firebase/Core/In-app+", version="1.0"),
        None,
        "pkg:cocoapods/Firebase@1.0#Core/In-app%2B",
    ),
    (
        Package(kind="swift", name="github.com/apple/swift-nio", version="2.0.0"),
        None,
        "pkg:swift/github.com/apple/swift-nio@2.0.0",
    ),
    (
        Package(kind="github-actions", name="Actions/checkout", version="v4.1.1"),
        None,
        "pkg:github/actions/checkout@v4.1.1",
    ),
    (Package(kind="hex", name="acme/tools", version="1.0.0"), None, "pkg:hex/acme/tools@1.0.0"),
    (Package(kind="hackage", name="HTTP", version="4000.4.1"), None, "pkg:hackage/HTTP@4000.4.1"),
    (Package(kind="renv", name="DBI", version="1.1.0"), None, "pkg:cran/DBI@1.1.0"),
    (Package(kind="pub", name="http_parser", version="1.0.0+1"), None, "pkg:pub/http_parser@1.0.0%2B1"),
    (Package(kind="conda-pkg", name="numpy", version="1.26"), None, "pkg:conda/numpy@1.26"),
    (Package(kind="unheard-of", name="numpy", version="1.26"), None, "pkg:generic/numpy@1.26"),
]


@pytest.mark.parametrize(("package", "release", "expected"), CASES)
def test_purl_reads_as_the_specification_and_trivy_say(
    package: Package, release: Release | None, expected: str
) -> None:
    assert purl_of(package, release) == expected


@pytest.mark.parametrize(("kind", "name"), [("swift", "github.com/a/b"), ("r-pkg", "a"), ("renv", "a")])
def test_no_purl_without_the_version_that_its_type_needs(kind: str, name: str) -> None:
    assert purl_of(Package(kind=kind, name=name, version=""), None) == ""
    assert purl_of(Package(kind=kind, name=name, version="1"), None).endswith("@1")


def test_no_purl_without_the_namespace_that_its_type_needs() -> None:
    assert purl_of(Package(kind="swift", name="swift-nio", version="2.0.0"), None) == ""


@pytest.mark.parametrize("purl", sorted({expected for _, _, expected in CASES if expected}))
def test_purl_is_canonical_to_an_independent_reader(purl: str) -> None:
    assert PackageURL.from_string(purl).to_string() == purl


NAMES = st.text(string.ascii_lowercase + string.digits + "+-._~", min_size=1).filter(
    lambda name: name.strip(".") != ""
)
ANYTHING = st.text(st.characters(exclude_categories=("Cs", "Z", "Cc")), min_size=1)


@given(
    kind=st.sampled_from(("dpkg", "apk", "rpm")),
    name=NAMES,
    version=ANYTHING,
    arch=NAMES,
    epoch=st.integers(1, 99),
)
def test_system_packages_round_trip(kind: str, name: str, version: str, arch: str, epoch: int) -> None:
    given_version = version if kind == "apk" else f"{epoch}:{version}"
    package = Package(kind=kind, name=name, version=given_version, arch=arch)
    read = PackageURL.from_string(purl_of(package, DEBIAN))
    expected = {"arch": arch, "distro": "12" if kind == "apk" else "debian-12"}
    assert (read.namespace, read.name, read.version) == ("debian", name, version)
    assert read.qualifiers == (expected if kind == "apk" else expected | {"epoch": str(epoch)})


@given(
    kind=st.sampled_from(("gobinary", "node-pkg")),
    segments=st.lists(NAMES, min_size=2, max_size=4),
    version=ANYTHING,
)
def test_scoped_packages_round_trip(kind: str, segments: list[str], version: str) -> None:
    segments[0] = f"@{segments[0]}"
    read = PackageURL.from_string(purl_of(Package(kind=kind, name="/".join(segments), version=version), None))
    assert (f"{read.namespace}/{read.name}", read.version) == ("/".join(segments), version)


@given(
    kind=st.sampled_from(("dpkg", "apk", "rpm", "python-pkg", "node-pkg", "gobinary")),
    name=st.text(),
    version=st.text(),
    arch=st.text(),
)
def test_strangers_names_never_leave_the_purl_alphabet(kind: str, name: str, version: str, arch: str) -> None:
    purl = purl_of(Package(kind=kind, name=name, version=version, arch=arch), RHEL)
    assert set(purl) <= set(string.ascii_letters + string.digits + ".-_~:/@%?=&")


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1:2-3", (1, "2-3")), ("0:2", (0, "2")), ("2-3", (0, "2-3")), ("a:2", (0, "a:2")), ("²:2", (0, "²:2"))],
)
def test_epoch_is_split_off_only_when_it_is_a_number(version: str, expected: tuple[int, str]) -> None:
    assert split_epoch(version) == expected


@pytest.mark.parametrize(
    ("identifier", "family"),
    [("rhel", "redhat"), ("almalinux", "alma"), ("amzn", "amazon"), ("ol", "oracle"), ("debian", "debian")],
)
def test_families_have_trivys_names(identifier: str, family: str) -> None:
    assert family_of(Release(id=identifier)) == family

from pathlib import Path

import pytest

from analyzers import sboms
from analyzers.inventory import Release
from analyzers.sboms.document import Format, Sbom, SbomPackage

TESTDATA = Path(__file__).parent / "testdata"
DEBIAN = sorted(path.name for path in TESTDATA.glob("*-debian.*"))
SITE = "usr/local/lib/python3.11/site-packages"


def read(name: str) -> Sbom:
    return sboms.read((TESTDATA / name).read_bytes(), name)


def package(sbom: Sbom, name: str) -> SbomPackage:
    return next(each for each in sbom.packages if each.package.name.lower() == name)


@pytest.mark.parametrize("name", DEBIAN)
def test_every_document_tells_the_same_packages(name: str) -> None:
    told = {
        (each.package.kind, each.package.name.lower(), each.package.version, each.package.arch)
        for each in read(name).packages
    }
    assert told == {
        ("dpkg", "libc6", "2.36-9+deb12u4", "amd64"),
        ("dpkg", "libssl3", "3.0.11-1~deb12u2", "amd64"),
        ("dpkg", "login", "1:4.13+dfsg1-1+b1", "amd64"),
        ("node-pkg", "@babel/code-frame", "7.22.5", ""),
        ("node-pkg", "chalk", "2.4.2", ""),
        ("node-pkg", "lodash", "4.17.20", ""),
        ("python-pkg", "flask", "2.3.2", ""),
        ("python-pkg", "urllib3", "1.26.15", ""),
    }


@pytest.mark.parametrize("name", DEBIAN)
def test_source_packages_are_those_that_advisories_name(name: str) -> None:
    sbom = read(name)
    sources = {
        each: (package(sbom, each).package.source_name, package(sbom, each).package.source_version)
        for each in ("libc6", "libssl3", "login")
    }
    assert sources == {
        "libc6": ("glibc", ""),
        "libssl3": ("openssl", ""),
        "login": ("shadow", "1:4.13+dfsg1-1"),
    }


@pytest.mark.parametrize("name", DEBIAN)
def test_packages_are_where_they_were_found(name: str) -> None:
    sbom = read(name)
    assert package(sbom, "flask").path == f"{SITE}/Flask-2.3.2.dist-info/METADATA"
    assert {each.path for each in sbom.packages if each.package.name == "lodash"} == {
        "srv/app/node_modules/lodash/package.json",
        "srv/old/node_modules/lodash/package.json",
    }


@pytest.mark.parametrize("name", DEBIAN)
def test_what_depends_on_what_is_kept(name: str) -> None:
    sbom = read(name)
    login = package(sbom, "login")
    assert login.package.depends_on == ("libc6",)
    assert [sbom.packages[number].package.name for number in login.needs] == ["libc6"]


@pytest.mark.parametrize("name", DEBIAN)
def test_a_sound_document_has_no_problem(name: str) -> None:
    sbom = read(name)
    assert sbom.problems == ()
    assert sbom.name == "debian.tar"
    assert sbom.tool in {"trivy 0.59.1", "syft 1.18.1"}
    assert sbom.release is not None
    assert (sbom.release.id, sbom.release.version_id[:2]) == ("debian", "12")


@pytest.mark.parametrize("name", sorted(set(DEBIAN) - {"trivy-debian.spdx"}))
def test_layers_are_told_apart(name: str) -> None:
    sbom = read(name)
    system, language = (sbom.layers[package(sbom, each).layer].diff_id for each in ("libc6", "chalk"))
    assert system.startswith("sha256:767b696f")
    assert language.startswith("sha256:f9a5d98c")
    assert len(sbom.layers) == 2


def test_trivys_layers_are_in_the_images_order() -> None:
    sbom = read("trivy-debian.cdx.json")
    assert (package(sbom, "libc6").layer, package(sbom, "chalk").layer) == (0, 1)
    # its tag-value notation has no room for layers
    assert {each.layer for each in read("trivy-debian.spdx").packages} == {-1}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("trivy-debian.cdx.json", Format.CYCLONEDX_JSON),
        ("syft-debian.cdx.xml", Format.CYCLONEDX_XML),
        ("syft-debian.spdx.json", Format.SPDX_JSON),
        ("syft-debian.spdx", Format.SPDX_TAG_VALUE),
    ],
)
def test_formats_are_told_by_their_bytes(name: str, expected: Format) -> None:
    data = (TESTDATA / name).read_bytes()
    assert sboms.is_sbom(data)
    assert sboms.read(data, "no-ending").format is expected


def test_syft_tells_the_systems_whole_name() -> None:
    assert read("syft-debian.cdx.json").release == Release(
        id="debian", version_id="12", pretty_name="Debian GNU/Linux 12 (bookworm)"
    )


@pytest.mark.parametrize("name", ["trivy-folder.cdx.json", "trivy-folder.spdx.json"])
def test_what_a_lock_file_holds_is_found_there(name: str) -> None:
    sbom = read(name)
    assert {each.package.name: each.path for each in sbom.packages} == {
        "@types/node": "app/package-lock.json",
        "ansi-styles": "app/package-lock.json",
        "chalk": "app/package-lock.json",
        "example.com/app": "go/go.mod",
        "github.com/BurntSushi/toml": "go/go.mod",
        "golang.org/x/net": "go/go.mod",
        "org.slf4j:slf4j-api": "java/gradle.lockfile",
    }
    assert sbom.release is None
    assert [each.reason for each in sbom.problems][:1] == ["1 component without a version: 'example.com/app'"]

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers import sboms
from analyzers.catalogue import kinds
from analyzers.contents import Contents
from analyzers.inventory import Package, Problem, Release
from analyzers.purl import purl_of
from analyzers.sboms.document import Sbom
from reports import render
from reports.contents import license_findings
from reports.document import Component, Document, Layer
from tests.reports.documents import CONTEXT, IMAGES, empty_image

SBOM_FORMATS = ("cyclonedx", "spdx-json", "spdx")
Seen = tuple[Package, str, int]

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
MAYBE = st.just("") | WORDS
LICENSES = (
    st.sampled_from(
        [
            *("MIT", "MIT OR Apache-2.0", "(MIT AND Zlib)", "MIT AND ISC", "BSD", "NONE", "MIT OR House"),
            *("Apache License 2.0", "GPLv2+ and MIT", "MPL-1.1+", "LicenseRef-House", "MIT OR LicenseRef-A"),
        ]
    )
    | WORDS
)
RELEASES = st.sampled_from(
    [
        None,
        Release(id="debian", version_id="12", pretty_name="Debian GNU/Linux 12 (bookworm)"),
        Release(id="rhel", version_id="9.2", id_like=("fedora",), channels=("rhel-9-appstream",)),
        Release(id="wolfi"),
        Release(id="sles", version_id="15.5", id_like=("suse", "opensuse")),
    ]
)
LAYERS = tuple(
    Layer(digest=f"sha256:{n}a", diff_id=f"sha256:{n}b", size_bytes=n, created_by="") for n in range(3)
)


def packages() -> st.SearchStrategy[Package]:
    return st.builds(
        Package,
        kind=st.sampled_from([*sorted(kinds()), "not-known"]),
        name=WORDS | st.sampled_from(["@babel/core", "org.slf4j:slf4j-api", "golang.org/x/net"]),
        version=MAYBE | st.sampled_from(["1:2.36-9+deb12u14", "0:1-1", "v0.17.0", "NOASSERTION"]),
        arch=st.sampled_from(["", "amd64", "x86_64"]),
        licenses=st.lists(LICENSES, max_size=3).map(tuple),
        maintainer=MAYBE | st.sampled_from(["A B <a@example.org>", "A (B) <c>", "A (b)"]),
        relationship=st.sampled_from(["", "root", "workspace", "direct", "indirect"]),
        dev=st.booleans(),
        lines=st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99)), max_size=2).map(tuple),
        inner_path=MAYBE,
        evidence=MAYBE,
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    release = draw(RELEASES)
    components = [_component(draw, draw(packages()), release) for _ in range(draw(st.integers(0, 6)))]
    return msgspec.structs.replace(
        empty_image(),
        release=release,
        layers=LAYERS,
        components=tuple(components),
        problems=tuple(draw(st.lists(st.builds(Problem, st.just("usr/bin/tool"), WORDS), max_size=2))),
    )


def _component(draw: st.DrawFn, package: Package, release: Release | None) -> Component:
    kind = kinds().get(package.kind)
    if kind and kind.is_system:
        source = draw(MAYBE)
        package = msgspec.structs.replace(
            package,
            source_name="" if source == package.name else source,
            source_version=draw(st.sampled_from(["", "9-9"])),
            modularity_label=draw(st.sampled_from(["", "nodejs:18:8080020230"])),
        )
    purl = purl_of(package, release)
    return Component(package=package, purl=purl, path=draw(MAYBE), layer=draw(st.integers(0, 2)))


def told(document: Document) -> list[Seen]:
    """What a bill of materials is to tell of each package; what it needs is an edge, not a name."""
    return list(dict.fromkeys((_plain(each.package), each.path, each.layer) for each in document.components))


def read_back(sbom: Sbom) -> list[Seen]:
    return [(_plain(each.package), each.path, each.layer) for each in sbom.packages]


def _plain(package: Package) -> Package:
    licenses = tuple(filter(None, package.licenses))
    return msgspec.structs.replace(package, depends_on=(), licenses=licenses)


@settings(max_examples=80, deadline=None)
@given(document=documents(), format_name=st.sampled_from(SBOM_FORMATS))
def test_what_is_written_is_read_back(document: Document, format_name: str) -> None:
    sbom = sboms.read(render(document, format_name, CONTEXT).encode(), "sbom")
    assert read_back(sbom) == told(document)
    assert sbom.release == document.release
    assert [(layer.digest, layer.diff_id) for layer in sbom.layers] == [
        (layer.digest, layer.diff_id) for layer in document.layers
    ]
    assert set(document.problems) <= set(sbom.problems)


@settings(max_examples=80, deadline=None)
@given(document=documents(), format_name=st.sampled_from(SBOM_FORMATS))
def test_the_same_licences_are_found_in_it(document: Document, format_name: str) -> None:
    sbom = sboms.read(render(document, format_name, CONTEXT).encode(), "sbom")
    read = [
        Component(package=each.package, purl=each.purl, path=each.path, layer=each.layer)
        for each in sbom.packages
    ]
    found = license_findings(document.components, Contents(), {})
    assert license_findings(read, Contents(), {}) == found


@pytest.mark.parametrize("format_name", SBOM_FORMATS)
@pytest.mark.parametrize("image", IMAGES)
def test_images_come_back_with_their_dependencies(image: str, format_name: str) -> None:
    document = IMAGES[image]()
    sbom = sboms.read(render(document, format_name, CONTEXT).encode(), "sbom")
    assert read_back(sbom) == told(document)
    assert sbom.release == document.release
    assert sbom.name == document.name
    assert sbom.tool == "cleanbill 0.1.0"
    assert [each.purl for each in sbom.packages] == [each.purl for each in document.components]
    by_name = {each.package.name: each for each in sbom.packages}
    if image == "debian":
        needed = [sbom.packages[number].package.name for number in by_name["Flask"].needs]
        assert needed == ["werkzeug", "urllib3"]
        assert by_name["libssl3"].package.depends_on == ("libc6",)

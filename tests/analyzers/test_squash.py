import io
import itertools
import runpy
import tarfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.catalogue import Dispatch, catalogue
from analyzers.inventory import LISTED, Found, LayerInventory, Owned, Package, Problem, Release
from analyzers.layer import analyse
from analyzers.limits import Limits
from analyzers.squash import Component, LayerProblem, squash

DPKG = "os/dpkg"
NODE = "languages/node"
STATUS = "var/lib/dpkg/status"
PROGRAM: bytes = runpy.run_path(str(Path(__file__).parent / "binaries/testdata/go/make.py"))["SAMPLES"][
    "good/usr/bin/tool"
]


def package(name: str, version: str = "1", kind: str = "dpkg") -> Package:
    return Package(kind=kind, name=name, version=version)


def test_what_a_list_and_a_file_tell_of_is_there_once() -> None:
    listed = [
        Package(kind="node-pkg", name=name, version="1", evidence=LISTED) for name in ("both", "only-listed")
    ]
    layers = [
        layer(Found("bom.json", tuple(listed)), by="languages/sbom"),
        layer(Found("app/package.json", (package("both", kind="node-pkg"),)), by=NODE),
    ]
    assert [(each.package.name, each.path) for each in squash(layers).components] == [
        ("only-listed", "bom.json"),
        ("both", "app/package.json"),
    ]


def found(path: str, *names: str) -> Found:
    return Found(path, tuple(package(*name.split("=")) for name in names))


def layer(
    *files: Found, by: str = DPKG, hide: tuple[str, ...] = (), opaque: tuple[str, ...] = ()
) -> LayerInventory:
    return LayerInventory(
        diff_id="sha256:x",
        size_bytes=0,
        entries=0,
        found={by: files} if files else {},
        whiteouts=hide,
        opaque=opaque,
    )


def summary(*layers: LayerInventory) -> list[tuple[int, str, str]]:
    return [(one.layer, one.package.name, one.package.version) for one in squash(layers).components]


def test_no_layers_have_nothing() -> None:
    squashed = squash([])
    assert (squashed.release, squashed.components, squashed.problems) == (None, (), ())


def test_a_package_keeps_the_credit_of_the_layer_that_installed_its_version() -> None:
    assert summary(
        layer(found(STATUS, "a=1", "b=1", "c=1")),
        layer(found(STATUS, "a=1", "b=2", "c=1", "d=1")),
        layer(found(STATUS, "a=1", "b=2", "d=1", "e=1")),
    ) == [(0, "a", "1"), (1, "b", "2"), (1, "d", "1"), (2, "e", "1")]


def test_a_removed_file_starts_anew_but_not_one_rewritten_in_the_same_layer() -> None:
    base = layer(found(STATUS, "a"))
    assert summary(base, layer(hide=("var",)), layer(found(STATUS, "a"))) == [(2, "a", "1")]
    assert summary(base, layer(found(STATUS, "a"), hide=(STATUS,))) == [(0, "a", "1")]


@pytest.mark.parametrize(
    "top",
    [
        layer(hide=("app/x/list",)),
        layer(hide=("app",)),
        layer(opaque=("app/x",)),
        layer(opaque=("app",)),
        layer(Found("app/x/list"), by="other/analyzer"),
        layer(Found("app/x/list")),
    ],
    ids=["file", "folder", "opaque", "opaque-above", "replaced", "emptied"],
)
def test_what_is_hidden_is_gone(top: LayerInventory) -> None:
    assert summary(layer(found("app/x/list", "a"), found("app2/list", "b")), top) == [(0, "b", "1")]


def test_an_opaque_root_hides_everything() -> None:
    assert summary(layer(found("app/x/list", "a")), layer(found("b", "b"), opaque=("",))) == [(1, "b", "1")]


@pytest.mark.parametrize("hide", ["ap", "app/x/list/y", "app/x/li", "x/list"])
def test_whiteouts_hide_whole_names(hide: str) -> None:
    assert summary(layer(found("app/x/list", "a")), layer(hide=(hide,), opaque=(hide,))) == [(0, "a", "1")]


def test_whiteouts_spare_their_own_layer() -> None:
    both = layer(found("app/list", "a"), hide=("app/list", "app"), opaque=("app",))
    assert summary(both) == [(0, "a", "1")]


def test_a_folder_read_again_does_not_hide_what_is_in_it() -> None:
    below = layer(found("x.egg-info/PKG-INFO", "a"))
    assert summary(below, layer(Found("x.egg-info"))) == [(0, "a", "1")]


DEBIAN = Found("etc/os-release", release=Release(id="debian", version_id="12"))


def database(owned: str, *maintainers: str, version: str = "1") -> LayerInventory:
    """A dpkg database in which "pkg", installed once for each maintainer, has one path."""
    packages = tuple(
        Package(kind="dpkg", name="pkg", version=version, arch=str(number), maintainer=f"A <{address}>")
        for number, address in enumerate(maintainers)
    )
    files = Found(STATUS, packages), Found("info/pkg.list", owned=(Owned((owned,), "pkg"),))
    return layer(DEBIAN, *files)


def names(*layers: LayerInventory) -> set[str]:
    return {one.package.name for one in squash(layers).components}


OFFICIAL = database("usr/lib/x", "a@debian.org")
NODE_FILES = layer(found("usr/lib/x", "in"), found("app/x", "out"), by=NODE)


def test_packages_of_files_that_the_system_owns_are_left_to_it() -> None:
    whole = msgspec.structs.replace(OFFICIAL, found=OFFICIAL.found | NODE_FILES.found)
    assert names(NODE_FILES, OFFICIAL) == names(whole) == {"pkg", "out"}
    assert names(NODE_FILES, OFFICIAL, layer(hide=(STATUS,))) == {"in", "out"}
    assert names(NODE_FILES, OFFICIAL, layer(hide=("info",))) == {"pkg", "in", "out"}


def test_a_file_written_over_is_not_the_systems_any_more() -> None:
    assert names(OFFICIAL, NODE_FILES) == {"pkg", "in", "out"}
    again = database("usr/lib/x", "a@debian.org", version="2")
    assert names(OFFICIAL, NODE_FILES, again) == {"pkg", "out"}


@pytest.mark.parametrize(
    "foreign",
    [
        database("usr/lib/x", "support@vendor.example"),
        database("usr/lib/x", "a@debian.org", "support@vendor.example"),
        database("usr/lib/x"),
        database("usr/lib/x", "a@lists.ubuntu.com"),
    ],
    ids=["vendor", "one-of-two", "not-installed", "other-distribution"],
)
def test_a_vendors_package_covers_nothing(foreign: LayerInventory) -> None:
    assert names(NODE_FILES, foreign) >= {"in", "out"}


def test_a_vendors_package_knows_its_programs_better_than_their_strings_do() -> None:
    vendor = database("usr/bin/tool", "support@vendor.example")
    program = layer(Found("usr/bin/tool", (package("tool", kind="binary"),)), by="binaries/known")
    assert names(program, vendor) == {"pkg"}
    assert names(vendor, program) == {"pkg", "tool"}


def test_a_system_without_a_release_covers_nothing() -> None:
    assert names(NODE_FILES, OFFICIAL, layer(hide=("etc",))) == {"pkg", "in", "out"}


@pytest.mark.parametrize("folder", ["lib", "lib64", "bin", "sbin"])
def test_databases_and_layers_may_or_may_not_know_that_usr_is_merged(folder: str) -> None:
    for listed, stored in itertools.product((f"{folder}/x", f"usr/{folder}/x"), repeat=2):
        assert names(layer(found(stored, "in"), by=NODE), database(listed, "a@debian.org")) == {"pkg"}
    for listed, stored in (("opt/lib/x", "opt/usr/lib/x"), ("lib/x", "opt/lib/x"), ("libx", "usr/libx")):
        assert "in" in names(layer(found(stored, "in"), by=NODE), database(listed, "a@debian.org"))


@pytest.mark.parametrize(
    ("maintainer", "kept"),
    [
        ("NodeSource <support@nodesource.example>", {"left-pad", "golang.org/x/net", "stdlib"}),
        ("Debian Javascript Maintainers <pkg-javascript-devel@alioth-lists.debian.net>", set[str]()),
    ],
)
def test_what_a_deb_brings_along(maintainer: str, kept: set[str]) -> None:
    status = f"Package: tool\nStatus: install ok installed\nMaintainer: {maintainer}\nVersion: 1.0-1\n"
    manifest = "usr/lib/node_modules/left-pad/package.json"
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, data in (
            ("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
            (STATUS, status.encode()),
            ("var/lib/dpkg/info/tool.list", f"/.\n/lib/x\n/bin/tool\n/{manifest}\n".encode()),
            (manifest, b'{"name": "left-pad", "version": "1.3.0"}'),
            ("usr/bin/tool", PROGRAM),
        ):
            info = tarfile.TarInfo(path)
            info.mode, info.size = 0o755, len(data)
            archive.addfile(info, io.BytesIO(data))
    size = stream.tell()
    stream.seek(0)
    found_names = names(analyse(stream, size, Limits(), Dispatch(catalogue())))
    assert "tool" in found_names
    assert found_names & {"left-pad", "golang.org/x/net", "stdlib"} == kept


def test_components_have_their_file_and_no_doubles() -> None:
    twice = layer(found("a/list", "a", "a"), found("b/list", "a"))
    assert squash([twice]).components == (
        Component(package("a"), "a/list", 0),
        Component(package("a"), "b/list", 0),
    )


def test_problems_live_as_long_as_their_files() -> None:
    broken = LayerInventory(
        diff_id="sha256:x",
        size_bytes=0,
        entries=0,
        found={NODE: (Found("b", problems=(Problem("b", "odd"),)),)},
        problems=(Problem("a", "too large"),),
    )
    assert squash([layer(), broken]).problems == (
        LayerProblem(1, "a", "too large"),
        LayerProblem(1, "b", "odd"),
    )
    assert squash([broken, layer(Found("a"), hide=("b",))]).problems == ()
    assert summary(layer(found("a", "x"), found("b", "y"), found("c", "z")), broken) == [(0, "z", "1")]


@pytest.mark.parametrize(
    ("paths", "chosen"),
    [
        (("usr/lib/os-release", "etc/os-release"), "etc/os-release"),
        (("etc/alpine-release", "usr/lib/os-release"), "usr/lib/os-release"),
        (("etc/lsb-release", "etc/redhat-release"), "etc/redhat-release"),
        (("etc/redhat-release", "etc/centos-release"), "etc/centos-release"),
    ],
)
def test_the_release_comes_from_the_file_that_precedes(paths: tuple[str, str], chosen: str) -> None:
    for order in itertools.permutations(paths):
        layers = [layer(Found(path, release=Release(id=path))) for path in order]
        assert squash(layers).release == Release(id=chosen)


def test_a_newer_release_file_replaces_the_older() -> None:
    layers = [layer(Found("etc/os-release", release=Release(id=name))) for name in ("old", "new")]
    assert squash(layers).release == Release(id="new")


# A layer writes files with packages, and removes paths (of files or folders).
FOLDERS = ("a", "a/b", "c")
FILES = tuple(f"{folder}/{name}" for folder in FOLDERS for name in ("x", "y"))
versions = st.tuples(st.sampled_from("pq"), st.sampled_from("12")).map("=".join)
writes = st.dictionaries(
    st.sampled_from(FILES), st.lists(versions, max_size=3, unique=True).map(tuple), max_size=3
)
removals = st.sets(st.sampled_from(FILES + FOLDERS), max_size=2)
opaques = st.sets(st.sampled_from(FOLDERS), max_size=1)
Change = tuple[dict[str, tuple[str, ...]], set[str], set[str]]
changes = st.tuples(writes, removals, opaques)


def as_layer(change: Change) -> LayerInventory:
    written, removed, opaque = change
    files = [found(path, *names) for path, names in written.items()]
    return layer(*files, hide=tuple(sorted(removed)), opaque=tuple(sorted(opaque)))


def extract(image: list[Change]) -> dict[str, tuple[str, ...]]:
    """Apply changes to a tree, as a container runtime does: removals first."""
    tree: dict[str, tuple[str, ...]] = {}
    for written, removed, opaque in image:
        for path in list(tree):
            folders = {path.rsplit("/", depth)[0] for depth in range(1, path.count("/") + 1)}
            if path in removed or folders & (removed | opaque):
                del tree[path]
        tree |= written
    return tree


@given(st.lists(changes, max_size=6))
def test_agrees_with_an_extracted_tree(image: list[Change]) -> None:
    expected = {(path, name) for path, names in extract(image).items() for name in names}
    squashed = squash([as_layer(change) for change in image])
    found_here = {(one.path, f"{one.package.name}={one.package.version}") for one in squashed.components}
    assert found_here == expected
    for one in squashed.components:
        written = image[one.layer][0]
        assert f"{one.package.name}={one.package.version}" in written[one.path]


@given(st.lists(changes, max_size=4))
def test_splitting_a_layer_changes_nothing_but_its_number(image: list[Change]) -> None:
    split: list[Change] = []
    origin: list[int] = []
    for number, (written, removed, opaque) in enumerate(image):
        # Removals stay with the first part: they act on lower layers only.
        parts: list[Change] = [
            ({}, removed, opaque),
            *(({path: names}, set(), set()) for path, names in written.items()),
        ]
        if removed or opaque:
            parts = [(written, removed, opaque)]
        split += parts
        origin += [number] * len(parts)
    whole = squash([as_layer(change) for change in image]).components
    parted = squash([as_layer(change) for change in split]).components
    assert {(one.package, one.path, origin[one.layer]) for one in parted} == {
        (one.package, one.path, one.layer) for one in whole
    }


def test_a_release_has_the_channels_that_are_left_of_all_layers() -> None:
    described = Found("etc/os-release", release=Release(id="rhel", version_id="9.4"))
    base = Found("root/buildinfo/content_manifests/a.json", release=Release(id="rhel", channels=("b",)))
    own = Found("root/buildinfo/content_manifests/b.json", release=Release(id="rhel", channels=("a",)))
    layers = layer(described, by="os/release"), layer(base, by="os/channels"), layer(own, by="os/channels")
    assert squash(layers).release == Release(id="rhel", version_id="9.4", channels=("a", "b"))
    removed = layer(hide=("root/buildinfo/content_manifests/a.json",))
    assert squash([*layers, removed]).release == Release(id="rhel", version_id="9.4", channels=("a",))
    assert squash(layers[1:]).release is None


@pytest.mark.parametrize(
    ("analyzer", "kind", "name", "release"),
    [
        ("os/pacman", "alpm", "python-requests", "arch"),
        ("os/portage", "portage", "dev-python/requests", "gentoo"),
    ],
)
def test_what_packages_of_other_systems_carry_is_left_to_them(
    analyzer: str, kind: str, name: str, release: str
) -> None:
    path = "usr/lib/python3.12/site-packages/requests-2.31.0.dist-info/METADATA"
    owner = Package(kind=kind, name=name, version="2.31.0-1", maintainer="A <a@archlinux.org>")
    system = Found("database", (owner,), owned=(Owned((path,), name),))
    inventory = LayerInventory(
        diff_id="sha256:x",
        size_bytes=0,
        entries=0,
        found={
            analyzer: (system,),
            "os/release": (Found("etc/os-release", release=Release(id=release)),),
            "languages/python": (Found(path, (package("requests", "2.31.0", "python-pkg"),)),),
        },
    )
    assert [one.package.kind for one in squash([inventory]).components] == [kind]

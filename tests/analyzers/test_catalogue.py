import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import analyzers.languages
from analyzers.catalogue import Dispatch, catalogue, compile_glob
from analyzers.catalogue_index import collect, indexed
from analyzers.inventory import Analyzer, Fact, File, Found, Package


def nothing(_file: File) -> Iterator[Fact]:
    return iter(())


def analyzer(key: str, *globs: str, magic: tuple[bytes, ...] = ()) -> Analyzer:
    return Analyzer(id=key, version=3, parse=nothing, globs=globs, magic=magic)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "made_up_room"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("made_up_room")]:
        del sys.modules[name]


def collect_room() -> tuple[Analyzer, ...]:
    import made_up_room  # type: ignore[import-not-found]  # noqa: PLC0415 - made by the fixture

    return tuple(collect([made_up_room]).values())


SOURCE = """
from analyzers.inventory import Analyzer
ANALYZER = Analyzer(id="{key}", version=1, parse=iter)
"""


def test_modules_are_collected_but_for_shared_ones(room: Path) -> None:
    (room / "b.py").write_text(SOURCE.format(key="x/b"))
    (room / "a.py").write_text(SOURCE.format(key="x/a"))
    (room / "_shared.py").write_text("raise RuntimeError")
    assert [one.id for one in collect_room()] == ["x/a", "x/b"]


FULL = """
from analyzers.inventory import Analyzer, Kind, Package, View

def parse(file):
    yield Package(kind="k", name="{name}", version=file.data.decode())

ANALYZER = Analyzer(
    id="x/{name}", version=2, kinds=(Kind(name="k", purl_type="p", title="T"),), views=frozenset(View),
    globs=("**/a*",), magic=(b"\\x7f",), parse=parse, combine=lambda found: found[:1],
)
"""


def test_an_index_stands_for_the_modules_until_one_changes(room: Path, tmp_path: Path) -> None:
    import made_up_room  # noqa: PLC0415 - made by the fixture

    def found() -> tuple[Analyzer, ...]:
        return indexed([made_up_room], tmp_path / "index")

    (room / "a.py").write_text(FULL.format(name="first"))
    (first,) = found()
    del sys.modules["made_up_room.a"]
    (again,) = found()
    assert "made_up_room.a" not in sys.modules
    for each in ("id", "version", "kinds", "views", "globs", "magic"):
        assert getattr(again, each) == getattr(first, each)
    assert list(again.parse(File("p", b"1"))) == [Package(kind="k", name="first", version="1")]
    assert again.combine is not None
    assert list(again.combine([Found("p"), Found("q")])) == [Found("p")]
    (room / "b.py").write_text(SOURCE.format(key="x/b"))
    assert [each.id for each in found()] == ["x/b", "x/first"]
    (room / "a.py").write_text(SOURCE.format(key="x/other"))
    del sys.modules["made_up_room.a"]
    assert [each.id for each in found()] == ["x/b", "x/other"]


def test_an_index_that_cannot_be_used_is_made_anew_or_done_without(room: Path, tmp_path: Path) -> None:
    import made_up_room  # noqa: PLC0415 - made by the fixture

    (room / "a.py").write_text(SOURCE.format(key="x/a"))
    assert len(indexed([made_up_room], tmp_path / "index")) == 1
    (file,) = (tmp_path / "index").iterdir()
    file.write_bytes(b"\xc1 no index")
    assert len(indexed([made_up_room], tmp_path / "index")) == 1
    assert len(file.read_bytes()) > 20
    (tmp_path / "no folder").write_text("")
    assert len(indexed([made_up_room], tmp_path / "no folder")) == 1
    file.unlink()
    file.mkdir()
    assert len(indexed([made_up_room], tmp_path / "index")) == 1
    assert list((tmp_path / "index").iterdir()) == [file]


@pytest.mark.parametrize(
    ("source", "error"),
    [("import no_such_module", ImportError), ("A = 1", TypeError), (SOURCE.format(key="x/a"), ValueError)],
)
def test_a_missing_analyzer_is_an_error(room: Path, source: str, error: type[Exception]) -> None:
    (room / "a.py").write_text(SOURCE.format(key="x/a"))
    (room / "b.py").write_text(source)
    with pytest.raises(error):
        collect_room()


def test_the_catalogue_has_every_module_once() -> None:
    ids = [one.id for one in catalogue()]
    assert ids == sorted(set(ids))
    modules = [path.stem for path in Path(analyzers.languages.__path__[0]).glob("[!_]*.py")]
    assert len([key for key in ids if key.startswith("languages/")]) == len(modules)


@pytest.mark.parametrize(
    ("glob", "wanted", "unwanted"),
    [
        ("etc/os-release", ["etc/os-release"], ["usr/etc/os-release", "etc/os-release/x", "os-release"]),
        ("**/package.json", ["package.json", "a/b/package.json"], ["xpackage.json", "package.json/x"]),
        (
            "**/node_modules/**/package.json",
            ["node_modules/package.json", "a/node_modules/@b/c/package.json"],
            ["package.json", "a/package.json", "my_node_modules/package.json"],
        ),
        (
            "**/*.dist-info/METADATA",
            ["usr/lib/a-1.dist-info/METADATA", "a.dist-info/METADATA"],
            ["a/METADATA", "a.dist-info/x/METADATA"],
        ),
        ("var/lib/dpkg/status.d/*", ["var/lib/dpkg/status.d/a.b"], ["var/lib/dpkg/status.d/a/b"]),
        ("var/lib/dpkg/info/*.list", ["var/lib/dpkg/info/a:b.list"], ["var/lib/dpkg/info/a.md5sums"]),
        ("**/*.jar", ["a.jar", "x/y.z.jar", ".jar"], ["jar", "a.jar.bak"]),
        ("**/requirements*.txt", ["requirements.txt", "a/requirements-dev.txt"], ["a/dev-requirements.txt"]),
        ("**/lib*", ["lib", "a/libc"], ["a/xlib", "lib/x"]),
        ("*/x", ["a/x"], ["x", "a/b/x"]),
        ("*", ["a"], ["a/b"]),
        ("**/a+b/*.so.*", ["a+b/x.so.1", "c/a+b/\n.so.1"], ["aab/x.so.1"]),
    ],
)
def test_globs(glob: str, wanted: list[str], unwanted: list[str]) -> None:
    dispatch = Dispatch([analyzer("x/a", glob)])
    assert [path for path in wanted + unwanted if dispatch.wants(path)] == wanted


def test_what_an_analyzer_leaves_out_others_still_get() -> None:
    one = analyzer("x/a", "**/a.json", "**/*.lock", "!**/vendor/**", "!etc/*")
    other = analyzer("x/b", "**/a.json")
    wanted = {
        path: [each.id for each in Dispatch([one, other]).wants(path)]
        for path in ("a.json", "vendor/a.json", "b/vendor/c/a.json", "etc/a.json", "x.lock", "vendor/x.lock")
    }
    assert wanted == {
        "a.json": ["x/a", "x/b"],
        "vendor/a.json": ["x/b"],
        "b/vendor/c/a.json": ["x/b"],
        "etc/a.json": ["x/b"],
        "x.lock": ["x/a"],
        "vendor/x.lock": [],
    }


def slowly(path: str) -> list[str]:
    def matches(globs: Iterable[str]) -> bool:
        return any(compile_glob(glob).fullmatch(path) for glob in globs)

    found = []
    for each in catalogue():
        left_out = [glob[1:] for glob in each.globs if glob.startswith("!")]
        if matches(glob for glob in each.globs if not glob.startswith("!")) and not matches(left_out):
            found.append(each.id)
    return found


GLOBS = sorted({glob.lstrip("!") for each in catalogue() for glob in each.globs})


@given(
    st.sampled_from(GLOBS),
    st.lists(st.sampled_from(["", "a", "x/", "node_modules/", "lib", "/b", ".json"]), min_size=4, max_size=4),
)
def test_every_glob_is_found_by_its_ends(glob: str, filling: list[str]) -> None:
    before, folders, name, after = filling
    path = before + glob.replace("**/", folders, 1).replace("*", name) + after
    parts = [part for part in path.split("/") if part]
    assert [each.id for each in Dispatch(catalogue()).wants("/".join(parts))] == slowly("/".join(parts))


@pytest.mark.parametrize("glob", ["", "/etc/x", "etc/", "a//b", "a**/b"])
def test_bad_globs(glob: str) -> None:
    with pytest.raises(ValueError, match="expected a name"):
        compile_glob(glob)


def test_analyzers_of_a_path_come_once_in_the_order_of_their_ids() -> None:
    many = Dispatch(
        [analyzer("x/b", "**/a.json", "etc/*"), analyzer("x/a", "**/*.json"), analyzer("x/c", "b")]
    )
    assert [one.id for one in many.wants("etc/a.json")] == ["x/a", "x/b"]


def test_magic() -> None:
    dispatch = Dispatch([analyzer("x/a", magic=(b"MZ", b"\x7fELF")), analyzer("x/b", "**/a")])
    assert dispatch.magic_bytes == 4
    assert [one.id for one in dispatch.by_magic(b"MZ..")] == ["x/a"]
    assert dispatch.by_magic(b"#!/b") == ()
    assert Dispatch([]).magic_bytes == 0


def test_subsets() -> None:
    dispatch = Dispatch([analyzer("x/a", "a"), analyzer("x/b", "a")])
    assert dispatch.versions() == {"x/a": 3, "x/b": 3}
    assert dispatch.subset({"x/b"}).versions() == {"x/b": 3}
    with pytest.raises(ValueError, match="x/c"):
        dispatch.subset({"x/c"})


@pytest.mark.parametrize(
    ("path", "reported"),
    [
        ("app/a", True),
        ("usr/bin/x", True),
        ("sbin/x", True),
        ("opt/libexec/x/y", True),
        ("usr/cabin/x", False),
        ("usr/bin", False),
        ("app/b", False),
    ],
)
def test_what_a_left_out_analyzer_may_report_from(
    path: str,
    reported: bool,  # noqa: FBT001 - a column of the table
) -> None:
    whole = Dispatch([analyzer("x/a", "**/a"), analyzer("x/b", magic=(b"MZ",)), analyzer("x/c", "c")])
    assert whole.may_report(path) is reported
    assert whole.subset({"x/c"}).may_report(path) is reported
    assert not Dispatch([analyzer("x/c", "c")]).may_report(path)

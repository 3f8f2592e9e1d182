import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.catalogue import Dispatch, catalogue
from analyzers.errors import LimitExceededError
from analyzers.inventory import Analyzer, Fact, File, LayerInventory, Package, Problem, View
from analyzers.limits import Limits
from analyzers.tree import Skipped, Tree, analyse_tree, matcher

INSTALLED = Dispatch(catalogue()).of_view(View.INSTALLED)
STATUS = b"Package: bash\nStatus: install ok installed\nVersion: 5.2\n"


def manifest(name: str) -> str:
    return f'{{"name": "{name}", "version": "1.0.0"}}'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for path, content in {
        "var/lib/dpkg/status": STATUS.decode(),
        "app/node_modules/a/package.json": manifest("a"),
        "app/.git/package.json": manifest("git"),
        "srv/proc/package.json": manifest("b"),
        ".wh.x/package.json": manifest("c"),
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


def names(inventory: LayerInventory) -> list[str]:
    found = (each for all_found in inventory.found.values() for each in all_found)
    return sorted(package.name for each in found for package in each.packages)


def analyse(root: Path, skipped: Skipped = Skipped(), limits: Limits = Limits()) -> LayerInventory:  # noqa: B008 - frozen
    return analyse_tree(str(root), limits, INSTALLED, skipped)


def test_a_directory_gives_what_a_layer_would(root: Path) -> None:
    inventory = analyse(root)
    assert names(inventory) == ["a", "b", "bash", "c"]
    assert inventory.problems == ()
    assert inventory == analyse(root)


def test_what_a_project_calls_as_the_kernel_calls_its_own(root: Path) -> None:
    for name in ("dev", "proc", "sys"):
        (root / name).mkdir()
        (root / name / "package.json").write_text(manifest(name))
    (root / "dev/null").write_text("")
    assert names(analyse(root)) == ["a", "b", "bash", "c", "dev", "proc", "sys"]


@pytest.mark.skipif(not os.path.ismount("/proc"), reason="no /proc")
def test_what_the_kernel_makes_up_is_left_out() -> None:
    others = tuple(path.name for path in Path("/").iterdir() if path.name != "proc")
    tree = Tree("/", Limits(), Skipped(dirs=others, files=("*",)), with_modes=False)
    assert list(tree) == []


def test_its_identity_is_its_content(root: Path) -> None:
    before = analyse(root).diff_id
    (root / "unread").write_text("x")
    assert analyse(root).diff_id == before
    (root / "var/lib/dpkg/status").write_bytes(STATUS.replace(b"5.2", b"5.3"))
    assert analyse(root).diff_id != before


def test_a_single_file(root: Path) -> None:
    inventory = analyse(root / "app/node_modules/a/package.json")
    assert [found.path for found in inventory.found["languages/node"]] == ["package.json"]


@pytest.mark.parametrize(
    ("skipped", "left"),
    [
        (Skipped(dirs=("**/node_modules",)), ["b", "bash", "c"]),
        (Skipped(dirs=("./srv/", "/app")), ["bash", "c"]),
        (Skipped(files=("**/package.json",)), ["bash"]),
        (Skipped(files=("app/**",)), ["b", "bash", "c"]),
        (Skipped(dirs=("s?v", "var/*/dpkg")), ["a", "c"]),
    ],
)
def test_what_is_skipped(root: Path, skipped: Skipped, left: list[str]) -> None:
    assert names(analyse(root, skipped)) == left


def test_links_lead_nowhere(root: Path, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(manifest("outside"))
    (root / "app/package.json").symlink_to(tmp_path / "package.json")
    (root / "out").symlink_to(tmp_path)
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "srv/package.json")
    assert names(analyse(root)) == ["a", "b", "bash", "c"]


def test_a_file_above_the_limit_is_a_problem(root: Path) -> None:
    inventory = analyse(root, limits=Limits(file_bytes=40))
    assert [problem.path for problem in inventory.problems] == ["var/lib/dpkg/status"]
    assert "at most that many (file_bytes)" in inventory.problems[0].reason


def test_too_many_entries(root: Path) -> None:
    with pytest.raises(LimitExceededError, match="more than 3 files") as caught:
        analyse(root, limits=Limits(entries=3))
    assert caught.value.limit == "entries"


def vanishing(file: File) -> list[Package]:
    """Read a file, and let the one after it become something else."""
    Path(file.data.decode()).unlink()
    os.mkfifo(file.data.decode())
    return []


def test_a_file_that_became_a_pipe_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "1.x").write_text(str(tmp_path / "2.x"))
    (tmp_path / "2.x").write_text("")
    analyzer = Analyzer(id="x/x", version=1, parse=lambda file: iter(vanishing(file)), globs=("**/*.x",))
    inventory = analyse_tree(str(tmp_path), Limits(), Dispatch([analyzer]), Skipped())
    assert inventory.problems == (Problem("2.x", "file: no regular file any more"),)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_what_may_not_be_read_is_a_problem(root: Path) -> None:
    (root / "srv").chmod(0)
    (root / "var/lib/dpkg/status").chmod(0)
    assert [problem.path for problem in analyse(root).problems] == ["srv", "var/lib/dpkg/status"]


def test_a_directory_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.x").write_text("")
    (tmp_path / "b").mkdir()

    def parse(_file: File) -> Iterator[Fact]:
        (tmp_path / "b").rmdir()
        yield from ()

    analyzer = Analyzer(id="x/x", version=1, parse=parse, globs=("**/*.x",))
    inventory = analyse_tree(str(tmp_path), Limits(), Dispatch([analyzer]), Skipped())
    assert inventory.problems == (Problem("b", "directory: No such file or directory"),)


def test_patterns_add_paths(root: Path) -> None:
    (root / "etc").mkdir()
    (root / "etc/manifest").write_text(manifest("odd"))
    dispatch = INSTALLED.with_patterns([("languages/node", "^etc/man")])
    assert names(analyse_tree(str(root), Limits(), dispatch, Skipped())) == ["a", "b", "bash", "c", "odd"]
    with pytest.raises(ValueError, match="unknown analyzer 'x'"):
        INSTALLED.with_patterns([("x", "a")])
    with pytest.raises(ValueError, match=r"pattern '\(': "):
        INSTALLED.with_patterns([("languages/node", "(")])


@given(path=st.text("abc/*?.", min_size=1, max_size=12))
def test_a_matcher_takes_any_glob_or_says_why_not(path: str) -> None:
    try:
        assert matcher([path])("a/b") in {True, False}
    except ValueError as error:
        assert "glob" in str(error)  # noqa: PT017 - both outcomes are right

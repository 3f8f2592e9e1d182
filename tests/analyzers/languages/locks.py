"""Reads samples the way a source tree is read."""

from pathlib import Path

from analyzers.catalogue import Dispatch
from analyzers.inventory import Analyzer, File, Found, Package
from analyzers.layer import read_file

TESTDATA = Path(__file__).parent / "testdata"


def read_tree(analyzer: Analyzer, files: dict[str, bytes]) -> dict[str, Found]:
    dispatch = Dispatch([analyzer])
    wanted = sorted(path for path in files if dispatch.wants(path))
    found = [read_file(analyzer, File(path, files[path]), dispatch) for path in wanted]
    return {each.path: each for each in (analyzer.combine(found) if analyzer.combine else found)}


def read_sample(analyzer: Analyzer, folder: str) -> dict[str, Found]:
    """Read one of the folders below `testdata/NAME`."""
    root = TESTDATA / analyzer.id.rpartition("/")[2] / folder
    files = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return read_tree(analyzer, files)


def read_one(analyzer: Analyzer, path: str, data: bytes) -> Found:
    return read_tree(analyzer, {path: data})[path]


def rows(found: Found) -> list[str]:
    """Return "name@version relationship [dev]" of each package, sorted."""
    return sorted(_row(package) for package in found.packages)


def graph(found: Found) -> dict[str, set[str]]:
    return {f"{one.name}@{one.version}": set(one.depends_on) for one in found.packages if one.depends_on}


def reasons(found: Found) -> list[str]:
    return [problem.reason for problem in found.problems]


def _row(package: Package) -> str:
    words = f"{package.name}@{package.version}", package.relationship, "dev" if package.dev else ""
    return " ".join(filter(None, words))

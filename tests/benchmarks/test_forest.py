import json
from pathlib import Path

from benchmarks.forest import PROJECT_FILES, grown


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_forest_has_the_files_asked_for_and_is_always_the_same(tmp_path: Path) -> None:
    found = contents(grown(tmp_path / "a", PROJECT_FILES, 1))
    assert len(found) == PROJECT_FILES
    assert found == contents(grown(tmp_path / "b", PROJECT_FILES, 1))


def test_more_files_of_as_many_projects_are_sources(tmp_path: Path) -> None:
    usual = contents(grown(tmp_path, PROJECT_FILES, 1))
    larger = contents(grown(tmp_path, PROJECT_FILES + 50, 1))
    assert len(larger) == PROJECT_FILES + 50
    assert all(path.endswith(".ts") for path in larger.keys() - usual.keys())


def test_lock_files_name_what_is_installed(tmp_path: Path) -> None:
    found = contents(grown(tmp_path, PROJECT_FILES, 1))
    (project,) = {
        path.partition("/package-lock.json")[0] for path in found if path.endswith("/package-lock.json")
    }
    locked = json.loads(found[f"{project}/package-lock.json"])["packages"]
    del locked[""]
    for folder, entry in locked.items():
        installed = json.loads(found[f"{project}/{folder}/package.json"])
        assert installed["version"] == entry["version"]
    assert len(locked) == 100

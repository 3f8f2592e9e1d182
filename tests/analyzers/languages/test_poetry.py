import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages.poetry import ANALYZER
from tests.analyzers.languages.locks import graph, read_sample, read_tree, reasons, rows


def test_what_poetry_writes() -> None:
    found = read_sample(ANALYZER, "good/app")
    assert list(found) == ["poetry.lock"]
    lock = found["poetry.lock"]
    assert [row for row in rows(lock) if not row.endswith(" indirect")] == [
        "colorama@0.4.6 direct",
        "exceptiongroup@1.3.1 indirect dev",
        "flask-cors@4.0.0 direct",
        "iniconfig@2.1.0 indirect dev",
        "packaging@26.3 indirect dev",
        "pluggy@1.6.0 indirect dev",
        "pytest@7.4.0 direct dev",
        "requests@2.31.0 direct",
        "sample-app@0.1.0 root",
        "tomli@2.5.0 indirect dev",
        "typing-extensions@4.16.0 indirect dev",
    ]
    assert len(lock.packages) == 24
    assert graph(lock)["requests@2.31.0"] == {
        "certifi@2026.10.18",
        "charset-normalizer@3.5.2",
        "idna@3.20",
        "urllib3@2.6.3",
    }
    assert not lock.note


def test_categories_of_old_lock_files() -> None:
    found = read_sample(ANALYZER, "odd/old")["poetry.lock"]
    assert rows(found) == ["A.b@1.0", "c@2.0 dev"]
    assert graph(found) == {"A.b@1.0": {"c@2.0"}}
    assert [each.lines for each in found.packages] == [((1, 7),), ((9, 12),)]
    assert reasons(found) == ["no exact version, so not checked: 'lost'"]


def test_a_lock_file_that_does_not_say_is_completed_by_the_project() -> None:
    found = read_sample(ANALYZER, "odd/silent")["poetry.lock"]
    assert rows(found) == [
        "a@1.0 direct",
        "helper@1.0 indirect dev",
        "shared@1.0 indirect",
        "tool@1.0 direct dev",
    ]
    assert {each.lines for each in found.packages} == {()}


LOCK = b'[[package]]\nname = "a"\nversion = "1"\n[[package]]\nname = "b"\nversion = "1"\n'


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (b'[project]\ndependencies = ["A>=1"]\n[dependency-groups]\nd = ["B", {include-group = "x"}]', "b"),
        (b'[project.optional-dependencies]\nx = ["a"]\n[tool.poetry.group.t.dependencies]\nb = "*"', "b"),
        (b'[tool.poetry.dependencies]\na = "*"\nb = {version = "1", optional = true}', ""),
        (b"", ""),
    ],
)
def test_projects_of_every_generation(manifest: bytes, expected: str) -> None:
    found = read_tree(ANALYZER, {"x/poetry.lock": LOCK, "x/pyproject.toml": manifest})
    assert [each.name for each in found["x/poetry.lock"].packages if each.dev] == list(expected)


def test_only_the_project_in_the_same_folder_counts() -> None:
    manifest = b'[project]\nname = "p"\nversion = "2"\ndependencies = ["a"]'
    found = read_tree(ANALYZER, {"poetry.lock": LOCK, "x/pyproject.toml": manifest})
    assert rows(found["poetry.lock"]) == ["a@1", "b@1"]


def test_a_broken_project_is_a_problem_beside_a_lock_file_only() -> None:
    found = read_tree(ANALYZER, {"x/poetry.lock": LOCK, "x/pyproject.toml": b"[", "y/pyproject.toml": b"["})
    assert list(found) == ["x/poetry.lock"]
    (reason,) = reasons(found["x/poetry.lock"])
    assert reason.startswith("x/pyproject.toml: ")
    assert reason.endswith("what is needed directly is not known")


@pytest.mark.parametrize("data", [b"[[package]", b"", b"# nothing\n"])
def test_what_is_no_lock_file(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^poetry\.lock: .*expected"):
        list(ANALYZER.parse(File(path="poetry.lock", data=data)))

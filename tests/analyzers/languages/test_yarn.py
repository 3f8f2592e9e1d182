import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages.yarn import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, read_tree, reasons, rows
from tests.analyzers.languages.test_npm import PROJECT

LOCK = (
    b'a@1:\n  version "1.0.0"\n  dependencies:\n    b "1"\nb@1:\n  version "1.0.0"\nc@1:\n  version "1.0.0"\n'
)


@pytest.mark.parametrize("generation", ["classic", "berry"])
def test_what_yarn_writes(generation: str) -> None:
    found = read_sample(ANALYZER, f"good/{generation}")
    lock = found["yarn.lock"]
    assert list(found) == ["yarn.lock"]
    assert [row for row in rows(lock) if row in PROJECT] == PROJECT
    needs = graph(lock)
    assert needs["sample-util@0.1.0"] == {"ms@2.0.0", "is-odd@3.0.1"}
    assert needs["debug@4.3.4"] == {"ms@2.1.2"}
    assert {"left-pad@1.3.0", "mkdirp@0.5.6"} < needs["sample-app@1.0.0"]
    assert not lock.note


def test_only_later_generations_list_workspaces_and_what_builds() -> None:
    classic = read_sample(ANALYZER, "good/classic")["yarn.lock"]
    berry = read_sample(ANALYZER, "good/berry")["yarn.lock"]
    assert rows(classic) == PROJECT
    assert len(rows(berry)) == 36
    assert "node-gyp@13.1.0 indirect" in rows(berry)
    assert "sample-util@0.1.0" in graph(berry)["sample-app@1.0.0"]
    assert "sample-util@0.1.0" not in graph(classic)["sample-app@1.0.0"]
    (debug,) = (each for each in classic.packages if each.name == "debug")
    assert debug.lines == ((10, 15),)


def test_odd_entries_of_the_first_generation() -> None:
    found = read_sample(ANALYZER, "odd/old")["yarn.lock"]
    assert rows(found) == ["@s/a@1.0.0", "b@1.9.0"]
    assert graph(found) == {"@s/a@1.0.0": {"b@1.9.0"}}
    assert reasons(found) == ["no exact version, so not checked: 'lost@1'"]


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        ("a@1", "a"),
        ("@s/a@^1", "@s/a"),
        ("a@npm:b@1", "b"),
        ("a@npm:@s/b@^1", "@s/b"),
        ("a@npm:b", "b"),
        ("a@npm:@s/b", "@s/b"),
        ("a@npm:^1", "a"),
        ("a@git+https://example.org/a.git", "a"),
        ("a", "a"),
    ],
)
def test_packages_have_their_own_names(request_: str, name: str) -> None:
    found = read_one(ANALYZER, "yarn.lock", f'"{request_}":\n  version "1.0.0"\n'.encode())
    assert rows(found) == [f"{name}@1.0.0"]


def test_odd_entries_of_later_generations() -> None:
    found = read_sample(ANALYZER, "odd/new")["yarn.lock"]
    assert rows(found) == ["a@1.10 direct dev", "fsevents@2.3.2 indirect dev"]
    assert graph(found) == {"a@1.10": {"fsevents@2.3.2"}}
    assert reasons(found) == []


def test_a_manifest_belongs_to_the_nearest_lock_file_above() -> None:
    found = read_tree(
        ANALYZER,
        {
            "yarn.lock": LOCK,
            "package.json": b'{"dependencies": {"c": "1"}, "devDependencies": {"a": "1"}}',
            "inner/yarn.lock": LOCK,
            "inner/package.json": b'{"dependencies": {"a": "1"}}',
            "inner/x/package.json": b'{"name": "x", "version": "1.0.0", "devDependencies": {"c": "1"}}',
        },
    )
    assert rows(found["yarn.lock"]) == ["a@1.0.0 direct dev", "b@1.0.0 indirect dev", "c@1.0.0 direct"]
    assert rows(found["inner/yarn.lock"]) == [
        "a@1.0.0 direct",
        "b@1.0.0 indirect",
        "c@1.0.0 direct dev",
        "x@1.0.0 workspace",
    ]


def test_without_a_manifest_nothing_is_for_development() -> None:
    assert rows(read_one(ANALYZER, "app/yarn.lock", LOCK)) == ["a@1.0.0", "b@1.0.0", "c@1.0.0"]


def test_a_broken_manifest_is_a_problem_beside_a_lock_file_only() -> None:
    files = {"a/package.json": b"{", "a/yarn.lock": LOCK, "b/package.json": b"{{ name }}"}
    found = read_tree(ANALYZER, files)
    assert list(found) == ["a/yarn.lock"]
    (reason,) = reasons(found["a/yarn.lock"])
    assert reason.startswith("a/package.json: ")
    assert reason.endswith("what yarn.lock has for development is not known")


def test_open_quotes_cost_no_more_than_their_length() -> None:
    with pytest.raises(ParseError, match="line 1"):
        list(ANALYZER.parse(File(path="yarn.lock", data=b'"\\' * 500_000)))
    assert list(ANALYZER.parse(File(path="yarn.lock", data=b'"\\' * 500_000 + b":\n")))


@pytest.mark.parametrize(
    "data", [b"<<<<<<< HEAD\n", b'  version "1"\n', b"__metadata:\n  a: [\n", b"a@1:\n>>>>>>> main\n"]
)
def test_what_yarn_would_not_write(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^yarn\.lock: .*, expected"):
        list(ANALYZER.parse(File(path="yarn.lock", data=data)))


def test_lock_files_that_came_with_a_package_are_nobodys() -> None:
    found = read_one(ANALYZER, "node_modules/a/yarn.lock", LOCK)
    assert (found.packages, found.problems) == ((), ())

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages.bun import ANALYZER
from tests.analyzers.languages.locks import TESTDATA, graph, read_one, read_sample, reasons, rows
from tests.analyzers.languages.test_npm import PROJECT


def test_what_bun_writes() -> None:
    found = read_sample(ANALYZER, "good/app")["bun.lock"]
    assert rows(found) == [row for row in PROJECT if not row.startswith("sample-app")]
    needs = graph(found)
    assert needs["sample-util@0.1.0"] == {"ms@2.0.0", "is-odd@3.0.1"}
    assert needs["debug@4.3.4"] == {"ms@2.1.2"}
    (debug,) = (each for each in found.packages if each.name == "debug")
    assert debug.lines == ((36, 36),)


def test_odd_entries() -> None:
    found = read_sample(ANALYZER, "odd/app")["bun.lock"]
    assert rows(found) == [
        "@t/b@1.0.0 direct dev",
        "@t/c@9.0.0 indirect",
        "a@git+https://example.org/a.git#0f1e direct",
        "app@2.0.0 root",
        "c@1.0.0 indirect",
        "c@2.0.0 direct",
    ]
    assert graph(found) == {
        "app@2.0.0": {"a@git+https://example.org/a.git#0f1e", "@t/b@1.0.0"},
        "a@git+https://example.org/a.git#0f1e": {"c@1.0.0"},
        "@t/b@1.0.0": {"c@1.0.0"},
    }
    assert reasons(found) == ["no exact version, so not checked: 'lost', 'none', 'odd'"]


def test_a_binary_lock_file_is_a_problem_unless_there_is_a_readable_one() -> None:
    (reason,) = reasons(read_one(ANALYZER, "app/bun.lockb", b"#!/usr/bin/env bun\n"))
    assert reason.startswith("a binary lock file, expected bun.lock")
    assert reasons(read_sample(ANALYZER, "odd/both")["bun.lockb"]) == []


def test_a_later_version_is_read_and_doubted() -> None:
    found = read_one(ANALYZER, "bun.lock", b'{"lockfileVersion": 9, "packages": {"a": ["a@1.0.0"]}}')
    assert rows(found) == ["a@1.0.0 indirect"]
    assert reasons(found) == ["lockfileVersion 9, expected 0, 1 or 2"]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"packages": {'])
def test_what_bun_would_not_write(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^bun\.lock: .*expected"):
        list(ANALYZER.parse(File(path="bun.lock", data=data)))


def test_lock_files_that_came_with_a_package_are_nobodys() -> None:
    data = (TESTDATA / "bun/good/app/bun.lock").read_bytes()
    found = read_one(ANALYZER, "node_modules/a/bun.lock", data)
    assert (found.packages, found.problems) == ((), ())

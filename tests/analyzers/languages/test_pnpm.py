import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages._pnpm_keys import name_and_version
from analyzers.languages.pnpm import ANALYZER
from tests.analyzers.languages.locks import TESTDATA, graph, read_one, read_sample, reasons, rows
from tests.analyzers.languages.test_npm import PROJECT


@pytest.mark.parametrize("version", ["v5", "v6", "v9"])
def test_what_pnpm_writes(version: str) -> None:
    found = read_sample(ANALYZER, f"good/{version}")["pnpm-lock.yaml"]
    assert rows(found) == [row for row in PROJECT if not row.startswith("sample-")]
    needs = graph(found)
    assert needs["debug@4.3.4"] == {"ms@2.1.2"}
    assert needs["use-sync-external-store@1.2.0"] == {"react@18.2.0"}


def test_odd_entries_of_version_5() -> None:
    found = read_sample(ANALYZER, "odd/old")["pnpm-lock.yaml"]
    assert rows(found) == [
        "@s/b@2.0.0 direct",
        "a@1.0.0 direct",
        "c@1.10 indirect",
        "d@1.0.0 indirect",
        "is-negative@2.1.0 direct",
        "lost@0f1e indirect",
    ]
    assert graph(found) == {"a@1.0.0": {"@s/b@2.0.0"}, "@s/b@2.0.0": {"c@1.10"}}


def test_odd_entries_of_version_9() -> None:
    found = read_sample(ANALYZER, "odd/new")["pnpm-lock.yaml"]
    assert rows(found) == [
        "@s/b@2.0.0 direct",
        "a@1.0.0 direct",
        "c@1.0.0 indirect",
        "git@2.1.0 direct dev",
        "pnpm@11.0.0 indirect",
    ]
    assert [each.lines[0][0] for each in found.packages] == [7, 20, 21, 22, 23]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("/a/1.0.0", ("a", "1.0.0")),
        ("/@s/a/1.0.0", ("@s/a", "1.0.0")),
        ("/@s/a/1.0.0_@b+c@2.0.0", ("@s/a", "1.0.0")),
        ("registry.example.org/@s/a/1.0.0", ("@s/a", "1.0.0")),
        ("/a@1.0.0", ("a", "1.0.0")),
        ("/@s/a@1.0.0(@b/c@2.0.0)(d@1.0.0)", ("@s/a", "1.0.0")),
        ("registry.example.org/a@1.0.0", ("a", "1.0.0")),
        ("a@1.0.0-rc.1+b", ("a", "1.0.0-rc.1+b")),
        ("@s/a@1.0.0(b@1.0.0(c@1.0.0))", ("@s/a", "1.0.0")),
        ("a@file:../a-1.0.0.tgz", ("a", "file:../a-1.0.0.tgz")),
        ("github.com/a/b/0f1e", ("", "")),
        ("", ("", "")),
    ],
)
def test_keys(key: str, expected: tuple[str, str]) -> None:
    assert name_and_version(key) == expected


def test_what_has_no_version_is_told() -> None:
    lock = b"lockfileVersion: '6.0'\npackages:\n  github.com/a/b/0f1e: {name: b}\n"
    assert reasons(read_one(ANALYZER, "pnpm-lock.yaml", lock)) == [
        "no exact version, so not checked: 'github.com/a/b/0f1e'"
    ]


def test_a_later_version_is_read_and_doubted() -> None:
    found = read_one(ANALYZER, "pnpm-lock.yaml", b"lockfileVersion: '10.0'\nsnapshots: {a@1.0.0: {}}\n")
    assert rows(found) == ["a@1.0.0 indirect"]
    assert reasons(found) == ["lockfileVersion '10.0', expected 5 to 9"]


@pytest.mark.parametrize("data", [b"a: [", b"packages: {}\n", b"- a\n", b"text", b"", b"# nothing\n"])
def test_what_pnpm_would_not_write(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^pnpm-lock\.yaml: .*expected"):
        list(ANALYZER.parse(File(path="pnpm-lock.yaml", data=data)))


def test_lock_files_that_came_with_a_package_are_nobodys() -> None:
    data = (TESTDATA / "pnpm/good/v9/pnpm-lock.yaml").read_bytes()
    found = read_one(ANALYZER, "node_modules/a/pnpm-lock.yaml", data)
    assert (found.packages, found.problems) == ((), ())

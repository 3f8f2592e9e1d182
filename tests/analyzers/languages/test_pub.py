import pytest

from analyzers.languages.pub import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, read_tree, reasons, rows


def test_a_lock_file_with_its_graph() -> None:
    found = read_sample(ANALYZER, "good/app")
    assert found.keys() == {"pubspec.lock"}
    lock = found["pubspec.lock"]
    assert rows(lock) == [
        "args@2.4.2 indirect dev",
        "flutter@ direct",
        "http@1.1.0 direct",
        "http_parser@4.0.2 indirect",
        "test@1.24.9+1 direct dev",
    ]
    assert graph(lock) == {"http@1.1.0": {"http_parser@4.0.2"}, "test@1.24.9+1": {"args@2.4.2"}}
    assert [each.lines[0][0] for each in lock.packages] == [4, 12, 17, 25, 32]
    assert [each.evidence for each in lock.packages if each.evidence] == ["part of the SDK of flutter"]


def test_without_the_graph_only_what_is_direct_is_known_to_be_for_development() -> None:
    lock = read_one(
        ANALYZER,
        "pubspec.lock",
        b'packages:\n  a: {dependency: "direct dev"}\n  b: {dependency: transitive}\n',
    )
    assert rows(lock) == ["a@ direct dev", "b@ indirect"]


def test_odd_entries() -> None:
    assert rows(read_sample(ANALYZER, "odd/lib")["pubspec.lock"]) == [
        "bare@",
        "forked@1.10 direct",
        "local@0.1.0 direct",
    ]


def test_a_graph_of_another_project_says_nothing() -> None:
    files = {
        "a/pubspec.lock": b"packages:\n  x: {version: '1'}\n  y: {version: '2'}\n",
        "b/.dart_tool/package_graph.json": b'{"packages": [{"name": "x", "dependencies": ["y"]}]}',
    }
    assert graph(read_tree(ANALYZER, files)["a/pubspec.lock"]) == {}


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("pubspec.lock", b"", "packages is empty, expected a mapping"),
        ("pubspec.lock", b"packages: {\n", "expected YAML"),
        (".dart_tool/package_graph.json", b"[]", "a list, expected a JSON object"),
    ],
)
def test_what_cannot_be_read(path: str, data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, path, data))
    assert reason in told

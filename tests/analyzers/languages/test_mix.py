import pytest

from analyzers.inventory import Found
from analyzers.languages.mix import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, read_tree, reasons, rows

LOCK = b'%{"a": {:hex, :a, "1.0.0", "", [:mix], [{:b, ">= 0.0.0", []}]}, "b": {:hex, :b, "2.0.0"}}'


def read(manifest: str) -> Found:
    return read_tree(ANALYZER, {"mix.lock": LOCK, "mix.exs": manifest.encode()})["mix.lock"]


def test_what_mix_writes() -> None:
    found = read_sample(ANALYZER, "good/app")
    assert found.keys() == {"mix.lock"}
    lock = found["mix.lock"]
    assert rows(lock) == [
        "bunt@0.2.1 indirect dev",
        "credo@1.7.1 direct dev",
        "jason@1.4.1 indirect",
        "phoenix@1.7.10 direct",
        "ts_chatterbox@0.15.1 indirect",
    ]
    assert graph(lock) == {
        "credo@1.7.1": {"bunt@0.2.1", "jason@1.4.1"},
        "phoenix@1.7.10": {"jason@1.4.1", "ts_chatterbox@0.15.1"},
    }
    assert [each.lines for each in lock.packages] == [((line, line),) for line in range(2, 7)]


def test_odd_entries() -> None:
    lock = read_sample(ANALYZER, "odd/app")["mix.lock"]
    assert rows(lock) == [
        "acme/tools@2.0.0-rc.1 direct dev",
        "local@ direct",
        "old@0.9.0 direct",
        "tagged@1.2.0 direct",
    ]
    assert [each.evidence for each in lock.packages][:2] == [
        "commit c6a773d1 of https://github.com/example/local.git",
        "tag v1.2.0 of https://github.com/example/tagged.git",
    ]
    assert lock.packages[3].lines == ((5, 6),)


def test_without_a_manifest_nothing_is_known_of_what_is_direct() -> None:
    assert rows(read_one(ANALYZER, "mix.lock", LOCK)) == ["a@1.0.0", "b@2.0.0"]


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ('{:a, "~> 1.0"}', ["a@1.0.0 direct", "b@2.0.0 indirect"]),
        ('{:a, "~> 1.0", only: :test}', ["a@1.0.0 direct dev", "b@2.0.0 indirect dev"]),
        ("{:a, [only: [:dev, :test]]}", ["a@1.0.0", "b@2.0.0"]),
        ('{:a, ">= 0.0.0", only: [:dev, :prod]}', ["a@1.0.0 direct", "b@2.0.0 indirect"]),
        ('{:a, ">= 0.0.0", only: environments()}', ["a@1.0.0 direct", "b@2.0.0 indirect"]),
        ('{:a, "1.0.0", only: :dev},\n{:b, "2.0.0"}', ["a@1.0.0 direct dev", "b@2.0.0 direct"]),
        ('{:c, "1.0.0", hex: :a, only: :dev}', ["a@1.0.0 direct dev", "b@2.0.0 indirect dev"]),
        ('  # {:a, "~> 1.0"}', ["a@1.0.0", "b@2.0.0"]),
        ("deps: computed()", ["a@1.0.0", "b@2.0.0"]),
    ],
)
def test_what_a_manifest_asks_for(manifest: str, expected: list[str]) -> None:
    assert rows(read(manifest)) == expected


@pytest.mark.parametrize(
    ("path", "asked"),
    [("mix.exs", True), ("apps/web/mix.exs", True), ("deps/c/mix.exs", False), ("apps/a/b/mix.exs", False)],
)
def test_whose_manifest_counts(path: str, asked: bool) -> None:  # noqa: FBT001 - a column of the table
    found = read_tree(ANALYZER, {"x/mix.lock": LOCK, f"x/{path}": b'{:a, "~> 1.0", only: :test}'})
    assert ("a@1.0.0 direct dev" in rows(found["x/mix.lock"])) is asked


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty, expected a map"),
        (b'"a"', "expected a map"),
        (b'%{"a": 1}', "line 1: no tuple, expected one after each name"),
        (b"%{\n{}}", "line 2: no tuple"),
        (b"%{\n[", "line 2: no ']' follows, expected one"),
        (b"%{]", "line 1: ']', expected '}'"),
        (b"}", "line 1: '}', expected ''"),
        (b'%{\n"a', "line 2: text without an end"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, "mix.lock", data))
    assert reason in told

import pytest

from analyzers.languages._haskell import split_id
from analyzers.languages.stack import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons, rows


def test_a_lock_file_and_its_project() -> None:
    found = read_sample(ANALYZER, "good/app")
    assert rows(found["stack.yaml.lock"]) == [
        "beam-core@0.9.2.1 direct",
        "lts@14.27",
        "safe-money@0.7 direct",
    ]
    assert rows(found["stack.yaml"]) == ["ghc@8.6.5"]
    assert [each.lines for each in found["stack.yaml.lock"].packages] == [((8, 8),), (), ()]
    assert [each.kind for each in found["stack.yaml.lock"].packages] == ["hackage", "hackage", "stackage"]


def test_a_project_without_lock_file() -> None:
    found = read_sample(ANALYZER, "odd/app")["stack.yaml"]
    assert rows(found) == [
        "acme-missiles@0.3 direct",
        "bar@2.0 direct",
        "ghc@9.2.5",
        "th-lift-instances@0.1.20 direct",
        "tools@ direct",
    ]
    assert [each.lines for each in found.packages] == [((3, 3),), ((4, 4),), (), (), ()]
    assert found.packages[3].evidence.startswith("https://github.com/example/tools.git 2d4a3eaa")


def test_a_snapshot_of_ones_own() -> None:
    lock = read_sample(ANALYZER, "odd/own")["stack.yaml.lock"]
    assert rows(lock) == ["https://example.com/snapshot.yaml@"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aeson-2.1.0.0", ("aeson", "2.1.0.0")),
        ("aeson-2.1.0.0@sha256:00,123", ("aeson", "2.1.0.0")),
        ("base64-bytestring-1.2", ("base64-bytestring", "1.2")),
        ("HTTP-4000.4.1@rev:2", ("HTTP", "4000.4.1")),
        ("x-1-2", ("x-1-2", "")),
        ("aeson", ("aeson", "")),
        (f"a-{'a' * 200_000}_", (f"a-{'a' * 200_000}_", "")),
        ("", ("", "")),
    ],
)
def test_identifiers(text: str, expected: tuple[str, str]) -> None:
    assert split_id(text) == expected


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("stack.yaml", b"", "empty, expected a mapping"),
        ("stack.yaml", b"{", "expected YAML"),
        ("stack.yaml.lock", b"a: 1", "keys ['a'], expected packages or snapshots"),
    ],
)
def test_what_cannot_be_read(name: str, data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, name, data))
    assert reason in told

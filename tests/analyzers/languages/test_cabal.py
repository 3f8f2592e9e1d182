import pytest

from analyzers.languages.cabal import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons


def test_what_cabal_writes() -> None:
    found = read_sample(ANALYZER, "good/app")["cabal.project.freeze"].packages
    assert [(each.kind, each.name, each.version, each.lines[0][0]) for each in found] == [
        ("hackage", "Cabal", "3.6.3.0", 2),
        ("hackage", "aeson", "2.1.0.0", 3),
        ("hackage", "base", "4.16.3.0", 5),
        ("ghc", "ghc", "9.2.4", 7),
    ]


def test_what_is_written_by_hand() -> None:
    found = read_sample(ANALYZER, "odd/app")["cabal.project.local.freeze"].packages
    assert [(each.name, each.version) for each in found] == [
        ("base16-bytestring", "1.0.2.0"),
        ("HTTP", "4000.4.1"),
    ]


@pytest.mark.parametrize("data", [b"", b"aeson ==1.0\n"])
def test_what_is_no_freeze_file(data: bytes) -> None:
    (told,) = reasons(read_one(ANALYZER, "cabal.project.freeze", data))
    assert "expected fields such as constraints" in told

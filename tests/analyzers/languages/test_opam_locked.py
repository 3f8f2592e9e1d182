from analyzers.languages.opam_locked import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons, rows


def test_what_opam_lock_writes() -> None:
    found = read_sample(ANALYZER, "good/app")["app.opam.locked"]
    assert rows(found) == ["alcotest@1.7.0 dev", "base@v0.15.1", "ocaml-config@2", "ocaml@4.14.1"]
    assert [each.lines for each in found.packages] == [((line, line),) for line in range(5, 9)]


def test_what_is_not_bound_to_one_version_has_none() -> None:
    assert rows(read_sample(ANALYZER, "odd/app")["opam.locked"]) == ["a@", "b@", "c@", "d@1"]


def test_what_has_no_fields() -> None:
    (told,) = reasons(read_one(ANALYZER, "opam.locked", b"[ ]"))
    assert "begins with '[ ]', expected fields such as depends" in told

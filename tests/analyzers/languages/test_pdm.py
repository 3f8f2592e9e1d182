import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages.pdm import ANALYZER
from tests.analyzers.languages.locks import TESTDATA, graph, read_one, read_sample, reasons, rows


def test_what_pdm_writes() -> None:
    found = read_sample(ANALYZER, "good/app")
    assert list(found) == ["pdm.lock"]
    lock = found["pdm.lock"]
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
    assert len(lock.packages) == 25
    assert "pysocks@1.7.1" in graph(lock)["requests@2.31.0"]


def test_without_the_project_nothing_is_for_development() -> None:
    lock = (TESTDATA / "pdm/good/app/pdm.lock").read_bytes()
    found = read_one(ANALYZER, "pdm.lock", lock)
    assert len(found.packages) == 24
    assert not any(each.dev or each.relationship for each in found.packages)


def test_odd_entries() -> None:
    found = read_sample(ANALYZER, "odd")["pdm.lock"]
    assert rows(found) == ["B@2.0", "a@1.0", "b@1.0"]
    assert graph(found) == {"a@1.0": {"B@2.0"}}
    assert reasons(found) == ["no exact version, so not checked: 'lost'"]


@pytest.mark.parametrize("data", [b"[[package]", b"", b"# nothing\n"])
def test_what_is_no_lock_file(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^pdm\.lock: .*expected"):
        list(ANALYZER.parse(File(path="pdm.lock", data=data)))

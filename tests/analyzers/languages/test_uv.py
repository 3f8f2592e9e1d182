import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages.uv import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, reasons, rows


def test_what_uv_writes() -> None:
    found = read_sample(ANALYZER, "good/app")["uv.lock"]
    assert len(found.packages) == 31
    assert [row for row in rows(found) if not row.endswith("indirect")] == [
        "colorama@0.4.6 direct",
        "exceptiongroup@1.3.1 indirect dev",
        "flask-cors@4.0.0 direct",
        "iniconfig@2.1.0 indirect dev",
        "iniconfig@2.3.1 indirect dev",
        "markupsafe@2.1.3 direct",
        "packaging@26.3 indirect dev",
        "pluggy@1.6.0 indirect dev",
        "pluggy@1.7.0 indirect dev",
        "pytest@7.4.0 direct dev",
        "requests@2.31.0 direct",
        "sample-app@0.1.0 root",
        "sample-util@0.2.0 workspace",
        "six@1.16.0 direct",
        "tomli@2.5.0 indirect dev",
        "typing-extensions@4.16.0 indirect dev",
    ]
    needs = graph(found)
    assert needs["requests@2.31.0"] == {
        "certifi@2026.10.18",
        "charset-normalizer@3.5.2",
        "idna@3.20",
        "pysocks@1.7.1",
        "urllib3@2.6.3",
        "urllib3@2.8.0",
    }
    assert {"sample-util@0.2.0", "pytest@7.4.0", "flask-cors@4.0.0"} < needs["sample-app@0.1.0"]
    assert found.packages[0].lines == ((15, 22),)


def test_odd_entries() -> None:
    found = read_sample(ANALYZER, "odd")["uv.lock"]
    assert rows(found) == ["a@1.0 direct", "b@1.0 indirect", "b@2.0 direct dev", "lib@0.1 workspace"]
    assert graph(found) == {"a@1.0": {"b@1.0"}}
    assert reasons(found) == ["no exact version, so not checked: 'lost'"]


def test_a_later_version_is_read_and_doubted() -> None:
    found = read_one(ANALYZER, "uv.lock", b'version = 2\n[[package]]\nname = "a"\nversion = "1.0"\n')
    assert rows(found) == ["a@1.0 indirect"]
    assert reasons(found) == ["version 2, expected 1"]


def test_what_is_no_toml() -> None:
    with pytest.raises(ParseError, match=r"^uv\.lock: .*expected TOML"):
        list(ANALYZER.parse(File(path="uv.lock", data=b"[[package]")))

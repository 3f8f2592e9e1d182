import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages.pipenv import ANALYZER
from tests.analyzers.languages.locks import read_sample, reasons, rows


def test_what_pipenv_writes() -> None:
    found = read_sample(ANALYZER, "good/app")["Pipfile.lock"]
    assert rows(found) == [
        "certifi@2026.10.18",
        "charset-normalizer@3.5.2",
        "colorama@0.4.6",
        "idna@3.20",
        "iniconfig@2.3.1 dev",
        "packaging@26.3 dev",
        "pluggy@1.7.0 dev",
        "pysocks@1.7.1",
        "pytest@7.4.0 dev",
        "requests@2.31.0",
        "urllib3@2.8.0",
    ]
    assert found.packages[0].lines == ((17, 24),)


def test_odd_entries() -> None:
    found = read_sample(ANALYZER, "odd")["Pipfile.lock"]
    assert rows(found) == ["a@1.0", "b@3.0 dev", "file@2.0", "sphinx@7.0"]
    assert reasons(found) == ["no exact version, so not checked: 'git', 'odd'"]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"default": '])
def test_what_is_no_json_object(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^Pipfile\.lock: .*expected"):
        list(ANALYZER.parse(File(path="Pipfile.lock", data=data)))

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages.conda_environment import ANALYZER
from tests.analyzers.languages.locks import read_sample, reasons, rows


def test_exact_versions_and_the_rest() -> None:
    found = read_sample(ANALYZER, "good/app")["environment.yml"]
    assert rows(found) == [
        "libblas@ direct",
        "numpy@1.26.4 direct",
        "openssl@ direct",
        "pandas@ direct",
        "pip@ direct",
        "python@3.11.7 direct",
        "requests@2.31.0",
        "scipy@1.12.0 direct",
    ]
    assert {each.kind for each in found.packages if each.name == "requests"} == {"pip"}
    assert reasons(found) == []


def test_odd_entries() -> None:
    found = read_sample(ANALYZER, "odd")["environment.yaml"]
    assert rows(found) == ["a@1.0 direct", "django@4.2.1"]
    assert reasons(found) == ["no exact version, so not checked: 'flask', 'a list', '[]'"]


@pytest.mark.parametrize("data", [b"", b"- a\n", b"a: [", b"text"])
def test_what_is_no_mapping(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^environment\.yml: .*expected"):
        list(ANALYZER.parse(File(path="environment.yml", data=data)))

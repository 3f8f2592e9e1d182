import pytest

from analyzers.languages.renv import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, reasons, rows


def test_what_renv_writes() -> None:
    lock = read_sample(ANALYZER, "good/app")["renv.lock"]
    assert rows(lock) == ["DBI@1.1.0", "readxl@1.3.1"]
    assert graph(lock) == {"readxl@1.3.1": {"DBI@1.1.0"}}
    assert [each.lines for each in lock.packages] == [((12, 19),), ((20, 26),)]


def test_other_sources_and_fields() -> None:
    lock = read_sample(ANALYZER, "odd/app")["renv.lock"]
    assert [(each.kind, each.name, each.version, each.evidence) for each in lock.packages] == [
        ("renv-bioconductor", "Biobase", "2.64.0", ""),
        ("renv", "gh", "1.4.0.9000", "GitHub r-lib/gh/0123456"),
        ("renv", "bare", "", ""),
    ]
    assert graph(lock) == {"Biobase@2.64.0": {"gh@1.4.0.9000"}}
    assert lock.packages[0].licenses == ("Artistic-2.0",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "expected JSON"),
        (b"{}", "Packages is empty, expected an object"),
        (b'{"Packages": []}', "Packages is a list, expected an object"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, "renv.lock", data))
    assert reason in told

import pytest

from analyzers.languages.rebar import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons, rows


def test_what_rebar_writes() -> None:
    lock = read_sample(ANALYZER, "good/app")["rebar.lock"]
    assert rows(lock) == [
        "accept@0.3.5 indirect",
        "jsx@3.1.0 direct",
        "tls_certificate_check@1.27.0 direct",
    ]
    assert [each.lines for each in lock.packages] == [((2, 2),), ((3, 3),), ((4, 6),)]


def test_the_older_form_and_repositories() -> None:
    lock = read_sample(ANALYZER, "odd/app")["rebar.lock"]
    assert rows(lock) == ["another_name@1.0.0 direct", "mqtt@ direct", "tagged@1.2.0 indirect"]
    assert [each.evidence for each in lock.packages] == [
        "ref d4aa0739dfe1e1958e66a96ec9418b655ddc8651 of https://github.com/example/mqtt.git",
        "tag v1.2.0 of https://github.com/example/tagged.git",
        "",
    ]


@pytest.mark.parametrize("data", [b"[].", b'{"1.2.0",[]}.\n[].', b"[\n]."])
def test_no_dependencies(data: bytes) -> None:
    lock = read_one(ANALYZER, "rebar.lock", data)
    assert (lock.packages, lock.problems) == ((), ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "expected a list of dependencies"),
        (b"a.", "expected a list of dependencies"),
        (b'[{<<"a">>,0}].', "line 1: expected a name, a source and a level"),
        (b'[\n{{},{pkg,<<"a">>,<<"1">>},0}].', "line 2: expected a name"),
        (b'{"1.2.0",\n[{<<"a">>', "line 2: no '}' follows"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, "rebar.lock", data))
    assert reason in told

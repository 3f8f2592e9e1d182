import pytest

from analyzers.inventory import Package
from analyzers.languages.otp import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons


def test_applications_of_the_language_and_others() -> None:
    found = read_sample(ANALYZER, "good")
    assert [each.packages for _, each in sorted(found.items())] == [
        (
            Package(
                kind="hex-pkg",
                name="cowboy",
                version="2.9.0",
                licenses=("ISC",),
                depends_on=("kernel", "stdlib", "crypto", "cowlib", "ranch"),
            ),
        ),
        (
            Package(
                kind="erlang-otp",
                name="ssl",
                version="10.8.7",
                depends_on=("crypto", "public_key", "kernel", "stdlib"),
            ),
        ),
    ]


def test_texts_side_by_side_are_one() -> None:
    (package,) = read_sample(ANALYZER, "odd")["ebin/a.app"].packages
    assert package.version == "1.0-rc1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "expected an application"),
        (b'{release,{"a","1"},[]}.', "expected an application"),
        (b"{application,a,none}.", "expected an application"),
        (b"{application,a,[]}.", "application 'a', vsn '', expected both"),
        (b'{application,{},[{vsn,"1"}]}.', "application '', vsn '1', expected both"),
        (b'{application,a,[{vsn,"1"}]', "no '}' follows"),
    ],
)
def test_what_is_no_application(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, "lib/a/ebin/a.app", data))
    assert reason in told

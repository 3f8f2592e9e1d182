import pytest

from analyzers.inventory import Package
from analyzers.languages.luarocks import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons

KONG = Package(
    kind="luarocks",
    name="kong",
    version="3.4.0-0",
    licenses=("Apache 2.0",),
    depends_on=("inspect", "lua-resty-http"),
)


def test_a_rock_that_is_installed() -> None:
    (found,) = read_sample(ANALYZER, "good").values()
    assert found.packages == (
        Package(
            kind="luarocks", name="LuaSocket", version="3.1.0-1", licenses=("MIT",), depends_on=("compat53",)
        ),
    )


def test_what_a_rockspec_computes_is_in_its_name() -> None:
    assert read_sample(ANALYZER, "odd/app")["kong-3.4.0-0.rockspec"].packages == (KONG,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("package='a' version=[[1.0-1]]", "expected both"),
        ("package='a'\nversion=[[1.0-1]]", ("a", "1.0-1")),
        ("\tpackage = 'a' ;\r\nversion =\n  '1.0-1'\r\n", ("a", "1.0-1")),
        ("package = 'a' -- version\nversion = '1-1' --[[ x ]]", ("a", "1-1")),
        ("--[[\npackage = 'b'\n]]\npackage = 'a'\nversion = '1-1'", ("a", "1-1")),
        ("package = 'a--b'\nversion = '1-1'", ("a--b", "1-1")),
        ("package = name\nversion = '1-1'", "package '', version '1-1', expected both"),
        ("", "package '', version '', expected both"),
    ],
)
def test_forms(text: str, expected: tuple[str, str] | str) -> None:
    found = read_one(ANALYZER, "x.rockspec", text.encode())
    if isinstance(expected, str):
        assert expected in reasons(found)[0]
    else:
        assert [(each.name, each.version) for each in found.packages] == [expected]

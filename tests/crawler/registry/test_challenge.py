import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry.challenge import Challenge, choose, parse_challenges


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], ()),
        (["Basic"], (Challenge("basic"),)),
        (['Basic realm="a, b"'], (Challenge("basic", {"realm": "a, b"}),)),
        (
            ['BEARER Realm="https://x/t",service=s , scope="repository:a:pull,push"'],
            (
                Challenge(
                    "bearer", {"realm": "https://x/t", "service": "s", "scope": "repository:a:pull,push"}
                ),
            ),
        ),
        (
            ['Negotiate, Basic realm="a", Bearer realm="b"'],
            (Challenge("negotiate"), Challenge("basic", {"realm": "a"}), Challenge("bearer", {"realm": "b"})),
        ),
        (["Negotiate YWJj==, Basic"], (Challenge("negotiate"), Challenge("basic"))),
        (["Basic", 'Bearer realm="b"'], (Challenge("basic"), Challenge("bearer", {"realm": "b"}))),
        ([r'Basic realm="say \"a\""'], (Challenge("basic", {"realm": 'say "a"'}),)),
        (['Basic realm="a", realm="b"'], (Challenge("basic", {"realm": "a"}),)),
        (
            ['Bearer realm = "a" , error="invalid_token"'],
            (Challenge("bearer", {"realm": "a", "error": "invalid_token"}),),
        ),
        (["=,="], ()),
    ],
)
def test_challenges(headers: list[str], expected: tuple[Challenge, ...]) -> None:
    assert parse_challenges(headers) == expected


@pytest.mark.parametrize(
    ("header", "scheme"),
    [('Basic, Bearer realm="a"', "bearer"), ("Bearer, Basic", "basic"), ("Digest realm=a", None)],
)
def test_choice(header: str, scheme: str | None) -> None:
    chosen = choose(parse_challenges([header]))
    assert (chosen.scheme if chosen else None) == scheme


@given(st.lists(st.text(alphabet='Basic r="\\,; é\t'), max_size=3))
def test_any_headers_end(headers: list[str]) -> None:
    assert all(challenge.scheme for challenge in parse_challenges(headers))


def test_long_headers_end_soon() -> None:
    assert parse_challenges(['Basic realm="' + "\\" * 1_000_000, "a=" * 500_000]) is not None

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import InsecureError, ProtocolError
from crawler.registry.links import next_page
from crawler.registry.origins import absolute, check_plain_http, origin_of, without_query

BASE = "https://r.example.com/v2/a/tags/list?n=1"


@pytest.mark.parametrize(
    ("url", "shown", "loopback"),
    [
        ("https://R.example.com/x", "r.example.com", False),
        ("https://r.example.com:443", "r.example.com", False),
        ("http://localhost:5000/", "localhost:5000", True),
        ("http://[::1]:5000", "[::1]:5000", True),
        ("http://127.9.9.9", "127.9.9.9", True),
        ("http://127.0.0.1.example.com", "127.0.0.1.example.com", False),
    ],
)
def test_origins(url: str, shown: str, *, loopback: bool) -> None:
    assert (str(origin_of(url)), origin_of(url).is_loopback) == (shown, loopback)


@pytest.mark.parametrize(
    "url", ["", "ftp://a", "//a", "http://", "https://u:p@a/", "http://a:99999", "http://[x"]
)
def test_no_origins(url: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        origin_of(url)
    assert "u:p" not in str(caught.value)


@given(st.text())
def test_any_text_is_an_origin_or_an_error(text: str) -> None:
    with contextlib.suppress(ProtocolError):
        assert origin_of(absolute(text, BASE)).scheme in ("http", "https")


def test_signed_urls_stay_as_they_are() -> None:
    url = "https://s3.example.com/a%2Fb?X-Sig=a%2Bb%3D&c=d+e"
    assert absolute(url + "#f", BASE) == url
    assert absolute("/a b", BASE) == "https://r.example.com/a%20b"
    assert without_query(url) == "https://s3.example.com/a%2Fb"
    assert without_query("https://u:p@h/x?y") == "https://h/x"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ('<?n=1&last=x>; rel="next"', "https://r.example.com/v2/a/tags/list?n=1&last=x"),
        ('</v2/p>; title="a, b>"; REL=next', "https://r.example.com/v2/p"),
        ('</v2/p>; rel="prev", </v2/q>; rel="last next"', "https://r.example.com/v2/q"),
        ('<https://R.example.com:443/v2/z>; rel="next"', "https://R.example.com:443/v2/z"),
        ('</v2/p>; rel="prev"', None),
        ('</v2/p>; title="; rel=prev"; rel="next"', "https://r.example.com/v2/p"),
        (r'</v2/p>; title="a \" <b>; rel=prev"; rel=next', "https://r.example.com/v2/p"),
        ("<v2/p> ;rel = next", "https://r.example.com/v2/a/tags/v2/p"),
        ("<//r.example.com/v2/p>;rel=next;n=1", "https://r.example.com/v2/p"),
    ],
)
def test_next_page(header: str, expected: str | None) -> None:
    assert next_page([header], BASE) == expected


@pytest.mark.parametrize(
    "header",
    [
        "<http://r.example.com/v2/z>; rel=next",
        "<https://other.example.com/>; rel=next",
        "<>; rel=next",
        "next",
        "<" * 20_000,
        "</v2/p>",
        '</v2/p>; rel="next',
        '</v2/p>; title="next"',
        "</v2/p>; rel=prev, </v2/q>",
        '/v2/p>; rel="next", </v2/q>; rel="prev"',
        '</v2/q>; rel="prev", /v2/p; rel="next"',
        "<//other.example.com/v2/p>; rel=next",
    ],
)
def test_next_page_that_cannot_be_followed(header: str) -> None:
    with pytest.raises(ProtocolError):
        next_page([header], BASE)


@pytest.mark.parametrize("part", ['<>\\"', '<>"', "<a>;", '<>;a="\\', "<>,", ";", "; "])
def test_long_links_end_soon(part: str) -> None:
    with pytest.raises(ProtocolError):
        next_page([part * 100_000], BASE)


@given(st.lists(st.text(alphabet='<>"\\;, =arelnxt/'), max_size=3))
def test_any_links_end_in_an_address_or_an_error(headers: list[str]) -> None:
    with contextlib.suppress(ProtocolError):
        page = next_page(headers, BASE)
        assert page is None or origin_of(page) == origin_of(BASE)


@pytest.mark.parametrize(
    ("target", "registry", "insecure", "permitted"),
    [
        ("https://s3.example.com", "https://r.example.com", False, True),
        ("http://s3.example.com", "https://r.example.com", False, False),
        ("http://s3.example.com", "http://r.example.com", True, True),
        ("http://127.0.0.1", "https://r.example.com", False, False),
        ("http://127.0.0.1", "http://localhost", False, True),
        ("http://s3.example.com", "http://localhost", False, False),
    ],
)
def test_plain_http(target: str, registry: str, *, insecure: bool, permitted: bool) -> None:
    refusal = contextlib.nullcontext() if permitted else pytest.raises(InsecureError, match="insecure = true")
    with refusal:
        check_plain_http(origin_of(target), origin_of(registry), insecure=insecure, purpose="a redirect")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://r.example.com/", "https://r.example.com"),
        ("r.example.com:5000", "https://r.example.com:5000"),
        ("localhost:5000", "http://localhost:5000"),
        ("docker.io", "https://registry-1.docker.io"),
        ("https://index.docker.io", "https://registry-1.docker.io"),
    ],
)
def test_endpoints(url: str, base: str) -> None:
    assert Endpoint(url=url).base_url == base


def test_endpoint_needs_permission_for_plain_http() -> None:
    with pytest.raises(InsecureError, match="insecure = true"):
        Endpoint(url="http://r.example.com")
    assert Endpoint(url="http://r.example.com", insecure=True).origin.port == 80
    assert "hunter2" not in repr(Endpoint(url="localhost", username="u", password="hunter2"))

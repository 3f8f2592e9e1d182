import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.addresses import (
    is_loopback,
    parse_feed_url,
    parse_http_url,
    parse_listen,
    parse_registry_url,
    parse_store_url,
    split_listen,
    sqlite_path,
    without_credentials,
)


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("https://registry.example.com", "https://registry.example.com"),
        ("https://registry.example.com/", "https://registry.example.com"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("https://[::1]:5000/docker/", "https://[::1]:5000/docker"),
    ],
)
def test_registry_url(url: str, parsed: str) -> None:
    assert parse_registry_url(url) == parsed


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("registry.example.com", "'registry.example.com' is not a web address"),
        ("localhost:5000", "is not a web address"),
        ("ftp://h", "is not a web address"),
        ("https://", "is not a web address"),
        ("https://h:port", "is not a web address"),
        ("https://h:99999", "is not a web address"),
        ("https://[::1", "is not a web address"),
        (" https://h", "is not a web address"),
        ("https://h/\x1b[31m", "is not a web address"),
        ("", "is not a web address"),
        (3, "3 is not a web address"),
        ("https://h?x=1", "without"),
        ("https://h#x", "without"),
    ],
)
def test_no_registry_url(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_registry_url(value)


@pytest.mark.parametrize("parse", [parse_http_url, parse_registry_url, parse_feed_url, parse_store_url])
@pytest.mark.parametrize("url", ["https://me:hunter2@h:x", "ftp://me:hunter2@h", "me:hunter2@h"])
def test_credentials_are_not_repeated(parse: object, url: str) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match=r".") as caught:
        parse(url)
    assert "hunter2" not in str(caught.value)


def test_credentials_do_not_belong_in_a_registrys_url() -> None:
    with pytest.raises(ValueError, match="expected them in username and password_file"):
        parse_registry_url("https://me:hunter2@h")


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("file:///srv/osv/", "file:///srv/osv"),
        ("file://localhost/srv/osv", "file://localhost/srv/osv"),
        ("http://127.0.0.1:8099", "http://127.0.0.1:8099"),
    ],
)
def test_feed_url(url: str, parsed: str) -> None:
    assert parse_feed_url(url) == parsed


@pytest.mark.parametrize("url", ["file://srv/osv", "file:osv", "file://"])
def test_no_folder(url: str) -> None:
    with pytest.raises(ValueError, match="is not a folder"):
        parse_feed_url(url)


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:////var/lib/c.db", "/var/lib/c.db"), ("sqlite:////a%20b/c.db", "/a b/c.db")],
)
def test_sqlite_path(url: str, path: str) -> None:
    assert parse_store_url(url) == url
    assert sqlite_path(url) == path


@pytest.mark.parametrize(
    "url",
    ["sqlite:///c.db", "sqlite://h//c.db", "sqlite:", "sqlite:////", "/c.db", "mysql://h", "sqlite:////a%00"],
)
def test_no_store(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not a store: expected one such as 'sqlite:////var"):
        parse_store_url(url)


def test_postgresql_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="PostgreSQL is not supported yet") as caught:
        parse_store_url("postgresql://me:hunter2@h/db")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:80", ("::1", 80)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),  # noqa: S104 -- nothing listens there
        ("::1:80", None),
        ("localhost", None),
        (":80", None),
        ("h:", None),
        ("h:65536", None),
        ("h:-1", None),
        ("[]:80", None),
    ],
)
def test_listen(listen: str, address: tuple[str, int] | None) -> None:
    assert split_listen(listen) == address


def test_no_listen() -> None:
    with pytest.raises(ValueError, match="8080 is not an address to listen on"):
        parse_listen(8080)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_loopback(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hunter2@h:1/x?token=hunter2#y", "https://h:1/x"),
        ("sqlite:////var/lib/cleanbill.db", "sqlite:////var/lib/cleanbill.db"),
        ("file:///srv/osv", "file:///srv/osv"),
    ],
)
def test_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


@given(st.text() | st.integers() | st.none())
def test_anything_is_an_address_or_a_value_error(value: object) -> None:
    for parse in (parse_http_url, parse_registry_url, parse_feed_url, parse_store_url, parse_listen):
        try:
            parse(value)
        except ValueError as error:
            assert "expected" in str(error)  # noqa: PT017 -- either outcome is right

"""Addresses in settings: of registries, feeds, webhooks, the store and the server's own."""

from ipaddress import ip_address
from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS = range(65_536)


def parse_http_url(value: object) -> str:
    """Return an http or https URL with a host, without a slash at its end.

    Raises:
        ValueError: it is no such URL. The message never repeats a URL that may hold credentials.
    """
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            f"{_shown(value)} is not a web address: expected one such as 'https://host.example.com'"
        )
    return str(value).rstrip("/")


def parse_registry_url(value: object) -> str:
    """Return an http or https URL of nothing but host, port and path, without a slash at its end.

    Raises:
        ValueError: it is no such URL, or it has credentials, a query or a fragment.
    """
    url = parse_http_url(value)
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError("the address has credentials: expected them in username and password_file")
    if parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not a registry: expected an address without '?' and '#'")
    return url


def parse_feed_url(value: object) -> str:
    """Return an http, https or file URL without a slash at its end.

    Raises:
        ValueError: it is none of them, or a file URL of another host or a relative path.
    """
    if str(value).startswith("/"):
        raise ValueError(f"{value!r} is no URL: expected one such as 'file://{value}'")
    parts = _split(value)
    if parts is None or parts.scheme != "file":
        return parse_http_url(value)
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise ValueError(f"{value!r} is not a folder: expected one such as 'file:///srv/osv'")
    return str(value).rstrip("/")


def parse_store_url(value: object) -> str:
    """Return "" or the URL of an SQLite file.

    Raises:
        ValueError: it is another database, or the path is not absolute.
    """
    if value == "":
        return ""
    parts = _split(value)
    if parts is not None and parts.scheme in {"postgresql", "postgres"}:
        raise ValueError("PostgreSQL is not supported yet: expected 'sqlite:////absolute/path/cleanbill.db'")
    if parts is None or parts.scheme != "sqlite" or sqlite_path(str(value)) is None:
        raise ValueError(
            f"{_shown(value)} is not a store: expected one such as 'sqlite:////var/lib/cleanbill/cleanbill.db'"
        )
    return str(value)


def sqlite_path(url: str) -> str | None:
    """Return the absolute path in "sqlite:////absolute/path", None when there is none."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc or parts.query or parts.fragment or "\0" in path or not path.startswith("//"):
        return None
    return path[1:] if PurePosixPath(path).name else None


def parse_listen(value: object) -> str:
    """Return "host:port", an IPv6 host in brackets; port 0 lets the system choose one.

    Raises:
        ValueError: a part is missing or the port is none.
    """
    if not isinstance(value, str) or split_listen(value) is None:
        raise ValueError(f"{value!r} is not an address to listen on: expected one such as '127.0.0.1:8080'")
    return value


def split_listen(listen: str) -> tuple[str, int] | None:
    """Return host and port of "host:port" or "[::1]:port", None when it is neither."""
    host, colon, port = listen.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        return None
    if not (host and colon and port.isascii() and port.isdecimal() and int(port[:6]) in _PORTS):
        return None
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine's own, by its spelling alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def without_credentials(url: str) -> str:
    """Return the URL without user name, password, query and fragment, fit for a log."""
    parts = urlsplit(url)
    # Put together by hand: Python 3.11's `geturl` drops two slashes of "sqlite:////var/lib".
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _split(value: object) -> SplitResult | None:
    if not isinstance(value, str) or value != value.strip() or not value.isprintable():
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises when it is no port
    except ValueError:
        return None
    return parts


def _shown(value: object) -> str:
    return "the value" if isinstance(value, str) and ("@" in value or "?" in value) else repr(value)

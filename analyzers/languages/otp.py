"""Erlang and Elixir applications that are installed, from their resource files.

Format: https://www.erlang.org/doc/apps/kernel/app.html
"""

from collections.abc import Iterator

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package
from analyzers.languages._terms import Dialect, Term, text, texts
from analyzers.languages._terms import parse as parse_terms

# what the two languages themselves consist of: no advisory of Hex speaks of these, and their names cannot be
# taken there. https://www.erlang.org/doc/system/installation_guide.html, https://hexdocs.pm/elixir
_OWN = frozenset(
    [
        "asn1",
        "common_test",
        "compiler",
        "cosEvent",
        "cosEventDomain",
        "cosFileTransfer",
        "cosNotification",
        "cosProperty",
        "cosTime",
        "cosTransactions",
        "crypto",
        "debugger",
        "dialyzer",
        "diameter",
        "edoc",
        "eex",
        "eldap",
        "elixir",
        "erl_docgen",
        "erl_interface",
        "erts",
        "et",
        "eunit",
        "ex_unit",
        "ftp",
        "ic",
        "iex",
        "inets",
        "jinterface",
        "kernel",
        "logger",
        "megaco",
        "mix",
        "mnesia",
        "observer",
        "odbc",
        "orber",
        "os_mon",
        "otp_mibs",
        "parsetools",
        "percept",
        "public_key",
        "reltool",
        "runtime_tools",
        "sasl",
        "snmp",
        "ssh",
        "ssl",
        "stdlib",
        "syntax_tools",
        "tftp",
        "tools",
        "wx",
        "xmerl",
    ]
)


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package that the file describes.

    Raises:
        ParseError: it is no application, or lacks a name or a version.
    """
    found = parse_terms(file.data, file.path, Dialect.ERLANG)
    term = next((each for each in found if isinstance(each, Term) and each.text(0) == "application"), None)
    keys = term.at(2) if term else ""
    if term is None or not isinstance(keys, Term):
        raise ParseError(f"{file.path}: {beginning(file.data)}, expected an application")
    name, version = term.text(1), text(keys.get("vsn"))
    if not name or not version:
        raise ParseError(f"{file.path}: application {name!r}, vsn {version!r}, expected both")
    yield Package(
        kind="erlang-otp" if name in _OWN else "hex-pkg",
        name=name,
        version=version,
        licenses=tuple(texts(keys.get("licenses"))),
        depends_on=tuple(dict.fromkeys(texts(keys.get("applications")))),
    )


ANALYZER = Analyzer(
    id="languages/otp",
    version=1,
    kinds=(
        Kind(name="erlang-otp", purl_type="otp", title="Erlang/OTP"),
        Kind(name="hex-pkg", purl_type="hex", ecosystem="Hex", title="Hex"),
    ),
    globs=("**/ebin/*.app",),
    parse=parse,
)

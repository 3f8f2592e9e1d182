"""Reads VEX documents of any format, also out of attestations.

Formats: see `openvex`, `cyclonedx_vex`, `csaf`; around them
https://github.com/in-toto/attestation/tree/main/spec,
https://github.com/secure-systems-lab/dsse/blob/master/envelope.md and
https://docs.sigstore.dev/about/bundle/
"""

import binascii
from collections.abc import Callable, Iterator

import msgspec
from msgspec.structs import replace

from analyzers.documents import Value, items, json, table, text
from analyzers.errors import ParseError
from analyzers.ignore import csaf, cyclonedx_vex, cyclonedx_xml_vex, naming, openvex
from analyzers.ignore.statement import Identifiers, Statement

_DEEPEST = 8
_MOST_ATTESTATIONS = 1000
_STATEMENT = "https://in-toto.io/Statement/"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_BLANK = b"\xef\xbb\xbf \t\r\n"
_Reader = Callable[[Value, str], tuple[Statement, ...]]


class _Wrapped(msgspec.Struct, frozen=True):
    """What was taken out of envelopes."""

    value: Value
    subjects: tuple[Identifiers, ...] = ()
    """What the attestation around it is about."""
    is_attested: bool = False


def read_vex(data: bytes, source: str) -> tuple[Statement, ...]:
    """Return the statements of a document: OpenVEX, CycloneDX (JSON or XML), CSAF, or attestations of them.

    Args:
        data: the document.
        source: how to name it: "file app.vex.json".

    Raises:
        ParseError: it is of none of these forms, or breaks its form; says where.
    """
    if data.lstrip(_BLANK).startswith(b"<"):
        return cyclonedx_vex.statements(cyclonedx_xml_vex.value_of(data, source), source)
    found = [_statements(each, source) for each in _documents(data, source)]
    if all(each is None for each in found):
        raise ParseError(f"{source}: expected OpenVEX, CycloneDX or CSAF, or an attestation of one")
    return tuple(statement for each in found for statement in each or ())


def read_attestation(data: bytes, source: str) -> tuple[Statement, ...]:
    """Return the VEX statements of an attestation, or of several, one a line; none when it is of others.

    They hold for the artifacts only that the attestation names as its subjects. Signatures are not verified:
    whoever hands the attestation over vouches for it.

    Args:
        data: an in-toto statement, as it is, in a DSSE envelope, or in a Sigstore bundle; or a VEX document.
        source: how to name it: "attestation ghcr.io/team/app@sha256:…".

    Raises:
        ParseError: an envelope or document is broken; says where.
    """
    found = (_statements(each, source) for each in _documents(data, source))
    return tuple(statement for each in found for statement in each or ())


def _documents(data: bytes, source: str) -> list[dict[str, Value]]:
    try:
        return [json.load_object(data, source)]
    except ParseError:
        lines = [line for line in data.splitlines() if line.strip()]
        if not 1 < len(lines) <= _MOST_ATTESTATIONS or not all(
            line.lstrip(_BLANK)[:1] == b"{" for line in lines
        ):
            raise
    return [json.load_object(line, f"{source}: line {number}") for number, line in enumerate(lines, 1)]


def _statements(document: dict[str, Value], source: str) -> tuple[Statement, ...] | None:
    """Return what a document says, None when it is no VEX."""
    wrapped = _unwrapped(document, source)
    value = table(wrapped.value)
    reader = _reader(value, wrapped.subjects)
    if reader is None:
        return None
    if wrapped.is_attested and not wrapped.subjects:
        raise ParseError(f"{source}: subject: none, expected the artifacts that the attestation is about")
    scope = tuple(name for subject in wrapped.subjects for name in subject)
    said = reader(value, source)
    return tuple(_within(each, scope) for each in said) if scope else said


def _within(statement: Statement, scope: Identifiers) -> Statement:
    """Return a statement that holds for the artifacts only that an attestation names."""
    if statement.scope:
        return replace(statement, problem="products in each other in an attestation")
    return replace(statement, scope=scope)


def _reader(value: dict[str, Value], subjects: tuple[Identifiers, ...]) -> _Reader | None:
    if any(context.startswith(openvex.NAMESPACE) for context in _contexts(value.get("@context"))):
        return lambda value, source: openvex.statements(value, source, subjects)
    if value.get("bomFormat") == "CycloneDX":
        return cyclonedx_vex.statements
    return csaf.statements if "csaf_version" in table(value.get("document")) else None


def _contexts(value: Value) -> Iterator[str]:
    yield from (text(each) for each in (items(value) or [value]))


def _unwrapped(value: dict[str, Value], source: str) -> _Wrapped:
    wrapped = _Wrapped(value)
    for _ in range(_DEEPEST):
        inner = _inner(wrapped, source)
        if inner is None:
            return wrapped
        wrapped = inner
    raise ParseError(f"{source}: more than {_DEEPEST} attestations in each other")


def _inner(wrapped: _Wrapped, source: str) -> _Wrapped | None:
    """Return what one wrapping holds, None when this is no wrapping."""
    match wrapped.value:
        case {"dsseEnvelope": dict(inner)}:
            return replace(wrapped, value=inner)
        case {"payload": str(payload), "payloadType": str()}:
            return replace(wrapped, value=json.load_object(_decoded(payload, source), f"{source}: payload"))
        case {"_type": str(kind), "predicate": dict(inner)} if kind.startswith(_STATEMENT):
            return _Wrapped(inner, tuple(_subjects(table(wrapped.value), source)), is_attested=True)
        case {"Data": str(inner)}:  # what cosign puts around predicates that it was given as files
            return replace(wrapped, value=json.load(inner.encode("utf-8", "replace"), f"{source}: Data"))
        case {"Data": dict(inner)}:
            return replace(wrapped, value=inner)
        case _:
            return None


def _subjects(statement: dict[str, Value], source: str) -> Iterator[Identifiers]:
    """Yield the digests of each subject: names alone would let one image speak of another."""
    for number, each in enumerate(items(statement.get("subject"))):
        digests = table(table(each).get("digest"))
        names = tuple(naming.digest(name, text(value)) for name, value in digests.items() if text(value))
        if not names:
            raise ParseError(f"{source}: subject[{number}].digest: none, expected that of what it is about")
        yield names


def _decoded(payload: str, source: str) -> bytes:
    try:
        encoded = payload.encode("ascii").translate(_URL_SAFE, b"=\r\n")
        return binascii.a2b_base64(encoded + b"=" * (-len(encoded) % 4), strict_mode=True)
    except (ValueError, UnicodeEncodeError) as error:
        raise ParseError(f"{source}: payload: {error}, expected base64") from error

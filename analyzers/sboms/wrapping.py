"""Tells the formats apart by their first bytes, and takes documents out of attestations.

Formats: https://github.com/in-toto/attestation/tree/main/spec,
https://github.com/secure-systems-lab/dsse/blob/master/envelope.md,
https://docs.sigstore.dev/about/bundle/
"""

import binascii
import re

import msgspec

from analyzers.errors import ParseError
from analyzers.sboms.document import Format

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_TAG_VALUE = re.compile(rb"^SPDXVersion:[ \t]*SPDX-", re.MULTILINE)
_XML = re.compile(rb"<(?:[\w.-]{1,40}:)?bom[\s>/]")
_CYCLONEDX_NAMESPACE = re.compile(rb"""["']http://cyclonedx\.org/schema/bom/""")
_HEAD = 65_536
_DEEPEST = 8
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_STATEMENT = "https://in-toto.io/Statement/"


class _Head(msgspec.Struct, frozen=True, rename="camel"):
    """The keys that tell what a JSON document is."""

    bom_format: msgspec.Raw = msgspec.Raw()
    spdx_version: msgspec.Raw = msgspec.Raw()
    type_: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="_type")
    predicate: msgspec.Raw = msgspec.Raw()
    payload: msgspec.Raw = msgspec.Raw()
    dsse_envelope: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="Data")
    context: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="@context")


_DECODER = msgspec.json.Decoder(_Head)


def format_of(data: bytes) -> Format | None:
    """Return the format that the document claims, None when it claims none that is read here."""
    start = data[:_HEAD].removeprefix(_BOM).lstrip(_BLANK)
    if start.startswith(b"{"):
        return _json_format(data)
    if start.startswith(b"<"):
        is_bom = _XML.search(start) and _CYCLONEDX_NAMESPACE.search(start)
        return Format.CYCLONEDX_XML if is_bom else None
    return Format.SPDX_TAG_VALUE if _TAG_VALUE.search(start) else None


def unwrap(data: bytes, path: str) -> bytes:
    """Return the document that lies in envelopes and statements, or the data itself when there are none.

    Of several attestations, one a line, it is the one that holds a bill of materials.
    Signatures are not verified: whoever hands the file over vouches for it.

    Raises:
        ParseError: an envelope is broken, or several lines hold bills of materials.
    """
    lines = _envelopes(data)
    if len(lines) > 1:
        held = [document for line in lines if format_of(document := unwrap(line, path))]
        if len(held) > 1:
            raise ParseError(f"{path}: {len(held)} bills of materials in attestations, expected one")
        return held[0] if held else data
    for _ in range(_DEEPEST):
        inner = _inner(data, path)
        if inner is None:
            return data
        data = inner
    raise ParseError(f"{path}: more than {_DEEPEST} attestations in each other")


def _json_format(data: bytes) -> Format | None:
    head = _head(data)
    if head is None:
        # broken documents are still to be told from what never was one
        start = data[:_HEAD]
        if b'"CycloneDX"' in start:
            return Format.CYCLONEDX_JSON
        return Format.SPDX_JSON if b'"SPDX-2' in start else None
    if _text(head.bom_format) == "CycloneDX":
        return Format.CYCLONEDX_JSON
    return Format.SPDX_JSON if _text(head.spdx_version).startswith("SPDX-2") else None


def _envelopes(data: bytes) -> list[bytes]:
    """Return the lines, when each is an envelope of its own; none otherwise."""
    if not data.lstrip(_BLANK).startswith(b"{") or _head(data) is not None:
        return []
    lines = [line for line in data.splitlines() if line.strip()]
    heads = map(_head, lines)
    return lines if all(head is not None and bytes(head.payload) for head in heads) else []


def _inner(data: bytes, path: str) -> bytes | None:
    """Return what one wrapping holds, None when this is no wrapping."""
    start = data[:_HEAD].removeprefix(_BOM).lstrip(_BLANK)
    head = _head(data) if start.startswith(b"{") else None
    if head is None or bytes(head.bom_format) or bytes(head.spdx_version):
        return None
    if b"spdx.org/rdf/3" in bytes(head.context):
        raise ParseError(f"{path}: SPDX 3, expected SPDX 2.2 or 2.3, or CycloneDX")
    if bytes(head.dsse_envelope):
        return bytes(head.dsse_envelope)
    if bytes(head.payload):
        return _payload(head.payload, path)
    if bytes(head.predicate) and _text(head.type_).startswith(_STATEMENT):
        return bytes(head.predicate)
    # what cosign puts around predicates that it was given as files
    return _document(head.data) if bytes(head.data) else None


def _payload(raw: msgspec.Raw, path: str) -> bytes:
    try:
        text = _text(raw).encode("ascii").translate(_URL_SAFE, b"=\r\n")
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except (ValueError, UnicodeEncodeError) as error:
        raise ParseError(f"{path}: payload: {error}, expected base64") from error


def _document(raw: msgspec.Raw) -> bytes:
    """Return an object as it is, the characters of a string."""
    return _text(raw).encode("utf-8", "replace") if bytes(raw).startswith(b'"') else bytes(raw)


def _head(data: bytes) -> _Head | None:
    try:
        return _DECODER.decode(data.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _text(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str) if bytes(raw) else ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""

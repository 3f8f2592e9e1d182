"""Judges the inner form of values that look like secrets."""

import binascii
import hashlib
import re
from base64 import b64decode, urlsafe_b64decode
from collections import Counter
from math import log2

import msgspec

from analyzers.secrets._samples import base62_crc32

_HEX = re.compile(rb"[0-9a-fA-F]+\Z|[0-9A-Fa-f-]{36}\Z")
_WORD = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]+")
_MARKS = re.compile(rb"[!*?^~+@#&]")
_HEAD_LENGTH = 60
_CRC_LENGTH = 6
_IMPRINTS = 4096
_CHANGES = 0.28
"""Between kinds of characters, of all places between two; random Base64 has 0.44, hexadecimal digits 0.47."""
_HEX_CHANGES = 0.2
"""Words have none but the first six letters, so less says it."""
_MARKS_IN_KEYS = 0.15
"""Random Base64 has 0.03."""
_VALUE = re.compile(rb":[ \t]+[\"']?([^\s\"']+)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}\Z")
_RANDOM_LENGTH = 12
_LONG = 20
_ENTROPY_OF_SHORT = 3.3


def entropy(value: bytes) -> float:
    """Return Shannon's entropy in bits for each byte, of the frequencies in the value itself."""
    length = len(value)
    return -sum(count / length * log2(count / length) for count in Counter(value).values())


def imprint(value: bytes) -> int:
    """Return what `Secret.imprint` has of a value; more bits would let short passwords be guessed."""
    return 1 + int.from_bytes(hashlib.sha256(value).digest()[:2], "big") % _IMPRINTS


def not_hex(value: bytes) -> bool:
    """Tell whether it is more than a hash or a UUID."""
    return not _HEX.match(value)


def has_cases(value: bytes) -> bool:
    """Tell whether small letters, capitals and digits are in it, as in nearly every long random value."""
    return bool(re.search(rb"[a-z]", value) and re.search(rb"[A-Z]", value) and re.search(rb"[0-9]", value))


def has_digit_and_letter(value: bytes) -> bool:
    """Tell whether both are in it; words and plain numbers have one of them."""
    return bool(re.search(rb"[0-9]", value) and re.search(rb"[A-Za-z]", value))


def has_base62_crc32(value: bytes) -> bool:
    """Tell whether the last six characters are the checksum of those since the "_"."""
    body = value.rpartition(b"_")[2]
    return base62_crc32(body[:-_CRC_LENGTH]).encode() == body[-_CRC_LENGTH:]


def looks_random(value: bytes) -> bool:
    """Tell whether kinds of characters change as often as by chance, not with words as in identifiers."""
    parts = _WORD.findall(value)
    changes = _HEX_CHANGES if _HEX.match(value) else _CHANGES
    return has_digit_and_letter(value) and len(parts) - 1 >= changes * (len(value) - 1)


def is_random_secret(value: bytes) -> bool:
    """Tell whether it looks random; the shorter, the more has to speak for it."""
    return looks_random(value) and (len(value) >= _LONG or entropy(value) >= _ENTROPY_OF_SHORT)


def is_random_key(value: bytes) -> bool:
    """Tell whether it is surely no hash, name or number of something: all kinds of characters, at random."""
    plain = re.sub(rb"[^A-Za-z0-9]", b"", value)
    few_marks = len(value) - len(plain) <= len(value) * _MARKS_IN_KEYS
    return not_hex(value) and few_marks and has_cases(value) and looks_random(plain)


def has_random_value(lines: bytes) -> bool:
    """Tell whether one of the lines "name: value" has a value that a program made, in Base64 or not."""
    values = (match[1] for match in _VALUE.finditer(lines))
    return any(
        len(value) >= _RANDOM_LENGTH and (looks_random(value) or _is_base64(value)) for value in values
    )


def _is_base64(value: bytes) -> bool:
    """Tell whether it is whole Base64, and no word."""
    whole = bool(_BASE64.match(value)) and len(value) % 4 == 0
    return whole and has_cases(value) and entropy(value) >= _ENTROPY_OF_SHORT


def is_jwt(value: bytes) -> bool:
    """Tell whether the first part is a JSON object that names an algorithm, as RFC 7515 asks for."""
    try:
        return "alg" in msgspec.json.decode(_decoded(value.partition(b".")[0]), type=dict[str, msgspec.Raw])
    except (binascii.Error, msgspec.MsgspecError):
        return False


def _decoded(part: bytes) -> bytes:
    return urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def is_basic(value: bytes) -> bool:
    """Tell whether it is the Base64 of a name, a colon and a password."""
    try:
        name, colon, password = b64decode(value + b"=" * (-len(value) % 4), validate=True).partition(b":")
    except binascii.Error:
        return False
    return bool(name and colon and password) and (name + password).isascii()


def is_strong_password(value: bytes) -> bool:
    """Tell whether it has letters, digits, and either marks that names never have or no words in it."""
    return has_digit_and_letter(value) and (bool(_MARKS.search(value)) or looks_random(value))


def is_encoded_private_key(value: bytes) -> bool:
    """Tell whether it is the Base64 of a block that says it is a private key."""
    head = value[: _HEAD_LENGTH - _HEAD_LENGTH % 4]
    try:
        return b"PRIVATE KEY" in b64decode(head, validate=True)
    except binascii.Error:
        return False


def is_key_body(value: bytes) -> bool:
    r"""Tell whether enough Base64 for a key is in it, line ends aside, also those written "\n"."""
    packed = re.sub(rb"\\r|\\n|[\s\\\"'+,]", b"", value)
    return len(packed) >= 40 and entropy(packed) >= 3.5  # noqa: PLR2004 - an Ed25519 key has 48 or more

"""Made-up secrets, built of seeded randomness so that none stands in a file."""

import binascii
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from random import Random

Sample = Callable[[Random], str]
Part = str | Sample

DIGITS = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
HEX = DIGITS + "abcdef"
LOWER_ALNUM = DIGITS + LOWER
UPPER_ALNUM = DIGITS + UPPER
ALNUM = DIGITS + UPPER + LOWER
"""In the order of Base62 as GitHub's checksums have it."""
BASE32 = UPPER + "234567"
BASE64 = ALNUM + "+/"
URLSAFE = ALNUM + "-_"
DJANGO = LOWER_ALNUM + "!@#$%^&*(-_=+)"
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def text(*parts: Part) -> Sample:
    """Return the sample that has the parts one after the other."""
    return lambda random: "".join(part if isinstance(part, str) else part(random) for part in parts)


def word(length: int, alphabet: str) -> Sample:
    """Return random characters of the alphabet, one of them a digit when it has digits."""

    def made(random: Random) -> str:
        characters = random.choices(alphabet, k=length)
        if length > 1 and "7" in alphabet:
            characters[random.randrange(length)] = "7"
        return "".join(characters)

    return made


def uuid(random: Random) -> str:
    """Return a random UUID in its usual form."""
    return "-".join(word(length, HEX)(random) for length in (8, 4, 4, 4, 12))


def checked(prefix: str, length: int) -> Sample:
    """Return a token that ends in the Base62 of its CRC-32, as GitHub's and npm's do."""

    def made(random: Random) -> str:
        body = word(length, ALNUM)(random)
        return prefix + body + base62_crc32(body.encode())

    return made


def base62_crc32(body: bytes) -> str:
    """Return the CRC-32 of bytes in six digits of Base62.

    Spec: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    """
    value, digits = binascii.crc32(body), ""
    for _ in range(6):
        value, digit = divmod(value, len(ALNUM))
        digits = ALNUM[digit] + digits
    return digits


def encoded(*parts: Part) -> Sample:
    """Return the Base64 of the parts."""
    return lambda random: b64encode(text(*parts)(random).encode()).decode()


def pem(label: str, lines: int = 12) -> Sample:
    """Return a block of random bytes that says it is a key."""

    def made(random: Random) -> str:
        body = "\n".join(word(64, BASE64)(random) for _ in range(lines))
        return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"

    return made


def jwt(random: Random) -> str:
    """Return a web token with a random subject and signature."""
    subject = {"sub": word(10, DIGITS)(random), "admin": False}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, subject)]
    head, claims = (urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return f"{head}.{claims}.{word(43, ALNUM)(random)}"

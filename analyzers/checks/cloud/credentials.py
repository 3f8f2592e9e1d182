"""Credentials in what machines are started with.

Guidance: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
"""

import base64
import binascii
import re
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Subject, Unknown, texts
from analyzers.checks.cloud.rules import Judge, cause

_KEY = re.compile(
    r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])|aws_secret_access_key\s*=\s*\S", re.IGNORECASE
)
_SECRET = re.compile(
    r"(?i)\b\w*(?:password|passwd|secret|api_?key|token)\w*\s*[:=]\s*['\"]?(?P<secret>[^\s'\"$<{]{4}[^\s'\"]*)"
)


def no_credentials(says: str, *paths: str) -> Judge:
    """Return a judge of texts, in base64 or as they are, that must not have credentials."""

    def judge(subject: Subject) -> Iterator[Cause]:
        for path in paths:
            for place in subject.resource.places(path):
                if isinstance(place.value, Unknown):
                    subject.doubt(path)
                if any(map(_has_credential, texts(place.value))):
                    yield cause(says, place.lines)

    return judge


def secrets_of(text: str) -> Iterator[str]:
    """Yield what is secret of a text: the values of credentials, all of it when they are in base64."""
    decoded = _decoded(text)
    found = [each["secret"] for each in _SECRET.finditer(decoded)]
    found += [each[0] for each in _KEY.finditer(decoded)]
    yield from found if decoded == text else [text] * bool(found)


def _has_credential(text: str) -> bool:
    decoded = _decoded(text)
    return bool(_KEY.search(decoded) or _SECRET.search(decoded))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text

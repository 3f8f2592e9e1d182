"""What in objects is secret by its name or form, so that checks find it and reports do not show it."""

import re
from collections.abc import Iterator

from analyzers.checks.kubernetes.node import Node
from analyzers.checks.kubernetes.objects import Manifest
from analyzers.checks.secret_names import is_secret_name

_REFERENCE = re.compile(r"\$\([\w.-]+\)|\$\{[^}]*\}|<[^>]*>|x+|\*+", re.IGNORECASE)
"""What stands for a value rather than being one."""
_PATH_OR_WORD = re.compile(r"/[\w./-]*|true|false|yes|no|none|null|disabled|enabled", re.IGNORECASE)
_INLINE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b"
    r"|[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{1,100}:[^\s@/$<{]{1,100}@"
)
_LONGEST_VALUE = 64 * 1024
"""Of a value that is searched; longer ones are files of their own."""

Secret = tuple[int, int, str]
"""First line, last line and text."""


def is_value(text: str) -> bool:
    """Tell whether a text may be a secret itself: no reference, place or switch."""
    stripped = text.strip()
    return bool(stripped) and not (_REFERENCE.fullmatch(stripped) or _PATH_OR_WORD.fullmatch(stripped))


def is_secret(name: str, text: str) -> bool:
    """Tell whether an entry of configuration is a secret, by its name or its text."""
    named = is_secret_name(name) and is_value(text) and "\n" not in text.strip()
    return named or bool(_INLINE.search(text[:_LONGEST_VALUE]))


def secrets_of(manifest: Manifest) -> Iterator[Secret]:
    """Yield the secrets that stand in an object."""
    for container in manifest.containers:
        for each in container.node.at("env"):
            if is_secret(each.at("name").text, each.at("value").text):
                yield *each.lines, each.at("value").text
    if manifest.kind == "ConfigMap":
        yield from _entries(manifest.node.at("data"), all_of_them=False)
    if manifest.kind == "Secret":
        yield from _entries(manifest.node.at("data"), all_of_them=True)
        yield from _entries(manifest.node.at("stringData"), all_of_them=True)


def _entries(data: Node, *, all_of_them: bool) -> Iterator[Secret]:
    for key in data.keys:
        entry = data.at(key)
        if entry.text and (all_of_them or is_secret(key, entry.text)):
            yield *entry.lines, entry.text

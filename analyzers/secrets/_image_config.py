"""Secrets in the configuration of an image: environment, labels, commands of its history.

Spec: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from analyzers.inventory import Problem, Secret
from analyzers.secrets._engine import MOST_FINDINGS, SecretScanner

_COMMANDS = ("Cmd", "Entrypoint", "OnBuild")
_SHORTEST_VALUE = 6
"""Characters of a secret that is starred wherever it is; a shorter one may be a word elsewhere."""
_NOT_LINE_END = re.compile(rb"[^\n]")


def examine_image_config(
    config: Mapping[str, object], scanner: SecretScanner | None = None
) -> list[Secret | Problem]:
    """Return the secrets of a decoded configuration; what does not follow the specification is left out.

    Lines and offsets are those of the text that is searched: a line for each variable, label and command.
    """
    text = "\n".join(_lines(config))
    return list((scanner or _default()).examine("", text.encode(errors="replace")))


def starred(config: Mapping[str, object], scanner: SecretScanner | None = None) -> Callable[[str], str]:
    """Return what writes stars over the secrets of a configuration in any text that is taken from it."""
    lines = list(_lines(config))
    text = "\n".join(lines).encode(errors="replace")
    shown, values = bytearray(text), set[str]()
    for span in (scanner or _default()).spans("", text):
        secret = text[span.start : span.end]
        shown[span.start : span.end] = _NOT_LINE_END.sub(b"*", secret)
        values.update(part.strip() for part in secret.decode(errors="replace").splitlines())
    if shown == text:
        return lambda text: text
    return _Starring(dict(_changed(lines, bytes(shown))), values)


class _Starring:
    """Replaces whole lines, then values in what is left."""

    def __init__(self, lines: Mapping[str, str], values: set[str]) -> None:
        longest = sorted((each for each in values if len(each) >= _SHORTEST_VALUE), key=len, reverse=True)
        self._lines = lines
        self._values = re.compile("|".join(map(re.escape, longest[:MOST_FINDINGS])) or "(?!)")

    def __call__(self, text: str) -> str:
        return self._values.sub(lambda found: "*" * len(found[0]), self._lines.get(text, text))


def _changed(lines: Iterable[str], shown: bytes) -> Iterator[tuple[str, str]]:
    """Yield the lines that have secrets in them, of labels also the values alone, and how they are shown."""
    place = 0
    for line in lines:
        end = place + len(line.encode(errors="replace"))
        text = shown[place:end].decode(errors="replace")
        place = end + 1
        if text != line:
            yield line, text
            name, is_named, value = line.partition("=")
            if is_named and text.startswith(f"{name}="):
                yield value, text.removeprefix(f"{name}=")


@functools.cache
def _default() -> SecretScanner:
    return SecretScanner()


def _lines(config: Mapping[str, object]) -> Iterator[str]:
    inner = config.get("config")
    if isinstance(inner, Mapping):
        yield from _texts(inner.get("Env"))
        labels = inner.get("Labels")
        if isinstance(labels, Mapping):
            yield from (f"{name}={value}" for name, value in labels.items())
        for key in _COMMANDS:
            yield from _texts(inner.get(key))
        healthcheck = inner.get("Healthcheck")
        if isinstance(healthcheck, Mapping):
            yield from _texts(healthcheck.get("Test"))
    history = config.get("history")
    for step in history if isinstance(history, list | tuple) else ():
        if isinstance(step, Mapping):
            # BuildKit and Docker write build arguments before the command: "|1 TOKEN=… /bin/sh -c …".
            yield from _texts((step.get("created_by"), step.get("comment")))


def _texts(values: object) -> Iterator[str]:
    if isinstance(values, list | tuple):
        yield from (value for value in values if isinstance(value, str))

"""Secrets in the configuration of an image: environment, labels, commands of its history.

Spec: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md
"""

import functools
from collections.abc import Iterator, Mapping

from analyzers.inventory import Secret
from analyzers.secrets._engine import SecretScanner

_COMMANDS = ("Cmd", "Entrypoint", "OnBuild")


def scan_image_config(config: Mapping[str, object], scanner: SecretScanner | None = None) -> list[Secret]:
    """Return the secrets of a decoded configuration; what does not follow the specification is left out.

    Lines and offsets are those of the text that is searched: a line for each variable, label and command.
    """
    text = "\n".join(_lines(config))
    return list((scanner or _default()).scan("", text.encode(errors="replace")))


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

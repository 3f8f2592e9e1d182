"""The search for secrets as a user's file wants it."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator

import msgspec

from analyzers.inventory import Analyzer, Fact, File
from analyzers.secrets._config import SecretConfig
from analyzers.secrets._engine import SecretScanner

ID = "secrets/content"


def pack(config: SecretConfig) -> bytes:
    """Return the configuration as another process reads it."""
    return msgspec.msgpack.encode(config)


def configured(analyzers: Iterable[Analyzer], packed: bytes) -> tuple[Analyzer, ...]:
    """Return the analyzers, the one of secrets with a packed configuration."""
    return tuple(
        dataclasses.replace(each, parse=functools.partial(_parse, packed)) if each.id == ID else each
        for each in analyzers
    )


def _parse(packed: bytes, file: File) -> Iterator[Fact]:
    yield from scanner(packed).examine(file.path, file.data)


@functools.cache
def scanner(packed: bytes) -> SecretScanner:
    """Return the search that a packed configuration describes."""
    return SecretScanner(msgspec.msgpack.decode(packed, type=SecretConfig))

"""The search for secrets as a user's file wants it."""

import difflib
import functools
from collections.abc import Iterable, Iterator

import msgspec

from analyzers.inventory import Analyzer, Fact, File
from analyzers.secrets._allowed import BUILTIN
from analyzers.secrets._config import SecretConfig
from analyzers.secrets._engine import SecretScanner
from analyzers.secrets.rules import RULES

ID = "secrets/content"


def pack(config: SecretConfig) -> bytes:
    """Return the configuration as another process reads it."""
    return msgspec.msgpack.encode(config)


def unknown_names(config: SecretConfig) -> Iterator[str]:
    """Yield a sentence on each name that a configuration gives and no rule has."""
    builtin = {rule.id for rule in RULES}
    rules = builtin | {rule.id for rule in config.rules}
    allow_rules = {rule.id for rule in (*BUILTIN, *config.allow_rules)}
    for key, given, known in (
        ("enable-builtin-rules", config.enable_builtin_rules, builtin),
        ("disable-rules", config.disable_rules, rules),
        ("disable-allow-rules", config.disable_allow_rules, allow_rules),
    ):
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                yield f"{key}: no rule is called {name!r:.100}" + (f"; {close[0]!r} is" if close else "")


def configured(analyzers: Iterable[Analyzer], packed: bytes) -> tuple[Analyzer, ...]:
    """Return the analyzers, the one of secrets with a packed configuration."""
    return tuple(
        msgspec.structs.replace(each, parse=functools.partial(_parse, packed)) if each.id == ID else each
        for each in analyzers
    )


def _parse(packed: bytes, file: File) -> Iterator[Fact]:
    yield from scanner(packed).examine(file.path, file.data)


@functools.cache
def scanner(packed: bytes) -> SecretScanner:
    """Return the search that a packed configuration describes."""
    return SecretScanner(msgspec.msgpack.decode(packed, type=SecretConfig))

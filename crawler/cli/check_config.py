"""`cleanbill config`: whether the settings can be used, and what they are."""

import json
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import click

from config import environment, load
from config.addresses import without_credentials
from config.errors import ConfigError
from config.settings import Registry, Settings
from crawler.cli.options import DONE, USAGE, Options
from crawler.cli.running import write
from reports.printable import harmless_json, printable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

HIDDEN = "(hidden)"
_SECRETS = frozenset(("password", "secret"))
_ADDRESSES = frozenset(("url", "name"))
_UNITS = (("d", 86_400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0))


@click.group("config", short_help="Check the settings.")
def COMMAND() -> None:  # noqa: N802 - the name by which the group finds it
    """Check the settings.

    Example: cleanbill config check
    """


@COMMAND.command("check")
@click.pass_obj
def check(options: Options, /) -> int:
    """Print the settings as they are in force, without secrets; or what is wrong with them.

    Settings come from the file and from CLEANBILL_* variables. Each problem is a line, and the exit code 2.
    Certificates and keys are read: a crawl would come to that only later.

    Example: cleanbill --config cleanbill.toml config check
    """
    try:
        settings = options.settings()
        problems = (*_problems(settings),)
        lines = [*_origins(options), *_table("", settings)]
    except ConfigError as error:
        problems = error.problems
    if problems:
        for problem in problems:
            click.echo(f"cleanbill: {printable(problem)}", err=True)
        return USAGE
    write("\n".join(lines) + "\n", None)
    return DONE


def _problems(settings: Settings) -> Iterator[str]:
    """Yield what settings that can be read have wrong with them all the same."""
    for number, registry in enumerate(settings.registries):
        place = f"registries[{number}]"
        for fault in _unusable_files(registry):
            yield f"{place}: {fault}"


def _unusable_files(registry: Registry) -> Iterator[str]:
    """Yield what is wrong with the certificates and the key of a registry."""
    if not (registry.ca_file or registry.client_cert):
        return
    from crawler.registry.endpoint import Endpoint  # noqa: PLC0415 - most registries have no such files
    from crawler.registry.errors import RegistryError  # noqa: PLC0415 - as above
    from crawler.registry.tls import tls_context  # noqa: PLC0415 - as above

    for ca_file, cert, key in (
        (registry.ca_file, "", ""),
        ("", registry.client_cert, registry.client_key),
    ):
        try:
            endpoint = Endpoint(
                url=registry.url,
                ca_file=ca_file,
                client_cert=cert,
                client_key=key,
                insecure=registry.insecure,
            )
            tls_context(endpoint, shows_certificate=bool(cert))
        except RegistryError as error:
            yield str(error)


def _origins(options: Options) -> Iterator[str]:
    file = load.find(options.config, os.environ)
    yield f"# from {printable(str(file))}" if file else "# no settings file: defaults"
    for variable in environment.read(os.environ)[0]:
        yield f"# and from {variable.name}"


def _table(path: str, table: "DataclassInstance") -> Iterator[str]:
    """Yield a table's keys, then the tables in it, as TOML that can be read again."""
    inner: list[tuple[str, str, DataclassInstance]] = []
    for entry in fields(table):
        value = getattr(table, entry.name)
        place = f"{path}.{entry.name}".removeprefix(".")
        if is_dataclass(value) and not isinstance(value, type):
            inner.append((f"[{place}]", place, value))
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            inner += [(f"[[{place}]]", place, each) for each in value]
        elif path and value != "":
            yield f"{entry.name} = {_value(entry.name, value)}"
    for head, place, value in inner:
        lines = list(_table(place, value))
        if lines and lines[0]:  # else it has no keys of its own
            yield from ("", head)
        yield from lines


def _value(name: str, value: object) -> str:
    match value:
        case ("all",):
            return '"all"'
        case float():
            return f'"{_duration(value)}"'
        case str():
            return _text(_shown(name, value))
        case tuple():
            return f"[{', '.join(_text(str(each)) for each in value)}]"
    return json.dumps(value)


def _shown(name: str, value: str) -> str:
    if name in _SECRETS:
        return HIDDEN
    return without_credentials(value) if name in _ADDRESSES and "://" in value else value


def _text(text: str) -> str:
    return harmless_json(json.dumps(text, ensure_ascii=False))


def _duration(seconds: float) -> str:
    for unit, length in _UNITS:
        if seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds * 1000:.0f}ms"

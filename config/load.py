"""Settings from a file in TOML, overridden by environment variables."""

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from config import checks, environment
from config.environment import Place
from config.errors import ConfigError
from config.presence import is_absent
from config.settings import Registry, Settings, Webhook

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

NAME = "cleanbill.toml"
SETTINGS_BYTES = 4 * 1024 * 1024
"""Length of a settings file."""
SECRET_BYTES = 64 * 1024
"""Length of a file that holds one password or secret."""

_SECRETS = frozenset({"password", "secret"})
_EXPECTED = {
    "bool_type": "true or false",
    "dataclass_type": "a table",
    "int_type": "a whole number",
    "string_type": "a text",
    "tuple_type": "a list",
}


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a file and of CLEANBILL_* variables, which come first.

    Without `path` the file is cleanbill.toml in the working directory, else in cleanbill/ under
    $XDG_CONFIG_HOME (or ~/.config); none of them need exist. Files that hold secrets are read.

    Raises:
        ConfigError: with every problem found, each with its file or variable and its key.
    """
    file = find(path, environ)
    if file is None and not environment.is_set(environ):
        return Settings()
    variables, unknown = environment.read(environ)
    origins = _Origins(file, {variable.place: variable.name for variable in variables})
    values = _merged({} if file is None else _read_toml(file), environment.table(variables))
    settings, problems = _validated(values)
    if settings is not None:
        problems = [*checks.problems(settings)]
        settings = _with_secrets(settings, problems)
    sentences = [*unknown, *(origins.sentence(place, text) for place, text in problems)]
    if settings is None or sentences:
        raise ConfigError(sentences)
    return settings


def find(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the settings file that `load` reads, None when there is none.

    Raises:
        ConfigError: `path` is given and no such file exists, or what is found is no file.
    """
    found = path or next((place for place in _places(environ) if not is_absent(place)), None)
    if found is not None and (reason := _unreadable(found)):
        hint = "" if path else "; --config names another file"
        raise ConfigError([f"{f'{found}':.500}: {reason}{hint}"])
    return found


def _unreadable(path: Path) -> str:
    """Return why this is no settings file; "" when it is one, as far as can be told without reading it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "no such file"
    except OSError as error:  # a name too long, a folder that nobody may look into
        return _reason(error)
    if stat.S_ISDIR(mode):
        return f"is a directory, expected a file such as {path / NAME}"
    return "" if stat.S_ISREG(mode) else "is no regular file, expected one"


def _places(environ: Mapping[str, str]) -> list[Path]:
    places = [Path(NAME)]
    home = environ.get("HOME", "")
    folder = environ.get("XDG_CONFIG_HOME", "") or (f"{home}/.config" if home else "")
    if folder.startswith("/"):  # the XDG specification tells to ignore relative paths
        places.append(Path(folder, "cleanbill", NAME))
    return places


def _read_toml(file: Path) -> dict[str, object]:
    import tomllib  # noqa: PLC0415 - only what is set has to be read

    try:
        return tomllib.loads(_read_text(file, SETTINGS_BYTES))
    except (OSError, ValueError) as error:
        raise ConfigError([f"{file}: {_reason(error)}"]) from error


def _read_text(file: Path, limit_bytes: int) -> str:
    with file.open("rb") as stream:
        data = stream.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise ValueError(f"longer than {limit_bytes} bytes")
    return data.decode()


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    from analyzers.documents.wording import toml_problem  # noqa: PLC0415 -- most settings can be read

    return toml_problem(error)


def _merged(values: dict[str, object], variables: Mapping[str, object]) -> dict[str, object]:
    """Return the tables of file and variables put together key by key; a variable's value wins."""
    from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict  # noqa: PLC0415 -- takes its time, only when something is set

    class Sources(BaseSettings):
        model_config = SettingsConfigDict(extra="allow")

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: object, **__: object
        ) -> tuple[InitSettingsSource, ...]:
            return InitSettingsSource(settings_cls, dict(variables)), InitSettingsSource(settings_cls, values)

    return dict(Sources().model_extra or {})


def _validated(values: dict[str, object]) -> tuple[Settings | None, list[checks.Problem]]:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 -- a tenth of a second, only when there is something to validate

    # As JSON, because there strictness lets lists be tuples and tables be dataclasses, but "16" be no number.
    data = json.dumps(values, default=str)
    try:
        return TypeAdapter(Settings).validate_json(data, strict=True), []
    except ValidationError as error:
        return None, [_problem(detail) for detail in error.errors(include_url=False)]


def _problem(detail: "ErrorDetails") -> checks.Problem:
    place = detail["loc"]
    match detail["type"]:
        case "missing":
            return place, "missing"
        case "unexpected_keyword_argument":
            return place, f"unknown key (known: {', '.join(environment.keys(Settings, place[:-1]))})"
        case "literal_error":
            return place, f"{_shown(detail)} is unknown: expected {detail['ctx']['expected']}"
        case "value_error":
            return place, str(detail["ctx"]["error"])
        case kind if kind in _EXPECTED:
            return place, f"{_shown(detail)} is of the wrong type: expected {_EXPECTED[kind]}"
    return place, detail["msg"]


def _shown(detail: "ErrorDetails") -> str:
    # A text where a table or list belongs may be all of it, passwords included, with one bracket missing.
    scalar = _EXPECTED.get(detail["type"]) not in {"a table", "a list"} and not isinstance(
        detail["input"], dict | list
    )
    return repr(detail["input"]) if scalar and not _SECRETS.intersection(detail["loc"]) else "the value"


def _with_secrets(settings: Settings, problems: list[checks.Problem]) -> Settings:
    """Return the settings with the secrets that files hold; what cannot be read becomes a problem."""

    def read(place: Place, path: str) -> str:
        try:
            secret = _read_text(Path(path), SECRET_BYTES).rstrip("\r\n")
        except (OSError, ValueError) as error:
            problems.append((place, f"{path!r} cannot be read: {_reason(error)}"))
            return ""
        if not secret:
            problems.append((place, f"{path!r} is empty"))
        return secret

    def of_registry(index: int, registry: Registry) -> Registry:
        if registry.password or not registry.password_file:
            return registry
        place = ("registries", index, "password_file")
        return replace(registry, password=read(place, registry.password_file))

    def of_webhook(index: int, webhook: Webhook) -> Webhook:
        if webhook.secret or not webhook.secret_file:
            return webhook
        place = ("webhooks", index, "secret_file")
        secret = read(place, webhook.secret_file)
        if secret and not checks.is_webhook_secret(secret):
            problems.append((place, checks.NOT_DECODABLE))
        return replace(webhook, secret=secret)

    return replace(
        settings,
        registries=tuple(of_registry(*entry) for entry in enumerate(settings.registries)),
        webhooks=tuple(of_webhook(*entry) for entry in enumerate(settings.webhooks)),
    )


class _Origins:
    """Knows which file or variable a place of the settings was written in."""

    def __init__(self, file: Path | None, variables: Mapping[Place, str]) -> None:
        self._file = "" if file is None else str(file)
        self._variables = variables

    def sentence(self, place: Place, text: str) -> str:
        prefixes = [place[:length] for length in range(len(place), 0, -1)]
        names = (self._variables[prefix] for prefix in prefixes if prefix in self._variables)
        return ": ".join(part for part in (next(names, self._file), _key(place), text) if part)


def _key(place: Place) -> str:
    key = ""
    for part in place:
        key += f"[{part}]" if isinstance(part, int) else f".{part}"
    return key.removeprefix(".")

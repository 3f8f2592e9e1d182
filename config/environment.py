"""Settings from environment variables: CLEANBILL_SECTION__KEY."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from analyzers.documents.wording import json_problem
from config.settings import Settings

PREFIX = "CLEANBILL_"

Place = tuple[str | int, ...]

# Kubernetes adds these to every container beside a service that is called "cleanbill…".
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_SERVICE_LINK = re.compile(
    r"""\w+_(?: SERVICE_HOST=[0-9a-f.:]+
             | SERVICE_PORT(_\w+)?=[0-9]+
             | PORT(_[0-9]+_(TCP|UDP|SCTP))?=(tcp|udp|sctp)://\S+
             | PORT_[0-9]+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)=\S+ )""",
    re.ASCII | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable that is set, as a value for one place of the settings."""

    name: str
    place: Place
    value: object


def read(environ: Mapping[str, str]) -> tuple[list[Variable], list[str]]:
    """Return the variables of settings, sections before their keys, and a sentence for each that is none.

    Texts are taken as they are; numbers, true, false, lists and tables are JSON.
    """
    known = dict(_variables(Settings, ()))
    found: list[Variable] = []
    problems: list[str] = []
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        if _is_service_link(name, environ[name]):
            continue
        try:
            place, annotation = known[name]
            found.append(Variable(name=name, place=place, value=_decoded(environ[name], annotation)))
        except KeyError:
            problems.append(f"{name}: unknown variable (known: {', '.join(known)})")
        except ValueError as error:
            problems.append(f"{name}: {error}")
    return sorted(found, key=lambda variable: len(variable.place)), problems


def table(variables: Iterable[Variable]) -> dict[str, object]:
    """Return the values of variables, sections before their keys, as the tables of a settings file."""
    tables: dict[str, object] = {}
    for variable in variables:
        inner: object = tables
        for key in variable.place[:-1]:
            inner = inner.setdefault(str(key), {}) if isinstance(inner, dict) else inner
        if isinstance(inner, dict):  # else a section's own variable is no table, which the validation tells
            inner[str(variable.place[-1])] = variable.value
    return tables


def is_set(environ: Mapping[str, str]) -> bool:
    """Say whether any variable is set that `read` would answer for."""
    return any(name.startswith(PREFIX) and not _is_service_link(name, environ[name]) for name in environ)


def keys(annotation: Any, place: Place = ()) -> tuple[str, ...]:  # noqa: ANN401 -- annotations have no common type
    """Return the names of the keys at a place below an annotation; none where it is no table."""
    annotation = _plain(annotation)
    if get_origin(annotation) is tuple:
        return keys(get_args(annotation)[0], place[1:])
    if not is_dataclass(annotation):
        return ()
    hints = get_type_hints(annotation)
    if not place:
        return tuple(entry.name for entry in fields(annotation))
    return keys(hints[str(place[0])], place[1:]) if place[0] in hints else ()


def _is_service_link(name: str, value: str) -> bool:
    return _SERVICE_LINK.fullmatch(f"{name}={value}") is not None


def _variables(table: type, place: Place) -> Iterator[tuple[str, tuple[Place, Any]]]:
    for key, annotation in _hints(table).items():
        here = (*place, key)
        yield PREFIX + "__".join(str(name).upper() for name in here), (here, annotation)
        if isinstance(plain := _plain(annotation), type) and is_dataclass(plain):
            yield from _variables(plain, here)


def _hints(table: type) -> dict[str, Any]:
    hints = get_type_hints(table)
    return {entry.name: hints[entry.name] for entry in fields(table)}


def _plain(annotation: Any) -> Any:  # noqa: ANN401 -- annotations have no common type
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _decoded(text: str, annotation: Any) -> object:  # noqa: ANN401 -- annotations have no common type
    try:
        text.encode()
    except UnicodeEncodeError:  # what os.environ makes of other bytes
        raise ValueError("the value is not UTF-8") from None
    if annotation is str or get_origin(annotation) is Literal:
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith(("[", "{")):
            raise ValueError(f"not JSON: {json_problem(error)}") from None
        return text  # "1h", "4GiB" and "all" are texts; anything else the validation refuses

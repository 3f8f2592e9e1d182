"""Values of Helm charts: read from YAML, set on the command line, laid over each other.

Reference: https://helm.sh/docs/chart_template_guide/values_files/,
https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from analyzers.documents import yaml as safe_yaml
from analyzers.documents.wording import kind_of, yaml_problem
from analyzers.errors import ParseError

Values = dict[str, object]
_KEY = re.compile(r"((?:[^\\.=\[,]|\\.)+)|\[(\d{1,4})\]|\.")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}
_MOST_ITEMS = 1000


def read_values(data: bytes, path: str) -> Values:
    """Return the mapping of a values file, {} for an empty one.

    Raises:
        ParseError: it is no YAML, or no mapping.
    """
    value = _typed(data, path)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ParseError(f"{path}: {kind_of(value)}, expected a mapping")
    return value


def _typed(data: bytes, path: str) -> object:
    safe_yaml.load(data, path)  # refuses what would end the process below: deep nesting, values in themselves
    import yaml  # noqa: PLC0415 - takes 20 ms, and is seldom needed

    class Loader(yaml.CSafeLoader):
        """Leaves dates as text, as Helm does."""

        yaml_implicit_resolvers = {  # noqa: RUF012 - the library's own form
            first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
            for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
        }

    try:
        return yaml.load(data, Loader=Loader)  # noqa: S506 - a safe one
    except (yaml.YAMLError, RecursionError) as error:
        raise ParseError(f"{path}: {yaml_problem(error)}, expected YAML") from error
    except (ValueError, LookupError, AttributeError) as error:  # "!!bool x", "!!int ''", "!!timestamp x"
        raise ParseError(f"{path}: a value that does not fit its tag, expected YAML") from error


def laid_over(under: Mapping[str, object], over: Mapping[str, object]) -> Values:
    """Return both together: mappings are joined, other values of `over` win, and its nulls remove."""
    joined: Values = dict(under)
    for key, value in over.items():
        below = joined.get(key)
        if value is None:
            joined.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            joined[key] = laid_over(below, value)
        else:
            joined[key] = value
    return joined


def all_laid_over(layers: Iterable[Mapping[str, object]]) -> Values:
    """Return mappings together, later ones over earlier ones."""
    joined: Values = {}
    for layer in layers:
        joined = laid_over(joined, layer)
    return joined


def parse_set(text: str) -> Values:
    r"""Return what one `--set` says: "a.b=1,c[0]=x,d={x,y}"; "\" takes the meaning from what follows it.

    Raises:
        ParseError: a part has no "=", or no name before it.
    """
    values: Values = {}
    for part in _split(text, ","):
        name, equals, value = _parted(part)
        if not equals or not name:
            raise ParseError(f"{part!r:.100}, expected 'name=value'")
        _put(values, _keys(name), _value(value))
    return values


def _split(text: str, separator: str) -> list[str]:
    """Return the parts between separators that are neither escaped nor inside of braces."""
    parts, depth, escaped = [""], 0, False
    for letter in text:
        depth += 0 if escaped else (letter == "{") - (letter == "}")
        if letter == separator and not escaped and depth <= 0:
            parts.append("")
        else:
            parts[-1] += letter
        escaped = letter == "\\" and not escaped
    return [part for part in parts if part]


def _parted(part: str) -> tuple[str, str, str]:
    match = re.match(r"((?:[^\\=]|\\.)*)(=?)", part)
    return (match[1], match[2], part[match.end() :]) if match else ("", "", "")


def _keys(name: str) -> list[str | int]:
    keys: list[str | int] = []
    position = 0
    while position < len(name):
        match = _KEY.match(name, position)
        if match is None:
            raise ParseError(f"{name!r:.100}, expected names, dots and '[0]'")
        if match[1]:
            keys.append(_plain(match[1]))
        elif match[2]:
            keys.append(int(match[2]))
        position = match.end()
    if not keys or isinstance(keys[0], int):
        raise ParseError(f"{name!r:.100}, expected a name first")
    return keys


def _put(values: Values, keys: list[str | int], value: object) -> None:
    place: object = values
    for key, following in pairwise(keys):
        below = _get(place, key)
        if not isinstance(below, list if isinstance(following, int) else dict):
            below = [] if isinstance(following, int) else {}
            _assign(place, key, below)
        place = below
    _assign(place, keys[-1], value)


def _get(place: object, key: str | int) -> object:
    if isinstance(place, list) and isinstance(key, int):
        return place[key] if key < len(place) else None
    return place.get(key) if isinstance(place, dict) else None


def _assign(place: object, key: str | int, value: object) -> None:
    if isinstance(place, dict):
        place[key] = value
    elif isinstance(place, list) and isinstance(key, int):
        if key >= _MOST_ITEMS:
            raise ParseError(f"index {key}, expected less than {_MOST_ITEMS}")
        place.extend([None] * (key + 1 - len(place)))
        place[key] = value


def _value(text: str) -> object:
    if text.startswith("{") and text.endswith("}"):
        return [_value(each.strip()) for each in _split(text[1:-1], ",")]
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)

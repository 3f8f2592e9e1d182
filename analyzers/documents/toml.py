"""TOML documents.

Format: https://toml.io/en/v1.0.0
"""

import re

from analyzers.documents import Value
from analyzers.documents.wording import toml_problem
from analyzers.errors import ParseError

_MOST_DOTS = 200
"""In one line, outside of strings: keys of many parts cost the library the square of their number."""
_STRING = re.compile(r""""(?:[^"\\]|\\.)*+"?|'[^']*+'?""")
_INTEGERS = range(-(2**63), 2**63)  # what the format asks for; longer ones may be too long to print


def load(data: bytes, path: str) -> dict[str, Value]:
    """Return the document's table; dates and times are their text.

    Raises:
        ParseError: it is no TOML, or has integers of more than 64 bits or keys of hundreds of parts.
    """
    import tomllib  # noqa: PLC0415 - most images have no TOML file

    try:
        document = data.decode("utf-8-sig")
        _check_keys(document)
        value = tomllib.loads(document)
        return {key: _plain(each) for key, each in value.items()}
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{path}: {toml_problem(error)}, expected TOML") from error


def _check_keys(document: str) -> None:
    for number, line in enumerate(document.split("\n"), start=1):
        if line.count(".") > _MOST_DOTS and _STRING.sub("", line).count(".") > _MOST_DOTS:
            raise ValueError(f"line {number}: more than {_MOST_DOTS} dots outside of strings")


def _plain(value: object) -> Value:
    match value:
        case int() if value not in _INTEGERS:
            raise ValueError("an integer of more than 64 bits")
        case str() | bool() | int() | float():
            return value
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case _:
            return str(value)

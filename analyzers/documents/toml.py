"""TOML documents.

Format: https://toml.io/en/v1.0.0
"""

from analyzers.documents import Value
from analyzers.errors import ParseError

_INTEGERS = range(-(2**63), 2**63)  # what the format asks for; longer ones may be too long to print


def load(data: bytes, path: str) -> dict[str, Value]:
    """Return the document's table; dates and times are their text.

    Raises:
        ParseError: it is no TOML, or has integers of more than 64 bits.
    """
    import tomllib  # noqa: PLC0415 - most images have no TOML file

    try:
        value = tomllib.loads(data.decode("utf-8-sig"))
        return {key: _plain(each) for key, each in value.items()}
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{path}: {error}, expected TOML") from error


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

"""Decodes VEX documents into typed values; a part that does not fit is an error.

What narrows a statement may not get lost, or it would speak of more than its author did.
"""

from typing import TypeVar

import msgspec

from analyzers.documents import Value
from analyzers.documents.wording import decoding_problem
from analyzers.errors import ParseError

T = TypeVar("T")


def convert(value: Value, type_: type[T], source: str) -> T:
    """Return a document as `type_`; null counts as absent.

    Raises:
        ParseError: it does not fit; says where.
    """
    try:
        return msgspec.convert(_without_nulls(value), type_)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ParseError(f"{source}: {decoding_problem(error)}"[:500]) from error


def _without_nulls(value: Value) -> Value:
    match value:
        case dict():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value

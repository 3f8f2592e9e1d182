"""Decodes JSON into typed values, and where strangers' documents stray from the types, saves what can be."""

from collections.abc import Iterator
from typing import TypeVar

import msgspec
from msgspec import inspect

from analyzers.documents import Value, json
from analyzers.documents.wording import decoding_problem, kind_of
from analyzers.errors import ParseError

T = TypeVar("T")
_PLACES = 20


def decode(data: bytes, type_: type[T], path: str) -> tuple[T, tuple[str, ...]]:
    """Return the document as `type_`, whose fields all have defaults, and the places of what did not fit.

    Nulls count as absent, numbers where text belongs as their text.

    Raises:
        ParseError: it is no JSON object.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(data, type=type_), ()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = json.load_object(data, path)
    mending = _Mending()
    try:
        mended = mending.mend(value, inspect.type_info(type_), "")
        return msgspec.convert(mended, type_), tuple(mending.lost)
    except (_MisfitError, msgspec.ValidationError, RecursionError) as error:
        raise ParseError(
            f"{path}: {decoding_problem(error)}, expected what the format's schema says"
        ) from error


class _MisfitError(ValueError):
    """A value is of another type."""


class _Mending:
    """Makes plain values fit a type by leaving out what does not."""

    def __init__(self) -> None:
        self.lost: list[str] = []

    def mend(self, value: Value, type_: inspect.Type, place: str) -> Value:
        match type_:
            case inspect.StructType() if isinstance(value, dict):
                return dict(self._fields(value, type_, place))
            case inspect.VarTupleType() if isinstance(value, list):
                return list(self._elements(value, type_, place))
            case inspect.StrType() if isinstance(value, str):
                return value
            case inspect.StrType() if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
            case inspect.UnionType():
                return self._any(value, type_, place)
        raise _MisfitError(f"{place or 'document'}: {kind_of(value)}")

    def _fields(
        self, value: dict[str, Value], type_: inspect.StructType, place: str
    ) -> Iterator[tuple[str, Value]]:
        for field in type_.fields:
            found = value.get(field.encode_name)
            if found is not None:
                for mended in self._kept(found, field.type, f"{place}.{field.encode_name}".lstrip(".")):
                    yield field.encode_name, mended

    def _elements(self, value: list[Value], type_: inspect.VarTupleType, place: str) -> Iterator[Value]:
        for number, each in enumerate(value):
            if each is not None:
                yield from self._kept(each, type_.item_type, f"{place}[{number}]")

    def _kept(self, value: Value, type_: inspect.Type, place: str) -> Iterator[Value]:
        try:
            yield self.mend(value, type_, place)
        except _MisfitError:
            if len(self.lost) < _PLACES:
                self.lost.append(place)

    def _any(self, value: Value, type_: inspect.UnionType, place: str) -> Value:
        for each in type_.types:
            try:
                return self.mend(value, each, place)
            except _MisfitError:
                continue
        raise _MisfitError(f"{place}: {kind_of(value)}")

"""Functions of the Azure Resource Manager that need nothing but their arguments.

Format: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
"""

import re
from collections.abc import Callable, Mapping

from analyzers.checks.cloud.model import UNKNOWN, Value

_LONGEST = 4096
_MOST_ELEMENTS = 10_000
Arguments = list[Value]


def call(function: str, arguments: Arguments) -> Value:
    """Return what a function in lower case gives; unknown, where it or an argument is not known."""
    return _FUNCTIONS.get(function, _unknown)(arguments)


def _unknown(arguments: Arguments) -> Value:  # noqa: ARG001 - as all have it
    return UNKNOWN


def _concat(arguments: Arguments) -> Value:
    if all(isinstance(each, str | int) for each in arguments):
        return "".join(map(str, arguments))[:_LONGEST]
    lists = [each for each in arguments if isinstance(each, tuple)]
    is_known = len(lists) == len(arguments) and sum(map(len, lists)) <= _MOST_ELEMENTS
    return tuple(one for each in lists for one in each) if is_known else UNKNOWN


def _string(arguments: Arguments) -> Value:
    match arguments:
        case [str() | int() as one]:
            return str(one)
        case _:
            return UNKNOWN


def _int(arguments: Arguments) -> Value:
    one = _string(arguments)
    return int(one) if isinstance(one, str) and re.fullmatch(r"-?[0-9]{1,15}", one) else UNKNOWN


def _length(arguments: Arguments) -> Value:
    match arguments:
        case [str() | tuple() as one]:
            return len(one)
        case _:
            return UNKNOWN


def _empty(arguments: Arguments) -> Value:
    length = _length(arguments)
    return length == 0 if isinstance(length, int) else UNKNOWN


def _equals(arguments: Arguments) -> Value:
    match arguments:
        case [str() | int() as one, str() | int() as other]:
            return one == other
        case _:
            return UNKNOWN


def _if(arguments: Arguments) -> Value:
    match arguments:
        case [bool(holds), first, second]:
            return first if holds else second
        case _:
            return UNKNOWN


def _not(arguments: Arguments) -> Value:
    match arguments:
        case [bool(one)]:
            return not one
        case _:
            return UNKNOWN


def _and(arguments: Arguments) -> Value:
    if False in arguments:
        return False
    return True if all(each is True for each in arguments) else UNKNOWN


def _or(arguments: Arguments) -> Value:
    if True in arguments:
        return True
    return False if all(each is False for each in arguments) else UNKNOWN


def _cased(change: Callable[[str], str]) -> Callable[[Arguments], Value]:
    def cased(arguments: Arguments) -> Value:
        match arguments:
            case [str(word)]:
                return change(word)
            case _:
                return UNKNOWN

    return cased


_FUNCTIONS: Mapping[str, Callable[[Arguments], Value]] = {
    "and": _and,
    "array": tuple,
    "concat": _concat,
    "createarray": tuple,
    "empty": _empty,
    "equals": _equals,
    "false": lambda _: False,
    "if": _if,
    "int": _int,
    "length": _length,
    "not": _not,
    "or": _or,
    "string": _string,
    "tolower": _cased(str.lower),
    "toupper": _cased(str.upper),
    "true": lambda _: True,
}

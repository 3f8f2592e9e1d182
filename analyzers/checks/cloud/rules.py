"""How checks of cloud resources are written: a resource's attribute, what it has to be, and what to say."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from analyzers.checks.check import Cause, Check
from analyzers.checks.cloud.model import Block, Lines, Subject, Unknown, Value, may_be_anything, number, truth
from analyzers.severity import Severity

Judge = Callable[[Subject], Iterable[Cause]]

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL


@dataclass(frozen=True, slots=True, eq=False)
class About:
    """What a check is about: resources of some kinds, all or those of a condition."""

    kinds: frozenset[str]
    only: Callable[[Subject], bool] | None

    def __call__(self, subject: Subject) -> bool:
        """Tell whether the check applies."""
        return subject.resource.kind in self.kinds and (self.only is None or self.only(subject))


@dataclass(frozen=True, slots=True)
class Service:
    """A provider's service, which makes the checks of its file."""

    provider: str
    name: str

    def check(  # noqa: PLR0913 - a check is that much
        self,
        check_id: str,
        severity: Severity,
        *kinds: str,
        title: str,
        why: str,
        mend: str,
        judge: Judge,
        only: Callable[[Subject], bool] | None = None,
        link: str = "",
    ) -> Check[Subject]:
        """Return a check of resources of some kinds; the link is the public catalogue's, unless given."""
        return Check(
            id=check_id,
            title=title,
            severity=severity,
            description=why,
            resolution=mend,
            link=link or f"https://avd.aquasec.com/misconfig/{check_id.lower()}",
            judge=judge,
            applies=About(frozenset(kinds), only),
            provider=self.provider,
            service=self.name,
        )


def cause(message: str, lines: Lines) -> Cause:
    """Return a cause at some lines."""
    return Cause(message, *lines)


def whole(subject: Subject, message: str) -> Cause:
    """Return a cause that is all of the resource."""
    return Cause(message, *subject.resource.attributes.lines)


Fails = Callable[[Value | None], bool | None]
"""Whether a value is wrong, None when it cannot be told."""


def _each(path: str, fails: Fails, says: str, *, is_set: bool = False) -> Judge:
    """Return a judge of each place of a path.

    Args:
        path: see `Resource.places`.
        fails: judges a value that is known.
        says: what is wrong.
        is_set: whether any value will do, so that one of another resource's does, too.
    """

    def judge(subject: Subject) -> Iterator[Cause]:
        for place in subject.resource.places(path):
            verdict = _verdict(place.value, fails, is_set=is_set)
            if verdict is None:
                subject.doubt(path)
            elif verdict:
                yield cause(says, place.lines)

    return judge


def _verdict(value: Value | None, fails: Fails, *, is_set: bool) -> bool | None:
    if isinstance(value, Unknown):
        return False if is_set and value.refers else None
    return fails(value)


def on(path: str, says: str, *, default: bool = False) -> Judge:
    """Return a judge of a switch that has to be on; `default` is what holds where it is not set."""
    return _each(path, lambda value: _is(value, default, False), says)  # noqa: FBT003 - what it is compared with


def off(path: str, says: str, *, default: bool = False) -> Judge:
    """Return a judge of a switch that has to be off."""
    return _each(path, lambda value: _is(value, default, True), says)  # noqa: FBT003 - as above


def present(path: str, says: str) -> Judge:
    """Return a judge of an attribute that has to be there, and not empty; that of a resource will do."""
    return _each(path, is_empty, says, is_set=True)


def absent(path: str, says: str) -> Judge:
    """Return a judge of an attribute that must not be there."""

    def judge(subject: Subject) -> Iterator[Cause]:
        for place in subject.resource.places(path):
            if may_be_anything(place.value):
                subject.doubt(path)
            elif not is_empty(place.value):
                yield cause(says, place.lines)

    return judge


def among(path: str, allowed: Iterable[str], says: str, *, default: str = "") -> Judge:
    """Return a judge of a word that has to be one of some, in whichever case."""
    words = {each.lower() for each in allowed}
    return _each(path, lambda value: _word(value, default) not in words, says)


def not_among(path: str, refused: Iterable[str], says: str, *, default: str = "") -> Judge:
    """Return a judge of a word that must not be one of some, in whichever case."""
    words = {each.lower() for each in refused}
    return _each(path, lambda value: _word(value, default) in words, says)


def at_least(
    path: str, least: float, says: str, *, default: float = 0, besides: float | None = None
) -> Judge:
    """Return a judge of a number that has a least, or is another one that is good, such as 0 for ever."""

    def fails(value: Value | None) -> bool | None:
        amount = _amount(value, default)
        return None if amount is None else amount < least and amount != besides

    return _each(path, fails, says)


def at_most(path: str, most: float, says: str, *, default: float) -> Judge:
    """Return a judge of a number that has a most."""

    def fails(value: Value | None) -> bool | None:
        amount = _amount(value, default)
        return None if amount is None else amount > most

    return _each(path, fails, says)


def both(*judges: Judge) -> Judge:
    """Return a judge that fails wherever one of several does."""

    def judge(subject: Subject) -> Iterator[Cause]:
        for each in judges:
            yield from each(subject)

    return judge


def has(path: str) -> Callable[[Subject], bool]:
    """Return a condition: the attribute is there."""
    return lambda subject: any(not is_empty(place.value) for place in subject.resource.places(path))


def when(path: str, *words: str, default: str = "") -> Callable[[Subject], bool]:
    """Return a condition: an attribute is one of some words, in whichever case; unknown, it is a doubt."""
    lowered = {each.lower() for each in words}

    def holds(subject: Subject) -> bool:
        return subject.knows(path) and _word(subject.resource.get(path), default) in lowered

    return holds


def is_empty(value: Value | None) -> bool:
    """Tell whether a value says nothing: absent, no text, no element."""
    if isinstance(value, Block):
        return False
    return value is None or value in ("", ())


def _is(value: Value | None, default: bool, wrong: bool) -> bool | None:  # noqa: FBT001 - both are switches
    found = default if value is None else truth(value)
    return None if found is None else found is wrong


def _word(value: Value | None, default: str) -> str:
    match value:
        case None:
            return default.lower()
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value).lower()
        case _:
            return ""


def _amount(value: Value | None, default: float) -> float | None:
    return default if value is None else number(value)

"""How checks of cloud resources are written: a resource's attribute, what it has to be, and what to say."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from analyzers.checks.check import Cause, Check
from analyzers.checks.cloud.model import Block, Lines, Place, Subject, Unknown, Value, number, truth
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


def _each(path: str, fails: Callable[[Value | None], bool], says: str) -> Judge:
    def judge(subject: Subject) -> Iterator[Cause]:
        for place in subject.resource.places(path):
            if not isinstance(place.value, Unknown) and fails(place.value):
                yield cause(says, place.lines)

    return judge


def on(path: str, says: str, *, default: bool = False) -> Judge:
    """Return a judge of a switch that has to be on; `default` is what holds where it is not set."""
    return _each(path, lambda value: (default if value is None else truth(value)) is False, says)


def off(path: str, says: str, *, default: bool = False) -> Judge:
    """Return a judge of a switch that has to be off."""
    return _each(path, lambda value: (default if value is None else truth(value)) is True, says)


def present(path: str, says: str) -> Judge:
    """Return a judge of an attribute that has to be there, and not empty."""
    return _each(path, is_empty, says)


def absent(path: str, says: str) -> Judge:
    """Return a judge of an attribute that must not be there, known or not."""

    def judge(subject: Subject) -> Iterator[Cause]:
        for place in subject.resource.places(path):
            if not is_empty(place.value):
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


def at_least(path: str, least: float, says: str, *, default: float = 0) -> Judge:
    """Return a judge of a number that has a least."""
    return _each(path, lambda value: _amount(value, default, least) < least, says)


def at_most(path: str, most: float, says: str, *, default: float) -> Judge:
    """Return a judge of a number that has a most."""
    return _each(path, lambda value: _amount(value, default, most) > most, says)


def either(*judges: Judge) -> Judge:
    """Return a judge that fails where the first does, when all others fail, too."""

    def judge(subject: Subject) -> Iterable[Cause]:
        causes = [list(each(subject)) for each in judges]
        return causes[0] if all(causes) else ()

    return judge


def both(*judges: Judge) -> Judge:
    """Return a judge that fails wherever one of several does."""

    def judge(subject: Subject) -> Iterator[Cause]:
        for each in judges:
            yield from each(subject)

    return judge


def has(path: str) -> Callable[[Subject], bool]:
    """Return a condition: the attribute is there."""
    return lambda subject: any(not is_empty(place.value) for place in subject.resource.places(path))


def is_empty(value: Value | None) -> bool:
    """Tell whether a value says nothing: absent, no text, no element."""
    if isinstance(value, Block):
        return False
    return value is None or value in ("", ())


def is_on(place: Place) -> bool:
    """Tell whether a switch is on, or may be."""
    return isinstance(place.value, Unknown) or truth(place.value) is True


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


def _amount(value: Value | None, default: float, otherwise: float) -> float:
    if value is None:
        return default
    amount = number(value)
    return otherwise if amount is None else amount

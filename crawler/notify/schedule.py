"""What a receiver's answer means: taken, try again later, give up, or leave it alone.

Conventions: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from dataclasses import dataclass
from http import HTTPStatus

from reports.counting import count

MINUTE_S, HOUR_S = 60.0, 3600.0
FIRST_DELAYS_S = (
    5.0,
    30.0,
    2 * MINUTE_S,
    10 * MINUTE_S,
    30 * MINUTE_S,
    HOUR_S,
    2 * HOUR_S,
    4 * HOUR_S,
    8 * HOUR_S,
)
"""Pauses after the first, second … attempt in vain."""
LATER_DELAY_S = 12 * HOUR_S
"""Every further pause."""
TOTAL_S = 72 * HOUR_S
"""No attempt is planned later than this after the first."""
JITTER = 0.2
"""Pauses are this part shorter to this part longer, so that receivers that failed together are not met so."""
REFUSALS = 5
"""How often a receiver may refuse a message before the next one is tried."""
LONGEST_ASKED_S = 12 * HOUR_S
"""A Retry-After above this is cut."""

_ASKS_TO_WAIT = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The receiver answered."""

    status: int
    retry_after_s: float | None = None
    excerpt: str = ""
    """The first printable words of the answer."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """There was no answer, and one sentence why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver has the message."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The same message is to be sent again after a pause."""

    error: str
    after_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The message is not sent again by itself."""

    error: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The receiver wants no message any more."""

    error: str


Decision = Taken | Retry | GiveUp | Gone


def decide(answer: Answered | Unreachable, *, attempts: int, chance: float) -> Decision:
    """Return what is to be done after an attempt.

    Args:
        answer: what came of it.
        attempts: how many there were, this one included.
        chance: a random number from 0 to 1.
    """
    if isinstance(answer, Unreachable):
        return _again(answer.reason, attempts, chance)
    status, error = answer.status, _sentence(answer)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Taken()
    if status == HTTPStatus.GONE:
        return Gone(error)
    if _is_refusal(status) and attempts >= REFUSALS:
        return GiveUp(f"{error} ({count(attempts, 'attempt')})")
    asked_s = answer.retry_after_s if status in _ASKS_TO_WAIT else None
    return _again(error, attempts, chance, at_least_s=min(asked_s or 0.0, LONGEST_ASKED_S))


def pause_s(attempts: int) -> float | None:
    """Return the pause after so many attempts in vain, without jitter; None when there were enough."""
    planned = [_delay_s(number) for number in range(1, attempts + 1)]
    return planned[-1] if sum(planned) <= TOTAL_S else None


def _again(error: str, attempts: int, chance: float, *, at_least_s: float = 0.0) -> Decision:
    planned_s = pause_s(attempts)
    if planned_s is None:
        return GiveUp(f"{error} ({count(attempts, 'attempt')})")
    return Retry(error, max(planned_s * (1 - JITTER + 2 * JITTER * chance), at_least_s))


def _delay_s(number: int) -> float:
    return FIRST_DELAYS_S[number - 1] if number <= len(FIRST_DELAYS_S) else LATER_DELAY_S


def _is_refusal(status: int) -> bool:
    """Tell whether the same message will hardly be welcome later."""
    is_client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return is_client_error and status not in _PASSING


def _sentence(answer: Answered) -> str:
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST
    told = f"it answered {answer.status}, and redirects are not followed" if is_redirect else ""
    told = told or f"it answered {answer.status}"
    return f"{told}: {answer.excerpt!r}" if answer.excerpt else told

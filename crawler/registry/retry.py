"""When to try again, and how fast to go on; clock and randomness are arguments.

Specs: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 (Retry-After) and
https://docs.docker.com/docker-hub/usage/pulls/ (ratelimit-remaining: "76;w=21600")
"""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

import msgspec

from crawler.registry.errors import RegistryError, ServerError, UnreachableError

_NUMBER = re.compile(r"\s*(?P<count>\d{1,12})\s*(?:;(?P<rest>.*))?", re.DOTALL)
_WINDOW = re.compile(r"(?:^|;)\s*w\s*=\s*(?P<seconds>\d{1,9})")


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How long one request may be repeated."""

    attempts: int = 5
    total_s: float = 180.0
    """No new attempt starts later than this after the first."""
    first_s: float = 0.5
    """The longest first pause; each next may be twice as long."""
    longest_s: float = 30.0
    """No pause of our own choice is longer."""
    longest_asked_s: float = 120.0
    """A Retry-After above this ends the attempts: the crawl comes back later by itself."""


def next_pause_s(
    policy: RetryPolicy, error: RegistryError, *, attempt: int, elapsed_s: float, chance: float
) -> float | None:
    """Return the seconds to wait before the next attempt; None when there must be none.

    Args:
        policy: the bounds.
        error: why the attempt failed.
        attempt: how many attempts there were, from 1.
        elapsed_s: time since the first began.
        chance: a random number from 0 to 1. The pause is spread over its whole length ("full jitter"):
            clients that failed together must not come back together.
    """
    if not error.retryable or attempt >= policy.attempts:
        return None
    asked_s = error.retry_after_s if isinstance(error, ServerError) else None
    if asked_s is not None and asked_s > policy.longest_asked_s:
        return None
    ours_s = chance * min(policy.longest_s, policy.first_s * 2 ** (attempt - 1))
    pause_s = ours_s if asked_s is None else asked_s + min(ours_s, 1.0)
    return pause_s if elapsed_s + pause_s <= policy.total_s else None


def parse_retry_after(text: str, date: str) -> float | None:
    """Return the seconds that a Retry-After header asks for; None when it is absent or unreadable.

    A date is taken relative to the answer's own Date header, so that our clock does not matter.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError):
        return None  # neither form, or one date with a zone and one without


class Silence:
    """Notices that a host does not answer at all any more, whatever it is asked."""

    ATTEMPTS = 8
    """Fewer in vain may be about something else."""
    LONGEST_S = 120.0
    """Nothing but attempts in vain for so long is no hiccup."""

    def __init__(self) -> None:
        self._since_s, self._in_vain = 0.0, 0

    def answered(self) -> None:
        """Note an answer, whatever it says."""
        self._in_vain = 0

    def unanswered(self, now_s: float) -> None:
        """Note an attempt without an answer."""
        if self._in_vain == 0:
            self._since_s = now_s
        self._in_vain += 1

    @contextmanager
    def noting(self, clock: Callable[[], float]) -> Iterator[None]:
        """Note whether the block brings an answer, or UnreachableError instead."""
        try:
            yield
        except UnreachableError:
            self.unanswered(clock())
            raise
        self.answered()

    def lasts(self, now_s: float) -> bool:
        """Tell whether the host is given up."""
        return self._in_vain >= self.ATTEMPTS and now_s - self._since_s >= self.LONGEST_S


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What a registry says is left of a rate limit."""

    remaining: int
    limit: int | None = None
    window_s: float | None = None
    reset_s: float | None = None


def parse_allowance(*, remaining: str, limit: str = "", reset: str = "") -> Allowance | None:
    """Return what RateLimit-* headers say; None without a readable RateLimit-Remaining."""
    left = _NUMBER.fullmatch(remaining)
    if left is None:
        return None
    whole, wait = _NUMBER.fullmatch(limit), _NUMBER.fullmatch(reset)
    window = _WINDOW.search(left["rest"] or "") or (_WINDOW.search(whole["rest"] or "") if whole else None)
    return Allowance(
        remaining=int(left["count"]),
        limit=int(whole["count"]) if whole else None,
        window_s=float(window["seconds"]) if window else None,
        reset_s=float(wait["count"]) if wait else None,
    )


class Pace:
    """Says when the next request to one host may start."""

    FLOOR = 5
    """With no more than this left of a rate limit, the rest is spread over the time until more comes."""
    LONGEST_S = 600.0
    """No request waits longer for its turn; after that the registry itself has to refuse."""
    EPOCH_S = 1_000_000_000.0
    """A reset above this is no number of seconds to wait but a date, and is not believed."""

    def __init__(self) -> None:
        self._interval_s = 0.0
        self._next_s = -math.inf

    def wait_s(self, now_s: float) -> float:
        """Take the next turn and return the seconds until it."""
        start_s = max(now_s, self._next_s)
        if self._interval_s:
            self._next_s = start_s + self._interval_s
        return min(start_s - now_s, self.LONGEST_S)

    def pause(self, seconds: float, now_s: float) -> None:
        """Let nobody start within `seconds` from now."""
        self._next_s = max(self._next_s, now_s + min(seconds, self.LONGEST_S))

    def allow(self, allowance: Allowance, now_s: float) -> None:
        """Go on as fast as `allowance` permits."""
        if allowance.remaining > self.FLOOR:
            self._interval_s = 0.0
            return
        until_s = _until_more_s(allowance)
        if allowance.remaining == 0:
            self.pause(until_s, now_s)
        self._interval_s = min(until_s / max(allowance.remaining, 1), self.LONGEST_S)
        if self._next_s <= now_s:
            self._next_s = now_s + self._interval_s


def _until_more_s(allowance: Allowance) -> float:
    """Return the time until the limit is whole again, or, in a sliding window, until one more is free."""
    if allowance.reset_s is not None and allowance.reset_s < Pace.EPOCH_S:
        return allowance.reset_s
    if allowance.window_s is not None:
        return allowance.window_s / max(allowance.limit or 1, 1) * max(allowance.remaining, 1)
    return 60.0

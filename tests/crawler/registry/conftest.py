from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from crawler.registry.transport import Timing
from tests.fakes.registry import FakeRegistry


@dataclass
class Clock:
    now_s: float = 1000.0
    pauses: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_s += seconds

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timing(clock: Clock) -> Timing:
    return Timing(sleep=clock.sleep, clock=clock, chance=lambda: 1.0)


@pytest.fixture
async def registry() -> AsyncIterator[FakeRegistry]:
    async with FakeRegistry() as running:
        yield running

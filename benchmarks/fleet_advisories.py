"""Made-up advisories about a fleet's packages, in OSV's format, and a hundred changes to them."""

import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from analyzers import osv
from benchmarks.pool import COMMON_SOURCES, DISTRIBUTIONS, GENERATIONS, KERNEL, LANGUAGES, SOURCES, Language
from store.advisories import Incoming

KERNEL_ADVISORIES = 800
PUBLISHED = "2025-06-01T00:00:00Z"
_VECTORS = (
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
    "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:L/A:N",
    "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:L",
)
_PREFIXES = {
    "Alpine": "ALPINE-CVE-2025-",
    "Debian": "DEBIAN-CVE-2025-",
    "Go": "GO-2025-",
    "PyPI": "PYSEC-2025-",
    "Ubuntu": "UBUNTU-CVE-2025-",
    "npm": "GHSA-bench-npm-",
}
_TEXT = "A crafted request makes the parser read beyond the end of its buffer. " * 20

NEW, FIXED, WITHDRAWN, REWORDED = "new", "fixed", "withdrawn", "reworded"
CHANGES = ((NEW, 55), (FIXED, 35), (WITHDRAWN, 5), (REWORDED, 5))
"""What becomes of a hundred advisories in one update."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory, as short as it can be told."""

    feed: str
    number: int
    name: str
    fix: int | None
    """Number of the version (of a distribution: the rebuild) that clears it; None while there is none."""
    modified: str = PUBLISHED
    withdrawn: str = ""
    text: str = _TEXT

    @property
    def id(self) -> str:
        """What its source calls it."""
        return f"{_PREFIXES[self.feed]}{self.number:05d}"

    def incoming(self) -> Incoming:
        """Return it as a feed gives it."""
        raw = json.dumps(self._record()).encode()
        return osv.parse_record(raw), osv.normalise_time(self.modified), raw

    def _record(self) -> dict[str, object]:
        cve = f"CVE-2025-{self.number:05d}"
        of_system = self.feed not in _LANGUAGES
        record: dict[str, object] = {
            "schema_version": "1.7.0",
            "id": self.id,
            "modified": self.modified,
            "published": PUBLISHED,
            "upstream" if of_system else "aliases": [cve],
            "summary": f"{self.name} reads beyond its buffer",
            "details": self.text,
            "severity": [{"type": "CVSS_V3", "score": _VECTORS[self.number % len(_VECTORS)]}],
            "affected": list(self._systems() if of_system else self._library()),
            "references": [{"type": "WEB", "url": f"https://example.org/{cve}/{n}"} for n in range(6)],
        }
        return record | ({"withdrawn": self.withdrawn} if self.withdrawn else {})

    def _systems(self) -> Iterator[Mapping[str, object]]:
        for distribution in DISTRIBUTIONS:
            if distribution.family == self.feed:
                fixed = None if self.fix is None else distribution.version(self.name, self.fix)
                yield _block(distribution.ecosystem, self.name, "ECOSYSTEM", fixed)

    def _library(self) -> Iterator[Mapping[str, object]]:
        versions = _LANGUAGES[self.feed].versions(self.name)
        fixed = None if self.fix is None else versions[min(self.fix, len(versions) - 1)].removeprefix("v")
        kind = "ECOSYSTEM" if self.feed == "PyPI" else "SEMVER"
        yield _block(self.feed, self.name, kind, fixed)


def _block(ecosystem: str, name: str, kind: str, fixed: str | None) -> Mapping[str, object]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": kind, "events": events}],
        "ecosystem_specific": {"urgency": "not yet assigned"},
        "database_specific": {"source": "https://example.org/advisories"},
    }


_LANGUAGES: dict[str, Language] = {language.feed: language for language in LANGUAGES}
_SYSTEMS = tuple(dict.fromkeys(distribution.family for distribution in DISTRIBUTIONS))
FEEDS = (*_SYSTEMS, *_LANGUAGES)


@lru_cache(maxsize=1)
def stored() -> dict[str, tuple[Advisory, ...]]:
    """Return the advisories that are known before anything changes, by feed."""
    return {feed: tuple(_about(feed, number)) for number, feed in enumerate(FEEDS)}


def changes(update: int) -> dict[str, list[Advisory]]:
    """Return a hundred advisories that an update brings, by feed, each update others.

    Of them 15 are about what nearly every base image has, 5 about the kernel, 30 about popular libraries
    and 50 about rarer packages.
    """
    chance = random.Random(f"update {update}")
    kinds = [kind for kind, count in CHANGES for _ in range(count)]
    chance.shuffle(kinds)
    time = f"2026-{update + 1:02d}-01T00:00:00Z"
    found: dict[str, list[Advisory]] = {}
    for number, (kind, (feed, name)) in enumerate(zip(kinds, _subjects(chance), strict=True)):
        known = [each for each in _by_name()[feed, name] if each.fix is None or kind != FIXED]
        number_of_new = 90_000 + 100 * update + number
        changed = Advisory(feed, number_of_new, name, chance.choice((None, 3, 4, 5)), time)
        if kind != NEW and known:
            changed = _changed(chance.choice(known), kind, time)
        found.setdefault(feed, []).append(changed)
    return found


def _changed(advisory: Advisory, kind: str, time: str) -> Advisory:
    if kind == WITHDRAWN:
        return replace(advisory, modified=time, withdrawn=time)
    if kind == REWORDED:
        return replace(advisory, modified=time, text=f"{_TEXT}So it was found in {time[:4]}.")
    return replace(advisory, modified=time, fix=GENERATIONS - 1)


def _subjects(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield a hundred packages, (feed, name)."""
    for number in range(15):
        yield _SYSTEMS[number % len(_SYSTEMS)], chance.choice(SOURCES[:COMMON_SOURCES])
    for number in range(5):
        yield _SYSTEMS[number % 2], KERNEL
    languages = itertools.cycle(_LANGUAGES.values())
    for language in itertools.islice(languages, 30):
        yield language.feed, chance.choice(language.names[5:200])
    for number in range(20):
        yield _SYSTEMS[number % len(_SYSTEMS)], chance.choice(SOURCES[COMMON_SOURCES:])
    for language in itertools.islice(languages, 30):
        yield language.feed, chance.choice(language.names[200:1000])


@lru_cache(maxsize=1)
def _by_name() -> Mapping[tuple[str, str], Sequence[Advisory]]:
    found: dict[tuple[str, str], list[Advisory]] = {
        (feed, name): [] for feed in FEEDS for name in _names(feed)
    }
    for feed, advisories in stored().items():
        for each in advisories:
            found[feed, each.name].append(each)
    return found


def _names(feed: str) -> Sequence[str]:
    if feed in _LANGUAGES:
        return _LANGUAGES[feed].names[:1500]
    return (*SOURCES, KERNEL)


def _about(feed: str, place: int) -> Iterator[Advisory]:
    chance = random.Random(f"advisories {feed}")
    numbers = itertools.count(place * 10_000)
    for rank, name in enumerate(_names(feed)):
        for _ in range(_count(feed, name, rank, chance)):
            fix = None if chance.random() < 0.3 else chance.randrange(GENERATIONS)  # noqa: PLR2004 - a share
            yield Advisory(feed, next(numbers), name, fix)


def _count(feed: str, name: str, rank: int, chance: random.Random) -> int:
    """Return how many advisories a package had: very many the kernel, many what is old and common."""
    if name == KERNEL:
        return KERNEL_ADVISORIES if feed != "Alpine" else 0
    return chance.randint(20, 90) if feed in _SYSTEMS and rank < COMMON_SOURCES else chance.randint(0, 3)

"""The packages that a made-up fleet draws from, and the versions that each of them went through."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from analyzers.inventory import Release

GENERATIONS = 6
"""How often each base image was rebuilt."""

_COMMON = ("glibc", "openssl", "zlib", "curl", "ncurses", "pcre2", "krb5", "systemd", "gnutls28", "perl")
_WORDS = (
    "amber",
    "basalt",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "garnet",
    "harbor",
    "indigo",
    "juniper",
    "kelp",
)
KERNEL = "linux"
"""The source package whose headers bring hundreds of advisories into every build image."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One release of an operating system."""

    family: str
    """As OSV names it, without the release."""
    kind: str
    ecosystem: str
    release: Release
    suffix: str
    """What its version numbers end in, before the number of the rebuild."""

    def version(self, name: str, generation: int) -> str:
        """Return the version of a source package at one rebuild of the base images."""
        chance = random.Random(f"{self.ecosystem} {name}")
        upstream = f"{chance.randint(1, 9)}.{chance.randint(0, 30)}.{chance.randint(0, 20)}"
        revision = sum(chance.random() < _CHANGED for _ in range(GENERATIONS)[: generation + 1])
        return f"{upstream}{self.suffix}{revision}"


_CHANGED = 0.25  # share of packages that a rebuild of a base image updates


def _debian(version: str) -> Distribution:
    release = Release(id="debian", version_id=version, pretty_name=f"Debian GNU/Linux {version}")
    return Distribution("Debian", "dpkg", f"Debian:{version}", release, f"-1+deb{version}u")


def _ubuntu(version: str) -> Distribution:
    release = Release(id="ubuntu", version_id=version, id_like=("debian",), pretty_name=f"Ubuntu {version}")
    return Distribution("Ubuntu", "dpkg", f"Ubuntu:{version}:LTS", release, "-1ubuntu0.")


def _alpine(version: str) -> Distribution:
    release = Release(id="alpine", version_id=f"{version}.1", pretty_name=f"Alpine Linux v{version}")
    return Distribution("Alpine", "apk", f"Alpine:v{version}", release, "-r")


DISTRIBUTIONS = (
    *map(_debian, ("11", "12", "13")),
    *map(_ubuntu, ("22.04", "24.04")),
    *map(_alpine, ("3.18", "3.19", "3.20", "3.21")),
)

COMMON_SOURCES = len(_COMMON)
SOURCES = (*_COMMON, *(f"{word}{number}" for number in range(20) for word in _WORDS))
"""Source packages of every distribution; those that every base image has come first."""


@dataclass(frozen=True, eq=False)
class Language:
    """The packages of one language's registry, the most popular first."""

    feed: str
    kind: str
    names: Sequence[str]

    @cached_property
    def _weights(self) -> list[float]:
        # Popularity falls with the rank, flattened at the top so that no package is in every image.
        return list(itertools.accumulate(1 / (rank + 10) for rank in range(len(self.names))))

    def draw(self, count: int, chance: random.Random) -> list[str]:
        """Return so many different names, popular ones more often."""
        names: dict[str, None] = {}
        while len(names) < count:
            names.update(dict.fromkeys(chance.choices(self.names, cum_weights=self._weights, k=count)))
        return list(names)[:count]

    @cache  # noqa: B019 - there are three of them, for as long as the program runs
    def versions(self, name: str) -> list[str]:
        """Return the versions of a package, oldest first; Go's with the "v" before them."""
        chance = random.Random(f"{self.feed} {name}")
        major, sign = chance.randint(0, 5), "v" if self.feed == "Go" else ""
        return [f"{sign}{major}.{minor}.{chance.randint(0, 9)}" for minor in range(chance.randint(3, 8))]


LANGUAGES = (
    Language("PyPI", "python-pkg", [f"{word}-py{n}" for n in range(270) for word in _WORDS]),
    Language("npm", "node-pkg", [f"{word}-js{n}" for n in range(540) for word in _WORDS]),
    Language("Go", "gobinary", [f"example.org/{word}/go{n}" for n in range(135) for word in _WORDS]),
)

"""A made-up fleet of images that share layers and packages as real ones do, the same for the same seed.

About 40 base images are each rebuilt six times; a language runtime lies on each of them; on those lie the
applications, each a repository with twenty builds. Every eighth build or so changes the dependencies, every
build the code. An image carries about 300 packages.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256

from analyzers.inventory import Found, LayerInventory, Package, Release
from benchmarks.pool import (
    COMMON_SOURCES,
    DISTRIBUTIONS,
    GENERATIONS,
    KERNEL,
    LANGUAGES,
    SOURCES,
    Distribution,
    Language,
)

BUILDS = 20
"""Tags of one application's repository."""
BUILDS_BETWEEN_CHANGES = 8
"""Builds after which an application's dependencies are other ones."""
BASES = 40
"""Base images; a fleet of a few hundred images has fewer."""
PACKAGES = 300
"""Packages of one image, about."""
RUNTIME_PACKAGES = 45


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, and the packages it brings."""

    key: str
    created_by: str
    analyzer: str = ""
    path: str = ""
    """Of the one file that tells of all its packages; "" when each has its own."""
    packages: tuple[Package, ...] = ()
    above: "Layer | None" = None
    """The layer whose file it writes again, so that both layers' packages stand in it."""
    release: Release | None = None
    """The operating system that it brings."""

    @property
    def digest(self) -> str:
        """The layer's digest, a made-up one."""
        return digest_of(f"layer {self.key}")

    @property
    def diff_id(self) -> str:
        """The digest of what it unpacks to, also made up."""
        return digest_of(f"diff {self.key}")

    def placed(self) -> Iterator[tuple[Package, str]]:
        """Yield each package with the path of the file that tells of it."""
        for package in self.packages:
            yield package, self.path or _path(package)

    def inventory(self) -> LayerInventory:
        """Return what the analyzers would find in it."""
        found: tuple[Found, ...] = tuple(Found(path, (package,)) for package, path in self.placed())
        if self.path:
            below = self.above.packages if self.above else ()
            found = (Found(self.path, (*below, *self.packages)),)
        by_analyzer = {self.analyzer: found} if self.analyzer else {}
        if self.release:
            by_analyzer["os/release"] = (Found("etc/os-release", release=self.release),)
        return LayerInventory(diff_id=self.diff_id, size_bytes=1 << 20, entries=100, found=by_analyzer)


@dataclass(frozen=True, slots=True)
class Image:
    """One image and the tag that points to it."""

    repository: str
    tag: str
    release: Release
    layers: tuple[Layer, ...]

    @property
    def digest(self) -> str:
        """The manifest's digest, a made-up one."""
        return digest_of(f"image {self.repository}:{self.tag}")

    @property
    def config_digest(self) -> str:
        """The image id."""
        return digest_of(f"config {self.repository}:{self.tag}")

    def config(self) -> bytes:
        """Return an image configuration of the usual length."""
        document = {
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": {
                "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                "Cmd": ["/app/run"],
                "Labels": {"org.opencontainers.image.source": f"https://example.org/{self.repository}"},
            },
            "history": [{"created_by": layer.created_by} for layer in self.layers],
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in self.layers]},
        }
        return json.dumps(document).encode()


@dataclass(frozen=True, eq=False)
class _Base:
    name: str
    distribution: Distribution
    sources: tuple[str, ...]

    def packages(self, generation: int, sources: Sequence[str] = ()) -> tuple[Package, ...]:
        found = []
        for source in sources or self.sources:
            version = self.distribution.version(source, generation)
            found += [
                _system_package(self.distribution.kind, name, source, version) for name in _split(source)
            ]
        return tuple(found)


def images(count: int, seed: int = 1) -> Iterator[Image]:
    """Yield so many images, the base images first, then one application's builds after another's."""
    chance = random.Random(seed)
    bases = [_base(number, chance) for number in range(min(BASES, 1 + count // 100))]
    left = count
    for base in bases:
        for generation in range(min(GENERATIONS, left)):
            yield Image(
                base.name, f"r{generation}", base.distribution.release, (_base_layer(base, generation),)
            )
        left -= min(GENERATIONS, left)
    number = 0
    while left > 0:
        yield from _application(number, chance.choice(bases), min(BUILDS, left), chance)
        left -= min(BUILDS, left)
        number += 1


@lru_cache(maxsize=1 << 12)
def digest_of(key: str) -> str:
    """Return the digest of something that has no bytes."""
    return f"sha256:{sha256(key.encode()).hexdigest()}"


def _base(number: int, chance: random.Random) -> _Base:
    distribution = DISTRIBUTIONS[number % len(DISTRIBUTIONS)]
    wanted = chance.randint(80, 200) * 2 // 3  # of three packages two have a source of their own
    rare = chance.sample(SOURCES[COMMON_SOURCES:], wanted - COMMON_SOURCES)
    sources = (*SOURCES[:COMMON_SOURCES], *rare)
    build = (KERNEL,) if distribution.kind == "dpkg" and number % 5 == 0 else ()
    return _Base(f"base/{distribution.release.id}-{number:02d}", distribution, (*sources, *build))


def _split(source: str) -> list[str]:
    """Return the binary packages of a source package: every second one has two."""
    if source == KERNEL:
        return ["linux-libc-dev"]
    return [source] if len(source) % 2 else [f"lib{source}", source]


def _system_package(kind: str, name: str, source: str, version: str) -> Package:
    return Package(
        kind=kind,
        name=name,
        version=version,
        arch="amd64" if kind == "dpkg" else "x86_64",
        source_name="" if name == source else source,
        licenses=("MIT",) if kind == "apk" else (),
        maintainer="Maintainers <maintainers@example.org>",
        depends_on=("glibc",) if kind == "dpkg" else ("so:libc.musl-x86_64.so.1",),
    )


_DATABASES = {"dpkg": ("os/dpkg", "var/lib/dpkg/status"), "apk": ("os/apk", "lib/apk/db/installed")}


@cache
def _base_layer(base: _Base, generation: int) -> Layer:
    analyzer, path = _DATABASES[base.distribution.kind]
    key = f"{base.name} {generation}"
    packages, release = base.packages(generation), base.distribution.release
    return Layer(key, "ADD rootfs.tar.xz /", analyzer, path, packages, release=release)


@cache
def _runtime_layer(base: _Base, language: Language, generation: int) -> Layer:
    chance = random.Random(f"{base.name} {language.feed}")
    added = chance.sample(
        [source for source in SOURCES if source not in base.sources], RUNTIME_PACKAGES * 2 // 3
    )
    analyzer, path = _DATABASES[base.distribution.kind]
    packages = base.packages(generation, added)
    key = f"{base.name} {language.feed} {generation}"
    below = _base_layer(base, generation)
    return Layer(key, f"RUN install {language.feed} runtime # {key}", analyzer, path, packages, below)


_SETTINGS = Layer("settings", "ENV LANG=C.UTF-8")
_ENTRY = Layer("entry", 'RUN useradd app && ln -s /app/run /run # "useradd app"')


def _application(number: int, base: _Base, builds: int, chance: random.Random) -> Iterator[Image]:
    language = chance.choices(LANGUAGES, weights=(4, 4, 2))[0]
    name = f"team-{number % 40:02d}/app-{number:05d}"
    began = chance.randrange(GENERATIONS)
    system = _base_layer(base, 0), _runtime_layer(base, language, 0)
    wanted = PACKAGES - sum(len(layer.packages) for layer in system) + chance.randint(-20, 20)
    chosen = dict.fromkeys(language.draw(wanted, chance), -1)
    changed_at = chance.randrange(BUILDS_BETWEEN_CHANGES)
    for build in range(builds):
        if build == 0 or build % BUILDS_BETWEEN_CHANGES == changed_at:
            chosen = _updated(chosen, language, chance)
            dependencies = _dependencies(name, build, language, chosen)
        # Builds follow the base image's rebuilds, later ones more of them.
        generation = min(GENERATIONS - 1, (began * BUILDS + build * GENERATIONS) // (2 * BUILDS))
        code = Layer(f"{name} code {build}", "COPY . /app")
        layers = (
            _base_layer(base, generation),
            _SETTINGS,
            _runtime_layer(base, language, generation),
            _ENTRY,
            dependencies,
            code,
        )
        yield Image(name, f"1.{build}.0", base.distribution.release, layers)


def _updated(chosen: Mapping[str, int], language: Language, chance: random.Random) -> dict[str, int]:
    """Return name → number of its version, each new one near the newest, a fifth of the old ones raised."""
    found = {}
    for name, at in chosen.items():
        newest = len(language.versions(name)) - 1
        if at < 0:
            found[name] = max(0, newest - min(chance.randrange(4), chance.randrange(4)))
        else:
            found[name] = min(newest, at + (chance.random() < 0.2))  # noqa: PLR2004 - as the docstring says
    return found


def _dependencies(name: str, build: int, language: Language, chosen: Mapping[str, int]) -> Layer:
    packages = tuple(
        _library(language.kind, each, language.versions(each)[at]) for each, at in chosen.items()
    )
    analyzer = {"python-pkg": "languages/python", "node-pkg": "languages/node", "gobinary": "binaries/go"}
    path = "app/run" if language.kind == "gobinary" else ""
    key = f"{name} {build}"
    return Layer(key, f"RUN install dependencies # {key}", analyzer[language.kind], path, packages)


@cache
def _library(kind: str, name: str, version: str) -> Package:
    licenses = () if kind == "gobinary" else ("MIT",)
    return Package(kind=kind, name=name, version=version, licenses=licenses)


def _path(package: Package) -> str:
    if package.kind == "python-pkg":
        folder = f"{package.name.replace('-', '_')}-{package.version}.dist-info"
        return f"usr/local/lib/python3.12/site-packages/{folder}/METADATA"
    return f"app/node_modules/{package.name}/package.json"

"""Puts the inventories of an image's layers together: what is left of them, and where it came from.

Format: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
"""

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from analyzers.catalogue import PACKAGES, catalogue
from analyzers.inventory import LISTED, Found, LayerInventory, Package, Release
from analyzers.os._origin import is_official
from analyzers.os._system import release_of

_OS = "os/"
_NAMELESS = "binaries/known"
"""Tells of programs that no package manager knows: whoever packaged one knows it better."""
_CHANNELS = "os/channels"
_MERGED = ("bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/", "libo32/")


class Component(msgspec.Struct, frozen=True):
    """A package that is in the image."""

    package: Package
    path: str
    """The file it was read from."""
    layer: int
    """The lowest layer, counted from 0, whose version of that file has the package."""


class LayerProblem(msgspec.Struct, frozen=True):
    """Something in the image that could not be read."""

    layer: int
    path: str
    reason: str


class Squashed(msgspec.Struct, frozen=True, kw_only=True):
    """An image as its last layer leaves it."""

    release: Release | None
    components: tuple[Component, ...]
    """Ordered by layer, path, kind, name, version, architecture."""
    problems: tuple[LayerProblem, ...]
    """Ordered by layer and path."""


_Identity = tuple[str, str, str, str]


class _Surviving(msgspec.Struct, frozen=True):
    """One file's findings by one analyzer, and the layers in which each package was first in that file."""

    found: Found
    layer: int
    first: dict[_Identity, int]
    """Of packages that a lower layer had in the file already."""

    def credit(self, package: Package) -> int:
        return self.first.get(_identity(package), self.layer) if self.first else self.layer


_Files = dict[str, dict[str, _Surviving]]
"""Path → analyzer → what is left of its findings there."""
_Left = Sequence[tuple[str, _Surviving]]
"""Analyzers, each with what is left of its findings in a file."""


def squash(layers: Sequence[LayerInventory]) -> Squashed:
    """Return what an image of these layers, lowest first, has in it.

    A layer's file takes the place of the one at the same path below it. A package keeps the credit of the
    lowest layer that has it in that file, however often the file is written again; a file that was removed
    and comes back in a later layer starts anew. Whiteouts act on lower layers only. A package of a language
    or executable whose file a package of the distribution installed is left to that OS package, with its
    problems: the distribution's advisories cover it. They do not cover what a vendor's package brings along,
    nor what a later layer wrote over the file. What a bill of materials in the image lists counts only when
    nothing else tells of it.
    """
    files: _Files = {}
    problems: dict[str, LayerProblem] = {}
    for number, layer in enumerate(layers):
        _put(number, layer, files, problems)
    left = [(analyzer, one) for by_analyzer in files.values() for analyzer, one in by_analyzer.items()]
    release = _release(left)
    reported = list(_combined(_without_owned(left, release)))
    return Squashed(
        release=release,
        components=tuple(_distinct(list(_components(reported)))),
        problems=tuple(sorted({*problems.values(), *_found_problems(reported)}, key=_problem_order)),
    )


def _put(number: int, layer: LayerInventory, files: _Files, problems: dict[str, LayerProblem]) -> None:
    """Make these what is visible when one more layer lies on top."""
    others = _others()
    fresh: _Files = {}
    for analyzer, all_found in layer.found.items():
        if analyzer not in others:
            for found in all_found:
                before = files.get(found.path, _NOTHING).get(analyzer)
                fresh.setdefault(found.path, {})[analyzer] = _credited(found, number, before)
    unread = {one.path: LayerProblem(number, one.path, one.reason) for one in layer.problems}
    hides = Hiding(frozenset(layer.whiteouts), frozenset(layer.opaque))
    # What was read again is replaced by itself alone: a folder may lie where an analyzer expects a file, and
    # folders of several layers are one.
    for below in (files, problems):
        for path in [*fresh.keys(), *unread.keys(), *filter(hides, below if hides else ())]:
            below.pop(path, None)
    files.update(fresh)
    problems.update(unread)


_NOTHING: Mapping[str, _Surviving] = {}


@functools.cache
def _others() -> frozenset[str]:
    """Return the analyzers of what is no package."""
    return frozenset(each.id for each in catalogue() if each.scanner not in PACKAGES)


class Hiding:
    """Tells which paths of lower layers a layer hides, by removing or covering them or a folder above."""

    def __init__(self, removed: AbstractSet[str], opaque: AbstractSet[str]) -> None:
        """Hide what is at or below `removed`, and what is below `opaque`."""
        self._removed = removed
        self._opaque = opaque
        self._folders: dict[str, bool] = {}
        """Folder → whether all that is in it is hidden; most paths share one with others."""

    def __bool__(self) -> bool:
        """Tell whether any path can be hidden."""
        return bool(self._removed or self._opaque)

    def meets(self, paths: AbstractSet[str]) -> bool:
        """Tell whether any of some paths, among them all folders that these are in, may be hidden."""
        if "" in self._opaque:
            return True
        return not (paths.isdisjoint(self._removed) and paths.isdisjoint(self._opaque))

    def __call__(self, path: str) -> bool:
        """Tell whether a lower layer's path is hidden."""
        if path in self._removed:
            return True
        folder = path[: max(path.rfind("/"), 0)]
        if folder not in self._folders:
            self._folders[folder] = self._hides_all_in(folder)
        return self._folders[folder]

    def _hides_all_in(self, folder: str) -> bool:
        while folder:
            if folder in self._removed or folder in self._opaque:
                return True
            folder = folder[: max(folder.rfind("/"), 0)]
        return "" in self._opaque


def _credited(found: Found, layer: int, before: _Surviving | None) -> _Surviving:
    if before is None:
        return _Surviving(found, layer, {})
    first = before.first | {_identity(package): before.credit(package) for package in before.found.packages}
    return _Surviving(found, layer, first)


def _identity(package: Package) -> _Identity:
    return package.kind, package.name, package.version, package.arch


def _without_owned(left: _Left, release: Release | None) -> Iterator[tuple[str, _Surviving]]:
    system = [(analyzer, one) for analyzer, one in left if analyzer.startswith(_OS)]
    installed, foreign = _installed(system, release)
    owned = _owned(system, installed)
    official = {key: layer for key, layer in installed.items() if key not in foreign}
    covered = _owned(system, official) if foreign else owned
    yield from system
    for analyzer, one in left:
        owner = owned if analyzer == _NAMELESS else covered
        if not analyzer.startswith(_OS) and one.layer > owner.get(_merged(one.found.path), -1):
            yield analyzer, one


def _combined(left: Iterable[tuple[str, _Surviving]]) -> Iterator[_Surviving]:
    """Let the analyzers that ask for it look at all their files together."""
    combining = {each.id: each.combine for each in catalogue() if each.combine}
    apart: dict[str, dict[str, _Surviving]] = {}
    for analyzer, one in left:
        if analyzer in combining:
            apart.setdefault(analyzer, {})[one.found.path] = one
        else:
            yield one
    for analyzer, by_path in apart.items():
        found = [by_path[path].found for path in sorted(by_path)]
        for made in combining[analyzer](found):
            before = by_path[made.path]
            yield _credited(made, before.layer, before)


def _owned(system: _Left, installed: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Return each path that one of these packages has, and the layer that installed it."""
    owned: dict[str, int] = {}
    for analyzer, one in system:
        for owner in one.found.owned:
            layer = installed.get((analyzer, owner.package), -1)
            for path in map(_merged, owner.paths):
                if layer > owned.get(path, -1):
                    owned[path] = layer
    return owned


def _installed(
    system: _Left, release: Release | None
) -> tuple[dict[tuple[str, str], int], set[tuple[str, str]]]:
    """Return the layer that installed each OS package, by analyzer and name, and which are not the system's.

    One name may be there for several architectures; all of them have to be the distribution's.
    """
    installed: dict[tuple[str, str], int] = {}
    foreign: set[tuple[str, str]] = set()
    for analyzer, one in system:
        for package in one.found.packages:
            key = analyzer, package.name
            installed[key] = max(one.credit(package), installed.get(key, -1))
            if not is_official(package, release):
                foreign.add(key)
    return installed, foreign


def _merged(path: str) -> str:
    """Return the path where bin, lib and the like are links into usr, as they are nearly everywhere by now.

    Databases and layers write either. See https://systemd.io/THE_CASE_FOR_THE_USR_MERGE/.
    """
    return f"usr/{path}" if path.startswith(_MERGED) else path


def _components(files: Iterable[_Surviving]) -> Iterator[Component]:
    for one in files:
        for package in one.found.packages:
            yield Component(package, one.found.path, one.credit(package))


def _distinct(components: Sequence[Component]) -> Iterator[Component]:
    """Yield each once, in their order, without what a bill of materials lists and another file shows."""
    seen = {_identity(each.package)[:3] for each in components if each.package.evidence != LISTED}
    shown = [
        each
        for each in components
        if each.package.evidence != LISTED or _identity(each.package)[:3] not in seen
    ]
    for _, group in itertools.groupby(sorted(shown, key=_component_order), _component_order):
        first, *alike = group
        yield from sorted({first, *alike}, key=repr) if alike else (first,)


def _component_order(component: Component) -> tuple[object, ...]:
    package = component.package
    return component.layer, component.path, package.kind, package.name, package.version, package.arch


def _found_problems(files: Iterable[_Surviving]) -> Iterator[LayerProblem]:
    for one in files:
        for problem in one.found.problems:
            yield LayerProblem(one.layer, problem.path, problem.reason)


def _problem_order(problem: LayerProblem) -> tuple[int, str, str]:
    return problem.layer, problem.path, problem.reason


def _release(left: _Left) -> Release | None:
    described: list[tuple[str, Release]] = []
    channels: list[Release] = []
    for analyzer, one in left:
        if one.found.release is None:
            continue
        if analyzer == _CHANNELS:
            channels.append(one.found.release)
        else:
            described.append((one.found.path, one.found.release))
    return release_of(described, channels)

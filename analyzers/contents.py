"""What an image's layers hold besides packages: secrets, licences, and what checks say of configurations."""

import functools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from analyzers.catalogue import catalogue
from analyzers.inventory import Analyzer, Found, LayerInventory, License, Outcome, Scanner, Secret
from analyzers.path_digest import PathDigest, path_hash
from analyzers.squash import Hiding, LayerProblem

Combine = Callable[[Sequence[Found]], Iterable[Found]]
"""As `Analyzer.combine`."""
_Content = TypeVar("_Content", Secret, License, Outcome)


class Placed(msgspec.Struct, Generic[_Content], frozen=True):
    """One of them, and where it is."""

    content: _Content
    path: str
    layer: int
    """Counted from 0: the layer that has this file."""
    is_deleted: bool = False
    """Whether a later layer removes the file: it is gone from containers, but not from the image."""
    is_replaced: bool = False
    """Whether a later layer has another file there, in which it is not: the same holds."""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, ordered by layer, path, and as they come in the file."""

    secrets: tuple[Placed[Secret], ...] = ()
    """Also of files that later layers remove or replace: whoever has the image has them."""
    licenses: tuple[Placed[License], ...] = ()
    """Of files that are left."""
    outcomes: tuple[Placed[Outcome], ...] = ()
    """Of files that are left."""
    problems: tuple[LayerProblem, ...] = ()


def contents(layers: Sequence[LayerInventory], combining: Mapping[str, Combine] | None = None) -> Contents:
    """Return what an image of these layers, lowest first, holds besides packages.

    A secret that is in a file of several layers, each written over the one before, is the lowest one's.

    Args:
        layers: lowest first.
        combining: what takes the place of `Analyzer.combine`, by the analyzer's id.
    """
    together = {key: each.combine for key, each in _analyzers().items() if each.combine} | dict(
        combining or {}
    )
    files: _Files = {}
    there = _Paths()
    secrets: list[Placed[Secret]] = []
    for number, layer in enumerate(layers):
        upon = _Upon(layer)
        if upon.hides_any(there):
            for path in [path for path in files if upon.hides(path)]:
                del files[path]
        secrets = [*map(upon.covered, secrets), *upon.new_secrets(number, secrets)]
        for analyzer, all_found in upon.found.items():
            there.update(_add(files, analyzer, number, all_found, keeps_all=analyzer in together))
    left = sorted(_combined(files, together), key=lambda each: (each[0], each[1].path))
    return Contents(
        secrets=tuple(sorted(secrets, key=lambda each: (each.layer, each.path, each.content.offset))),
        licenses=tuple(Placed(each, found.path, number) for number, found in left for each in found.licenses),
        outcomes=tuple(Placed(each, found.path, number) for number, found in left for each in found.outcomes),
        problems=tuple(
            LayerProblem(number, each.path, each.reason) for number, found in left for each in found.problems
        ),
    )


_Files = dict[str, dict[str, tuple[int, Found]]]
"""Path → analyzer → its layer and what was found."""


def _add(
    files: _Files, analyzer: str, number: int, all_found: Iterable[Found], *, keeps_all: bool
) -> Iterator[str]:
    """Put what an analyzer found in a layer upon what is there; yield the paths.

    Of most files it found nothing; those matter only to analyzers that look at all files together.
    """
    for found in all_found:
        if keeps_all or found.licenses or found.outcomes or found.problems:
            files.setdefault(found.path, {})[analyzer] = number, found
            yield found.path
        elif found.path in files:
            files[found.path].pop(analyzer, None)


class _Paths:
    """Paths of files, some of them gone, in forms that tell quickly that a layer hides none of them."""

    def __init__(self) -> None:
        self._paths: set[str] = set()
        self.hashes: set[int] = set()
        self.with_folders: set[str] = set()

    def update(self, paths: Iterable[str]) -> None:
        """Add paths."""
        for path in paths:
            if path not in self._paths:
                self._paths.add(path)
                self.hashes.add(path_hash(path))
                folder = path
                while folder and folder not in self.with_folders:
                    self.with_folders.add(folder)
                    folder = folder.rpartition("/")[0]


class _Upon:
    """What a layer does to those below it."""

    def __init__(self, layer: LayerInventory) -> None:
        self.found = {key: found for key, found in layer.found.items() if key in _analyzers()}
        self._removes = Hiding(frozenset(layer.whiteouts), frozenset(layer.opaque))
        self._files = PathDigest(layer.files)
        found = [one for all_found in self.found.values() for one in all_found]
        self._secrets = {one.path: one.secrets for one in found if one.secrets}
        self._unread = {one.path for one in found if one.problems} | {each.path for each in layer.problems}

    def hides_any(self, paths: _Paths) -> bool:
        """Tell whether `hides` may say so of one of these paths."""
        return self._files.has_any(paths.hashes) or self._removes.meets(paths.with_folders)

    def hides(self, path: str) -> bool:
        """Tell whether a lower layer's file with this path is not seen any more."""
        return path in self._files or (bool(self._removes) and self._removes(path))

    def covered(self, secret: Placed[Secret]) -> Placed[Secret]:
        """Return a lower layer's secret as it is told with this layer upon it."""
        path = secret.path
        if secret.is_deleted or secret.is_replaced or self._may_have(secret):
            return secret
        if path in self._secrets or path in self._files:
            return msgspec.structs.replace(secret, is_replaced=True)
        return msgspec.structs.replace(secret, is_deleted=True) if self._removes(path) else secret

    def _may_have(self, secret: Placed[Secret]) -> bool:
        """Tell whether the layer's file at the same path has the secret, or could not be read."""
        if secret.path in self._unread:
            return True
        return any(_look(each) == _look(secret.content) for each in self._secrets.get(secret.path, ()))

    def new_secrets(self, number: int, below: Iterable[Placed[Secret]]) -> Iterator[Placed[Secret]]:
        """Yield the layer's secrets, without those that are in the files it has written over."""
        known = {
            (each.path, _look(each.content)) for each in below if not (each.is_deleted or each.is_replaced)
        }
        for path, secrets in self._secrets.items():
            for each in secrets:
                if (path, _look(each)) not in known:
                    yield Placed(each, path, number)


def _look(secret: Secret) -> tuple[str, str, int]:
    """Return what the same secret has in each version of a file."""
    return secret.rule, secret.match, secret.imprint


def telling_apart(secrets: Iterable[Secret]) -> Callable[[str, Secret], Hashable]:
    """Return what gives, of a path and a secret, what two of these have in common that are the same one.

    Where one was found by an older version, which kept no imprint, the line has to tell.
    """
    if all(each.imprint for each in secrets):
        return lambda path, secret: (path, *_look(secret))
    return lambda path, secret: (path, *_look(secret)[:2])


@functools.cache
def _analyzers() -> Mapping[str, Analyzer]:
    return {each.id: each for each in catalogue() if each.scanner is not Scanner.PACKAGES}


def _combined(files: _Files, combining: Mapping[str, Combine]) -> Iterator[tuple[int, Found]]:
    """Let the analyzers that ask for it look at all their files together."""
    apart: dict[str, dict[str, tuple[int, Found]]] = {}
    for path, by_analyzer in files.items():
        for analyzer, one in by_analyzer.items():
            if analyzer in combining:
                apart.setdefault(analyzer, {})[path] = one
            else:
                yield one
    for analyzer, by_path in apart.items():
        for made in combining[analyzer]([by_path[path][1] for path in sorted(by_path)]):
            yield by_path[made.path][0], made

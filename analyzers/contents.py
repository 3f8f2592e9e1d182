"""What an image's layers hold besides packages: secrets, licences, and what checks say of configurations."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from analyzers.catalogue import catalogue
from analyzers.inventory import Analyzer, Found, LayerInventory, License, Outcome, Scanner, Secret
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

    Args:
        layers: lowest first.
        combining: what takes the place of `Analyzer.combine`, by the analyzer's id.
    """
    files: dict[tuple[str, str], tuple[int, Found]] = {}
    secrets: list[Placed[Secret]] = []
    for number, layer in enumerate(layers):
        hides = Hiding(frozenset(layer.whiteouts), frozenset(layer.opaque))
        files = {key: one for key, one in files.items() if not hides(key[1])}
        secrets = [each if each.is_deleted else _deleted(each, hides) for each in secrets]
        for analyzer, all_found in layer.found.items():
            if analyzer in _analyzers():
                files |= {(analyzer, found.path): (number, found) for found in all_found}
                secrets += (
                    Placed(secret, found.path, number) for found in all_found for secret in found.secrets
                )
    left = sorted(_combined(files, combining or {}), key=lambda each: (each[0], each[1].path))
    return Contents(
        secrets=tuple(sorted(secrets, key=lambda each: (each.layer, each.path, each.content.offset))),
        licenses=tuple(Placed(each, found.path, number) for number, found in left for each in found.licenses),
        outcomes=tuple(Placed(each, found.path, number) for number, found in left for each in found.outcomes),
        problems=tuple(
            LayerProblem(number, each.path, each.reason) for number, found in left for each in found.problems
        ),
    )


@functools.cache
def _analyzers() -> Mapping[str, Analyzer]:
    return {each.id: each for each in catalogue() if each.scanner is not Scanner.PACKAGES}


def _deleted(secret: Placed[Secret], hides: Hiding) -> Placed[Secret]:
    return msgspec.structs.replace(secret, is_deleted=hides(secret.path))


def _combined(
    files: dict[tuple[str, str], tuple[int, Found]], instead: Mapping[str, Combine]
) -> Iterator[tuple[int, Found]]:
    """Let the analyzers that ask for it look at all their files together."""
    combining = {key: each.combine for key, each in _analyzers().items() if each.combine}
    combining.update(instead)
    apart: dict[str, dict[str, tuple[int, Found]]] = {}
    for (analyzer, path), one in files.items():
        if analyzer in combining:
            apart.setdefault(analyzer, {})[path] = one
        else:
            yield one
    for analyzer, by_path in apart.items():
        for made in combining[analyzer]([by_path[path][1] for path in sorted(by_path)]):
            yield by_path[made.path][0], made

"""Which manifests could not be had, and where: another place may have the same bytes."""

from typing import NamedTuple

from crawler.registry.errors import (
    InvalidReferenceError,
    ManifestError,
    RegistryError,
    ServerError,
    TooLargeError,
    UnreachableError,
)

_OF_THE_CONTENT = (InvalidReferenceError, ManifestError, TooLargeError)
"""Errors that come with the bytes, wherever those are from."""
_OF_THE_REGISTRY = (ServerError, UnreachableError)
"""Errors that all of a registry's repositories share."""


class Place(NamedTuple):
    """A repository of a registry."""

    registry: str
    repository: str


class Refusals:
    """Who could not give a manifest, or something that it needs, when it was last time to try.

    Kept in memory: what failed before the program's start waits for its next try, as everything does.
    """

    def __init__(self) -> None:
        self._places: dict[str, set[Place]] = {}

    def note(self, digest: str, place: Place | None, error: Exception) -> Place | None:
        """Note what came of asking for a manifest there.

        Returns who could not give it: the repository, or its whole registry, which is a Place without a
        repository; None when it would be the same anywhere.
        """
        if place is None or not isinstance(error, RegistryError) or isinstance(error, _OF_THE_CONTENT):
            self.forget(digest)
            return None
        where = Place(place.registry, "") if isinstance(error, _OF_THE_REGISTRY) else place
        self._places.setdefault(digest, set()).add(where)
        return where

    def forget(self, digest: str) -> None:
        """Forget it: it is there, or is asked for anew."""
        self._places.pop(digest, None)

    def elsewhere(self, digest: str, place: Place | None) -> bool:
        """Tell whether the manifest could not be had, and was not asked for at this place."""
        if place is None or not (asked := self._places.get(digest)):
            return False
        return not asked & {place, Place(place.registry, "")}

"""Decides which of the files that describe an operating system is believed, and adds what the others know."""

from collections.abc import Iterable

import msgspec

from analyzers.inventory import Release

# os-release(5) gives etc's precedence over usr/lib's; the others are older. Between those, debian_version
# and the like know one distribution better than lsb-release, which is the administrator's to edit.
_FIRST = ("etc/os-release", "usr/lib/os-release")
_LAST = ("etc/lsb-release",)


def release_of(described: Iterable[tuple[str, Release]], channels: Iterable[Release]) -> Release | None:
    """Return the system's release: of those that files describe, by path, the one to believe.

    Channels that were found for the same distribution are added to it, those of other distributions (left
    behind by a base image, say) are not.
    """
    known = sorted(described, key=lambda each: _rank(each[0]))
    if not known:
        return None
    release = known[0][1]
    names = {name for other in channels if other.id == release.id for name in other.channels}
    return msgspec.structs.replace(release, channels=tuple(sorted(names))) if names else release


def _rank(path: str) -> tuple[int, str]:
    if path in _FIRST:
        return _FIRST.index(path), path
    return len(_FIRST) + (path in _LAST), path

"""Version order of Python packages.

Specification: https://packaging.python.org/en/latest/specifications/version-specifiers/ (PEP 440)
"""

from packaging.version import InvalidVersion, Version

from analyzers.versions.errors import InvalidVersionError

# A version with neither pre-release nor "dev" sorts after its pre-releases, a bare "dev" before them.
_BEFORE_PRE_RELEASES: tuple[object, ...] = (0,)
_AFTER_PRE_RELEASES: tuple[object, ...] = (2,)


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key; plain tuples compare several times faster than packaging's own object.

    Raises:
        InvalidVersionError: the text does not follow PEP 440 ("legacy" versions have no order any more).
    """
    try:
        parsed = Version(version)
    except InvalidVersion as error:
        raise InvalidVersionError(f"{version!r}: expected a PEP 440 version") from error
    release = parsed.release
    while release and release[-1] == 0:
        release = release[:-1]
    return (
        parsed.epoch,
        release,
        _pre(parsed),
        -1 if parsed.post is None else parsed.post,
        (1, 0) if parsed.dev is None else (0, parsed.dev),
        _local(parsed.local),
    )


def _pre(parsed: Version) -> tuple[object, ...]:
    if parsed.pre is not None:
        return 1, *parsed.pre
    return _BEFORE_PRE_RELEASES if parsed.post is None and parsed.dev is not None else _AFTER_PRE_RELEASES


def _local(local: str | None) -> tuple[tuple[object, ...], ...]:
    if local is None:
        return ()
    return tuple((1, int(part)) if part.isdigit() else (0, part) for part in local.split("."))

"""Version order of Bitnami components.

Specification: https://github.com/bitnami/go-version: semantic versions, but a number after "-" is the
revision of a rebuild and sorts after the bare version.
"""

import re

from analyzers.versions import semver

_REVISION = re.compile(r"(?P<version>[^-+]*)-r?(?P<revision>[0-9]+)")


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key.

    Raises:
        InvalidVersionError: the text is no semantic version, whatever the leniency.
    """
    match = _REVISION.fullmatch(version)
    if match is None:
        return *semver.key(version), 0
    return *semver.key(match["version"]), int(match["revision"])

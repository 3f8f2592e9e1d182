"""Version order of GitHub's actions, whose versions are tags.

Specification: https://docs.github.com/en/actions/how-tos/create-and-publish-actions/manage-custom-actions
(a tag of a major version alone, such as "v4", is moved to each release of it)
"""

import re

from analyzers.versions import semver
from analyzers.versions.errors import InvalidVersionError

_RELEASE = re.compile(r"[0-9]+|[vV]?[0-9]+(?:\.[0-9]+)+(?:[-+][0-9A-Za-z.+-]*)?")


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key; a number alone is a version, as advisories write it.

    Raises:
        InvalidVersionError: the text is a tag that moves, a branch or a commit: which release it means is
            not known.
    """
    if _RELEASE.fullmatch(version) is None:
        raise InvalidVersionError(f"{version!r}: expected the tag of one release, such as 'v4.1.1'")
    return semver.key(version)

"""Version order of Go modules and of the Go toolchain.

Specification: https://go.dev/ref/mod#versions; toolchain names: https://go.dev/doc/toolchain#name
"""

import re

from analyzers.versions import semver

_TOOLCHAIN = re.compile(r"(?:go)?([0-9]+\.[0-9]+(?:\.[0-9]+)?)(?:(beta|rc)([0-9]+))?(?:[ -].*)?")


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key of a module version or a toolchain name.

    The Go vulnerability database writes go1.22rc1 as 1.22.0-rc.1. What a vendor adds after a toolchain's name
    ("go1.21.3-custom", "go1.21.3 X:boringcrypto") has no say.

    Raises:
        InvalidVersionError: neither a semantic version nor a toolchain name, such as "(devel)".
    """
    match = _TOOLCHAIN.fullmatch(version)
    if match and (match[2] or version.startswith("go")):
        pre = f"-{match[2]}.{match[3]}" if match[2] else ""
        return semver.key(match[1] + pre)
    return semver.key(version)

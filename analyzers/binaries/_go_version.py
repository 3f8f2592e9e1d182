"""Reads what Go calls its releases."""

import re

_RELEASE = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?(?:(beta|rc)(\d+))?(?![\w.])")


def semantic(toolchain: str) -> str:
    """Return the semantic version of "go1.22.3 X:boringcrypto"; empty for "devel go1.24-1a2b3c4".

    It is the one that the Go vulnerability database would use: "go1.22" is 1.22.0, "go1.23rc1" 1.23.0-rc.1.
    See https://go.dev/doc/toolchain#name.
    """
    match = _RELEASE.match(toolchain)
    if match is None:
        return ""
    major, minor, patch, stage, number = match.groups()
    return f"{major}.{minor}.{patch or 0}" + (f"-{stage}.{number}" if stage else "")

"""References to Conan recipes: "zlib/1.2.13@user/channel#revision:package%time".

Format: https://docs.conan.io/2/reference/conanfile/methods/requirements.html
"""

import re
from typing import NamedTuple

_REFERENCE = re.compile(
    r"(?P<name>[\w.+-]+)/(?P<version>\[[^\]]*\]|[^\s@#:%/\[\]]+)(?:@(?P<user>[^\s#:%]*))?(?=[#:%]|\s*$)"
)


class Reference(NamedTuple):
    """What a reference names; the version is empty when it is a range."""

    name: str
    version: str
    user: str
    """ "user/channel" of a recipe that somebody published beside the centre's."""


def parse_reference(text: str) -> Reference | None:
    """Return what a reference names, None when it is none."""
    match = _REFERENCE.match(text.strip())
    if match is None:
        return None
    version = "" if match["version"].startswith("[") else match["version"]
    user = match["user"] or ""
    return Reference(match["name"], version, "" if user in ("_/_", "_", "") else user)

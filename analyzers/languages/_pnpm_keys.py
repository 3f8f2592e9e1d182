"""How pnpm-lock.yaml calls packages, in its versions 5, 6 and 9.

Format: https://github.com/pnpm/spec/tree/master/lockfile
"""

import re
from collections.abc import Container, Iterator

_OLD = re.compile(r"(?:[^/@]+\.[^/@]+)?/((?:@[^/]+/)?[^/@][^/]*)/([^/_]+)(?:_.*)?", re.DOTALL)
_NEW = re.compile(r"(?:[^/@]+\.[^/@]+/|/)?((?:@[^/]+/)?[^/@]+)@(.+)", re.DOTALL)
_LOCAL = ("link:", "workspace:")


def name_and_version(key: str) -> tuple[str, str]:
    """Return what a key says: "/@a/b/1.0.0_c@2.0.0", "/@a/b@1.0.0(c@2.0.0)" and "@a/b@1.0.0" are @a/b 1.0.0.

    A registry's host may stand before the first slash. Of addresses ("github.com/a/b/0f1e") nothing is known.
    """
    bare = without_peers(key)
    match = _OLD.fullmatch(bare) or _NEW.fullmatch(bare)
    return (match[1], match[2]) if match else ("", "")


def without_peers(key: str) -> str:
    """Return the key without the packages that fulfil its peer dependencies, as of version 6."""
    return key.partition("(")[0]


def key_of(name: str, version: str, known: Container[str]) -> str:
    """Return the key of a dependency, by what its dependent says of it; "" when it is none that is known."""
    return next((key for key in _keys(name, version) if key in known), "")


def _keys(name: str, version: str) -> Iterator[str]:
    if not version.startswith(_LOCAL):
        yield f"{name}@{version}"
        yield f"/{name}@{version}"
        yield f"/{name}/{version}"
        yield version

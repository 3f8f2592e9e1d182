"""Kinds of what Haskell projects are built from, and how Hackage names a package with its version.

Format: https://hackage.haskell.org/package/Cabal-syntax/docs/Distribution-Types-PackageId.html
"""

import re

from analyzers.inventory import Kind

HACKAGE = Kind(name="hackage", purl_type="hackage", ecosystem="Hackage")
GHC = Kind(name="ghc", purl_type="generic", ecosystem="GHC")
"""The compiler, with the libraries that come with it."""

_ID = re.compile(
    r"(?P<name>[A-Za-z0-9]++(?:-(?=[0-9]*+[A-Za-z])[A-Za-z0-9]++)*)-(?P<version>\d++(?:\.\d++)*+)"
)


def split_id(text: str) -> tuple[str, str]:
    """Return name and version of "aeson-2.1.0.0@sha256:…,123"; the version is "" when there is none."""
    word = re.split(r"[@\s]", text.strip(), maxsplit=1)[0]
    match = _ID.fullmatch(word)
    return (match["name"], match["version"]) if match else (word, "")

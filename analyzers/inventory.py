"""What the analyzers find in the files of one layer, before layers are put together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec


class Package(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One installed package, as its own package manager names it.

    `kind` is the type value that Trivy's reports use for the place it was found in ("debian" and the
    like are decided later, when the operating system is known): "dpkg", "apk", "rpm", "python-pkg",
    "node-pkg", "gobinary". `version` is the full native string: "1:2.36-9+deb12u14" (epoch only when
    not 0), "1.2.4-r1", "3.0.7-6.el9" with "1:" before it for epoch 1, "v0.17.0" for Go modules.
    """

    kind: str
    name: str
    version: str
    arch: str = ""
    source_name: str = ""
    """The source package's name; empty when it is the package's own or the format has none."""
    source_version: str = ""
    """The source package's version; empty when it is the package's own."""
    licenses: tuple[str, ...] = ()
    maintainer: str = ""
    depends_on: tuple[str, ...] = ()
    """Names of packages it declares to need, as written there."""
    modularity_label: str = ""
    """RPM only: the module stream that built it, such as "nodejs:18:8080020230…"."""


class Release(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operating system and its release, as /etc/os-release and its older relatives tell."""

    id: str
    """os-release's ID in lower case: "debian", "alpine", "rocky", "rhel" …"""
    version_id: str = ""
    """os-release's VERSION_ID: "12", "3.18.2", "9.2"; empty for rolling releases."""
    id_like: tuple[str, ...] = ()
    pretty_name: str = ""


class Owned(msgspec.Struct, frozen=True):
    """Paths that an operating system package installed, as its database writes them."""

    paths: tuple[str, ...]
    package: str
    """Its name, as in the same database's Package."""


class Problem(msgspec.Struct, frozen=True):
    """Something that could not be read, so that what it holds is unknown rather than absent."""

    path: str
    reason: str


Fact = Package | Release | Owned | Problem


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one analyzer read from one file; a later layer's file at the same path replaces it whole."""

    path: str
    packages: tuple[Package, ...] = ()
    release: Release | None = None
    owned: tuple[Owned, ...] = ()
    """Relative paths, cut to those that another analyzer may report from."""
    problems: tuple[Problem, ...] = ()


class File(msgspec.Struct, frozen=True):
    """One regular file of a layer. `path` is normalised: relative, no "." or "..", "/" between names."""

    path: str
    data: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyzer:
    """Reads one file format. Each module of `os`, `languages` and `binaries` has one, named ANALYZER."""

    id: str
    """Folder and module, such as "os/apk"."""
    version: int
    """Raised when the same bytes would give other facts: stored layers are then read again."""
    parse: Callable[[File], Iterator[Fact]]
    """Yields what the file says. Raises ParseError when nothing more can be read from it."""
    globs: tuple[str, ...] = ()
    """Paths it wants: literal paths, or with "*" (within one name) and a leading "**/" (any folder)."""
    magic: tuple[bytes, ...] = ()
    """First bytes of executable regular files it wants, wherever they are."""


class LayerInventory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything one layer's walk gave."""

    diff_id: str
    """Digest of the uncompressed tar, "sha256:…"."""
    size_bytes: int
    """Length of the uncompressed tar."""
    entries: int
    found: dict[str, tuple[Found, ...]] = {}
    """Analyzer id → files it read, in the order of the tar; analyzers that read nothing are absent."""
    whiteouts: tuple[str, ...] = ()
    """Paths of lower layers that this layer removes (the ".wh." prefix taken off)."""
    opaque: tuple[str, ...] = ()
    """Directories whose content in lower layers this layer hides (".wh..wh..opq" or overlay's mark)."""
    problems: tuple[Problem, ...] = ()
    """Files that an analyzer wanted and that could not be read at all."""

"""What the formats have in common, before anything is made of it."""

import msgspec

from analyzers.inventory import Problem
from analyzers.sboms.document import Format, SbomLayer


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a document lists: a package, the operating system, a file of packages."""

    ref: str
    type: str
    """CycloneDX's component type in lower case: "library", "operating-system"."""
    group: str = ""
    name: str
    version: str = ""
    purl: str = ""
    licenses: tuple[str, ...] = ()
    supplier: str = ""
    own: dict[str, str] = {}
    """Facts beside the format's fields, which Cleanbill wrote: "kind", "source:name"."""
    trivy: dict[str, str] = {}
    """Those of Trivy: "PkgType", "SrcName"."""
    syft: dict[str, str] = {}
    """Those of Syft: "location:0:path"."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A document's things, and what leads from one to another."""

    format: Format
    version: str
    tool: str
    name: str
    subject: Described | None
    """What the document is about."""
    things: tuple[Described, ...]
    """All others."""
    needs: dict[str, tuple[str, ...]]
    """Reference of a thing → those it depends on."""
    holds: dict[str, tuple[str, ...]]
    """Reference of a thing → those it contains, where the format tells this apart from `needs`."""
    serial: str = ""
    """CycloneDX: the document's serial number, and which revision of it this is."""
    revision: str = ""
    layers: tuple[SbomLayer, ...] = ()
    problems: tuple[Problem, ...] = ()

"""Reads what CycloneDX documents say about the vulnerabilities in them, or in the bill that they point to.

Specifications: https://cyclonedx.org/capabilities/vex/, https://cyclonedx.org/docs/1.6/json/#vulnerabilities
"""

from collections.abc import Iterator
from urllib.parse import quote, unquote

import msgspec

from analyzers.documents import Value
from analyzers.errors import ParseError
from analyzers.ignore import naming
from analyzers.ignore.decision import Status
from analyzers.ignore.naming import parsed
from analyzers.ignore.statement import Gathered, Identifiers, Statement, joined, seconds
from analyzers.ignore.strict import convert

_STATES = {
    "resolved": Status.FIXED,
    "resolved_with_pedigree": Status.FIXED,
    "exploitable": Status.AFFECTED,
    "in_triage": Status.UNDER_INVESTIGATION,
    "false_positive": Status.NOT_AFFECTED,
    "not_affected": Status.NOT_AFFECTED,
}
_OF_VERSION = {
    "unaffected": Status.NOT_AFFECTED,
    "unknown": Status.UNDER_INVESTIGATION,
}
_Place = tuple[Identifiers, tuple[Identifiers, ...]]


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An object whose other keys are passed over."""


class _Hash(_Object, frozen=True, kw_only=True):
    alg: str
    content: str


class _Component(_Object, frozen=True, kw_only=True):
    bom_ref: str = msgspec.field(default="", name="bom-ref")
    name: str = ""
    version: str = ""
    purl: str = ""
    hashes: tuple[_Hash, ...] = ()
    components: "tuple[_Component, ...]" = ()


class _Party(_Object, frozen=True, kw_only=True):
    name: str = ""


class _Metadata(_Object, frozen=True, kw_only=True):
    timestamp: str = ""
    authors: tuple[_Party, ...] = ()
    supplier: _Party = _Party()
    manufacturer: _Party = _Party()
    component: _Component | None = None


class _Analysis(_Object, frozen=True, kw_only=True):
    state: str = ""
    justification: str = ""
    detail: str = ""
    last_updated: str = ""


class _Version(_Object, frozen=True, kw_only=True):
    version: str = ""
    range: str = ""
    status: str = ""


class _Affects(_Object, frozen=True, kw_only=True):
    ref: str
    versions: tuple[_Version, ...] = ()


class _Reference(_Object, frozen=True, kw_only=True):
    id: str = ""


class _Vulnerability(_Object, frozen=True, kw_only=True):
    id: str = ""
    references: tuple[_Reference, ...] = ()
    updated: str = ""
    analysis: _Analysis | None = None
    affects: tuple[_Affects, ...] = ()


class _Bom(_Object, frozen=True, kw_only=True):
    spec_version: str = ""
    serial_number: str = ""
    version: int = 1
    metadata: _Metadata = _Metadata()
    components: tuple[_Component, ...] = ()
    vulnerabilities: tuple[_Vulnerability, ...] = ()


def statements(value: Value, source: str) -> tuple[Statement, ...]:
    """Return a document's statements, one for each thing that a vulnerability with an analysis affects.

    What the document says of its own components holds within its own subject only, where it names one.

    Raises:
        ParseError: it is of another major version, or something in it is of another type; says where.
    """
    bom = convert(value, _Bom, source)
    if bom.spec_version.partition(".")[0] != "1":
        raise ParseError(f"{source}: CycloneDX {bom.spec_version!r:.20}, expected 1")
    subject = _Subject(bom)
    found = Gathered(source)
    for number, vulnerability in enumerate(bom.vulnerabilities):
        analysis = vulnerability.analysis
        if analysis is None or not analysis.state:
            continue
        place = f"{source}: vulnerabilities[{number}]"
        names = (vulnerability.id, *(each.id for each in vulnerability.references))
        for (product, subcomponents), status in _said(vulnerability, analysis, subject):
            found.add(
                Statement(
                    vulnerabilities=tuple(dict.fromkeys(name for name in names if name.strip())),
                    product=product,
                    subcomponents=subcomponents,
                    status=status,
                    statement=joined(analysis.justification, analysis.detail),
                    author=_author(bom.metadata),
                    source=source,
                    time_s=seconds(analysis.last_updated or vulnerability.updated, place)
                    or seconds(bom.metadata.timestamp, f"{source}: metadata.timestamp"),
                )
            )
    return found.all()


def _said(
    vulnerability: _Vulnerability, analysis: _Analysis, subject: "_Subject"
) -> Iterator[tuple[_Place, Status]]:
    state = _STATES.get(analysis.state, Status.UNKNOWN)
    for affects in vulnerability.affects:
        if not affects.versions:
            yield from ((place, state) for place in subject.places(affects.ref, ""))
        for each in affects.versions:
            # scanners write "affected" of whatever they found, and leave it to the analysis to say more
            status = (
                state if each.status in ("", "affected") else _OF_VERSION.get(each.status, Status.UNKNOWN)
            )
            # ranges would need the order of versions of whatever the reference names
            if each.version:
                yield from ((place, status) for place in subject.places(affects.ref, each.version))
    if not vulnerability.affects and subject.names:
        yield (subject.names, ()), state


class _Subject:
    """What a document is about, and what it calls its components."""

    def __init__(self, bom: _Bom) -> None:
        root = bom.metadata.component
        link = naming.link(bom.serial_number, str(bom.version))
        own = _identifiers(root, with_name=True) if root else ()
        self.names: Identifiers = (*own, link) if own and link else own
        """Of its subject; none when it does not say."""
        self._link = link
        self._root = root
        components = [*bom.components, *(root.components if root else ())]
        self._components = {each.bom_ref: each for each in _flat(components) if each.bom_ref}

    def places(self, ref: str, version: str) -> Iterator[_Place]:
        """Yield what a reference stands for; with a version, only what is known to have it."""
        if self._link and ref.startswith(f"{self._link}#"):
            ref = unquote(ref.partition("#")[2])
        component = self._components.get(ref)
        if self._root and ref and ref == self._root.bom_ref:
            is_same = self.names and version in ("", self._root.version)
            places: list[_Place] = [(self.names, ())] if is_same else []
        elif component is None:
            places = [(names, ()) for names in _outside(ref, version)]
        elif version in ("", component.version):
            links = (f"{self._link}#{ref}",) if self._link else ()
            inner = (*_identifiers(component, with_name=False), *links)
            places = [(self.names, (inner,)) if self.names else (inner, ())] if inner else []
        else:
            places = []
        yield from places


def _outside(ref: str, version: str) -> Iterator[Identifiers]:
    """Yield a reference that is a purl or BOM-Link; with a version, only one that can have it."""
    is_link = ref.lower().startswith("urn:cdx:")
    purl = parsed(unquote(ref.partition("#")[2]) if is_link else ref)
    if not version:
        if is_link or purl:
            yield (ref,)
    elif purl is not None and purl.version in (version, version.removeprefix("v")):
        yield (ref,)
    elif purl is not None and not purl.version and not is_link:
        end = min((place for place in (ref.find("?"), ref.find("#")) if place >= 0), default=len(ref))
        yield (f"{ref[:end]}@{quote(version, safe=':')}{ref[end:]}",)


def _flat(components: list[_Component]) -> Iterator[_Component]:
    waiting = components[::-1]
    while waiting:
        component = waiting.pop()
        yield component
        waiting.extend(component.components)


def _identifiers(component: _Component, *, with_name: bool) -> Identifiers:
    hashes = (naming.digest(each.alg, each.content) for each in component.hashes)
    name = f"{component.name}:{component.version}" if component.version else component.name
    names = (component.purl, *hashes, name if with_name else "")
    return tuple(dict.fromkeys(each for each in names if each))


def _author(metadata: _Metadata) -> str:
    names = (*(each.name for each in metadata.authors), metadata.supplier.name, metadata.manufacturer.name)
    return next(filter(None, names), "")

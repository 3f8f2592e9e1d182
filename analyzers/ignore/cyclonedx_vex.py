"""Reads what CycloneDX documents say about the vulnerabilities in them, or in the bill that they point to.

Specifications: https://cyclonedx.org/capabilities/vex/, https://cyclonedx.org/docs/1.6/json/#vulnerabilities
"""

from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

from analyzers.documents import Value
from analyzers.errors import ParseError
from analyzers.ignore import naming, version_range
from analyzers.ignore.decision import Status
from analyzers.ignore.naming import parsed
from analyzers.ignore.statement import Gathered, Identifiers, Statement, joined, seconds
from analyzers.ignore.strict import convert
from analyzers.sboms.package_url import PackageUrl
from analyzers.versions import InvalidVersionError

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
_NOWHERE: Identifiers = ()
_BY_DIGEST = frozenset(("docker", "oci"))
"""Types of purls whose version is not what people call the thing's version."""


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


class _Wanted(msgspec.Struct, frozen=True):
    """The versions that something is said of: one, a range, or any."""

    version: str = ""
    range: str = ""

    def has(self, version: str, purl: PackageUrl | None) -> bool:
        """Tell whether something is known to have one of them, by its version and by its purl's."""
        if purl and purl.type in _BY_DIGEST:
            purl = None
        own = {version, *((purl.version, naming.native_version(purl)) if purl and purl.version else ())}
        if self.version and own.isdisjoint((self.version, self.version.removeprefix("v"))):
            return False
        if not self.range:
            return True
        versions = version_range.parse(self.range)
        if purl and not versions.speaks_of(purl.type):
            return False
        try:
            return versions.contains(naming.native_version(purl) if purl and purl.version else version)
        except InvalidVersionError:
            return False

    def narrowed(self, purl: str) -> str:
        """Return a purl without a version that speaks of these only."""
        if not self.version:
            return naming.ranged(purl, self.range) if self.range else purl
        return naming.versioned(purl, self.version)


_ANY = _Wanted()


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
        for (product, subcomponents), status, problem in _said(vulnerability, analysis, subject):
            found.add(
                Statement(
                    vulnerabilities=tuple(dict.fromkeys(name for name in names if name.strip())),
                    product=product,
                    subcomponents=subcomponents,
                    status=status,
                    problem=problem,
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
) -> Iterator[tuple[_Place, Status, str]]:
    """Yield what is said of which place; with a problem, it cannot be told of which."""
    state = _STATES.get(analysis.state, Status.UNKNOWN)
    for affects in vulnerability.affects:
        if not affects.versions:
            yield from ((place, state, "") for place in subject.places(affects.ref, _ANY))
        for each in affects.versions:
            # scanners write "affected" of whatever they found, and leave it to the analysis to say more
            status = (
                state if each.status in ("", "affected") else _OF_VERSION.get(each.status, Status.UNKNOWN)
            )
            wanted = _Wanted(each.version, each.range)
            if problem := _problem(each.range):
                yield (_NOWHERE, ()), status, problem
            elif wanted != _ANY:
                yield from ((place, status, "") for place in subject.places(affects.ref, wanted))
    if not vulnerability.affects and subject.names:
        yield (subject.names, ()), state, ""


def _problem(versions: str) -> str:
    """Return why a range cannot be judged; "" when it can, or when there is none."""
    try:
        if versions:
            version_range.parse(versions)
    except ParseError as error:
        return str(error)
    return ""


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

    def places(self, ref: str, wanted: _Wanted) -> Iterator[_Place]:
        """Yield what a reference stands for, as far as it is known to have a version that is wanted."""
        if self._link and ref.startswith(f"{self._link}#"):
            ref = unquote(ref.partition("#")[2])
        component = self._components.get(ref)
        if self._root and ref and ref == self._root.bom_ref:
            is_same = self.names and wanted.has(self._root.version, parsed(self._root.purl))
            places: list[_Place] = [(self.names, ())] if is_same else []
        elif component is None:
            places = [(names, ()) for names in _outside(ref, wanted)]
        elif wanted.has(component.version, parsed(component.purl)):
            links = (f"{self._link}#{ref}",) if self._link else ()
            inner = (*_identifiers(component, with_name=False), *links)
            places = [(self.names, (inner,)) if self.names else (inner, ())] if inner else []
        else:
            places = []
        yield from places


def _outside(ref: str, wanted: _Wanted) -> Iterator[Identifiers]:
    """Yield a reference that is a purl or BOM-Link, as far as it can have a version that is wanted."""
    is_link = ref.lower().startswith("urn:cdx:")
    purl = parsed(unquote(ref.partition("#")[2]) if is_link else ref)
    if wanted == _ANY:
        if is_link or purl:
            yield (ref,)
    elif purl is not None and purl.version:
        if wanted.has(purl.version, purl):
            yield (ref,)
    elif purl is not None and not is_link:
        yield (wanted.narrowed(ref),)


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

"""Bills of materials in CycloneDX 1.

Specification: https://cyclonedx.org/docs/1.6/json/
"""

from collections.abc import Iterable, Iterator, Sequence

from analyzers.errors import ParseError
from analyzers.inventory import Problem
from analyzers.sboms import cyclonedx_parts as parts
from analyzers.sboms import lenient
from analyzers.sboms.document import INCOMPLETE, Format, SbomLayer
from analyzers.sboms.listing import Described, Listing

KNOWN = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6")
_UNFINISHED = frozenset(("incomplete", "incomplete_first_party_only", "incomplete_third_party_only"))
_OWN = "cleanbill:"
_TRIVY = "aquasecurity:trivy:"
_SYFT = "syft:"
_DIFF_IDS = (f"{_OWN}image:diffId", f"{_TRIVY}DiffID")


def listing(data: bytes, path: str) -> Listing:
    """Return what a JSON document lists.

    Raises:
        ParseError: it is no JSON object, or of another major version.
    """
    bom, lost = lenient.decode(data, parts.Bom, path)
    return listing_of(bom, Format.CYCLONEDX_JSON, path, lost)


def listing_of(bom: parts.Bom, format_: Format, path: str, lost: Sequence[str] = ()) -> Listing:
    """Return what a document lists; `lost` are the places of what could not be read.

    Raises:
        ParseError: it is of another major version.
    """
    if bom.spec_version.partition(".")[0] not in ("", "1"):
        raise ParseError(f"{path}: CycloneDX {bom.spec_version!r}, expected 1.0 to 1.6")
    subject = bom.metadata.component
    inner = subject.components if subject else ()
    flat = list(_flat((*inner, *bom.components)))
    return Listing(
        format=format_,
        version=bom.spec_version,
        tool=_tool(bom.metadata),
        name=subject.name if subject else "",
        subject=_described(subject) if subject else None,
        things=tuple(map(_described, flat)),
        needs={each.ref: each.depends_on for each in bom.dependencies if each.ref},
        holds={each.bom_ref: _refs(each) for each in flat if each.components and each.bom_ref},
        serial=bom.serial_number.strip(),
        revision=str(bom.version),
        layers=_layers(subject) if subject else (),
        problems=tuple(_problems(bom, path, lost)),
    )


def _flat(components: Iterable[parts.Component]) -> Iterator[parts.Component]:
    """Yield components and those within them, each before its own."""
    waiting = list(components)[::-1]
    while waiting:
        component = waiting.pop()
        yield component
        waiting.extend(reversed(component.components))


def _refs(component: parts.Component) -> tuple[str, ...]:
    return tuple(each.bom_ref for each in component.components if each.bom_ref)


def _described(component: parts.Component) -> Described:
    supplier = component.supplier.name if component.supplier else ""
    own, trivy, syft = _facts(component.properties)
    return Described(
        ref=component.bom_ref,
        type=component.type.lower(),
        group=component.group if own else component.group.strip(),
        name=component.name if own else component.name.strip(),
        version=component.version if own else component.version.strip(),
        purl=component.purl.strip(),
        licenses=tuple(filter(None, map(_license, component.licenses))) if component.licenses else (),
        supplier=supplier or component.publisher or component.author,
        own=own,
        trivy=trivy,
        syft=syft,
    )


def _facts(properties: Iterable[parts.Property]) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the properties of our own, of Trivy and of Syft, without what their names begin with."""
    own: dict[str, str] = {}
    trivy: dict[str, str] = {}
    syft: dict[str, str] = {}
    for each in properties:
        name = each.name
        if name.startswith(_TRIVY):
            trivy[name[len(_TRIVY) :]] = each.value
        elif name.startswith(_SYFT):
            syft[name[len(_SYFT) :]] = each.value
        elif name.startswith(_OWN):
            own[name[len(_OWN) :]] = each.value
    return own, trivy, syft


def _license(choice: parts.LicenseChoice) -> str:
    if choice.license:
        return choice.license.id or choice.license.name
    return choice.expression


def _tool(metadata: parts.Metadata) -> str:
    tools = metadata.tools.components if isinstance(metadata.tools, parts.Tools) else metadata.tools
    return f"{tools[0].name} {tools[0].version}".strip() if tools else ""


def _layers(subject: parts.Component) -> tuple[SbomLayer, ...]:
    diff_ids = [each.value for each in subject.properties if each.name in _DIFF_IDS]
    digests = [each.value for each in subject.properties if each.name == f"{_OWN}image:layer"]
    if len(digests) != len(diff_ids):
        digests = [""] * len(diff_ids)
    return tuple(map(SbomLayer, digests, diff_ids))


def _problems(bom: parts.Bom, path: str, lost: Sequence[str]) -> Iterator[Problem]:
    if bom.spec_version not in KNOWN:
        yield Problem(path, f"CycloneDX {bom.spec_version!r}: what is new after 1.6 is not known")
    if lost:
        yield Problem(path, f"not as the format has it, and left out: {', '.join(lost)}")
    own = [each.value for each in bom.metadata.properties if each.name == f"{_OWN}problem"]
    for told in own:
        place, _, reason = told.partition(": ")
        yield Problem(place, reason) if reason else Problem(path, told)
    if not own and any(each.aggregate in _UNFINISHED for each in bom.compositions):
        yield Problem(path, INCOMPLETE)

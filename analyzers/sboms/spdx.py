"""Bills of materials in SPDX 2.

Specification: https://spdx.github.io/spdx-spec/v2.3/
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from analyzers.errors import ParseError
from analyzers.inventory import Problem
from analyzers.sboms import lenient
from analyzers.sboms import spdx_parts as parts
from analyzers.sboms.document import Format, SbomLayer
from analyzers.sboms.listing import Described, Listing

KNOWN = ("SPDX-2.2", "SPDX-2.3")
_DOCUMENT = "SPDXRef-DOCUMENT"
_TRIVY_TEXTS = frozenset(("LayerDiffID", "LayerDigest", "Modularitylabel", "PkgType"))
_NOTHING = frozenset(("", "NOASSERTION", "NONE"))
_BUILT_FROM = re.compile(r"built package from: (\S+)(?: (\S+))?")
_FOUND_IN = re.compile(r"package found in: (.+)")
_ACQUIRED = re.compile(r"acquired package info from [^:]*: /?([^,\n]+)", re.DOTALL)
_LAYER = re.compile(r"layerID: (\S+)")
_INVERSE = {"DEPENDENCY_OF": "DEPENDS_ON", "CONTAINED_BY": "CONTAINS", "DESCRIBED_BY": "DESCRIBES"}
_DEPENDENCY = re.compile(r"[A-Z]+_DEPENDENCY_OF")

_Edges = dict[str, list[tuple[str, str]]]
"""Kind of relationship → (one element, the other), the one that needs or contains first."""


def load(data: bytes, path: str) -> parts.Document:
    """Return a JSON document's parts.

    Raises:
        ParseError: it is no JSON object.
    """
    document, lost = lenient.decode(data, parts.Document, path)
    return msgspec.structs.replace(document, lost=lost)


def listing(document: parts.Document, format_: Format, path: str) -> Listing:
    """Return what a document lists.

    Raises:
        ParseError: it is of another major version.
    """
    if not document.spdx_version.startswith("SPDX-2"):
        raise ParseError(f"{path}: {document.spdx_version!r}, expected SPDX-2.2 or SPDX-2.3")
    edges = _edges(document)
    reading = _Reading(document, edges)
    described = {other for one, other in edges.get("DESCRIBES", ()) if one == _DOCUMENT}
    described.update(document.document_describes)
    things = [reading.described(package) for package in document.packages]
    subjects = [thing for thing in things if thing.ref in described]
    own = _own_facts(document.annotations)
    subject = subjects[0] if len(subjects) == 1 else None
    return Listing(
        format=format_,
        version=document.spdx_version.removeprefix("SPDX-"),
        tool=_tool(document.creation_info.creators),
        name=subject.name if subject else document.name,
        subject=subject,
        things=tuple(thing for thing in things if thing is not subject),
        needs=_grouped(edges.get("DEPENDS_ON", ())),
        holds=_grouped(edges.get("CONTAINS", ())),
        layers=tuple(_layers(document, subject)),
        problems=tuple(_problems(document, own, path)),
    )


class _Reading:
    """Reads packages with what the rest of the document says about them."""

    def __init__(self, document: parts.Document, edges: _Edges) -> None:
        self._files = {file.spdx_id: file for file in document.files}
        self._names = {
            each.license_id: each.name if each.name not in _NOTHING else each.extracted_text
            for each in document.has_extracted_licensing_infos
        }
        pairs = (*edges.get("CONTAINS", ()), *edges.get("evident-by", ()))
        self._evidence = {one: self._files[other] for one, other in reversed(pairs) if other in self._files}

    def described(self, package: parts.Package) -> Described:
        own = _own_facts(package.annotations)
        version = "" if package.version_info in _NOTHING else package.version_info.strip()
        return Described(
            ref=package.spdx_id,
            type=_type(package),
            name=own.get("name", package.name.strip()),
            version=own.get("version", version),
            purl=_purl(package),
            licenses=_own_licenses(own) or tuple(self._licenses(package)),
            supplier=own.get("maintainer") or _supplier(package.supplier),
            own=own,
            trivy=dict(_from_source_info(package.source_info)) | _trivy_facts(package),
            syft=self._syft_facts(package),
        )

    def _licenses(self, package: parts.Package) -> Iterator[str]:
        """Yield the licences that all hold, each by its name."""
        declared = package.license_declared
        expression = package.license_concluded if declared in _NOTHING else declared
        if expression in _NOTHING:
            return
        whole = [expression] if "(" in expression or " OR " in expression else expression.split(" AND ")
        for each in whole:
            yield self._names.get(each, each).strip()

    def _syft_facts(self, package: parts.Package) -> dict[str, str]:
        """Return where the package was found, by the files that it has or is evident by."""
        facts: dict[str, str] = {}
        files = [self._files[each] for each in package.has_files if each in self._files]
        if file := self._evidence.get(package.spdx_id) or next(iter(files), None):
            facts["location:0:path"] = file.file_name.removeprefix("./")
            if layer := _LAYER.search(file.comment):
                facts["location:0:layerID"] = layer[1]
        return facts


def _own_licenses(own: dict[str, str]) -> tuple[str, ...]:
    """Return the licences that an expression could not tell apart."""
    told = own.get("licenses", "")
    try:
        return msgspec.json.decode(told, type=tuple[str, ...]) if told else ()
    except (msgspec.DecodeError, UnicodeEncodeError):
        return ()


def _type(package: parts.Package) -> str:
    if package.primary_package_purpose:
        return package.primary_package_purpose.lower().replace("_", "-")
    # Syft's documents have no purposes, and SPDX before 2.3 could not tell them
    kinds = {"SPDXRef-OperatingSystem": "operating-system", "SPDXRef-Application": "application"}
    return next((type_ for start, type_ in kinds.items() if package.spdx_id.startswith(start)), "library")


def _purl(package: parts.Package) -> str:
    found = (each.reference_locator for each in package.external_refs if each.reference_type == "purl")
    return next(found, "").strip()


def _supplier(text: str) -> str:
    kind, colon, name = text.partition(":")
    if not colon or kind not in ("Organization", "Person"):
        return ""
    name = name.strip()
    before, bracket, address = name.rpartition("(")
    if not bracket or not address.endswith(")") or len(address) == 1:
        return name
    return f"{before.strip()} <{address[:-1]}>".strip()


def _from_source_info(text: str) -> Iterator[tuple[str, str]]:
    """Yield what Trivy and Syft tell in a sentence, as they would in CycloneDX."""
    if match := _BUILT_FROM.fullmatch(text):
        yield "SrcName", match[1]
        yield "SrcVersion", match[2] or ""
    elif match := _FOUND_IN.fullmatch(text) or _ACQUIRED.match(text):
        yield "FilePath", match[1].strip()


def _trivy_facts(package: parts.Package) -> dict[str, str]:
    """Return what Trivy tells one by one, "PkgType: npm": in annotations, once in attribution texts."""
    own = [each.comment for each in package.annotations if each.annotator.startswith("Tool: trivy")]
    pairs = [text.partition(": ") for text in (*own, *package.attribution_texts)]
    texts = {name: value for name, colon, value in pairs if colon}
    return texts if own else {name: value for name, value in texts.items() if name in _TRIVY_TEXTS}


def _own_facts(annotations: Sequence[parts.Annotation]) -> dict[str, str]:
    """Return what our own annotation tells, which is one JSON object."""
    for each in annotations:
        if each.annotator.startswith("Tool: cleanbill-") and each.comment.startswith("{"):
            try:
                return msgspec.json.decode(each.comment, type=dict[str, str])
            except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
                continue
    return {}


def _tool(creators: Sequence[str]) -> str:
    tools = (each.removeprefix("Tool:").strip() for each in creators if each.startswith("Tool:"))
    return next(tools, "").replace("-", " ", 1)


def _edges(document: parts.Document) -> _Edges:
    edges: _Edges = {}
    for each in document.relationships:
        kind, pair = each.relationship_type.upper(), (each.spdx_element_id, each.related_spdx_element)
        if kind == "OTHER" and each.comment.startswith("evident-by"):
            kind = "evident-by"
        if kind in _INVERSE or _DEPENDENCY.fullmatch(kind):
            kind, pair = _INVERSE.get(kind, "DEPENDS_ON"), pair[::-1]
        edges.setdefault(kind, []).append(pair)
    return edges


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, list[str]] = {}
    for one, other in pairs:
        grouped.setdefault(one, []).append(other)
    return {one: tuple(others) for one, others in grouped.items()}


def _layers(document: parts.Document, subject: Described | None) -> Iterator[SbomLayer]:
    if subject is None:
        return
    if told := subject.own.get("layers", ""):
        for pair in told.split():
            digest, _, diff_id = pair.partition("/")
            yield SbomLayer(digest, diff_id)
        return
    package = next(each for each in document.packages if each.spdx_id == subject.ref)
    for remark in package.annotations:
        if remark.comment.startswith("DiffID: "):
            yield SbomLayer("", remark.comment.removeprefix("DiffID: "))


def _problems(document: parts.Document, own: dict[str, str], path: str) -> Iterator[Problem]:
    if document.spdx_version not in KNOWN:
        yield Problem(path, f"{document.spdx_version!r}: read as if it were SPDX 2.3")
    if document.lost:
        yield Problem(path, f"not as the format has it, and left out: {', '.join(document.lost)}")
    told = own.get("problems", "")
    try:
        pairs = msgspec.json.decode(told, type=tuple[tuple[str, str], ...]) if told else ()
    except msgspec.DecodeError:
        pairs = ((path, told),)
    for place, reason in pairs:
        yield Problem(place, reason)

"""Reads SPDX 2 documents that are written as tags and values.

Specification: https://spdx.github.io/spdx-spec/v2.3/conformance/ (the tag is told beside each field). A value
between <text> and </text> may have many lines.
"""

import re
from collections.abc import Iterator

import msgspec

from analyzers.documents import Value
from analyzers.sboms import spdx_parts as parts

_TAG = re.compile(r"([A-Za-z][A-Za-z0-9]*):[ \t]*(.*)", re.DOTALL)
_DOCUMENT = {"SPDXVersion": "spdxVersion", "DocumentName": "name"}
_FIELDS = {
    "PackageVersion": "versionInfo",
    "PackageSupplier": "supplier",
    "PackageSourceInfo": "sourceInfo",
    "PackageLicenseConcluded": "licenseConcluded",
    "PackageLicenseDeclared": "licenseDeclared",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
    "FileComment": "comment",
    "LicenseName": "name",
    "ExtractedText": "extractedText",
    "RelationshipComment": "comment",
    "AnnotationComment": "comment",
    "SPDXREF": "element",
}
_OPENS = {
    "PackageName": ("packages", "name"),
    "FileName": ("files", "fileName"),
    "LicenseID": ("hasExtractedLicensingInfos", "licenseId"),
    "Annotator": ("annotations", "annotator"),
    "SnippetSPDXID": ("snippets", "name"),
    "SnippetSPDXIdentifier": ("snippets", "name"),
}
"""Tag that opens an element → the list that it belongs to, and its key in there."""
_WORDS = 3
_PLACES = 20


def load(data: bytes, path: str) -> parts.Document:
    """Return the document; lines that are no tags are told in `lost`, never an error."""
    reading = _Reading()
    for number, tag, value in _tags(data.decode("utf-8-sig", "replace")):
        if not tag or not reading.take(tag, value):
            reading.lose(f"line {number} of {path}")
    return reading.document()


def _tags(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line number, tag and value; "" for a tag where there is none."""
    lines = iter(enumerate(text.split("\n"), start=1))
    for number, line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _TAG.fullmatch(stripped)
        if match is None:
            yield number, "", stripped
        elif match[2].startswith("<text>"):
            yield number, match[1], _long(line.partition("<text>")[2], lines)
        else:
            yield number, match[1], match[2]


def _long(first: str, lines: Iterator[tuple[int, str]]) -> str:
    """Return a value up to its </text>; one without end goes on to the end of the document."""
    collected = [first.removesuffix("\r")]
    while "</text>" not in collected[-1]:
        collected.append(next(lines, (0, "</text>"))[1].removesuffix("\r"))
    collected[-1] = collected[-1].partition("</text>")[0]
    return "\n".join(collected)


class _Reading:
    """Puts tags together into what the JSON of the format would be: each belongs to what was opened last."""

    def __init__(self) -> None:
        self._root: dict[str, Value] = {}
        self._lists: dict[str, list[dict[str, Value]]] = {}
        self._creators: list[Value] = []
        self._open: dict[str, Value] = self._root
        self._element: dict[str, Value] = self._root
        """The last one that has an identifier."""
        self._lost: list[Value] = []

    def lose(self, place: str) -> None:
        """Note what could not be read."""
        if len(self._lost) < _PLACES:
            self._lost.append(place)

    def take(self, tag: str, value: str) -> bool:
        """Take a tag; False for one that stands where the format has no place for it."""
        if tag in _OPENS:
            key, field = _OPENS[tag]
            self._start(key, {field: value})
            return True
        match tag:
            case "SPDXID":
                self._identify(value)
            case "Creator":
                self._creators.append(value)
            case "Relationship":
                return self._relate(value)
            case "ExternalRef":
                return self._refer(value)
            case "PackageAttributionText":
                return self._append("attributionTexts", value)
            case _ if tag in _FIELDS:
                self._open[_FIELDS[tag]] = value
            case _ if tag in _DOCUMENT:
                self._root[_DOCUMENT[tag]] = value
            case _:
                pass  # a field that no package is read from
        return True

    def _start(self, key: str, element: dict[str, Value]) -> None:
        self._lists.setdefault(key, []).append(element)
        self._open = element
        if key != "annotations":
            self._element = element

    def _identify(self, value: str) -> None:
        self._element["SPDXID"] = value
        if "fileName" in self._element:  # files after a package are the package's
            self._append("hasFiles", value)

    def _append(self, field: str, value: Value) -> bool:
        """Add to a list of the last package; False before the first."""
        packages = self._lists.get("packages")
        found = packages[-1].setdefault(field, []) if packages else None
        if isinstance(found, list):
            found.append(value)
        return packages is not None

    def _relate(self, value: str) -> bool:
        words = value.split()
        if len(words) < _WORDS:
            return False
        one, kind, other = words[0], words[1], words[-1]
        relation: dict[str, Value] = {
            "spdxElementId": one,
            "relationshipType": kind,
            "relatedSpdxElement": other,
        }
        self._lists.setdefault("relationships", []).append(relation)
        self._open = relation
        return True

    def _refer(self, value: str) -> bool:
        words = value.split(None, _WORDS - 1)
        if len(words) < _WORDS:
            return False
        return self._append("externalRefs", {"referenceType": words[1], "referenceLocator": words[2]})

    def document(self) -> parts.Document:
        """Return what was taken."""
        packages = {str(each.get("SPDXID", "")): each for each in self._lists.get("packages", ())}
        for annotation in self._lists.pop("annotations", ()):
            element = packages.get(str(annotation.get("element", "")), self._root)
            remarks = element.setdefault("annotations", [])
            if isinstance(remarks, list):
                remarks.append(dict(annotation))
        whole = {
            **self._root,
            **self._lists,
            "creationInfo": {"creators": self._creators},
            "lost": self._lost,
        }
        return msgspec.convert(whole, parts.Document)

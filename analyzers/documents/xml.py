"""XML documents, without the parts that let a document grow or reach out.

Format: https://www.w3.org/TR/xml/. Entities of a document's own are refused:
https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzers.documents.wording import xml_problem
from analyzers.errors import ParseError

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

_DEEPEST = 200


@dataclass(slots=True, kw_only=True)
class Element:
    """One element. Names are without their namespace's prefix or address."""

    name: str
    attributes: dict[str, str]
    first_line: int
    last_line: int = 0
    text: str = ""
    """Its own characters, stripped of blanks around them."""
    children: list[Element] = field(default_factory=list)

    def first(self, *names: str) -> Element | None:
        """Return the first element at the end of a path of names, None when there is none."""
        found: Element | None = self
        for name in names:
            found = next((each for each in found.children if each.name == name), None) if found else None
        return found

    def all(self, *names: str) -> list[Element]:
        """Return every element at the end of a path of names."""
        found = [self]
        for name in names:
            found = [each for parent in found for each in parent.children if each.name == name]
        return found

    def text_of(self, *names: str) -> str:
        """Return the text of `first`, "" without it."""
        found = self.first(*names)
        return found.text if found else ""


def load(data: bytes, path: str) -> Element:
    """Return the document's root.

    Raises:
        ParseError: it is no XML, declares entities or attributes, or is nested too deeply.
    """
    from xml.parsers import expat  # noqa: PLC0415 - most images have no XML file

    parser = expat.ParserCreate(namespace_separator=" ")
    tree = _Tree(parser, path)
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the library takes it by position only
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ParseError(f"{path}: {xml_problem(error)}, expected XML") from error
    return tree.root


class _Tree:
    def __init__(self, parser: XMLParserType, path: str) -> None:
        self._parser, self._path = parser, path
        self.root = Element(name="", attributes={}, first_line=1)
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse_entity
        # Each element would get all of an attribute list's defaults.
        parser.AttlistDeclHandler = self._refuse_attributes

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise ParseError(f"{self._path}: more than {_DEEPEST} elements in each other")
        element = Element(
            name=_local(name),
            attributes={_local(key): value for key, value in attributes.items()},
            first_line=self._parser.CurrentLineNumber,
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def _end(self, _name: str) -> None:
        element = self._open.pop()
        element.text = "".join(self._texts.pop()).strip()
        element.last_line = self._parser.CurrentLineNumber

    def _characters(self, data: str) -> None:
        self._texts[-1].append(data)

    def _refuse_entity(self, name: str, *_rest: object) -> None:
        raise ParseError(f"{self._path}: entity {name!r:.100}, expected a document that declares none")

    def _refuse_attributes(self, name: str, *_rest: object) -> None:
        raise ParseError(f"{self._path}: attributes of {name!r:.100}, expected a document that declares none")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]

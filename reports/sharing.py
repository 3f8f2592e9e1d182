"""Documents of many images that have most of what is in them in common."""

from collections.abc import Hashable
from typing import TypeVar, cast

import msgspec

from reports.document import ComponentFinding, Document

_Value = TypeVar("_Value", bound=Hashable)


class Sharing:
    """Holds once what is equal in documents: the packages of a base, what is to be read about them."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Hashable] = {}

    def shared(self, document: Document) -> Document:
        """Return an equal document, whose parts are those of earlier ones where they are equal."""
        return msgspec.structs.replace(
            document,
            components=tuple(map(self.one, document.components)),
            findings=tuple(map(self._finding, document.findings)),
        )

    def one(self, value: _Value) -> _Value:
        """Return the first value that was equal to this one."""
        return cast("_Value", self._known.setdefault(value, value))  # equal values are of equal types here

    def _finding(self, found: ComponentFinding) -> ComponentFinding:
        return ComponentFinding(
            component=found.component, finding=self.one(found.finding), advice=self.one(found.advice)
        )

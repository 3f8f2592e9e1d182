"""Java libraries in archives of classes, and in archives within them.

Formats: https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html,
https://docs.spring.io/spring-boot/specification/executable-jar/nested-jars.html (BOOT-INF/lib),
https://jakarta.ee/specifications/servlet/6.0/ (WEB-INF/lib). Archives know their name in Maven's
repositories if Maven built them; of others the manifest and the file's name tell what they can, and where no
group is known no advisory can be looked up: `analyzers.identity` says so.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Problem
from analyzers.languages._jar_contents import ENDINGS, Contents
from analyzers.languages._zip import Archive, Budget, Member

_ENDING = re.compile(r"\.[A-Za-z]+\Z")
_SHARED_ENDINGS = (".sar", ".nar", ".par")  # other programs' files have them too
_ZIP_MAGIC = b"PK"
_DEEPEST = 8


def parse(file: File) -> Iterator[Fact]:
    """Yield the package that the archive is, those merged into it, and those of archives in it.

    An empty file is none. What is in an inner archive that cannot be read is a Problem.

    Raises:
        ParseError: the file is no archive, or its directory is broken.
    """
    if not file.data or (file.path.endswith(_SHARED_ENDINGS) and not file.data.startswith(_ZIP_MAGIC)):
        return
    place = _Place(file.path, "", 0)
    try:
        yield from _read(memoryview(file.data), place, Budget())
    except ParseError as error:
        raise ParseError(f"{file.path}: {error}") from error


class _Place(NamedTuple):
    """Where an archive lies."""

    file: str
    inner: str
    depth: int

    @property
    def stem(self) -> str:
        return _ENDING.sub("", (self.inner or self.file).rpartition("/")[2])

    def within(self, member: Member) -> "_Place":
        inner = f"{self.inner}/{member.name}" if self.inner else member.name
        return _Place(self.file, inner, self.depth + 1)

    def problem(self, error: ParseError) -> Problem:
        where = f"{self.inner}: " if self.inner else ""
        return Problem(self.file, f"languages/jar: {where}{error}")


def _read(data: memoryview, place: _Place, budget: Budget) -> Iterator[Fact]:
    contents = Contents(Archive(data, budget))
    yield from contents.packages(place.stem, place.inner)
    for error in contents.errors:
        yield place.problem(error)
    for member in contents.nested:
        yield from _read_nested(contents, member, place, budget)


def _read_nested(contents: Contents, member: Member, place: _Place, budget: Budget) -> Iterator[Fact]:
    inner = place.within(member)
    if inner.depth > _DEEPEST:
        yield inner.problem(ParseError(f"more than {_DEEPEST} archives in each other"))
        return
    try:
        data = contents.read(member)
    except ParseError as error:
        yield place.problem(error)
        return
    try:
        yield from _read(data, inner, budget) if data else ()
    except ParseError as error:
        yield inner.problem(error)


ANALYZER = Analyzer(
    id="languages/jar",
    version=2,
    kinds=(Kind(name="jar", purl_type="maven", ecosystem="Maven", title="Java"),),
    globs=tuple(f"**/*.{ending}" for ending in (*ENDINGS, "JAR", "WAR", "EAR")),
    parse=parse,
)

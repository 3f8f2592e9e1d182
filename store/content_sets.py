"""What images hold besides packages, as it is counted and compared: a set for each layer and kind."""

import hashlib
import zlib
from collections.abc import Collection, Mapping, Sequence

import msgspec

from analyzers.ignore.candidate import FindingKind
from analyzers.inventory import Problem
from store.database import Reader, Writer
from store.ids import manifest_id, row_id

CONFIGURATION = -1
"""The position of an image's configuration among its layers."""


class ContentFinding(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A secret, a failed check or a licence."""

    id: str
    """Of a rule or check; of a licence its name."""
    title: str = ""
    severity: str = ""
    """Name of an analyzers.severity.Severity; empty for licences, which the settings judge."""
    path: str = ""
    """Empty for the configuration of an image."""
    line: int = 0
    """Counted from 1; 0 when it is about the whole file, and for licences."""
    message: str = ""
    """What is wrong, of a failed check; of a secret its line with "*" in its place."""
    package: str = ""
    """Which has the licence; empty for a file's own."""
    ignored: str = ""
    """The comment in the file that says to ignore it."""


class ContentSet(msgspec.Struct, frozen=True, array_like=True):
    """What one layer, or the configuration, has of one kind that is left in an image."""

    findings: tuple[ContentFinding, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What could not be read."""


class TaggedContent(msgspec.Struct, frozen=True):
    """Where a set is among the tagged images."""

    image: int
    kind: FindingKind
    layer: int | None
    """None for the configuration."""
    set_id: int


class ImageContent(msgspec.Struct, frozen=True):
    """A finding of an image, and the layer that has it."""

    finding: ContentFinding
    layer: str
    """Its digest; empty for the configuration."""
    created_by: str


ContentsByKind = Mapping[FindingKind, Mapping[int, ContentSet]]
"""Kind → position → what is there."""


class EncodedSet(msgspec.Struct, frozen=True):
    """A set on its way into the store."""

    kind: FindingKind
    position: int
    digest: str
    problems: int
    body: bytes
    """Not packed yet: most sets are there already."""

    @property
    def id(self) -> int:
        """Its row."""
        return row_id("content_set", self.digest)


def encode(contents: ContentsByKind) -> list[EncodedSet]:
    """Return the sets of an image, for `put_contents`; it takes some milliseconds."""
    made = []
    for kind, by_position in contents.items():
        for position, each in by_position.items():
            body = msgspec.msgpack.encode(each)
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            made.append(EncodedSet(kind, position, digest, len(each.problems), body))
    return made


async def put_contents(tx: Writer, digest: str, contents: Sequence[EncodedSet]) -> None:
    """Afterwards the stored image has exactly these contents."""
    image = manifest_id(digest)
    before = await tx.all("content_sets_of_manifests", ids=_json([image]))
    if before:
        await tx.run("drop_contents_of", ids=_json([image]))
    if contents:
        await _put_sets(tx, contents)
    await tx.many("add_contents", [(image, str(each.kind), each.position, each.id) for each in contents])
    await drop_content_sets(tx, {set_id for (set_id,) in before})


async def _put_sets(tx: Writer, contents: Sequence[EncodedSet]) -> None:
    """Write the sets that are not there yet."""
    rows = await tx.all("known_content_sets", ids=_json([each.id for each in contents]))
    known = {set_id for (set_id,) in rows}
    new = {each.id: each for each in contents if each.id not in known}
    sets = [(key, each.digest, each.problems, zlib.compress(each.body, 1)) for key, each in new.items()]
    await tx.many("add_content_set", sets)


async def drop_content_sets(tx: Writer, sets: Collection[int]) -> None:
    """Forget those of the sets that no image has."""
    if sets:
        await tx.run("drop_content_sets", ids=_json(sorted(sets)))


async def contents_of_image(reader: Reader, digest: str, kind: FindingKind) -> list[ImageContent]:
    """Return the findings of one kind that an image has, by layer; none of one that was not looked into."""
    rows = await reader.all("contents_of_image", manifest_id=manifest_id(digest), kind=str(kind))
    return [
        ImageContent(finding, layer or "", created_by or "")
        for body, layer, created_by in rows
        for finding in unpack(body).findings
    ]


async def contents_of_images(reader: Reader, stored: Sequence[int], kind: FindingKind) -> list[TaggedContent]:
    """Return the sets of one kind that these images have; those of an image are together."""
    rows = await reader.all("contents_of_images", images=_json(stored), kind=str(kind))
    return [TaggedContent(image, kind, layer, set_id) for image, layer, set_id in rows]


async def content_sets(reader: Reader, ids: Collection[int]) -> dict[int, bytes]:
    """Return set → its packed body, see `unpack`."""
    rows = await reader.all("content_sets", ids=_json(sorted(ids)))
    return {set_id: body for set_id, body in rows}  # noqa: C416 - dict() loses the types


def unpack(body: bytes) -> ContentSet:
    """Return the set of a packed body."""
    return msgspec.msgpack.decode(zlib.decompress(body), type=ContentSet)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

"""Which images an event touched, grouped by the layer that brings the package in."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import msgspec

from store.database import Reader
from store.events import Event


class Named(msgspec.Struct, frozen=True):
    """A package as its package manager names it."""

    name: str
    version: str
    purl: str


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest in a repository."""

    registry: str
    repository: str
    tags: tuple[str, ...]
    """Those that pointed to it when the event happened; at most `Cut.tags`."""
    tags_total: int
    digest: str
    platform: str
    package_path: str
    """The first of the files where it has the package; empty when the package manager names none."""


class LayerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A layer that brings the package in, and images built on it."""

    digest: str
    diff_id: str
    created_by: str
    base_image: str | None
    """A tagged image that has exactly the layers up to this one: the place to mend them all."""
    packages: tuple[Named, ...]
    images_total: int
    images: tuple[Image, ...]


class Touched(msgspec.Struct, frozen=True):
    """What events touched."""

    layers: dict[int, tuple[LayerGroup, ...]]
    """Event number → layers, those with most images first; at most `Cut.layers` in all.

    Events that touched nothing are absent; one whose layers were all cut has none.
    """
    layers_total: int
    images_total: int
    """Each image counted once, however many of the events touched it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How much of what was touched is listed; totals always tell the whole."""

    images: int = 500
    """In one layer group."""
    images_in_all: int = 2_500
    layers: int = 500
    tags: int = 100
    created_by: int = 500
    """Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row of the query touched_images, in its order."""

    event_seq: int
    layer_id: int
    images_total: int
    position: int
    set_id: int
    manifest_id: int
    repository_id: int
    layer_digest: str
    diff_id: str
    created_by: str
    registry: str
    repository: str
    digest: str
    platform: str

    @property
    def group(self) -> tuple[int, int]:
        return self.event_seq, self.layer_id


@dataclass(slots=True)
class _Details:
    """What is looked up for the images that are listed."""

    tags: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    packages: dict[tuple[int, int], list[tuple[Named, str]]] = field(default_factory=dict)
    bases: dict[tuple[int, int], tuple[str, int] | None] = field(default_factory=dict)


async def touched(
    reader: Reader,
    events: Sequence[Event],
    *,
    admits: Callable[[str], bool] | None = None,
    cut: Cut = Cut(),
) -> Touched:
    """Return the images that finding events touched, in repositories whose names `admits` lets through.

    An image was touched when it was known before the event and a tag pointed to it at the event's time.
    """
    if not events:
        return Touched({}, 0, 0)
    chosen = {
        "events": _json([event.seq for event in events]),
        "repositories": await _admitted(reader, admits),
    }
    found = await reader.all("touched_images", most=cut.images, **chosen)
    rows = [_Row(**dict(zip(_Row.__dataclass_fields__, row, strict=True))) for row in found]
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row.group)]
    if all(group[0].images_total == len(group) for group in groups):
        images_total = len({(row.manifest_id, row.repository_id) for row in rows})
    else:
        images_total = await reader.value("touched_images_total", **chosen)
    listed = list(_listed(groups, cut))
    details = await _look_up(reader, events, listed)
    layers: dict[int, list[LayerGroup]] = {group[0].event_seq: [] for group in groups}
    for group, images in listed:
        layers[group[0].event_seq].append(_layer_group(group[0], images, details, cut))
    return Touched({seq: tuple(each) for seq, each in layers.items()}, len(groups), images_total)


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()


async def _admitted(reader: Reader, admits: Callable[[str], bool] | None) -> str | None:
    if admits is None:
        return None
    return _json([key for key, name in await reader.all("touchable_repositories") if admits(name)])


def _listed(groups: Sequence[list[_Row]], cut: Cut) -> Iterator[tuple[list[_Row], list[_Row]]]:
    """Yield the groups that are listed and their images that are, as far as the cut lets go."""
    left = cut.images_in_all
    for group in groups[: cut.layers]:
        images = group[:left]
        left -= len(images)
        yield group, images


async def _look_up(
    reader: Reader, events: Sequence[Event], listed: Sequence[tuple[list[_Row], list[_Row]]]
) -> _Details:
    details = _Details()
    images = [row for group, images in listed for row in (images or group[:1])]
    time = max(event.time for event in events)
    manifests = _json(sorted({row.manifest_id for row in images}))
    for manifest_id, repository_id, tag in await reader.all("tags_of_images", manifests=manifests, time=time):
        details.tags.setdefault((manifest_id, repository_id), []).append(tag)
    sets, seqs = _json(sorted({row.set_id for row in images})), _json([event.seq for event in events])
    for seq, set_id, name, version, purl, path in await reader.all(
        "touched_components", events=seqs, sets=sets
    ):
        details.packages.setdefault((seq, set_id), []).append((Named(name, version, purl), path))
    for (first, *_), _images in listed:
        if (first.layer_id, first.manifest_id) not in details.bases:
            details.bases[first.layer_id, first.manifest_id] = await _base(reader, first, time)
    return details


async def _base(reader: Reader, row: _Row, time: str) -> tuple[str, int] | None:
    """Return name and manifest of the image that ends with the layer."""
    found = await reader.one(
        "base_image", layer=row.layer_id, position=row.position, manifest=row.manifest_id, time=time
    )
    if found is None:
        return None
    registry, repository, tag, manifest_id = found
    return f"{registry.rpartition('://')[2].rstrip('/')}/{repository}:{tag}", manifest_id


def _layer_group(first: _Row, images: Sequence[_Row], details: _Details, cut: Cut) -> LayerGroup:
    base = details.bases[first.layer_id, first.manifest_id]
    # An image is not its own base: with nothing built on it the name would say nothing.
    alone = base is not None and {row.manifest_id for row in images or [first]} == {base[1]}
    sets = dict.fromkeys(row.set_id for row in images or [first])
    named = [each for set_id in sets for each, _ in details.packages.get((first.event_seq, set_id), ())]
    return LayerGroup(
        digest=first.layer_digest,
        diff_id=first.diff_id,
        created_by=first.created_by[: cut.created_by],
        base_image=None if base is None or alone else base[0],
        packages=tuple(dict.fromkeys(named)),
        images_total=first.images_total,
        images=tuple(
            sorted(
                (_image(row, details, cut) for row in images),
                key=lambda image: (image.registry, image.repository, image.digest),
            )
        ),
    )


def _image(row: _Row, details: _Details, cut: Cut) -> Image:
    tags = details.tags.get((row.manifest_id, row.repository_id), [])
    paths = sorted(path for _, path in details.packages.get((row.event_seq, row.set_id), ()))
    return Image(
        registry=row.registry,
        repository=row.repository,
        tags=tuple(tags[: cut.tags]),
        tags_total=len(tags),
        digest=row.digest,
        platform=row.platform,
        package_path=paths[0] if paths else "",
    )

"""Which images an event touched, grouped by the layer that brings the package in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from store.database import Reader, Row
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


_Place = tuple[int, int]
"""Ids of a layer and of the component set that an image has from it."""


@dataclass(frozen=True, slots=True)
class _Group:
    """A layer that brings an event's package in; images with different sets of it are different images."""

    seq: int
    layer_id: int
    sets: dict[int, int]
    """Component set → how many images have it."""

    @property
    def images_total(self) -> int:
        return sum(self.sets.values())

    @property
    def places(self) -> Iterator[_Place]:
        return ((self.layer_id, set_id) for set_id in self.sets)


@dataclass(frozen=True, slots=True)
class _Manifest:
    """One row of the query touched_manifests, in its order."""

    id: int
    position: int
    created_by: str
    layer_digest: str
    diff_id: str
    digest: str
    platform: str


@dataclass(slots=True)
class _Details:
    """What is looked up for the groups that are listed."""

    manifests: dict[_Place, list[_Manifest]] = field(default_factory=dict)
    tags: dict[int, dict[tuple[str, str], list[str]]] = field(default_factory=dict)
    """Manifest → (registry, repository) → tags."""
    packages: dict[tuple[int, int], list[tuple[Named, str]]] = field(default_factory=dict)
    """(Event number, set) → packages and their paths."""
    bases: dict[_Place, tuple[str, int] | None] = field(default_factory=dict)
    """Name and manifest of the image that ends with the layer."""


async def touched(
    reader: Reader,
    events: Sequence[Event],
    *,
    admits: Callable[[str], bool] | None = None,
    hides: Callable[[str], bool] | None = None,
    cut: Cut = Cut(),
) -> Touched:
    """Return the images that finding events touched, in repositories whose names `admits` lets through.

    `hides` is asked about names with their registry, "registry.example.com/team/app", and keeps some out.

    The events are of one time: they were appended together. An image was touched when it was known before
    them and a tag pointed to it when they happened.
    """
    if not events:
        return Touched({}, 0, 0)
    chosen: dict[str, object] = {
        "events": _json([event.seq for event in events]),
        "seq": events[0].seq,
        "time": events[0].time,
        "repositories": await _admitted(reader, admits, hides),
    }
    counted = await reader.all("touched_layers", **chosen)
    groups = _groups(await reader.all("sets_of_events", **chosen), counted)
    total = counted[0][2] if len(counted) == 1 else await reader.value("touched_total", **chosen) or 0
    listed = groups[: cut.layers]
    details = await _look_up(reader, listed, cut, chosen)
    layers: dict[int, list[LayerGroup]] = {group.seq: [] for group in groups}
    left = cut.images_in_all
    for group in listed:
        images = _images(group, details, cut)[: min(left, cut.images)]
        left -= len(images)
        layers[group.seq].append(_layer_group(group, images, details, cut))
    return Touched({seq: tuple(each) for seq, each in layers.items()}, len(groups), total)


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()


async def _admitted(
    reader: Reader, admits: Callable[[str], bool] | None, hides: Callable[[str], bool] | None
) -> str | None:
    if admits is None and hides is None:
        return None
    return _json(
        [
            key
            for key, name, registry in await reader.all("touchable_repositories")
            if (admits is None or admits(name))
            and not (hides and hides(f"{registry.rpartition('://')[2].rstrip('/')}/{name}"))
        ]
    )


def _groups(sets_of_events: Sequence[Row], counted: Sequence[Row]) -> list[_Group]:
    """Return the groups of each event, those with most images first."""
    layers_of: dict[int, list[_Place]] = {}
    totals: dict[_Place, int] = {}
    for layer_id, set_id, images_total in counted:
        layers_of.setdefault(set_id, []).append((layer_id, set_id))
        totals[layer_id, set_id] = images_total
    groups: dict[tuple[int, int], _Group] = {}
    for seq, set_id in sets_of_events:
        for layer_id, _ in layers_of.get(set_id, ()):
            group = groups.setdefault((seq, layer_id), _Group(seq, layer_id, {}))
            group.sets[set_id] = totals[layer_id, set_id]
    return sorted(groups.values(), key=lambda group: (group.seq, -group.images_total, group.layer_id))


async def _look_up(
    reader: Reader, listed: Sequence[_Group], cut: Cut, chosen: Mapping[str, object]
) -> _Details:
    details, left = _Details(), cut.images_in_all
    for group in listed:
        for place in group.places:
            if place not in details.manifests:
                # One at least: the layer is described by an image that has it.
                most = max(1, min(cut.images, left))
                details.manifests[place] = await _manifests(reader, place, most, chosen)
                left -= len(details.manifests[place])
    for place, (first, *_) in details.manifests.items():
        details.bases[place] = await _base(reader, place, first, chosen["time"])
    ids = _json(sorted({each.id for found in details.manifests.values() for each in found}))
    for manifest_id, registry, repository, tag in await reader.all("tags_of_images", manifests=ids, **chosen):
        places = details.tags.setdefault(manifest_id, {})
        places.setdefault((registry, repository), []).append(tag)
    sets = _json(sorted({set_id for _, set_id in details.manifests}))
    for seq, set_id, name, version, purl, path in await reader.all("touched_components", sets=sets, **chosen):
        details.packages.setdefault((seq, set_id), []).append((Named(name, version, purl), path))
    return details


async def _manifests(
    reader: Reader, place: _Place, most: int, chosen: Mapping[str, object]
) -> list[_Manifest]:
    layer_id, set_id = place
    rows = await reader.all("touched_manifests", layer=layer_id, set=set_id, most=most, **chosen)
    return [_Manifest(*row) for row in rows]


async def _base(reader: Reader, place: _Place, image: _Manifest, time: object) -> tuple[str, int] | None:
    found = await reader.one(
        "base_image", layer=place[0], position=image.position, manifest=image.id, time=time
    )
    if found is None:
        return None
    registry, repository, tag, manifest_id = found
    return f"{registry.rpartition('://')[2].rstrip('/')}/{repository}:{tag}", manifest_id


def _layer_group(group: _Group, images: tuple[Image, ...], details: _Details, cut: Cut) -> LayerGroup:
    manifests = [each for place in group.places for each in details.manifests[place]]
    base = details.bases[next(group.places)]
    # An image is not its own base: with nothing built on it the name would say nothing.
    is_alone = base is not None and {each.id for each in manifests} == {base[1]}
    named = [each for set_id in group.sets for each, _ in details.packages.get((group.seq, set_id), ())]
    return LayerGroup(
        digest=manifests[0].layer_digest,
        diff_id=manifests[0].diff_id,
        created_by=manifests[0].created_by[: cut.created_by],
        base_image=None if base is None or is_alone else base[0],
        packages=tuple(dict.fromkeys(named)),
        images_total=group.images_total,
        images=images,
    )


def _images(group: _Group, details: _Details, cut: Cut) -> tuple[Image, ...]:
    found = [
        _image(manifest, place, _path(group.seq, set_id, details), tags, cut)
        for layer_id, set_id in group.places
        for manifest in details.manifests[layer_id, set_id]
        for place, tags in details.tags.get(manifest.id, {}).items()
    ]
    return tuple(sorted(found, key=lambda image: (image.registry, image.repository, image.digest)))


def _path(seq: int, set_id: int, details: _Details) -> str:
    return min((path for _, path in details.packages.get((seq, set_id), ())), default="")


def _image(manifest: _Manifest, place: tuple[str, str], path: str, tags: Sequence[str], cut: Cut) -> Image:
    return Image(
        registry=place[0],
        repository=place[1],
        tags=tuple(tags[: cut.tags]),
        tags_total=len(tags),
        digest=manifest.digest,
        platform=manifest.platform,
        package_path=path,
    )

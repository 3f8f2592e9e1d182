"""Which images an event touched, grouped by the layer that brings the package in."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from store.database import Reader, Row
from store.events import Event


class Named(msgspec.Struct, frozen=True, gc=False):
    """A package as its package manager names it."""

    name: str
    version: str
    purl: str


class Image(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class _Manifest(msgspec.Struct, frozen=True, gc=False):
    """What a row of the query touched_manifests tells after its place."""

    id: int
    digest: str
    platform: str


class _Layer(msgspec.Struct, frozen=True):
    """What a row of the query described_layers tells after its place."""

    manifest: int
    """The image that describes the layer."""
    position: int
    """In that image."""
    created_by: str
    digest: str
    diff_id: str


_Packages = dict[tuple[int, int], list[tuple[Named, str]]]
"""(Event number, set) → packages and their paths."""


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
    repositories = await _admitted(reader, admits, hides)
    return await Look(reader, events[0], repositories=repositories, cut=cut).touched_by(events)


class Look:
    """A look at images as they were when an event happened.

    What it found for some events it knows for others of the same time, most of which touch the same layers.
    """

    def __init__(
        self, reader: Reader, event: Event, *, repositories: str | None = None, cut: Cut = Cut()
    ) -> None:
        """Look when the event happened, at repositories with these ids, a JSON list; at all without it."""
        self._reader, self._event, self._repositories, self._cut = reader, event, repositories, cut
        self._totals: dict[int, dict[int, int]] = {}
        """Set → layer → how many images have the one from the other."""
        self._asked: dict[_Place, int] = {}
        """How many manifests were asked for."""
        self._manifests: dict[_Place, list[_Manifest]] = {}
        self._tags: dict[int, dict[tuple[str, str], list[str]]] = {}
        """Manifest → (registry, repository) → tags."""
        self._layers: dict[_Place, _Layer] = {}
        self._bases: dict[_Place, tuple[str, int]] = {}
        """Name and manifest of the image that ends with the layer."""

    async def holds_for(self, event: Event) -> bool:
        """Tell whether the same images were known and tagged when another event happened, a later one."""
        return event.time == self._event.time and not await self._ask("known_between", until=event.seq)

    async def touched_by(self, events: Sequence[Event]) -> Touched:
        """Return the images that finding events of this time touched."""
        pairs = await self._ask("sets_of_events", events=_json([event.seq for event in events]))
        await self._count({set_id for _, set_id in pairs})
        groups = _groups(pairs, self._totals)
        if not groups:
            return Touched({}, 0, 0)
        listed = _listed(groups, self._cut)
        await self._look_up(listed)
        packages = await self._packages([group for group, _ in listed])
        layers: dict[int, list[LayerGroup]] = {group.seq: [] for group in groups}
        for group, most in listed:
            place = self._first(group)
            if place in self._layers:  # else pruning came between the queries
                layers[group.seq].append(self._layer_group(group, place, most, packages))
        total = await self._images_total(groups)
        return Touched({seq: tuple(each) for seq, each in layers.items()}, len(groups), total)

    async def _ask(self, query: str, **values: object) -> list[Row]:
        return await self._reader.all(
            query, seq=self._event.seq, time=self._event.time, repositories=self._repositories, **values
        )

    async def _count(self, sets: Iterable[int]) -> None:
        new = [each for each in sets if each not in self._totals]
        self._totals |= {each: {} for each in new}
        if new:
            for layer_id, set_id, images_total in await self._ask("touched_layers", sets=_json(new)):
                self._totals[set_id][layer_id] = images_total

    async def _images_total(self, groups: Sequence[_Group]) -> int:
        totals = {(group.layer_id, set_id): total for group in groups for set_id, total in group.sets.items()}
        if len(totals) == 1:
            return sum(totals.values())
        ((again,),) = await self._ask("touched_again", sets=_json(list({set_id for _, set_id in totals})))
        return sum(totals.values()) - int(again)

    async def _look_up(self, listed: Sequence[tuple[_Group, int]]) -> None:
        wanted: dict[_Place, int] = {}
        for group, most in listed:
            for place in group.places:
                # One describes the layer; a second one tells that the base image is not all there is.
                wanted[place] = max(wanted.get(place, 2), most)
        await self._look_up_manifests(
            {place: most for place, most in wanted.items() if most > self._asked.get(place, 0)}
        )
        firsts = {self._first(group) for group, _ in listed}
        await self._look_up_layers([each for each in firsts if each and each not in self._layers])

    async def _look_up_manifests(self, wanted: Mapping[_Place, int]) -> None:
        if not wanted:
            return
        self._asked |= wanted
        found: dict[_Place, list[_Manifest]] = {}
        places = _json([(*place, most) for place, most in wanted.items()])
        for layer_id, set_id, *row in await self._ask("touched_manifests", places=places):
            found.setdefault((layer_id, set_id), []).append(_Manifest(*row))
        self._manifests |= found
        new = {each.id for manifests in found.values() for each in manifests} - self._tags.keys()
        self._tags |= {each: {} for each in new}
        rows = await self._ask("tags_of_images", manifests=_json(sorted(new)))
        for manifest_id, registry, repository, tag in rows:
            self._tags[manifest_id].setdefault((registry, repository), []).append(tag)

    async def _look_up_layers(self, places: Sequence[_Place]) -> None:
        if not places:
            return
        described = _json([(*place, self._manifests[place][0].id) for place in places])
        layers = {
            (layer_id, set_id): _Layer(*row)
            for layer_id, set_id, *row in await self._ask("described_layers", places=described)
        }
        self._layers |= layers
        numbered = list(layers.items())
        asked = [
            (number, layer_id, layer.position, layer.manifest)
            for number, ((layer_id, _), layer) in enumerate(numbered)
        ]
        for number, registry, repository, tag, manifest_id in await self._ask(
            "base_images", places=_json(asked)
        ):
            name = f"{_host(registry)}/{repository}:{tag}"
            self._bases.setdefault(numbered[number][0], (name, manifest_id))

    async def _packages(self, groups: Sequence[_Group]) -> _Packages:
        packages: _Packages = {}
        pairs = _json(sorted({(group.seq, set_id) for group in groups for set_id in group.sets}))
        for seq, set_id, name, version, purl, path in await self._ask("touched_components", pairs=pairs):
            packages.setdefault((seq, set_id), []).append((Named(name, version, purl), path))
        return packages

    def _first(self, group: _Group) -> _Place | None:
        return next((place for place in group.places if place in self._manifests), None)

    def _layer_group(self, group: _Group, place: _Place, most: int, packages: _Packages) -> LayerGroup:
        layer, base = self._layers[place], self._bases.get(place)
        manifests = {each.id for place in group.places for each in self._manifests.get(place, ())}
        # An image is not its own base: with nothing built on it the name would say nothing.
        is_alone = base is not None and manifests == {base[1]}
        named = [each for set_id in group.sets for each, _ in packages.get((group.seq, set_id), ())]
        return LayerGroup(
            digest=layer.digest,
            diff_id=layer.diff_id,
            created_by=layer.created_by[: self._cut.created_by],
            base_image=None if base is None or is_alone else base[0],
            packages=tuple(dict.fromkeys(named)),
            images_total=group.images_total,
            images=self._images(group, most, packages),
        )

    def _images(self, group: _Group, most: int, packages: _Packages) -> tuple[Image, ...]:
        found: list[Image] = []
        for place in group.places:
            path = min((path for _, path in packages.get((group.seq, place[1]), ())), default="")
            found += [
                _image(manifest, where, path, tags, self._cut)
                # As many as if nothing else had been asked for.
                for manifest in self._manifests.get(place, ())[:most]
                for where, tags in self._tags[manifest.id].items()
            ]
        return tuple(sorted(found, key=lambda image: (image.registry, image.repository, image.digest))[:most])


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()


def _host(registry: str) -> str:
    return registry.rpartition("://")[2].rstrip("/")


async def _admitted(
    reader: Reader, admits: Callable[[str], bool] | None, hides: Callable[[str], bool] | None
) -> str | None:
    if admits is None and hides is None:
        return None
    return _json(
        [
            key
            for key, name, registry in await reader.all("touchable_repositories")
            if (admits is None or admits(name)) and not (hides and hides(f"{_host(registry)}/{name}"))
        ]
    )


def _groups(sets_of_events: Sequence[Row], totals: Mapping[int, Mapping[int, int]]) -> list[_Group]:
    """Return the groups of each event, those with most images first."""
    groups: dict[tuple[int, int], _Group] = {}
    for seq, set_id in sets_of_events:
        for layer_id, images_total in totals[set_id].items():
            group = groups.setdefault((seq, layer_id), _Group(seq, layer_id, {}))
            group.sets[set_id] = images_total
    return sorted(groups.values(), key=lambda group: (group.seq, -group.images_total, group.layer_id))


def _listed(groups: Sequence[_Group], cut: Cut) -> list[tuple[_Group, int]]:
    """Return the groups that are listed, each with how many of its images are."""
    listed, left = [], cut.images_in_all
    for group in groups[: cut.layers]:
        most = min(group.images_total, cut.images, left)
        listed.append((group, most))
        left -= most
    return listed


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

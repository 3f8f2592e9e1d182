"""Which stored images a vulnerability affects, or carry a package, and through which layers.

As JSON the answer is one object; every key is written, also when it is empty:

    Query             as it was asked
    IDs               every name of the vulnerability that was looked for; the purl of a package
    Title, Severity   of the vulnerability; empty for a package
    Withdrawn         ids of its records that their sources have withdrawn
    Layers            [{Digest, DiffID, CreatedBy, Packages, Images}], most images first; a layer stands
                      there again for images that keep other packages of it
    Packages          [{Name, InstalledVersion, VulnerabilityID, Aliases, FixedVersion, Severity, Status,
                      PURL, SourcePURL, Paths}]
    Images            [{Registry, Repository, Tags, Digest, Platform}]; no tags for what was scanned by hand
    ImagesAffected    how many images, and ImagesTotal of how many
    ImagesSuppressed  how many more policies say are not
    ImagesFormer      how many more, to which tags pointed once and none does now
    ImagesUnread      [{Reason, Number}]: of these images nothing is known
    ImagesInPart      how many images have files that could not be read
    PackagesUnchecked [{Reason, Number}]: these packages could not be judged
    Feeds             [{Name, State, Reason, CurrentAt}]: needed for the answer and not up to date
    Undecided         how many of the packages listed may or may not be affected
    Suppressed        [{Package, InstalledVersion, VulnerabilityID, Severity, Status, Statement, Source,
                      Images}]: what policies leave out, when that is asked for
    Expired           policies that left a finding out until their day came
    Incomplete        whether ImagesUnread or any of the next four leaves something open
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import quote

import msgspec

from analyzers import ecosystems, osv, severity
from analyzers.findings import Finding, Match, group
from analyzers.ignore.naming import source_purl
from analyzers.inventory import Package
from analyzers.osv import Record
from reports.affected_purl import Purl, is_wanted, without_qualifiers
from reports.coverage import UNDECIDED
from reports.freshness import FeedStanding, standings
from reports.json_parts import formatted
from store import lookup
from store.database import Reader
from store.lookup import Component, Manifest, Place

_PACKAGE = msgspec.json.Decoder(Package)
ROUNDS = 4
"""How often the names of records are followed to further records."""


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An object with keys in capitals."""


class PackageFound(_Object, frozen=True, kw_only=True):
    """A package of a layer; what is known against it is empty when the package was asked for."""

    name: str
    installed_version: str
    vulnerability_id: str = msgspec.field(name="VulnerabilityID", default="")
    aliases: tuple[str, ...] = ()
    """What else the finding goes by, errata included."""
    fixed_version: str = ""
    severity: str = ""
    status: str = ""
    purl: str = msgspec.field(name="PURL", default="")
    source_purl: str = msgspec.field(name="SourcePURL", default="")
    """Of what a system's package was built from."""
    paths: tuple[str, ...] = ()


class ImageFound(_Object, frozen=True, kw_only=True):
    """An image in one repository."""

    registry: str
    repository: str
    tags: tuple[str, ...]
    digest: str
    platform: str


class LayerFound(_Object, frozen=True, kw_only=True):
    """A layer that brings the packages in, and the images that have them from it."""

    digest: str
    diff_id: str = msgspec.field(name="DiffID")
    created_by: str
    packages: tuple[PackageFound, ...]
    images: tuple[ImageFound, ...]


class SuppressedFound(_Object, frozen=True, kw_only=True):
    """A finding that is left out, who says so, and the images in which it is."""

    package: str
    installed_version: str
    vulnerability_id: str = msgspec.field(name="VulnerabilityID")
    severity: str
    status: str
    statement: str
    source: str
    images: tuple[ImageFound, ...]


class Reason(_Object, frozen=True, kw_only=True):
    """Why something is not known, and of how many."""

    reason: str
    number: int


class FeedGap(_Object, frozen=True, kw_only=True):
    """A feed that the answer needs and that is not up to date."""

    name: str
    state: str
    reason: str
    current_at: str


class Answer(_Object, frozen=True, kw_only=True):
    """See the module."""

    query: str
    ids: tuple[str, ...] = msgspec.field(name="IDs")
    title: str = ""
    severity: str = ""
    withdrawn: tuple[str, ...] = ()
    layers: tuple[LayerFound, ...]
    images_affected: int
    images_total: int
    images_suppressed: int = 0
    images_former: int
    images_unread: tuple[Reason, ...]
    images_in_part: int
    packages_unchecked: tuple[Reason, ...] = ()
    feeds: tuple[FeedGap, ...] = ()
    undecided: int = 0
    suppressed: tuple[SuppressedFound, ...] = ()
    expired: tuple[str, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether something is left open, so that what is not listed need not be free of it."""
        return bool(
            self.images_unread
            or self.images_in_part
            or self.packages_unchecked
            or self.feeds
            or self.undecided
        )


_Found = Mapping[int, Sequence[Finding | None]]
"""Component id → what is told of it; None for the package itself."""


async def vulnerability(reader: Reader, name: str, stale_before: str) -> Answer | None:
    """Return where a vulnerability is; None when no stored advisory or finding has this id.

    The names of one vulnerability are followed as findings are grouped: a CVE also finds what only its
    GHSA is known of; an erratum finds what it fixes.
    """
    names, named = await _names(reader, name)
    found = await lookup.findings_naming(reader, names)
    if not named and not found:
        return None
    by_version: dict[int, list[Finding]] = defaultdict(list)
    for each in found:
        by_version[each.package_version_id].append(each.finding)
    components = await lookup.components(reader, await lookup.components_of_versions(reader, by_version))
    told = {key: by_version[component.package_version_id] for key, component in components.items()}
    answer = await _answer(reader, name, components, told)
    records = [record for record, _ in named]
    concerned = await _concerned(reader, names, records, stale_before)
    return msgspec.structs.replace(
        answer,
        ids=tuple(sorted(names)),
        title=next((record.summary for record in records if record.summary), ""),
        severity=_severity([each.finding for each in found], records),
        withdrawn=tuple(record.id for record, withdrawn in named if withdrawn),
        packages_unchecked=await _unchecked(reader, {feed.name for feed in concerned}, names),
        feeds=tuple(_gap(feed) for feed in concerned if feed.is_needed_and_not_ok),
        undecided=sum(each.status == UNDECIDED for layer in answer.layers for each in layer.packages),
    )


async def package(reader: Reader, query: str, purl: Purl) -> Answer:
    """Return where a package is. Qualifiers do not count, nor case; a version may have its epoch or not."""
    candidates = await lookup.purl_candidates(reader, purl.type, quote(purl.name, safe=":"))
    ids = [each.id for each in candidates if is_wanted(purl, each.purl, each.version)]
    components = await lookup.components(reader, ids)
    answer = await _answer(reader, query, components, dict.fromkeys(components, (None,)))
    return msgspec.structs.replace(answer, ids=(without_qualifiers(query),))


def render_json(answer: Answer) -> str:
    """Return the answer as JSON, with a line end at its end."""
    body = {**msgspec.to_builtins(answer), "Incomplete": answer.incomplete}
    return formatted(body) + "\n"


async def _names(reader: Reader, name: str) -> tuple[set[str], list[tuple[Record, bool]]]:
    """Return the names of the vulnerability, and its records, each with whether it is withdrawn."""
    names, held = {name}, dict[str, tuple[Record, bool]]()
    for _ in range(ROUNDS):
        before = {each.lower() for each in names}
        for row in await lookup.records_by_name(reader, names):
            held.setdefault(row.osv_id, (osv.parse_record(row.body), row.withdrawn))
            if row.name.lower() == name.lower():
                names = (names - {name}) | {row.name}
        matches = [_match(record) for record, _ in held.values()]
        for finding in group(matches, ""):
            if not before.isdisjoint(each.lower() for each in finding.ids):
                names |= {*finding.ids}
        if {each.lower() for each in names} == before:
            break
    return names, [held[osv_id] for osv_id in sorted(held)]


def _match(record: Record) -> Match:
    return Match(
        record_id=record.id, aliases=record.aliases, upstream=record.upstream, related=record.related
    )


def _severity(findings: Sequence[Finding], records: Sequence[Record]) -> str:
    ratings = [finding.rating for finding in findings] or [severity.of_record(each) for each in records]
    return severity.best(ratings).severity.name


async def _concerned(
    reader: Reader, names: Collection[str], records: Sequence[Record], stale_before: str
) -> list[FeedStanding]:
    """Return the feeds that may know of it: any can tell of a CVE, of another id those that do."""
    all_feeds = await standings(reader, stale_before)
    if _is_cve(names):
        return list(all_feeds)
    speaking = {
        ecosystems.split(block.package.ecosystem)[0] for record in records for block in record.affected
    }
    return [feed for feed in all_feeds if feed.name in speaking]


def _is_cve(names: Collection[str]) -> bool:
    return any(name.upper().startswith("CVE-") for name in names)


def _gap(feed: FeedStanding) -> FeedGap:
    return FeedGap(name=feed.name, state=feed.state, reason=feed.reason, current_at=feed.current_at)


async def _unchecked(reader: Reader, feeds: Collection[str], names: Collection[str]) -> tuple[Reason, ...]:
    reasons: Counter[str] = Counter()
    for each in await lookup.unjudged(reader):
        if each.feed in feeds or (not each.feed and _is_cve(names)):
            reasons[each.reason or "not matched yet"] += each.packages
    return _reasons(reasons.most_common())


def _reasons(counted: Iterable[tuple[str, int]]) -> tuple[Reason, ...]:
    return tuple(Reason(reason=reason, number=number) for reason, number in counted)


async def _answer(reader: Reader, query: str, components: Mapping[int, Component], told: _Found) -> Answer:
    places = await lookup.places(reader, components)
    images = await lookup.manifests(reader, {place.manifest_id for place in places})
    current = {key: image for key, image in images.items() if image.is_current}
    coverage = await lookup.coverage(reader)
    return Answer(
        query=query,
        ids=(),
        layers=await _layers(
            reader, [each for each in places if each.manifest_id in current], components, told
        ),
        images_affected=len(current),
        images_total=coverage.images,
        images_former=len(images) - len(current),
        images_unread=_reasons(coverage.unread),
        images_in_part=coverage.with_problems,
    )


async def _layers(
    reader: Reader, places: Sequence[Place], components: Mapping[int, Component], told: _Found
) -> tuple[LayerFound, ...]:
    """Return the layers, each once for every choice of its packages that images keep."""
    images = await _images(reader, {place.manifest_id for place in places})
    layers = await lookup.layers(reader, {place.layer_id for place in places})
    kept: dict[tuple[int, int], list[Place]] = defaultdict(list)
    for place in places:
        kept[place.layer_id, place.manifest_id].append(place)
    groups: dict[tuple[int, frozenset[tuple[int, str]]], list[list[Place]]] = defaultdict(list)
    for (layer_id, _), theirs in kept.items():
        groups[layer_id, frozenset((each.component_id, each.path) for each in theirs)].append(theirs)
    found = [
        LayerFound(
            digest=layers[layer_id].digest,
            diff_id=layers[layer_id].diff_id,
            created_by=Counter(each[0].created_by for each in members).most_common(1)[0][0],
            packages=_packages(choice, components, told),
            images=tuple(sorted(_flat(images[each[0].manifest_id] for each in members), key=_place)),
        )
        for (layer_id, choice), members in groups.items()
    ]
    return in_order(found)


def in_order(layers: Iterable[LayerFound]) -> tuple[LayerFound, ...]:
    """Return the layers, those of most images first."""
    return tuple(sorted(layers, key=lambda each: (-len(each.images), each.digest, each.packages[0].name)))


def _flat(lists: Iterable[Iterable[ImageFound]]) -> list[ImageFound]:
    return [image for images in lists for image in images]


def _place(image: ImageFound) -> tuple[str, str, tuple[str, ...], str]:
    return image.registry, image.repository, image.tags, image.digest


def _packages(
    choice: Collection[tuple[int, str]], components: Mapping[int, Component], told: _Found
) -> tuple[PackageFound, ...]:
    paths: dict[int, list[str]] = defaultdict(list)
    for component_id, path in sorted(choice, key=lambda each: each[1]):
        paths[component_id].append(path)
    found = [
        _package(components[key], finding, tuple(filter(None, theirs)))
        for key, theirs in paths.items()
        for finding in told[key]
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.installed_version, each.vulnerability_id)))


def _package(component: Component, finding: Finding | None, paths: tuple[str, ...]) -> PackageFound:
    found = PackageFound(
        name=component.name,
        installed_version=component.version,
        purl=component.purl,
        source_purl=source_purl(component.purl, _PACKAGE.decode(component.package)),
        paths=paths,
    )
    if finding is None:
        return found
    names = (*finding.ids, *finding.vendor_ids)
    return msgspec.structs.replace(
        found,
        vulnerability_id=finding.id,
        aliases=tuple(dict.fromkeys(each for each in names if each != finding.id)),
        fixed_version=finding.fixed,
        severity=finding.rating.severity.name,
        status=finding.status,
    )


async def _images(reader: Reader, manifest_ids: Collection[int]) -> dict[int, list[ImageFound]]:
    """Return manifest → itself in each repository that has a tag for it, or once without one."""
    manifests = await lookup.manifests(reader, manifest_ids)
    names: dict[int, dict[tuple[str, str], list[str]]] = {key: {} for key in manifests}
    for row in await lookup.tags_of(reader, manifest_ids):
        names[row.manifest_id].setdefault((row.registry, row.repository), []).append(row.tag)
    return {
        key: [
            _image(manifests[key], registry, repository, tags)
            for (registry, repository), tags in (theirs or {("", ""): []}).items()
        ]
        for key, theirs in names.items()
    }


def _image(manifest: Manifest, registry: str, repository: str, tags: Sequence[str]) -> ImageFound:
    return ImageFound(
        registry=registry,
        repository=repository,
        tags=tuple(tags),
        digest=manifest.digest,
        platform=manifest.platform,
    )

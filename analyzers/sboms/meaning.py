"""Makes packages of what a bill of materials lists, and finds what it leaves open."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from analyzers.catalogue import kinds
from analyzers.errors import ParseError
from analyzers.inventory import Package
from analyzers.sboms import package_url
from analyzers.sboms.document import Naming, Sbom, SbomLayer, SbomPackage
from analyzers.sboms.listing import Described, Listing
from analyzers.sboms.packages import package_of, path_of
from analyzers.sboms.shortcomings import Reading, problems_of, remarks_of
from analyzers.sboms.system import system_of

_NO_PACKAGES = frozenset(
    ("file", "operating-system", "cryptographic-asset", "data", "machine-learning-model")
)
_IMAGES = frozenset(("docker", "oci"))


def sbom_of(listing: Listing, path: str) -> Sbom:
    """Return the packages, and what is known and not known about them."""
    readings = [_reading(thing) for thing in listing.things if _may_be_package(thing, listing)]
    if (subject := listing.subject) and _is_package_itself(subject):
        readings.insert(0, _reading(subject))
    named = [each for each in readings if each.thing.name or each.purl]
    system = system_of(listing.things, [each.purl for each in named if each.purl])
    layers = _Layers(listing.layers)
    paths = _paths(listing)
    packages = [_package(each, paths, layers, is_subject=each.thing is subject) for each in named]
    distinct = list(dict.fromkeys(packages))
    numbers = {package: number for number, package in enumerate(distinct)}
    refs = {each.thing.ref: numbers[package] for each, package in zip(named, packages, strict=True)}
    return Sbom(
        format=listing.format,
        version=listing.version,
        tool=listing.tool,
        name=listing.name,
        release=system.release,
        layers=layers.known,
        packages=tuple(_with_needs(distinct, _needs(listing, refs))),
        problems=(*listing.problems, *problems_of(listing, readings, packages, system, path)),
        unread=listing.problems,
        naming=_naming(listing),
        refs=tuple(_refs(refs, len(distinct))),
        remarks=tuple(remarks_of(listing, packages)),
    )


def _naming(listing: Listing) -> Naming:
    made = Naming(serial=listing.serial, revision=listing.revision)
    subject = listing.subject
    if subject is None:
        return made
    return msgspec.structs.replace(
        made, ref=subject.ref, name=subject.name, version=subject.version, purl=subject.purl
    )


def _reading(thing: Described) -> Reading:
    if not thing.purl:
        return Reading(thing, None, "")
    try:
        return Reading(thing, package_url.parse(thing.purl), "")
    except ParseError as error:
        return Reading(thing, None, str(error))


def _may_be_package(thing: Described, listing: Listing) -> bool:
    """Tell packages from the operating system, files, and the lock files that hold packages."""
    if thing.purl or "kind" in thing.own:
        return True
    if thing.type in _NO_PACKAGES or thing.trivy.get("Class"):
        return False
    holder = thing.type == "application" and not thing.version
    return not (holder and (thing.ref in listing.needs or thing.ref in listing.holds))


def _is_package_itself(subject: Described) -> bool:
    """Tell whether the document is about a package, rather than about an image or a folder."""
    type_ = subject.purl.partition(":")[2].lstrip("/").partition("/")[0].lower()
    return bool(type_) and type_ not in _IMAGES


class _Layers:
    """The layers known so far; packages may name further ones."""

    def __init__(self, known: Iterable[SbomLayer]) -> None:
        self._digests = [layer.digest for layer in known]
        self._numbers: dict[str, int] = {}
        self._diff_ids = [layer.diff_id for layer in known]
        for number, layer in enumerate(known):
            self._numbers.setdefault(layer.diff_id or layer.digest, number)

    @property
    def known(self) -> tuple[SbomLayer, ...]:
        return tuple(map(SbomLayer, self._digests, self._diff_ids))

    def number(self, thing: Described) -> int:
        """Return the layer that a thing is said to come from, -1 when it is not said."""
        diff_id = (
            thing.own.get("layer:diffId")
            or thing.trivy.get("LayerDiffID")
            or thing.syft.get("location:0:layerID", "")
        )
        digest = thing.own.get("layer:digest") or thing.trivy.get("LayerDigest", "")
        key = diff_id or digest
        if not key:
            return -1
        if key not in self._numbers:
            self._numbers[key] = len(self._digests)
            self._digests.append("")
            self._diff_ids.append(diff_id)
        number = self._numbers[key]
        self._digests[number] = self._digests[number] or digest
        return number


def _paths(listing: Listing) -> dict[str, str]:
    """Return for each thing below one that stands for a file, such as a lock file, that file's path."""
    paths: dict[str, str] = {}
    for thing in listing.things:
        if thing.type != "application" or _may_be_package(thing, listing):
            continue
        waiting = [thing.ref]
        while waiting:
            ref = waiting.pop()
            for below in (*listing.needs.get(ref, ()), *listing.holds.get(ref, ())):
                if below not in paths:
                    paths[below] = thing.name
                    waiting.append(below)
    return paths


def _package(reading: Reading, paths: dict[str, str], layers: _Layers, *, is_subject: bool) -> SbomPackage:
    thing = reading.thing
    path = path_of(thing) or paths.get(thing.ref, "")
    package = package_of(thing, reading.purl, path)
    if is_subject and not package.relationship and "kind" not in thing.own:
        package = msgspec.structs.replace(package, relationship="root")
    return SbomPackage(package=package, purl=thing.purl, path=path, layer=layers.number(thing))


def _needs(listing: Listing, refs: dict[str, int]) -> dict[int, tuple[int, ...]]:
    needs: dict[int, tuple[int, ...]] = {}
    for ref, others in listing.needs.items():
        number = refs.get(ref, -1)
        found = dict.fromkeys(refs[other] for other in others if other in refs)
        needs[number] = tuple(other for other in found if other != number)
    return needs


def _refs(numbers: dict[str, int], count: int) -> Iterator[tuple[str, ...]]:
    """Yield the references of each package."""
    refs: list[list[str]] = [[] for _ in range(count)]
    for ref, number in numbers.items():
        if ref:
            refs[number].append(ref)
    yield from map(tuple, refs)


def _with_needs(packages: list[SbomPackage], needs: dict[int, tuple[int, ...]]) -> Iterator[SbomPackage]:
    """Add what each needs: by name, and with the version where a name alone could be another package's."""
    counted = Counter((each.package.kind, each.package.name) for each in packages)
    for number, each in enumerate(packages):
        found = needs.get(number, ())
        if not found:
            yield each
            continue
        names = dict.fromkeys(_needed(packages[other].package, counted) for other in found)
        package = msgspec.structs.replace(each.package, depends_on=tuple(names))
        yield msgspec.structs.replace(each, package=package, needs=found)


def _needed(package: Package, counted: Counter[tuple[str, str]]) -> str:
    kind = kinds().get(package.kind)
    is_plain = counted[package.kind, package.name] == 1 or (kind is not None and kind.is_system)
    return package.name if is_plain else f"{package.name}@{package.version}"

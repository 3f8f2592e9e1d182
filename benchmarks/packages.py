"""The packages found in each image of the corpus, beside those that Trivy and Syft find there."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from packageurl import PackageURL

from benchmarks import cold, machine, page
from benchmarks.asked import Asked

Package = tuple[str, str, str]
"""Type, name with its namespace, version."""

Found = Mapping[str, frozenset[Package]]
"""Program → the distinct packages that it lists of one image."""

_OURS = "cleanbill"


def run(asked: Asked) -> str:
    """Return the section."""
    found = {image: _found(asked, image) for image in asked.images}
    told = (
        "One scan of each image by each program, SBOM only, offline. A package is a type, a name with its"
        " namespace and a version, as package URLs have them, written alike for every program."
    )
    parts = [machine.described(asked.programs), told, _counts(found), *_differences(found)]
    return page.section("packages", "Packages found", parts)


def _found(asked: Asked, image: str) -> Found:
    scans = cold.scans(asked)
    return {program: packages(scan(asked, image).output) for program, scan in scans.items()}


def packages(sbom: bytes) -> frozenset[Package]:
    """Return the distinct packages of a CycloneDX document, written alike for every program."""
    components = json.loads(sbom).get("components", ())
    purls = (PackageURL.from_string(each["purl"]) for each in components if each.get("purl"))
    return frozenset(_package(purl) for purl in purls)


def _package(purl: PackageURL) -> Package:
    version = purl.version or ""
    epoch = purl.qualifiers.get("epoch", "0")
    if epoch != "0" and ":" not in version:
        version = f"{epoch}:{version}"
    # Syft gives the end of a Go module's path as subpath.
    path = (purl.namespace, purl.name, purl.subpath if purl.type == "golang" else None)
    if purl.type == "golang":
        version = version.removeprefix("v")
    # The distribution as namespace is spelled in several ways; the name is enough to tell packages apart.
    name = purl.name if purl.type in ("apk", "deb", "rpm") else "/".join(filter(None, path))
    return purl.type, name.lower(), version.removeprefix("0:")


def _counts(found: Mapping[str, Found]) -> str:
    programs = list(next(iter(found.values())))
    rows: list[tuple[str, ...]] = []
    total: dict[str, Counter[str]] = {program: Counter() for program in programs}
    for image, each in found.items():
        counts = {program: Counter(kind for kind, _, _ in each[program]) for program in programs}
        for program, count in counts.items():
            total[program] += count
        rows += _rows(image, counts)
    return page.table(("image", "type", *programs), [*rows, *_rows("all", total)])


def _rows(image: str, counts: Mapping[str, Counter[str]]) -> Iterator[tuple[str, ...]]:
    for kind in sorted(set().union(*counts.values())):
        yield (image, kind, *(f"{count[kind]:,}" for count in counts.values()))


def _differences(found: Mapping[str, Found]) -> Iterator[str]:
    """Yield what a peer lists and Cleanbill does not, the reverse, and what they only name differently."""
    compared = [
        (f"{image}, {peer}", _compared(each[_OURS], each[peer]))
        for image, each in found.items()
        for peer in each
        if peer != _OURS
    ]
    yield from _told("Listed by a peer and not by Cleanbill", [(what, each[0]) for what, each in compared])
    yield from _told("Listed by Cleanbill and not by a peer", [(what, each[1]) for what, each in compared])
    yield from _told(
        "Listed by both in different namespaces, here as the peer has it",
        [(what, each[2]) for what, each in compared],
    )


def _compared(
    ours: frozenset[Package], theirs: frozenset[Package]
) -> tuple[frozenset[Package], frozenset[Package], frozenset[Package]]:
    """Return what is theirs only, what is ours only, and what is theirs and ours but for the namespace."""
    our_names, their_names = ({_bare(each) for each in one} for one in (ours - theirs, theirs - ours))
    renamed = frozenset(each for each in theirs - ours if _bare(each) in our_names)
    only_ours = frozenset(each for each in ours - theirs if _bare(each) not in their_names)
    return theirs - ours - renamed, only_ours, renamed


def _bare(package: Package) -> Package:
    kind, name, version = package
    return kind, name.rpartition("/")[2], version


def _told(title: str, found: Sequence[tuple[str, frozenset[Package]]]) -> Iterator[str]:
    yield f"{title}:"
    if not any(each for _, each in found):
        yield "Nothing."
    for what, each in found:
        for kind, some in _by_type(each).items():
            listed = ", ".join(f"`{name}@{version}`" for _, name, version in some)
            yield f"<details><summary>{what}, {kind}: {len(some):,}</summary>\n\n{listed}\n\n</details>"


def _by_type(found: Collection[Package]) -> Mapping[str, list[Package]]:
    grouped: dict[str, list[Package]] = {}
    for each in sorted(found):
        grouped.setdefault(each[0], []).append(each)
    return grouped

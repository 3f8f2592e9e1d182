"""A cold scan of each image of the corpus, beside Trivy, Syft, and the least that it can cost."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from packageurl import PackageURL

from benchmarks import machine, measure, page, trivy
from benchmarks.asked import Asked
from benchmarks.measure import Cost

COVERED = ("apk", "deb", "golang", "npm", "pypi", "rpm")
"""Types of package, as purls call them, that Cleanbill means to find."""
_INCOMPLETE = 3
_LISTED = 8

Package = tuple[str, str, str]
"""Type, name with its namespace, version."""


@dataclass(frozen=True, slots=True)
class _Scan:
    cost: Cost
    packages: frozenset[Package]


def run(asked: Asked) -> str:
    """Return the section."""
    scans = {image: _scan_with_each(asked, image) for image in asked.images}
    floors = {image: _floor(asked, image) for image in asked.images}
    told = (
        "Wall seconds / CPU seconds / peak MiB of all processes (proportional sizes), an empty cache"
        f" each time, SBOM only. Median of {asked.runs}. Floor: fetch, SHA-256, inflate, SHA-256, walk, in"
        " one thread."
    )
    parts = [
        machine.described(asked.programs),
        told,
        _costs(scans, floors),
        _packages(scans),
        *_missing(scans),
    ]
    return page.section("cold", "A cold scan of one image", parts)


Scans = Mapping[str, Mapping[str, _Scan]]


def _scan_with_each(asked: Asked, image: str) -> dict[str, _Scan]:
    by_program: dict[str, Callable[[Asked, str], measure.Run]] = {
        "cleanbill": _cleanbill,
        "trivy": _trivy,
        "syft": _syft,
    }
    found: dict[str, _Scan] = {}
    for name, scan in by_program.items():
        if asked.programs[name]:
            runs = [scan(asked, image) for _ in range(asked.runs)]
            found[name] = _Scan(measure.middle([each.cost for each in runs]), packages(runs[-1].output))
    return found


def _cleanbill(asked: Asked, image: str) -> measure.Run:
    cache = asked.work / "cleanbill-cache"
    shutil.rmtree(cache, ignore_errors=True)
    command = [
        asked.cleanbill,
        "--cache-dir",
        str(cache),
        "image",
        "--format",
        "cyclonedx",
        "--skip-db-update",
    ]
    return measure.run([*command, f"{asked.registry}/{image}"], accepted=(0, _INCOMPLETE))


def _trivy(asked: Asked, image: str) -> measure.Run:
    cache = trivy.fresh_cache(asked.work / "trivy-cache")
    return measure.run(trivy.image_command(str(asked.trivy), cache, f"{asked.registry}/{image}"))


def _syft(asked: Asked, image: str) -> measure.Run:
    offline = {"SYFT_REGISTRY_INSECURE_USE_HTTP": "true", "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    command = [str(asked.syft), "--quiet", f"registry:{asked.registry}/{image}", "-o", "cyclonedx-json"]
    return measure.run(command, offline)


def _floor(asked: Asked, image: str) -> float:
    repository, _, tag = image.partition(":")
    command = [sys.executable, "-m", "benchmarks.floor", asked.registry, repository, tag]
    return median(float(measure.run(command).output) for _ in range(asked.runs))


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


def _costs(scans: Scans, floors: Mapping[str, float]) -> str:
    programs = list(next(iter(scans.values())))
    rows = []
    for image, found in scans.items():
        ours = found["cleanbill"].cost.wall_s
        faster = [f"{found[peer].cost.wall_s / ours:.1f}" for peer in programs if peer != "cleanbill"]
        shown = [_shown(found[program].cost) for program in programs]
        rows.append((image, *shown, f"{floors[image]:.2f}", f"{ours / floors[image]:.2f}", *faster))
    peers = [f"{peer} ÷ cleanbill" for peer in programs if peer != "cleanbill"]
    return page.table(("image", *programs, "floor s", "cleanbill ÷ floor", *peers), rows)


def _shown(cost: Cost) -> str:
    return f"{cost.wall_s:.2f} / {cost.cpu_s:.2f} / {cost.peak_mib:.0f}"


def _packages(scans: Scans) -> str:
    programs = list(next(iter(scans.values())))
    rows = [
        (image, *(_by_type(found[program].packages) for program in programs))
        for image, found in scans.items()
    ]
    return page.table(("distinct packages", *programs), rows)


def _by_type(found: frozenset[Package]) -> str:
    return ", ".join(
        f"{count:,} {kind}" for kind, count in sorted(Counter(kind for kind, _, _ in found).items())
    )


def _missing(scans: Scans) -> Iterator[str]:
    """Yield what peers found, of the types that are covered, and Cleanbill did not, and the reverse."""
    lines: list[str] = []
    for image, found in scans.items():
        ours = found["cleanbill"].packages
        for peer, scan in found.items():
            if peer != "cleanbill":
                lines += _difference(f"{image}: only {peer}", scan.packages - ours)
                lines += _difference(f"{image}: only cleanbill, not {peer}", ours - scan.packages)
    yield "Of the types " + ", ".join(COVERED) + ", by type, name and version:"
    yield "\n".join(lines) or "No program found what another did not."


def _difference(about: str, found: Sequence[Package] | frozenset[Package]) -> Iterator[str]:
    covered = sorted(each for each in found if each[0] in COVERED)
    if covered:
        shown = ", ".join(f"`{kind}/{name}@{version}`" for kind, name, version in covered[:_LISTED])
        more = f" and {len(covered) - _LISTED:,} more" if len(covered) > _LISTED else ""
        yield f"- {about}: {len(covered):,} ({shown}{more})"

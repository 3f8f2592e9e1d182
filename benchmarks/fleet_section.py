"""An advisory update over whole fleets, beside Trivy and its SBOMs."""

import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

import msgspec

from benchmarks import fleet, machine, measure, page, trivy
from benchmarks.asked import Asked
from benchmarks.fleet_prepare import NOW, copied, prepared
from benchmarks.fleet_update import Updates
from reports import render
from reports.assemble import assemble
from reports.context import RenderContext
from reports.subject import Subject
from store.database import open_store


class _Fleet(msgspec.Struct, frozen=True):
    images: int
    store_mb: float
    runs: list[Updates]
    counts: dict[str, int]


def run(asked: Asked) -> str:
    """Return the section."""
    found = [_measured(asked, count) for count in asked.fleets]
    parts = [
        machine.described({name: path for name, path in asked.programs.items() if name != "syft"}),
        _told(asked),
    ]
    parts.append(_updates(found))
    parts.append(_sizes(found))
    if asked.trivy:
        parts.append(_trivy(asked, asked.trivy, found))
    return page.section("fleet", "An advisory update over a fleet", parts)


def _measured(asked: Asked, count: int) -> _Fleet:
    path = asyncio.run(prepared(asked.work, count))
    runs = []
    for _ in range(asked.runs):
        changing = copied(path, asked.work / "fleet-changing.db")
        done = measure.run([sys.executable, "-m", "benchmarks.fleet_update", str(changing)])
        runs.append(msgspec.json.decode(done.output, type=Updates))
    return _Fleet(count, path.stat().st_size / 1e6, runs, _counts(asked.work / "fleet-changing.db"))


_COUNTED = {
    "layers": "SELECT COUNT(*) FROM layers",
    "component sets": "SELECT COUNT(*) FROM component_sets",
    "packages in sets": "SELECT COUNT(*) FROM set_components",
    "package versions": "SELECT COUNT(*) FROM package_versions",
    "advisories": "SELECT COUNT(*) FROM advisories",
    "findings of package versions": "SELECT COUNT(*) FROM findings",
    "images touched by the two updates": "SELECT COUNT(DISTINCT ml.manifest_id) FROM event_sets es"
    " JOIN manifest_layers ml ON ml.set_id = es.set_id",
    "(event, component set) pairs of the two": "SELECT COUNT(*) FROM event_sets",
    "deliveries of the two": "SELECT COUNT(*) FROM deliveries",
}


def _counts(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    found = {name: int(connection.execute(sql).fetchone()[0]) for name, sql in _COUNTED.items()}
    connection.close()
    return found


def _told(asked: Asked) -> str:
    return (
        "Made-up fleets (`benchmarks/fleet.py`), about 300 packages an image; each update changes 100"
        " advisories: 55 new, 35 with a fixed version now, 5 withdrawn, 5 reworded; 15 about packages of"
        " every base image, 5 about the kernel's headers, 30 about popular libraries, 50 about rarer ones."
        " Two endpoints are told. From the records in memory to events and deliveries committed, in a fresh"
        " process with the file in the page cache; then a second update in the same process."
        f" Median of {asked.runs}."
    )


def _updates(found: list[_Fleet]) -> str:
    head = ("images", "first update s", "of it storing", "of it matching", "second update s", "nothing new s")
    rows = [
        (
            f"{each.images:,}",
            f"{median(run.first.total_s for run in each.runs):.2f}",
            f"{median(run.first.store_s for run in each.runs):.2f}",
            f"{median(run.first.match_s for run in each.runs):.2f}",
            f"{median(run.second.total_s for run in each.runs):.2f}",
            f"{median(run.idle_s for run in each.runs):.3f}",
            f"{each.runs[0].first.judged} / {each.runs[0].first.events}",
            f"{median(run.peak_mib for run in each.runs):.0f}",
        )
        for each in found
    ]
    return page.table((*head, "versions judged / events", "peak MiB"), rows)


def _sizes(found: list[_Fleet]) -> str:
    rows = [(name, *(f"{each.counts[name]:,}" for each in found)) for name in _COUNTED]
    rows.append(("store, MB", *(f"{each.store_mb:,.0f}" for each in found)))
    return page.table(("in the store", *(f"{each.images:,} images" for each in found)), rows)


def _trivy(asked: Asked, program: str, found: list[_Fleet]) -> str:
    files = asyncio.run(_sboms(asked, found[0].images))
    cache = trivy.fresh_cache(asked.work / "trivy-cache")
    measure.run(trivy.sbom_command(program, cache, files[0]))
    each_s = mean(measure.run(trivy.sbom_command(program, cache, file)).cost.wall_s for file in files)
    reckoned = ", ".join(f"{fleet.images:,} images {each_s * fleet.images / 60:,.0f} min" for fleet in found)
    return (
        f"`trivy sbom` over {len(files)} of these images' SBOMs, one at a time, with an empty database (so at"
        f" least): {each_s:.2f} s each; reckoned from that: {reckoned}."
    )


async def _sboms(asked: Asked, count: int) -> list[Path]:
    """Render SBOMs of images spread over the fleet."""
    chosen = list(_spread(count, asked.sboms))
    folder = asked.work / "sboms"
    folder.mkdir(exist_ok=True)
    files = []
    async with open_store(await prepared(asked.work, count)) as store:
        for number, image in enumerate(chosen):
            subject = Subject(
                name=image.repository, digest=image.digest, now=NOW, vulnerabilities_asked=False
            )
            document = await assemble(store.read, subject)
            context = RenderContext(version="0", report_id=f"00000000-0000-7000-8000-{number:012d}")
            files.append(folder / f"{number}.json")
            files[-1].write_text(render(document, "cyclonedx", context))
    return files


def _spread(count: int, wanted: int) -> Iterator[fleet.Image]:
    step = max(1, count // wanted)
    for number, image in enumerate(fleet.images(count)):
        if number % step == 0:
            yield image

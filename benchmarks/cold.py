"""A cold scan of each image of the corpus, beside Trivy, Syft, and the least that it can cost."""

import shutil
import sys
from collections.abc import Callable, Mapping
from statistics import median

from benchmarks import machine, measure, page, trivy
from benchmarks.asked import Asked
from benchmarks.measure import Cost

_INCOMPLETE = 3

Costs = Mapping[str, Mapping[str, Cost]]
"""Image → program → what its scan cost."""


def run(asked: Asked) -> str:
    """Return the section."""
    costs = {image: _costs_of(asked, image) for image in asked.images}
    floors = {image: _floor(asked, image) for image in asked.images}
    told = (
        "Wall seconds / CPU seconds / peak MiB of all processes (proportional sizes), an empty cache"
        f" each time, SBOM only. Median of {asked.runs}. Floor: fetch, SHA-256, inflate, SHA-256, walk, in"
        " one thread."
    )
    parts = [machine.described(asked.programs), told, _table(costs, floors)]
    return page.section("cold", "A cold scan of one image", parts)


def scans(asked: Asked) -> dict[str, Callable[[Asked, str], measure.Run]]:
    """Return, of each program that has a path, what lists an image's packages with an empty cache."""
    by_program = {"cleanbill": _cleanbill, "trivy": _trivy, "syft": _syft}
    return {name: scan for name, scan in by_program.items() if asked.programs[name]}


def _costs_of(asked: Asked, image: str) -> dict[str, Cost]:
    return {
        name: measure.middle([scan(asked, image).cost for _ in range(asked.runs)])
        for name, scan in scans(asked).items()
    }


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


def _table(costs: Costs, floors: Mapping[str, float]) -> str:
    programs = list(next(iter(costs.values())))
    rows = []
    for image, found in costs.items():
        ours = found["cleanbill"].wall_s
        faster = [f"{found[peer].wall_s / ours:.1f}" for peer in programs if peer != "cleanbill"]
        shown = [_shown(found[program]) for program in programs]
        rows.append((image, *shown, f"{floors[image]:.2f}", f"{ours / floors[image]:.2f}", *faster))
    peers = [f"{peer} ÷ cleanbill" for peer in programs if peer != "cleanbill"]
    return page.table(("image", *programs, "floor s", "cleanbill ÷ floor", *peers), rows)


def _shown(cost: Cost) -> str:
    return f"{cost.wall_s:.2f} / {cost.cpu_s:.2f} / {cost.peak_mib:.0f}"

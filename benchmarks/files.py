"""A scan of a large tree of source files, beside Trivy."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import forest, machine, measure, page, trivy
from benchmarks.asked import Asked
from benchmarks.packages import packages

_INCOMPLETE = 3


def run(asked: Asked) -> str:
    """Return the section."""
    told = (
        "Made-up Node.js projects (`benchmarks/forest.py`) of a thousand files each: package.json,"
        " package-lock.json, 100 packages of nine files below node_modules, and sources. An empty cache each"
        " time, SBOM only, the files in the page cache; packages that are needed for development only are"
        f" left out. Median of {asked.runs}; memory is that of all processes (proportional sizes)."
    )
    rows = [row for files in asked.files for row in _rows(asked, files)]
    parts = [
        machine.described({name: path for name, path in asked.programs.items() if name != "syft"}),
        told,
        page.table(("files", "program", "wall s", "CPU s", "peak MiB", "distinct packages"), rows),
    ]
    return page.section("files", "A tree of source files", parts)


def _rows(asked: Asked, files: int) -> Iterator[tuple[str, ...]]:
    tree = forest.grown(asked.work, files)
    by_program: dict[str, Callable[[Asked, Path], measure.Run]] = {"cleanbill": _cleanbill, "trivy": _trivy}
    for program, scan in by_program.items():
        if asked.programs[program]:
            runs = [scan(asked, tree) for _ in range(asked.runs)]
            cost = measure.middle([each.cost for each in runs])
            shown = f"{cost.wall_s:.2f}", f"{cost.cpu_s:.2f}", f"{cost.peak_mib:.0f}"
            yield f"{files:,}", program, *shown, f"{len(packages(runs[-1].output)):,}"


def _cleanbill(asked: Asked, tree: Path) -> measure.Run:
    cache = asked.work / "cleanbill-cache"
    shutil.rmtree(cache, ignore_errors=True)
    command = [asked.cleanbill, "--cache-dir", str(cache), "fs", "--format", "cyclonedx", "--skip-db-update"]
    return measure.run([*command, str(tree)], accepted=(0, _INCOMPLETE))


def _trivy(asked: Asked, tree: Path) -> measure.Run:
    cache = trivy.fresh_cache(asked.work / "trivy-cache")
    return measure.run(trivy.tree_command(str(asked.trivy), cache, tree))

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
        " package-lock.json, 100 packages of nine files below node_modules, and sources; the last tree has as"
        " many files as the largest and the packages of the smallest. An empty cache each time, SBOM only,"
        " the files in the page cache; packages that are needed for development only are left out."
        f" Median of {asked.runs}; memory is that of all processes (proportional sizes)."
    )
    sizes = [(files, files // forest.PROJECT_FILES) for files in asked.files]
    if len(sizes) > 1:
        sizes.append((sizes[-1][0], sizes[0][1]))  # what files cost that tell of no package
    rows = [row for files, projects in sizes for row in _rows(asked, files, projects)]
    parts = [
        machine.described({name: path for name, path in asked.programs.items() if name != "syft"}),
        told,
        page.table(
            ("files", "projects", "program", "wall s", "CPU s", "peak MiB", "distinct packages"), rows
        ),
    ]
    return page.section("files", "A tree of source files", parts)


def _rows(asked: Asked, files: int, projects: int) -> Iterator[tuple[str, ...]]:
    tree = forest.grown(asked.work, files, projects)
    by_program: dict[str, Callable[[Asked, Path], measure.Run]] = {"cleanbill": _cleanbill, "trivy": _trivy}
    for program, scan in by_program.items():
        if asked.programs[program]:
            runs = [scan(asked, tree) for _ in range(asked.runs)]
            cost = measure.middle([each.cost for each in runs])
            shown = f"{cost.wall_s:.2f}", f"{cost.cpu_s:.2f}", f"{cost.peak_mib:.0f}"
            yield f"{files:,}", f"{projects:,}", program, *shown, f"{len(packages(runs[-1].output)):,}"


def _cleanbill(asked: Asked, tree: Path) -> measure.Run:
    cache = asked.work / "cleanbill-cache"
    shutil.rmtree(cache, ignore_errors=True)
    command = [asked.cleanbill, "--cache-dir", str(cache), "fs", "--format", "cyclonedx", "--skip-db-update"]
    return measure.run([*command, str(tree)], accepted=(0, _INCOMPLETE))


def _trivy(asked: Asked, tree: Path) -> measure.Run:
    cache = trivy.fresh_cache(asked.work / "trivy-cache")
    return measure.run(trivy.tree_command(str(asked.trivy), cache, tree))

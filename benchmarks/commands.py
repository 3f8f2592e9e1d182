"""The command line's own speed: its version, and an image that is known, beside Trivy with its cache warm."""

import shutil

from benchmarks import machine, measure, page, trivy
from benchmarks.asked import Asked

RUNS = 10
_INCOMPLETE = 3


def run(asked: Asked) -> str:
    """Return the section."""
    rows = [_row(title, command) for title, command in _commands(asked).items()]
    known = "The image is known: scanned before, with the same cache."
    parts = [
        machine.described({name: path for name, path in asked.programs.items() if name != "syft"}),
        f"{known} Median of {RUNS}.",
        page.table(("command", "wall s", "CPU s", "peak MiB"), rows),
    ]
    return page.section("cli", "The command line", parts)


def _commands(asked: Asked) -> dict[str, list[str]]:
    cache, image = asked.work / "cleanbill-cache", asked.images[0]
    shutil.rmtree(cache, ignore_errors=True)
    known = [asked.cleanbill, "--cache-dir", str(cache), "image", "--skip-db-update"]
    name = f"{asked.registry}/{image}"
    found = {
        "cleanbill --version": [asked.cleanbill, "--version"],
        f"cleanbill image {image}": [*known, name],
        f"cleanbill image --format cyclonedx {image}": [*known, "--format", "cyclonedx", name],
    }
    if asked.trivy:
        found["trivy --version"] = [asked.trivy, "--version"]
        warm = trivy.image_command(asked.trivy, trivy.fresh_cache(asked.work / "trivy-cache"), name)
        found[f"trivy image --format cyclonedx {image}"] = warm
    return found


def _row(title: str, command: list[str]) -> tuple[str, ...]:
    measure.run(command, accepted=(0, _INCOMPLETE))
    runs = [measure.run(command, accepted=(0, _INCOMPLETE)).cost for _ in range(RUNS)]
    cost = measure.middle(runs)
    return title, f"{cost.wall_s:.3f}", f"{cost.cpu_s:.3f}", f"{cost.peak_mib:.0f}"

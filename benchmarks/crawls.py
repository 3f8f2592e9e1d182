"""A first crawl of the corpus's registry and the same again, beside Trivy in a loop over its tags."""

import http.client
import json
import shutil
from collections.abc import Iterator, Sequence

import msgspec

from benchmarks import machine, measure, page, trivy
from benchmarks.asked import Asked
from benchmarks.measure import Cost
from reports.crawl_summary import ContentTotals

_INCOMPLETE = 3
_PAGE = 100


class Summary(msgspec.Struct, frozen=True, rename="pascal"):
    """What `cleanbill crawl --format json` prints, as far as it is told here."""

    tags: int
    requests: int
    bytes_pulled: int
    unique_bytes: int
    layers_analysed: int
    images_analysed: int
    images_known: int
    secrets: ContentTotals | None
    failures: list[dict[str, str]]


def run(asked: Asked) -> str:
    """Return the section."""
    passes = [_two_passes(asked) for _ in range(asked.runs)]
    parts = [
        machine.described({name: path for name, path in asked.programs.items() if name != "syft"}),
        f"A registry on the same machine; no advisories; packages only. Median of {asked.runs}.",
        page.table(_HEAD, [_row(title, [each[n] for each in passes]) for n, title in enumerate(_TITLES)]),
        "A first crawl with other things looked for as well, each one time:",
        _with_scanners(asked),
    ]
    if asked.trivy:
        parts.append(_trivy(asked, asked.trivy))
    return page.section("crawl", "A crawl of a whole registry", parts)


_OTHERS = ("secret", "license", "misconfig")
_TITLES = "first", "again, nothing new"
_HEAD = (
    "crawl",
    "wall s",
    "CPU s",
    "peak MiB",
    "tags",
    "images read",
    "layers read",
    "requests",
    "MB pulled",
    "pulled ÷ unique",
    "failures",
)


_SCANNERS = (("vuln",), *(("vuln", other) for other in _OTHERS), ("vuln", *_OTHERS))


def _with_scanners(asked: Asked) -> str:
    rows: list[tuple[str, ...]] = []
    alone_s = 0.0
    for scanners in _SCANNERS:
        cost, told = _fresh_pass(asked, scanners)
        alone_s = alone_s or cost.wall_s
        secrets = f"{sum(told.secrets.severities.values()):,}" if told.secrets else ""
        times = f"{cost.wall_s / alone_s:.2f}"
        row = f"{cost.wall_s:.2f}", times, f"{cost.cpu_s:.2f}", f"{cost.peak_mib:.0f}", secrets
        rows.append((", ".join(scanners), *row))
    return page.table(("scanners", "wall s", "÷ packages alone", "CPU s", "peak MiB", "secrets"), rows)


def _two_passes(asked: Asked) -> tuple[tuple[Cost, Summary], tuple[Cost, Summary]]:
    return _fresh_pass(asked, ("vuln",)), _one_pass(asked, ("vuln",))


def _fresh_pass(asked: Asked, scanners: Sequence[str]) -> tuple[Cost, Summary]:
    shutil.rmtree(asked.work / "cleanbill-cache", ignore_errors=True)
    return _one_pass(asked, scanners)


def _one_pass(asked: Asked, scanners: Sequence[str]) -> tuple[Cost, Summary]:
    settings = asked.work / "crawl.toml"
    settings.write_text(f"[crawl]\nscanners = {json.dumps(scanners)}\n")
    command = [asked.cleanbill, "--config", str(settings), "--cache-dir", str(asked.work / "cleanbill-cache")]
    command += ["--no-progress", "crawl", "--format", "json", "--skip-db-update", f"http://{asked.registry}"]
    done = measure.run(command, accepted=(0, _INCOMPLETE))
    return done.cost, msgspec.json.decode(done.output, type=Summary)


def _row(title: str, passes: list[tuple[Cost, Summary]]) -> tuple[str, ...]:
    cost, told = measure.middle([cost for cost, _ in passes]), passes[-1][1]
    ratio = f"{told.bytes_pulled / told.unique_bytes:.3f}" if told.unique_bytes else ""
    return (
        title,
        f"{cost.wall_s:.2f}",
        f"{cost.cpu_s:.2f}",
        f"{cost.peak_mib:.0f}",
        f"{told.tags:,}",
        f"{told.images_analysed:,}",
        f"{told.layers_analysed:,}",
        f"{told.requests:,}",
        f"{told.bytes_pulled / 1e6:,.1f}",
        ratio,
        f"{len(told.failures)}",
    )


def _trivy(asked: Asked, program: str) -> str:
    names = sorted(_tags(asked.registry))
    step = max(1, len(names) // asked.sample) if asked.sample else 1
    chosen = names[::step]
    trivy.fresh_cache(asked.work / "trivy-cache")
    first, again = _loop(program, asked, chosen), _loop(program, asked, chosen)
    told = f"`trivy image` over {len(chosen):,} of {len(names):,} tags, one after another with one cache:"
    told += f" {first:.1f} s; the same again: {again:.1f} s."
    if step == 1:
        return told
    left = (len(names) - len(chosen)) * again / len(chosen)
    return (
        f"{told} Reckoned for all: at least {first + left:.0f} s, as if the tags left out brought no layer of"
        f" their own; and {again + left:.0f} s."
    )


def _loop(program: str, asked: Asked, names: list[str]) -> float:
    cache = asked.work / "trivy-cache"
    commands = [trivy.image_command(program, cache, f"{asked.registry}/{name}") for name in names]
    return sum(measure.run(command).cost.wall_s for command in commands)


def _tags(registry: str) -> Iterator[str]:
    connection = http.client.HTTPConnection(registry)
    for repository in _listed(connection, "/v2/_catalog", "repositories"):
        for tag in _listed(connection, f"/v2/{repository}/tags/list", "tags"):
            yield f"{repository}:{tag}"


def _listed(connection: http.client.HTTPConnection, path: str, key: str) -> Iterator[str]:
    last = ""
    while True:
        connection.request("GET", f"{path}?n={_PAGE}&last={last}")
        found = json.loads(connection.getresponse().read())[key] or []
        yield from found
        if len(found) < _PAGE:
            return
        last = found[-1]

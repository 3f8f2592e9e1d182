"""`python -m benchmarks`: measures, prints Markdown, and writes it into a page when asked."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import cold, commands, crawls, files, fleet_section, packages, page, secrets
from benchmarks.asked import Asked
from benchmarks.measure import ProgramFailedError

BENCHMARKS = {
    "fleet": fleet_section.run,
    "cold": cold.run,
    "packages": packages.run,
    "files": files.run,
    "secrets": secrets.run,
    "crawl": crawls.run,
    "cli": commands.run,
}
NEED_REGISTRY = ("cold", "packages", "crawl", "cli")
IMAGES = "debian python node fat spark many rpm apk binaries secrets zstd multi"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for; return the exit code: 1 when a program that is measured failed."""
    values = _parser().parse_args(arguments)
    chosen = list(BENCHMARKS) if values.benchmark == "all" else [values.benchmark]
    if not values.registry:
        left_out = [name for name in chosen if name in NEED_REGISTRY]
        chosen = [name for name in chosen if name not in NEED_REGISTRY]
        for name in left_out:
            print(f"benchmarks: {name}: left out, it needs --registry", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="cleanbill-bench-") as temporary:
        asked = _asked(values, Path(values.work or temporary))
        failed = [name for name in chosen if not _run(name, asked, values.write)]
    return 1 if failed or not chosen else 0


def _run(name: str, asked: Asked, target: str | None) -> bool:
    try:
        text = BENCHMARKS[name](asked)
    except ProgramFailedError as error:
        print(f"benchmarks: {name}: {error}", file=sys.stderr)
        return False
    print(text, end="\n\n", flush=True)
    if target:
        page.write(Path(target), name, text)
    return True


def _asked(values: argparse.Namespace, work: Path) -> Asked:
    work.mkdir(parents=True, exist_ok=True)
    return Asked(
        cleanbill=values.cleanbill,
        trivy=values.trivy,
        syft=values.syft,
        registry=values.registry or "",
        work=work.absolute(),
        runs=values.runs,
        fleets=tuple(values.images),
        files=tuple(values.files),
        sboms=values.sboms,
        gitleaks=values.gitleaks,
        tree=Path(values.tree).absolute() if values.tree else None,
        images=tuple(f"corpus/{name}:1.0" for name in values.corpus.split()),
        sample=0 if values.full else values.sample,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("benchmark", nargs="?", default="all", choices=["all", *BENCHMARKS])
    add("--registry", metavar="HOST:PORT", help="a registry with the corpus, plain http")
    add(
        "--cleanbill", default=str(Path(sys.executable).with_name("cleanbill")), help="default: beside Python"
    )
    add("--trivy", metavar="PATH", help="left out when not given")
    add("--syft", metavar="PATH", help="left out when not given")
    add("--gitleaks", metavar="PATH", help="for secrets; left out when not given")
    add("--tree", metavar="DIR", help="that secrets are looked for in; default this Python's packages")
    add("--work", metavar="DIR", help="keeps fleets and trees from run to run; default a temporary directory")
    add("--write", metavar="PAGE", help="replace the section between its markers in this page")
    add("--runs", type=int, default=3, help="of which the median is told (default 3)")
    add("--images", type=int, nargs="+", default=[10_000, 100_000], help="sizes of the fleets")
    add("--files", type=int, nargs="+", default=[200_000, 500_000], help="sizes of the trees of files")
    add("--sboms", type=int, default=200, help="that Trivy matches (default 200)")
    add("--corpus", default=IMAGES, help="images of the corpus, for cold, packages and cli")
    add("--sample", type=int, default=100, help="tags that Trivy scans in a loop (default 100)")
    add("--full", action="store_true", help="all of them")
    return parser


if __name__ == "__main__":
    sys.exit(main())

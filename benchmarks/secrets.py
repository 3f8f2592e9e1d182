"""The search for secrets: what is found of a labelled corpus, and throughput over a tree of sources."""

import os
import shutil
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from analyzers.secrets._engine import SecretScanner
from analyzers.secrets._keywords import by_keywords
from analyzers.secrets.content import SKIPPED_EXTENSIONS
from analyzers.secrets.rules import RULES
from benchmarks import machine, measure, page
from benchmarks.asked import Asked
from benchmarks.secrets_corpus import Labelled, Place, grown

_INCOMPLETE = 3
_MOST_BYTES = 128 << 20


class _Found(msgspec.Struct, rename="pascal"):
    rule_id: str = msgspec.field(name="RuleID")
    start_line: int


class _Result(msgspec.Struct, rename="pascal"):
    target: str
    secrets: tuple[_Found, ...] = ()


class _Report(msgspec.Struct, rename="pascal"):
    """Of Trivy's form, which is ours as well."""

    results: tuple[_Result, ...] = ()


class _Leak(msgspec.Struct, rename="pascal"):
    """Of gitleaks' report."""

    file: str
    start_line: int


def run(asked: Asked) -> str:
    """Return the section.

    Peers leave out folders by their names, so a tree with "node_modules" in it is best given as `plain_copy`
    makes it.
    """
    sources = asked.tree or plain_copy(Path(sysconfig.get_path("purelib")), asked.work / "sources")
    corpus = grown(asked.work)
    programs = {"cleanbill": asked.cleanbill, "trivy": asked.trivy, "gitleaks": asked.gitleaks}
    present = {name: program for name, program in programs.items() if program}
    kinds = len({secret.kind for secret in corpus.planted})
    megabytes = _size(_files(sources)) / 1e6
    textual = _size(path for path in _files(sources) if path.suffix[1:] not in SKIPPED_EXTENSIONS) / 1e6
    told = (
        f"Recall and precision: {len(corpus.planted)} planted secrets of {kinds} kinds and"
        f" {len(corpus.decoys):,} decoys, made up of what providers publish (`benchmarks/secrets_corpus.py`"
        " has the definitions); a finding counts by its file and line. Throughput: all files of a tree of"
        f" {megabytes:,.0f} MB ({'as given' if asked.tree else 'packages of Python without their tests'}),"
        f" {textual:,.0f} of them not machine code, media or archives, which Cleanbill leaves out by name;"
        f" in the page cache, an empty cache each time; median of {asked.runs}. What is reported there is"
        " counted, not judged."
    )
    head = ("program", "MB/s", "wall s", "CPU s", "peak MiB", "reported lines")
    return page.section(
        "secrets",
        "Secrets",
        [
            machine.described(programs),
            told,
            page.table(
                ("program", "recall", "precision", "false findings"), _quality(asked, present, corpus)
            ),
            page.table(head, _speed(asked, present, sources)),
        ],
    )


def plain_copy(source: Path, target: Path) -> Path:
    """Copy a tree, if that is not done yet, to where no folder's name makes a peer leave it out."""
    if not target.exists():
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("tests", "test"))
        for folder in sorted(target.rglob("node_modules"), reverse=True):
            folder.rename(folder.with_name("modules"))
    return target


def _quality(asked: Asked, programs: dict[str, str], corpus: Labelled) -> Iterator[tuple[str, ...]]:
    for name, program in programs.items():
        done = measure.run(_command(asked, name, program, corpus.root), accepted=(0, _INCOMPLETE))
        yield scored(name, set(_places(name, done.output, corpus.root)), corpus)


def scored(name: str, found: set[Place], corpus: Labelled) -> tuple[str, ...]:
    """Return a row: recall and precision in percent, and how many findings are none."""
    false = corpus.false(found)
    precision = 1 - len(false) / len(found) if found else 0.0
    recall = len(corpus.found(found)) / len(corpus.planted)
    return name, f"{recall:.1%}", f"{precision:.1%}", str(len(false))


def _speed(asked: Asked, programs: dict[str, str], tree: Path) -> Iterator[tuple[str, ...]]:
    size = _size(_files(tree))
    for name, program in programs.items():
        runs = []
        for _ in range(asked.runs):
            shutil.rmtree(_cache(asked, name), ignore_errors=True)
            runs.append(measure.run(_command(asked, name, program, tree), accepted=(0, _INCOMPLETE)))
        cost = measure.middle([done.cost for done in runs])
        rate = size / 1e6 / cost.wall_s
        reported = len(set(_places(name, runs[-1].output, tree)))
        figures = (f"{rate:.1f}", f"{cost.wall_s:.2f}", f"{cost.cpu_s:.2f}", f"{cost.peak_mib:.0f}")
        yield name, *figures, f"{reported:,}"
    for way, scanner in (
        ("", SecretScanner()),
        (" without Hyperscan", SecretScanner(first=by_keywords(RULES))),
    ):
        rate = in_process(_files(tree), scanner)
        yield f"`SecretScanner`{way}, one core, text only", f"{rate:.1f}", "", "", "", ""


def in_process(paths: Iterable[Path], scanner: SecretScanner) -> float:
    """Return how many MB of the files that are read the scanner looks at in a second of its own."""
    spent, size = 0.0, 0
    for path in paths:
        if path.suffix[1:] in SKIPPED_EXTENSIONS or path.stat().st_size > _MOST_BYTES:
            continue
        data = path.read_bytes()
        began = time.perf_counter()
        for _ in scanner.scan(str(path).lstrip("/"), data):
            pass
        spent += time.perf_counter() - began
        size += len(data)
    return size / 1e6 / spent if spent else 0.0


def _size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _files(tree: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(tree):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _command(asked: Asked, name: str, program: str, tree: Path) -> list[str]:
    cache = str(_cache(asked, name))
    of_name: dict[str, Callable[[], list[str]]] = {
        "cleanbill": lambda: [
            program,
            "--cache-dir",
            cache,
            "fs",
            "--scanners",
            "secret",
            "--format",
            "json",
        ],
        "trivy": lambda: [
            *(program, "--cache-dir", cache, "fs", "--scanners", "secret", "--format", "json", "--quiet"),
            *("--offline-scan", "--skip-db-update", "--timeout", "30m"),
        ],
        "gitleaks": lambda: [
            *(program, "dir", "--no-banner", "--exit-code", "0", "--log-level", "error"),
            *("--report-format", "json", "--report-path", "-"),
        ],
    }
    return [*of_name[name](), str(tree)]


def _cache(asked: Asked, name: str) -> Path:
    return asked.work / f"secrets-{name}-cache"


def _places(name: str, output: bytes, root: Path) -> Iterator[Place]:
    if name == "gitleaks":
        for leak in msgspec.json.decode(output, type=list[_Leak]):
            yield str(Path(leak.file).relative_to(root)), leak.start_line
        return
    for result in msgspec.json.decode(output, type=_Report).results:
        for found in result.secrets:
            yield result.target, found.start_line

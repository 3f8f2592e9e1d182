import importlib
import pkgutil
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from random import Random
from time import process_time
from types import ModuleType
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analyzers
from analyzers.catalogue import Dispatch, kinds
from analyzers.errors import ParseError
from analyzers.inventory import (
    LISTED,
    Analyzer,
    Fact,
    File,
    License,
    Note,
    Outcome,
    Owned,
    Package,
    Problem,
    Release,
)
from analyzers.layer import read_file

ROOT = Path(analyzers.__path__[0]).parent
TESTS = Path(__file__).parent
ROOMS = ("binaries", "languages", "licenses", "misconfig", "os")
KINDS = ("good", "odd", "empty", "broken")
ENCODER = msgspec.json.Encoder()


def modules() -> list[ModuleType]:
    return [
        importlib.import_module(f"analyzers.{room}.{found.name}")
        for room in ROOMS
        for found in pkgutil.iter_modules([str(ROOT / "analyzers" / room)])
        if not found.name.startswith("_")
    ]


MODULES = modules()
ANALYZERS: list[Analyzer] = [module.ANALYZER for module in MODULES]
SAMPLES: dict[str, bytes] = {
    f"{room}/{path.relative_to(TESTS / room / 'testdata')}": path.read_bytes()
    for room in ROOMS
    for path in sorted((TESTS / room / "testdata").rglob("*"))
    if path.is_file() and path.relative_to(TESTS / room / "testdata").parts[1] in KINDS
}
every_analyzer = pytest.mark.parametrize("analyzer", ANALYZERS, ids=lambda analyzer: analyzer.id)


def samples(analyzer: Analyzer) -> dict[str, bytes]:
    """Path in the layer → content; of two kinds at the same path the last one."""
    prefix = f"{analyzer.id}/"
    return {
        name.removeprefix(prefix).partition("/")[2]: data
        for name, data in SAMPLES.items()
        if name.startswith(prefix)
    }


def read(analyzer: Analyzer, path: str, data: bytes) -> list[Fact]:
    try:
        facts = list(analyzer.parse(File(path=path, data=data, executable=True)))
    except ParseError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
        return []
    assert all(
        isinstance(fact, Package | Release | Owned | Problem | Note | License | Outcome) for fact in facts
    )
    declared = {kind.name for kind in analyzer.kinds}
    packages = [fact for fact in facts if isinstance(fact, Package)]
    assert {each.kind for each in packages if each.evidence != LISTED} <= declared
    assert {each.kind for each in packages} <= kinds().keys()
    ENCODER.encode(facts)  # what cannot be encoded cannot be stored
    return facts


def test_ids_are_unique_and_the_place_of_the_module() -> None:
    ids = [analyzer.id for analyzer in ANALYZERS]
    places = [module.__name__.removeprefix("analyzers.").replace(".", "/") for module in MODULES]
    assert ids == places
    assert len(set(ids)) == len(ids) > 0


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_docstring_names_the_format(module: ModuleType) -> None:
    first, _, rest = (module.__doc__ or "").partition("\n")
    assert first.endswith(".")
    assert re.search(r"^Formats?: https://", rest, re.MULTILINE)


@every_analyzer
def test_form(analyzer: Analyzer) -> None:
    assert analyzer.version >= 1
    assert analyzer.globs or analyzer.magic
    assert len(set(analyzer.globs)) == len(analyzer.globs)
    for glob in analyzer.globs:
        assert re.fullmatch(r"(?:\*\*/)?(?:[^/\[\]?{}]+/)*[^/\[\]?{}]+", glob)


@every_analyzer
def test_it_has_tests_and_samples_of_every_kind(analyzer: Analyzer) -> None:
    room, _, name = analyzer.id.partition("/")
    assert (TESTS / room / f"test_{name}.py").is_file()
    assert {sample.split("/")[2] for sample in SAMPLES if sample.startswith(f"{analyzer.id}/")} == {*KINDS}


@every_analyzer
def test_its_samples_come_with_what_made_them(analyzer: Analyzer) -> None:
    room, _, name = analyzer.id.partition("/")
    assert list((TESTS / room / "testdata" / name).glob("make.*"))


@pytest.mark.parametrize("name", SAMPLES)
def test_good_samples_have_no_problem_and_broken_ones_are_never_silent(name: str) -> None:
    room, analyzer, kind, path = name.split("/", 3)
    (found,) = (one for one in ANALYZERS if one.id == f"{room}/{analyzer}")
    facts, error = [], ""
    try:
        facts = list(found.parse(File(path=path, data=SAMPLES[name], executable=True)))
    except ParseError as caught:
        error = str(caught)
    if kind == "broken" and found.combine and not error:
        read_alone = read_file(found, File(path=path, data=SAMPLES[name]), Dispatch([found]))
        facts += [problem for made in found.combine([read_alone]) for problem in made.problems]
    if kind == "good":
        assert facts
        assert not error
        assert not any(isinstance(fact, Problem) for fact in facts)
    if kind == "broken":
        assert error or any(isinstance(fact, Problem) for fact in facts)


@every_analyzer
def test_the_same_bytes_give_the_same_facts(analyzer: Analyzer) -> None:
    for path, data in samples(analyzer).items():
        assert read(analyzer, path, data) == read(analyzer, path, data)


@every_analyzer
@settings(max_examples=40, deadline=None, derandomize=True)
@given(choice=st.integers(0, 255), data=st.binary(max_size=400))
def test_any_bytes_end_in_values_or_parse_error(analyzer: Analyzer, choice: int, data: bytes) -> None:
    paths, starts = sorted(samples(analyzer)), [b"", *analyzer.magic]
    read(analyzer, paths[choice % len(paths)], starts[choice % len(starts)] + data)


def damaged(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((0, 1, 1, 2, 4, 8))):
        changed[random.randrange(len(data))] = random.randrange(256)
    first, last = sorted((random.randrange(len(data)), random.randrange(len(data))))
    match random.choice(("as it is", "cut", "doubled", "shortened")):
        case "cut":
            del changed[last:]
        case "doubled":
            changed[last:last] = changed[first:last]
        case "shortened":
            del changed[first:last]
    return bytes(changed)


@every_analyzer
def test_damaged_samples_end_in_values_or_parse_error(analyzer: Analyzer) -> None:
    mine = [(name, data) for name, data in SAMPLES.items() if name.startswith(f"{analyzer.id}/") and data]
    for number in range(200):
        random = Random(number)
        name, data = random.choice(mine)
        with told(f"{name}, damaged by Random({number})"):
            read(analyzer, name.split("/", 3)[3], damaged(data, random))


@contextmanager
def told(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


RUN_BYTES = 30_000
SLOW_S = 5.0  # of processor time: a reader at whose end stands a square needs more for such a run
CASES = 150
UNITS = (
    *(
        b" ",
        b"\t\n",
        b"\n\n",
        b"\r",
        b";",
        b"; extra",
        b"a,",
        b"0,",
        b"-X ",
        b"- ",
        b"'",
        b'"',
        b"\\",
        b"\\\n",
        b"[",
        b"(",
    ),
    *(
        b"{",
        b'{"a":',
        b"F:a\n",
        b"a: ",
        b"a=b ",
        b"=",
        b"1.",
        b"1",
        b"a",
        b"\xff",
        b"\0",
        b"<",
        b"<a>",
        b"<!--",
        b"/*",
    ),
    *(b"/", b"#", b"$(", b"%", b"@", b"&", b"|"),
)


class Place(NamedTuple):
    path: str
    before: bytes
    line: bytes
    after: bytes


def places(analyzer: Analyzer) -> list[Place]:
    """Return where the lines of the samples begin, end and have their middle; of lines alike one."""
    found: dict[tuple[str, bytes], list[Place]] = {}
    for name, data in SAMPLES.items():
        room, own, kind, path = name.split("/", 3)
        if f"{room}/{own}" != analyzer.id or kind not in ("good", "odd"):
            continue
        end = 0
        for line in data.splitlines(keepends=True):
            start, end = end, end + len(line)
            cuts = {start, start + len(line) // 2, start + len(line.rstrip(b"\r\n"))}
            alike = re.sub(rb"[0-9]+", b"0", re.sub(rb"[A-Za-z]+", b"a", line))[:8]
            found.setdefault(
                (path[-6:], alike), [Place(path, data[:at], line, data[at:]) for at in sorted(cuts)]
            )
    return [place for each in found.values() for place in each]


def runs(analyzer: Analyzer) -> Iterator[tuple[Place, bytes]]:
    """Yield places, and what comes in there again and again: marks of many formats, and the line itself."""
    random = Random(analyzer.id)
    chosen = places(analyzer)
    random.shuffle(chosen)
    for number, (place, unit) in enumerate(zip(chosen, cycle(UNITS), strict=False)):
        yield place, unit
        yield place, place.line if number % 2 else place.line.strip() or b" "


@every_analyzer
def test_long_runs_cost_no_more_than_their_length(analyzer: Analyzer) -> None:
    for (path, before, _, after), unit in islice(runs(analyzer), CASES):
        run = before + unit * (RUN_BYTES // len(unit))
        for data in (run + after, run):
            started_s = process_time()
            with told(f"{path}: {unit!r} again and again after {before[-40:]!r}"):
                read(analyzer, path, data)
                assert process_time() - started_s < SLOW_S


@every_analyzer
def test_samples_are_small(analyzer: Analyzer) -> None:
    assert sum(len(data) for name, data in SAMPLES.items() if name.startswith(f"{analyzer.id}/")) < 100_000


@every_analyzer
@settings(max_examples=30, deadline=None, derandomize=True)
@given(choices=st.data())
def test_files_of_any_damage_can_be_combined(analyzer: Analyzer, choices: st.DataObject) -> None:
    if analyzer.combine is None:
        return
    found = {}
    for path, data in samples(analyzer).items():
        cut = choices.draw(st.integers(0, len(data)))
        found[path] = read_file(analyzer, File(path=path, data=data[:cut]), Dispatch([analyzer]))
    combined = list(analyzer.combine([found[path] for path in sorted(found)]))
    assert len({one.path for one in combined}) == len(combined)
    assert {one.path for one in combined} <= found.keys()

import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages.bundler import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/bundler/make.py"))["SAMPLES"]


def read(data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File("srv/Gemfile.lock", data)))


def gem(name: str, version: str, relationship: str, lines: tuple[int, ...], *needs: str) -> Package:
    return Package(
        kind="bundler",
        name=name,
        version=version,
        relationship=relationship,
        depends_on=needs,
        lines=tuple((line, line) for line in lines),
    )


def test_a_gem_with_another_one_beside_it() -> None:
    assert read(SAMPLES["good/srv/Gemfile.lock"]) == [
        gem("other", "0.2.0.pre.1", "workspace", (4,), "xmlrpc@0.3.2"),
        gem("shop", "0.1.0", "root", (10,), "webrick@1.8.1"),
        gem("net-telnet", "0.2.0", "direct", (16,)),
        gem("rake", "13.0.6", "direct", (17,)),
        gem("webrick", "1.8.1", "direct", (18,)),
        gem("xmlrpc", "0.3.2", "direct", (19,), "webrick@1.8.1"),
    ]


def test_platforms_are_one_gem() -> None:
    assert read(SAMPLES["odd/srv/gems.locked"]) == [
        gem("fork", "1.0.0", "direct", (6,), "nokogiri@1.15.5"),
        gem("mini_portile2", "2.8.5", "indirect", (12,)),
        gem("nokogiri", "1.15.5", "direct", (13, 16), "mini_portile2@2.8.5", "racc@1.7.3"),
        gem("racc", "1.7.3", "indirect", (18,)),
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbfDEPENDENCIES\n"])
def test_locks_of_nothing(data: bytes) -> None:
    assert read(data) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GEM\n  specs:\n    rake\n", "line 3: 'rake', expected a gem with its version"),
        (b"GEM\n  specs:\n      rake\n", "line 3: 'rake', expected a gem with its version"),
        (b"GEM\n  specs:\n    a (1)\n     b (2)\n", "line 4: 'b (2)', expected a gem with its version"),
        (b"DEPENDENCIES\nrake\n", "line 2: 'rake', expected the name of a gem"),
    ],
)
def test_lines_that_are_none_of_a_lock(data: bytes, reason: str) -> None:
    problems = [fact for fact in read(data) if isinstance(fact, Problem)]
    assert len(problems) == 1
    assert problems[0].reason.startswith(f"srv/Gemfile.lock: {reason}")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SAMPLES["broken/srv/a/Gemfile.lock"], "line 17: '<<<<<<< HEAD', expected no conflict"),
        (SAMPLES["broken/srv/c/Gemfile.lock"], "no section 'DEPENDENCIES'"),
    ],
)
def test_what_is_no_lock(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=f"^srv/Gemfile.lock: {message}"):
        read(data)

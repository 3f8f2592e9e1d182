import runpy
from pathlib import Path
from typing import Any

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages.sbt import ANALYZER

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/sbt/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]
dependency, lock = MAKE["dependency"], MAKE["lock"]


def read(data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path="build.sbt.lock", data=data)))


def test_artifacts_with_their_lines() -> None:
    assert read(SAMPLES["good/build.sbt.lock"]) == [
        Package(kind="sbt", name="org.apache.commons:commons-lang3", version="3.9", lines=((9, 24),)),
        Package(
            kind="sbt", name="org.scalatest:scalatest_2.12", version="3.0.8", dev=True, lines=((25, 38),)
        ),
    ]


def test_an_artifact_without_a_name_is_a_problem() -> None:
    package, problem = read(SAMPLES["odd/a/build.sbt.lock"])
    assert isinstance(package, Package)
    assert problem == Problem("build.sbt.lock", "dependencies[1]: org '', name 'b'")


@pytest.mark.parametrize(
    ("configurations", "dev"),
    [
        (("compile",), False),
        (("runtime", "test"), False),
        ((), False),
        (("test",), True),
        (("provided",), True),
        (("provided", "optional"), False),
    ],
)
def test_what_does_not_run(configurations: tuple[str, ...], *, dev: bool) -> None:
    (package,) = read(lock(dependency("a", "b", "1", *configurations)))
    assert isinstance(package, Package)
    assert package.dev is dev


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SAMPLES["broken/c/build.sbt.lock"], "lockVersion 2, expected 1"),
        (b'{"lockVersion": 1}', "expected 1"),
        (b"", "expected JSON"),
        (b"[]", "expected a JSON object"),
    ],
)
def test_other_files(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(data)

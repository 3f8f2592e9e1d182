import runpy
from pathlib import Path

import pytest

from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages.gradle import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/gradle/make.py"))["SAMPLES"]


def read(path: str, data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path=path, data=data)))


def gradle(name: str, version: str, line: int, *, dev: bool = False) -> Package:
    return Package(kind="gradle", name=name, version=version, dev=dev, lines=((line, line),))


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (
            "good/app/gradle.lockfile",
            [gradle("com.google.guava:guava", "31.1-jre", 3), gradle("junit:junit", "4.13.2", 4, dev=True)],
        ),
        ("good/buildscript-gradle.lockfile", [gradle("org.ow2.asm:asm", "9.3", 3)]),
        (
            "good/gradle/dependency-locks/compileClasspath.lockfile",
            [gradle("commons-io:commons-io", "2.7", 3)],
        ),
        ("odd/gradle/dependency-locks/testRuntimeClasspath.lockfile", [gradle("a:b", "1", 1, dev=True)]),
        ("empty/gradle.lockfile", []),
        (
            "broken/gradle.lockfile",
            [
                gradle("a:b", "1", 1),
                Problem("gradle.lockfile", "line 2: expected group:artifact:version (2 such lines)"),
            ],
        ),
    ],
)
def test_samples(sample: str, expected: list[Fact]) -> None:
    assert read(sample.partition("/")[2], SAMPLES[sample]) == expected


@pytest.mark.parametrize(
    ("configurations", "dev"),
    [
        ("", False),
        ("runtimeClasspath", False),
        ("testRuntimeClasspath", True),
        ("integrationTestRuntimeClasspath,testCompileClasspath", True),
        ("debugUnitTestCompileClasspath", True),
        ("testRuntimeClasspath,runtimeClasspath", False),
        ("latestClasspath", False),
        ("testedApk", False),
    ],
)
def test_what_is_for_tests_only(configurations: str, *, dev: bool) -> None:
    (package,) = read("gradle.lockfile", f"a:b:1={configurations}".encode())
    assert isinstance(package, Package)
    assert package.dev is dev

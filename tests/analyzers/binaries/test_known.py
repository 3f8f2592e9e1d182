import runpy
from pathlib import Path
from typing import Any

import pytest

from analyzers.binaries._known_programs import PROGRAMS
from analyzers.binaries.known import ANALYZER
from analyzers.catalogue import Dispatch
from analyzers.inventory import Fact, File, Package, Problem

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/known/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]
STRINGS: dict[tuple[str, str, str], bytes] = MAKE["STRINGS"]


def read(path: str, data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path, data, executable=True)))


def program(name: str, version: str) -> Package:
    return Package(kind="binary", name=name, version=version, evidence="version string in the program")


def text(name: str, version: str) -> Package:
    evidence = "version in a file that came with the program"
    return Package(kind="binary", name=name, version=version, evidence=evidence)


@pytest.mark.parametrize(("path", "name", "version"), STRINGS)
def test_programs(path: str, name: str, version: str) -> None:
    place = f"usr/local/{path}"
    assert read(place, MAKE["elf"](STRINGS[path, name, version])) == [program(name, version)]


def test_every_program_of_the_table_was_seen() -> None:
    assert {one.name for one in PROGRAMS} == {name for _, name, _ in STRINGS}


@pytest.mark.parametrize(
    ("sample", "package"),
    [
        ("good/usr/local/sbin/nginx", program("nginx", "1.22.1")),
        ("good/redis-server", program("redis", "7.0.15")),
        ("good/usr/local/lib/ruby/3.1.0/x86_64-linux/rbconfig.rb", text("ruby", "3.1.2")),
        ("good/usr/local/lib/erlang/releases/25/OTP_VERSION", text("erlang-otp", "25.2.3")),
        ("odd/opt/node/node.exe", program("node", "20.20.2")),
    ],
)
def test_samples(sample: str, package: Package) -> None:
    assert read(sample.partition("/")[2], SAMPLES[sample]) == [package]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("usr/bin/git", SAMPLES["empty/usr/bin/git"]),
        ("usr/bin/nginx-debug", MAKE["sample"]("usr/sbin/nginx")),
        ("usr/sbin/nginx", MAKE["sample"]("usr/sbin/nginx")[16:]),
        ("usr/lib/git-core/git", MAKE["sample"]("usr/bin/git")),
        ("usr/lib64/libcrypto.so.3.0.7", MAKE["sample"]("usr/bin/openssl")),
    ],
)
def test_what_is_left_alone(path: str, data: bytes) -> None:
    assert read(path, data) == []


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("usr/lib64/libcrypto.so.3", "3.0.22"),
        ("usr/local/lib/libcrypto.so.3.0.7", "3.0.22"),
        ("opt/app/openssl", "3.0.22"),
    ],
)
def test_places(path: str, version: str) -> None:
    assert read(path, MAKE["sample"]("usr/bin/openssl")) == [program("openssl", version)]


@pytest.mark.parametrize(
    ("strings", "told"),
    [
        (b"nginx version: x", "none"),
        (b"nginx version: nginx/1.2.3\0nginx version: nginx/1.2.4", r"\['1.2.3', '1.2.4'\]"),
    ],
)
def test_no_version_or_several_are_a_problem(strings: bytes, told: str) -> None:
    (problem,) = read("usr/sbin/nginx", MAKE["elf"](strings))
    assert isinstance(problem, Problem)
    expected = f"usr/sbin/nginx: version strings of nginx: {told}, expected one".replace("\\", "")
    assert problem.reason == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (b"\0007.0.11790282056000000000\0", "7.0.1"),
        (b"\0007.0.155a6b7c8d9e0f-1790282056000000000\0", "7.0.15"),
        (b"\0007.2.4buildkitsandbox-17047880001deadbeef\0", "7.2.4"),
    ],
)
def test_redis_with_all_that_follows_its_version(version: bytes, expected: str) -> None:
    assert read("redis-server", MAKE["elf"](b"redis" + version)) == [program("redis", expected)]


@pytest.mark.parametrize("data", [b"", b"25\n26\n", b"no version"])
def test_texts_without_a_version(data: bytes) -> None:
    (problem,) = read("opt/erlang/releases/25/OTP_VERSION", data)
    assert isinstance(problem, Problem)


def test_libraries_are_asked_for_though_they_are_not_executable() -> None:
    wants = Dispatch([ANALYZER]).wants
    assert wants("usr/lib/jvm/17/lib/server/libjvm.so")
    assert wants("usr/local/lib/libpython3.12.so.1.0")
    assert not wants("usr/lib64/libcrypto.so.3.0.7")

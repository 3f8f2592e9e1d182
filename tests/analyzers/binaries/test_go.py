import os
import re
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest

from analyzers.binaries.go import ANALYZER
from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Package, Problem

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/go/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]


def read(data: bytes) -> list[Fact]:
    assert data.startswith(ANALYZER.magic)
    return list(ANALYZER.parse(File(path="usr/bin/tool", data=data, executable=True)))


def module(name: str, version: str, *needs: str) -> Package:
    return Package(kind="gobinary", name=name, version=version, depends_on=needs)


def read_modules(text: str, go: str = "go1.22.3") -> list[Fact]:
    return read(MAKE["elf"](MAKE["inline"](go.encode(), MAKE["framed"](text.encode()))))


DEPENDENCIES = [
    module("golang.org/x/net", "v0.17.0"),
    module("example.org/fork", "v1.0.1"),
    module("example.org/local", ""),
]
NAMES = ("stdlib", *(dependency.name for dependency in DEPENDENCIES))
MAIN = module("example.org/tool", "v1.4.2", *NAMES)


@pytest.mark.parametrize(
    ("sample", "go_version"),
    [
        ("good/usr/bin/tool", "1.22.3"),
        ("odd/usr/bin/old", "1.17.1"),
        ("odd/usr/bin/tool.exe", "1.22.3"),
        ("odd/usr/bin/tool-darwin", "1.22.3"),
    ],
)
def test_programs_of_every_kind(sample: str, go_version: str) -> None:
    assert read(SAMPLES[sample]) == [module("stdlib", go_version), MAIN, *DEPENDENCIES]


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("section", [b".go.buildinfo", b""])
def test_elf_of_every_width_and_byte_order(order: str, section: bytes, *, wide: bool) -> None:
    info = MAKE["pointed"](b"go1.16", MAKE["framed"](MAKE["MODULES"]), 8 if wide else 4, order)
    program = MAKE["elf"](info, section=section, order=order, wide=wide)
    assert read(program) == [module("stdlib", "1.16.0"), MAIN, *DEPENDENCIES]


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("go1.22.3", "1.22.3"),
        ("go1.22", "1.22.0"),
        ("go1.22.3 X:boringcrypto", "1.22.3"),
        ("go1.20.12 (Red Hat 1.20.12-1.el9)", "1.20.12"),
        ("go1.21.3-fips", "1.21.3"),
        ("go1.23rc1", "1.23.0-rc.1"),
        ("go1.18beta2", "1.18.0-beta.2"),
        ("devel go1.24-1a2b3c4 Mon Jan 1", ""),
        ("go1.x", ""),
    ],
)
def test_versions_of_the_standard_library(told: str, version: str) -> None:
    assert read_modules("path\tx\n", told)[0] == module("stdlib", version)


@pytest.mark.parametrize(
    ("flags", "version"),
    [
        ("-X main.version=1.4.2", "v1.4.2"),
        ('"-s -w -X main.version=v1.4.2"', "v1.4.2"),
        ("\"-X 'main.Version=1.4'\"", "v1.4"),
        ('"-X=main.buildVersion=1.4.2-rc.1"', "v1.4.2-rc.1"),
        ("`-X example.org/tool/internal.GitVersion=v2.0.0 -s`", "v2.0.0"),
        ('"-X example.org/tool/a.Version=1.0.0 -X main.version=1.0.1"', "v1.0.1"),
        ('"-X example.org/tool/a.Version=1.0.0 -X example.org/tool/b.Version=1.0.1"', ""),
        ('"-X example.org/toolbox.Version=1.0.0"', ""),
        ('"-X main.goVersion=1.22.3 -X main.commit=1.2.3"', ""),
        ('"-X main.version=dev"', ""),
        ('"-s -w"', ""),
    ],
)
def test_main_version_from_linker_flags(flags: str, version: str) -> None:
    facts = read_modules(f"mod\texample.org/tool\t(devel)\t\nbuild\t-ldflags={flags}\n")
    assert facts[1] == module("example.org/tool", version, "stdlib")


@pytest.mark.parametrize(
    ("lines", "packages"),
    [
        ("mod\ta\tv1.0.0\th1:x\n", [module("a", "v1.0.0", "stdlib")]),
        ("mod\ta\tv1.0.0+dirty\n", [module("a", "v1.0.0+dirty", "stdlib")]),
        ("mod\tcmd\t(devel)\t\n", []),
        ("dep\ta\tv1\ndep\ta\tv1\n", [module("a", "v1")]),
        ("dep\ta\tv1\n=>\t/src/a\t\n", [module("a", "")]),
        ("dep\ta\tv1\n=>\tC:\\src\\a\tv1\n", [module("a", "")]),
        ("=>\ta\tv1\nunknown\tx\ndep\t\tv1\ndep\n", []),
    ],
)
def test_lines(lines: str, packages: list[Package]) -> None:
    assert read_modules(lines)[1:] == packages


def test_a_program_without_modules_is_a_problem_beside_its_toolchain() -> None:
    facts = read(MAKE["elf"](MAKE["inline"](b"go1.12", b"")))
    assert facts == [
        Problem(
            path="usr/bin/tool",
            reason="Go program built without modules: its dependencies are not known",
        ),
        module("stdlib", "1.12.0"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        SAMPLES["empty/usr/bin/c"],
        MAKE["elf"](b"x" * 8 + MAKE["INFO"]),  # not at an address divisible by 16
        MAKE["macho"](b"no go", section=b"__data"),
        b"MZ a DOS program".ljust(100, b"\0"),
        b"\xca\xfe\xba\xbe\x00\x00\x00\x41 a Java class of version 65".ljust(100, b"\0"),
    ],
)
def test_other_executables_yield_nothing(data: bytes) -> None:
    assert read(data) == []


def test_the_magic_at_other_addresses_is_passed_over() -> None:
    data = bytes(8) + b"\xff Go buildinf:".ljust(24, b"\0") + MAKE["INFO"]
    assert read(MAKE["elf"](data)) == [module("stdlib", "1.22.3"), MAIN, *DEPENDENCIES]


def test_a_packed_executable_is_a_problem() -> None:
    (problem,) = read(MAKE["elf"](b"UPX!" + bytes(200), section=b""))
    assert isinstance(problem, Problem)
    assert "packed by UPX" in problem.reason


ENDLESS = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16) + b"\xff" * 30


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SAMPLES["broken/usr/bin/tool"], "bytes are left|string of"),
        (MAKE["elf"](ENDLESS), "length without an end"),
        (MAKE["elf"](MAKE["INFO"][:20]), "20 bytes, expected 32"),
        (MAKE["elf"](b"\xff Go buildinf:\x03\x00" + bytes(16)), "pointers of 3 bytes"),
        (MAKE["elf"](b"\xff Go buildinf:\x08\x00" + bytes(16)), "no version of Go"),
        (b"\x7fELF", "expected 1 or 2"),
        (b"\x7fELF\x02\x01" + b"\xff" * 100, "headers point behind its end"),
        (b"MZ", "headers point behind its end"),
        (b"\xcf\xfa\xed\xfe" + b"\xff" * 100, "load commands"),
        (b"\xcf\xfa\xed\xfe" + b"\0" * 12 + b"\x01" + b"\0" * 100, "load command of 0 bytes"),
        (b"\xca\xfe\xba\xbe\0\0\0\x01" + b"\0" * 60, "expected those of ELF, PE or Mach-O"),
    ],
)
def test_broken_executables(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(data)


@pytest.mark.program("go")
def test_a_program_that_go_built(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.org/tool\n\ngo 1.18\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    flags = {"GOCACHE": str(tmp_path / "cache"), "GOTOOLCHAIN": "local", "GOPROXY": "off", "CGO_ENABLED": "0"}
    build = ["go", "build", "-ldflags", "-X main.version=1.4.2", "-o", "tool"]
    subprocess.run(build, cwd=tmp_path, env=os.environ | flags, check=True, capture_output=True)
    told = subprocess.run(["go", "env", "GOVERSION"], check=True, capture_output=True, text=True).stdout
    facts = read((tmp_path / "tool").read_bytes())
    expected = re.match(r"go(\d+\.\d+)(\.\d+)?", told)
    assert expected
    assert facts == [
        module("stdlib", expected[1] + (expected[2] or ".0")),
        module("example.org/tool", "v1.4.2", "stdlib"),
    ]

import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File, Owned, Package, Problem
from analyzers.os.pacman import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/pacman/make.py"))["SAMPLES"]
LOCAL = "var/lib/pacman/local"


def read(sample: str) -> list[object]:
    return list(ANALYZER.parse(File(path=sample.partition("/")[2], data=SAMPLES[sample])))


def test_a_package_and_its_files() -> None:
    folder = f"good/{LOCAL}/gcc-libs-13.2.1-5"
    assert read(f"{folder}/desc") == [
        Package(
            kind="alpm",
            name="gcc-libs",
            version="13.2.1-5",
            arch="x86_64",
            source_name="gcc",
            licenses=("GPL-3.0-or-later", "GFDL"),
            maintainer="Frederik Schwan <freswa@archlinux.org>",
            depends_on=("glibc", "libfoo.so"),
        )
    ]
    assert read(f"{folder}/files") == [Owned(paths=("usr/lib/libgcc_s.so.1",), package="gcc-libs")]


def test_epochs_and_line_ends_of_other_systems() -> None:
    assert read(f"odd/{LOCAL}/vi-1:070224-6/desc") == [Package(kind="alpm", name="vi", version="1:070224-6")]


def test_packages_without_files() -> None:
    assert read(f"empty/{LOCAL}/a-1-1/files") == []


def test_what_is_no_package() -> None:
    with pytest.raises(ParseError, match="expected a line such as '%NAME%'"):
        read(f"broken/{LOCAL}/a-1-1/desc")
    assert read(f"broken/{LOCAL}/b-1-1/desc") == [
        Problem(path=f"{LOCAL}/b-1-1/desc", reason="expected a name and a version")
    ]

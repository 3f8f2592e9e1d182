import runpy
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File, Owned, Package, Problem
from analyzers.os.apk import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/apk/make.py"))["SAMPLES"]


def read(sample: str) -> list[object]:
    kind, _, path = sample.partition("/")
    return list(ANALYZER.parse(File(path=path, data=SAMPLES[f"{kind}/{path}"])))


def test_installed_packages() -> None:
    assert read("good/lib/apk/db/installed") == [
        Package(
            kind="apk",
            name="musl",
            version="1.2.4-r1",
            arch="x86_64",
            licenses=("MIT",),
            maintainer="Timo Teräs <timo.teras@iki.fi>",
        ),
        Owned(paths=("lib/ld-musl-x86_64.so.1", "lib/libc.musl-x86_64.so.1"), package="musl"),
        Package(
            kind="apk",
            name="busybox-binsh",
            version="1.36.1-r2",
            arch="x86_64",
            source_name="busybox",
            licenses=("GPL-2.0-only",),
            depends_on=("busybox", "musl", "so:absent.so.1"),
        ),
        Owned(paths=("bin/sh",), package="busybox-binsh"),
    ]


def test_stanzas_without_name_or_version_are_problems() -> None:
    path = "usr/lib/apk/db/installed"
    assert read(f"odd/{path}") == [
        Package(kind="apk", name="a", version="1-r0"),
        Owned(paths=("top",), package="a"),
        Problem(path=path, reason="stanza 2: P 'nameless', V '', expected both"),
        Problem(path=path, reason="stanza 3: P '', V '1', expected both"),
    ]


def test_an_empty_database_has_no_packages() -> None:
    assert read("empty/lib/apk/db/installed") == []


def test_paths_of_a_long_folder_have_an_end() -> None:
    data = b"P:a\nV:1\nF:" + b"f" * 100_000 + b"\n" + b"R:a\n" * 2_000
    with pytest.raises(ParseError, match="lib/apk/db/installed: paths of more than 134217728 characters"):
        list(ANALYZER.parse(File(path="lib/apk/db/installed", data=data)))


def test_bytes_without_a_field() -> None:
    with pytest.raises(ParseError, match="expected lines such as 'P:musl'"):
        read("broken/lib/apk/db/installed")

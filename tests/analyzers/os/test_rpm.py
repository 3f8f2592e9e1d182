import runpy
import struct
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import Fact, File, Owned, Package, Problem
from analyzers.os._rpm_header import Header
from analyzers.os.rpm import ANALYZER

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/rpm/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]
DATABASE = "var/lib/rpm/rpmdb.sqlite"


def read(path: str, data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path=path, data=data)))


def read_header(values: dict[int, object]) -> list[Fact]:
    return read(DATABASE, MAKE["database"]([MAKE["header"](values)]))


BASH = Package(
    kind="rpm",
    name="bash",
    version="5.1.8-6.el9",
    arch="x86_64",
    licenses=("GPLv3+",),
    maintainer="Rocky Enterprise Software Foundation",
)
GLIBC = Package(
    kind="rpm",
    name="glibc",
    version="1:2.34-60.el9",
    arch="x86_64",
    source_name="glibc-src",
    source_version="2.34-61.el9",
    maintainer="somebody",
    modularity_label="glibc:el9:9020020230101",
)
BASH_PATHS = Owned(paths=("usr/bin/bash", "usr/bin/sh", "usr/share/doc/bash"), package="bash")


def test_packages_of_a_database_in_wal_mode() -> None:
    facts = read(DATABASE, SAMPLES[f"good/{DATABASE}"])
    assert facts == [msgspec.structs.replace(BASH, depends_on=("glibc",)), BASH_PATHS, GLIBC]


@pytest.mark.parametrize(
    "name",
    ["good/var/lib/rpm/Packages", "odd/usr/share/rpm/Packages", "good/usr/lib/sysimage/rpm/Packages.db"],
)
def test_every_kind_of_database_holds_the_same_packages(name: str) -> None:
    facts = read(name.partition("/")[2], SAMPLES[name])
    expected = [msgspec.structs.replace(BASH, depends_on=("glibc",)), BASH_PATHS, GLIBC]
    assert sorted(facts, key=repr) == sorted(expected, key=repr)


def test_a_source_has_the_epoch_of_a_package_with_its_version() -> None:
    source = "perl-5.32.1-480.el9.src.rpm"
    perl = {1000: "perl-libs", 1001: "5.32.1", 1002: "480.el9", 1003: [4], 1044: source}
    errno = {1000: "perl-Errno", 1001: "1.30", 1002: "480.el9", 1044: source}
    facts = read(DATABASE, MAKE["database"]([MAKE["header"](perl), MAKE["header"](errno)]))
    assert [(p.name, p.version, p.source_version) for p in facts if isinstance(p, Package)] == [
        ("perl-libs", "4:5.32.1-480.el9", ""),
        ("perl-Errno", "1.30-480.el9", "4:5.32.1-480.el9"),
    ]


def test_a_broken_header_is_a_problem_beside_the_others() -> None:
    path = "usr/lib/sysimage/rpm/rpmdb.sqlite"
    assert read(path, SAMPLES[f"odd/{path}"]) == [
        Problem(path=path, reason="header 2: rpm header: 1 tags and 255 bytes of values in 8 bytes"),
        Problem(path=path, reason="header 3: rpm header: expected a name, a version and a release"),
        BASH,
        BASH_PATHS,
    ]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("var/lib/rpm/rpmdb.sqlite-wal", "changes in the write-ahead log were not read"),
    ],
)
def test_what_is_not_read_is_a_problem(path: str, reason: str) -> None:
    assert read(path, SAMPLES[f"broken/{path}"]) == [Problem(path=path, reason=reason)]


@pytest.mark.parametrize("size_bytes", [0, 32])
def test_a_log_without_frames_changes_nothing(size_bytes: int) -> None:
    assert read(f"{DATABASE}-wal", bytes(size_bytes)) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (SAMPLES[f"empty/{DATABASE}"], "not an SQLite database"),
        (SAMPLES[f"broken/{DATABASE}"], "1500 bytes, expected 2 pages of 1024"),
        (b"SQLite format 3\0\x02\0" + b"\xff" * 8 + bytes(486), "not a database|malformed"),
        (MAKE["database"]([], "CREATE TABLE Name (key TEXT)"), "no table Packages"),
        (
            MAKE["database"]([], "CREATE VIEW Packages AS SELECT 1 AS hnum, x'00' AS blob"),
            "no table Packages",
        ),
        (MAKE["database"](["text"]), "text, expected a blob"),
        (MAKE["database"]([], "CREATE TABLE Packages (hnum, blob AS (zeroblob(hnum)))"), "no table Packages"),
        (SAMPLES[f"good/{DATABASE}"][:1024], "1024 bytes, expected 2 pages of 1024"),
    ],
)
def test_databases_that_are_none(data: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(DATABASE, data)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({1001: [5]}, "tag 1001: type 4, expected a string"),
        ({1003: "1"}, "tag 1003: type 6, expected one of"),
        ({1116: [0, 0, 2]}, "3 names, 3 folder numbers, 2 folders"),
        ({1116: [0, 0]}, "3 names, 2 folder numbers, 2 folders"),
        (
            {1116: [0] * 2_000, 1117: ["a"] * 2_000, 1118: ["f" * 100_000]},
            "paths of 200002000 characters, expected at most 134217728",
        ),
    ],
)
def test_headers_that_contradict_themselves(changes: dict[int, object], reason: str) -> None:
    (problem,) = read_header({**MAKE["BASH"], **changes})
    assert isinstance(problem, Problem)
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("kind", "offset", "count", "message"),
    [
        (6, 99, 1, "string at 99 has no end"),
        (8, 0, 1000, "1000 values at 0 of 4 bytes"),
        (8, 0, 3, "2 strings, expected 3"),
        (9, 0xFFFFFFFF, 1, "values at 4294967295"),
        (4, 2, 1, "1 values at 2 of 4 bytes"),
    ],
)
def test_values_outside_the_store(kind: int, offset: int, count: int, message: str) -> None:
    header = Header(struct.pack(">IIIIII", 1, 4, 1000, kind, offset, count) + b"a\0b\0")
    with pytest.raises(ParseError, match=message):
        header.integers(1000) if kind == 4 else (header.strings(1000), header.string(1000))


def test_a_later_entry_overrules_the_region() -> None:
    header = Header(struct.pack(">10I", 2, 4, 1000, 6, 0, 1, 1000, 6, 2, 1) + b"a\0b\0")
    assert header.string(1000) == "b"
    assert header.strings(1000) == ["b"]
    assert header.strings(1001) == []


@given(
    blob=st.binary(max_size=200)
    | st.builds(
        lambda lengths, rest: struct.pack(">II", *lengths) + rest,
        st.tuples(st.integers(0, 9), st.integers(0, 99)),
        st.binary(max_size=300),
    )
)
def test_any_header_ends_in_values_or_parse_error(blob: bytes) -> None:
    try:
        header = Header(blob)
        for tag in (1000, 1049):
            header.string(tag)
            header.strings(tag)
            header.integers(tag)
    except ParseError:
        pass


SPEC = """
Name: sample
Version: 1.0
Release: 2.el9
Epoch: 3
Summary: A sample
License: MIT
Vendor: Example
BuildArch: noarch
Requires: other
%description
A sample.
%package -n other
Summary: Another
%description -n other
Another.
%install
mkdir -p %{buildroot}/opt/sample
%files
%dir /opt/sample
%files -n other
"""


@pytest.mark.program("rpmbuild")
def test_a_database_that_rpm_wrote(tmp_path: Path) -> None:
    (tmp_path / "sample.spec").write_text(SPEC)
    build = ["rpmbuild", "-bb", "--quiet", "--define", f"_topdir {tmp_path}", "sample.spec"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)
    packages = sorted(str(path) for path in tmp_path.glob("RPMS/*/*.rpm"))
    place = ["--root", str(tmp_path / "system"), "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite"]
    subprocess.run(["rpm", *place, "--justdb", "--nodeps", "-i", *packages], check=True, capture_output=True)
    facts = read(DATABASE, (tmp_path / "system" / DATABASE).read_bytes())
    sample = {"kind": "rpm", "version": "3:1.0-2.el9", "arch": "noarch", "maintainer": "Example"}
    assert sorted(facts, key=repr) == [
        Owned(paths=("opt/sample",), package="sample"),
        msgspec.convert(sample | {"name": "other", "source_name": "sample", "licenses": ["MIT"]}, Package),
        msgspec.convert(sample | {"name": "sample", "depends_on": ["other"], "licenses": ["MIT"]}, Package),
    ]

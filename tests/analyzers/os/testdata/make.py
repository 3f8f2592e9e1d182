"""Writes this folder's samples: `python tests/analyzers/os/testdata/make.py`.

Everything is made up here after the documents of the formats that each analyzer names.
Each sample lies at the path it would have in a layer, below its analyzer and one of good, odd, empty, broken.
"""

import sqlite3
import struct
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

Value = str | list[str] | list[int]

RELEASE = {
    "good/etc/os-release": b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
    "odd/usr/lib/os-release": (
        b"\xef\xbb\xbf# a comment\r\nID='SLES'\r\nID_LIKE=\"suse opensuse\"\r\nVERSION_ID=15.5\r\n"
        b'PRETTY_NAME="costs \\$5 \\"now\\""\r\nNAME=a\\ b\r\nnot an assignment\r\n'
    ),
    "empty/etc/os-release": b"",
    "broken/etc/os-release": b"\x7fELF\xff\xfe\x00ID\x00debian",
}

DPKG_GOOD = b"""Package: libc6
Status: install ok installed
Priority: optional
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u14
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Conffiles:
 /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
Description: GNU C Library: Shared libraries
 Package: not-a-field
 .
 Contains the standard libraries.

Package: bash
Status: install ok installed
Architecture: amd64
Source: bash (5.2.15-2)
Version: 5.2.15-2+b10
Pre-Depends: libc6 (>= 2.36), libtinfo6 (>= 6) | libtinfo5
Depends: base-files (>= 2.1.12), debianutils:any

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1:1.0-1
"""

DPKG_ODD = b"""package: half\r
status: install reinstreq half-configured\r
version: 1:0~rc1-1\r
architecture: all\r
\r
\t \r
Package: held
Status: hold ok installed
Version: 2-1
Depends: a,
 b (= 1),
 c | d

Package: removing
Status: deinstall ok installed
Version: 3-1

Package: never
Status: purge ok not-installed

Package: noversion
Status: install ok unpacked
"""

DPKG = {
    "good/var/lib/dpkg/status": DPKG_GOOD,
    "good/var/lib/dpkg/info/bash.list": b"/.\n/bin\n/bin/bash\n/usr/share/doc/bash\n",
    "good/var/lib/dpkg/status.d/tzdata": b"Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n",
    "good/var/lib/dpkg/status.d/tzdata.md5sums": b"0123456789abcdef0123456789abcdef  usr/share/zone/UTC\n",
    "odd/var/lib/dpkg/status": DPKG_ODD,
    "empty/var/lib/dpkg/status": b"",
    "broken/var/lib/dpkg/status": b"\x00\x01Pack\xff\nage\n\n:\n",
}

APK_GOOD = b"""C:Q1Dqzv1zCJ9BhGlLaTLGTvbzVCjFg=
P:musl
V:1.2.4-r1
A:x86_64
S:388955
I:634880
T:the musl c library (libc) implementation
U:https://musl.libc.org/
L:MIT
o:musl
m:Timo Ter\xc3\xa4s <timo.teras@iki.fi>
t:1690376410
c:f93af038c3de7146121c2ea8124ba5ce29b4b058
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
R:libc.musl-x86_64.so.1

P:busybox-binsh
V:1.36.1-r2
A:x86_64
L:GPL-2.0-only
o:busybox
D:busybox=1.36.1-r2 so:libc.musl-x86_64.so.1 !dash so:absent.so.1
p:/bin/sh cmd:sh=1.36.1-r2
F:bin
R:sh

"""

APK = {
    "good/lib/apk/db/installed": APK_GOOD,
    "odd/usr/lib/apk/db/installed": (
        b"P:a\r\nV:1-r0\r\nF:\r\nR:top\r\n\r\n\r\nP:nameless\n\nV:1\n\nF:etc\nR:left\n"
    ),
    "empty/lib/apk/db/installed": b"",
    "broken/lib/apk/db/installed": b"\x00\x00\x00 no field at all\n",
}

BASH: Mapping[int, Value] = {
    1000: "bash",
    1001: "5.1.8",
    1002: "6.el9",
    1011: "Rocky Enterprise Software Foundation",
    1014: "GPLv3+",
    1022: "x86_64",
    1044: "bash-5.1.8-6.el9.src.rpm",
    1047: ["bash", "bash(x86-64)"],
    1049: ["libc.so.6()(64bit)", "rpmlib(CompressedFileNames)", "bash"],
    1116: [0, 0, 1],
    1117: ["bash", "sh", "bash"],
    1118: ["/usr/bin/", "/usr/share/doc/"],
}
GLIBC: Mapping[int, Value] = {
    1000: "glibc",
    1001: "2.34",
    1002: "60.el9",
    1003: [1],
    1015: "somebody",
    1022: "x86_64",
    1044: "glibc-src-2.34-61.el9.src.rpm",
    1047: ["glibc", "libc.so.6()(64bit)"],
    5096: "glibc:el9:9020020230101",
}
KEY: Mapping[int, Value] = {1000: "gpg-pubkey", 1001: "350d275d", 1002: "6279464b", 1014: "pubkey"}


def header(values: Mapping[int, Value]) -> bytes:
    """Return an rpm header as a database holds it."""
    index, store = b"", b""
    for tag, value in values.items():
        if isinstance(value, str):
            kind, count, raw = 6, 1, value.encode() + b"\0"
        elif value and isinstance(value[0], int):
            store += b"\0" * (-len(store) % 4)
            kind, count, raw = 4, len(value), struct.pack(f">{len(value)}I", *value)
        else:
            kind, count, raw = 8, len(value), b"".join(f"{one}\0".encode() for one in value)
        index += struct.pack(">IIII", tag, kind, len(store), count)
        store += raw
    return struct.pack(">II", len(values), len(store)) + index + store


def database(
    blobs: list[object], schema: str = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)"
) -> bytes:
    """Return rpm's SQLite database with one row for each of `blobs`."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA page_size = 1024")
        connection.execute(schema)
        if blobs:
            connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
        connection.commit()
        connection.execute("VACUUM")
        return connection.serialize()


def in_wal_mode(data: bytes) -> bytes:
    """Return the database with the marks of write-ahead mode, as rpm leaves it behind."""
    return data[:18] + b"\x02\x02" + data[20:]


RPM = {
    "good/var/lib/rpm/rpmdb.sqlite": in_wal_mode(database([header(BASH), header(GLIBC), header(KEY)])),
    "odd/usr/lib/sysimage/rpm/rpmdb.sqlite": database(
        [header(BASH), b"\0\0\0\x01\0\0\0\xff", header({1000: "x"})]
    ),
    "empty/var/lib/rpm/rpmdb.sqlite": b"",
    "broken/var/lib/rpm/rpmdb.sqlite": database([header(BASH)])[:1500],
    "broken/var/lib/rpm/rpmdb.sqlite-wal": b"\x37\x7f\x06\x82" + b"\0" * 60,
    "broken/var/lib/rpm/Packages": b"\0" * 12 + b"\x61\x15\x06\x00",
    "broken/usr/share/rpm/Packages.db": b"RpmP",
}

SAMPLES = {
    f"{analyzer}/{path}": data
    for analyzer, samples in (("release", RELEASE), ("dpkg", DPKG), ("apk", APK), ("rpm", RPM))
    for path, data in samples.items()
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

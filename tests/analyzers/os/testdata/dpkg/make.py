"""Writes this folder's samples: `python tests/analyzers/os/testdata/dpkg/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

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

SAMPLES = {
    "good/var/lib/dpkg/status": DPKG_GOOD,
    "good/var/lib/dpkg/info/bash.list": b"/.\n/bin\n/bin/bash\n/usr/share/doc/bash\n",
    "good/var/lib/dpkg/status.d/tzdata": b"Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n",
    "good/var/lib/dpkg/status.d/tzdata.md5sums": b"0123456789abcdef0123456789abcdef  usr/share/zone/UTC\n",
    "odd/var/lib/dpkg/status": DPKG_ODD,
    "empty/var/lib/dpkg/status": b"",
    "broken/var/lib/dpkg/status": b"\x00\x01Pack\xff\nage\n\n:\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

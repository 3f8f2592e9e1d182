"""Writes this folder's samples: `python tests/analyzers/os/testdata/apk/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

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

SAMPLES = {
    "good/lib/apk/db/installed": APK_GOOD,
    "odd/usr/lib/apk/db/installed": (
        b"P:a\r\nV:1-r0\r\nF:\r\nR:top\r\n\r\n\r\nP:nameless\n\nV:1\n\nF:etc\nR:left\n"
    ),
    "empty/lib/apk/db/installed": b"",
    "broken/lib/apk/db/installed": b"\x00\x00\x00 no field at all\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

"""Writes this folder's samples: `python tests/analyzers/os/testdata/portage/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/var/db/pkg/app-shells/bash-5.1_p16-r6/CONTENTS": (
        b"dir /bin\nobj /bin/bash 0123456789abcdef0123456789abcdef 1670000000\n"
        b"sym /bin/sh -> bash 1670000000\nobj /usr/share/a file 0123456789abcdef0123456789abcdef 1670000000\n"
    ),
    "good/var/db/pkg/app-shells/bash-5.1_p16-r6/LICENSE": b"GPL-3+\n",
    "odd/var/db/pkg/virtual/libc-1-r1/CONTENTS": b"",
    "odd/var/db/pkg/sys-libs/libx-86-2.0a_rc1/CONTENTS": b"fif /run/x\ndev /dev/null\nwhat /x\n",
    "odd/var/db/pkg/sys-libs/libx-86-2.0a_rc1/LICENSE": b"|| ( MIT\n  Apache-2.0 )\n",
    "empty/var/db/pkg/app-misc/empty-1/CONTENTS": b"",
    "broken/var/db/pkg/app-misc/nameless/CONTENTS": b"dir /bin\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

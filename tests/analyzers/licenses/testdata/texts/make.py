"""Writes this folder's samples: `python tests/analyzers/licenses/testdata/texts/make.py`.

Everything is made up here after the documents of the formats that the analyzer names; whole texts of licences
are those of this project and of installed packages, in the tests.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/opt/app/main.c": (
        b"/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */\nint x;\n"
    ),
    "good/opt/app/tool.sh": (
        b"# This file is part of a tool.\n#\n# Licensed under the Apache License,\n"
        b"# Version 2.0 (the License).\n\ntrue\n"
    ),
    "good/opt/app/COPYING": (
        b"This program is free software: you can redistribute it and/or modify it under the terms of the\n"
        b"GNU Lesser General Public License as published by the Free Software Foundation, either version 3\n"
        b"of the License, or (at your option) any later version.\n"
    ),
    "odd/opt/app/LICENSE": b"All rights reserved. Ask us, and we may let you use what is in here, or not.\n"
    * 4,
    "odd/opt/app/NOTICE": b"This product has parts that others wrote. They would like you to know.\n" * 4,
    "odd/opt/app/LICENSE.txt": b"MIT\n",
    "odd/opt/app/plain.js": b"run()\n",
    "empty/opt/app/LICENSE.md": b"",
    "broken/opt/app/LICENSE.txt": b"MIT\0\x01\x02",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

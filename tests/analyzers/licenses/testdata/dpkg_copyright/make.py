"""Writes this folder's samples: `python tests/analyzers/licenses/testdata/dpkg_copyright/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/usr/share/doc/perl-like/copyright": b"""\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: perl-like
Source: https://example.org/

Files: *
Copyright: 2020 A Person
License: GPL-1+ or Artistic

Files: debian/*
Copyright: 2021 Another Person
License: GPL-2+

Files: contrib/*
Copyright: 2021 Another Person
License: BSD-example or MIT/X11, and zlib

License: GPL-1+
 This program is free software.
 .
 On Debian systems, its text is in /usr/share/common-licenses/GPL-1.

License: Artistic
 See /usr/share/common-licenses/Artistic.

License: BSD-example
 Redistribution and use in source and binary forms, with or without
 modification, are permitted: redistributions in binary form must reproduce
 the above notice.
""",
    "good/usr/share/doc/prose/copyright": b"""\
This package was put together by A Person.

It is free software; you can redistribute it under the terms of the GNU General Public License as
published by the Free Software Foundation; either version 2 of the License, or (at your option) any
later version.

On Debian systems, the text of the GNU General Public License version 2 can be found in
`/usr/share/common-licenses/GPL-2'. Parts are covered by `/usr/share/common-licenses/Artistic'.
""",
    "odd/usr/share/doc/house/copyright": b"All rights reserved by Example Inc.\n",
    "odd/usr/share/doc/nameless/copyright": (
        b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\r\n\r\n"
        b"Files: *\r\nCopyright: nobody\r\nLicense:\r\n"
        b" Altered source versions must be\r\n plainly marked as such,\r\n"
        b" under this license.\r\n"
    ),
    "empty/usr/share/doc/empty/copyright": b"",
    "broken/usr/share/doc/broken/copyright": b"Format: 1.0\0\xff\xfe",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

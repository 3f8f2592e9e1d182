"""Writes this folder's samples: `python tests/analyzers/os/testdata/release/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/etc/os-release": b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
    "odd/usr/lib/os-release": (
        b"\xef\xbb\xbf# a comment\r\nID='SLES'\r\nID_LIKE=\"suse opensuse\"\r\nVERSION_ID=15.5\r\n"
        b'PRETTY_NAME="costs \\$5 \\"now\\""\r\nNAME=a\\ b\r\nnot an assignment\r\n'
    ),
    "empty/etc/os-release": b"",
    "broken/etc/os-release": b"\x7fELF\xff\xfe\x00ID\x00debian",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

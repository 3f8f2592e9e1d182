"""Writes this folder's samples: `python tests/analyzers/os/testdata/rpm_manifest/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

MANIFEST = "var/lib/rpmmanifest/container-manifest-2"
SAMPLES = {
    f"good/{MANIFEST}": (
        b"filesystem\t1.1-19.cm2\t1698417462\t1698416400\tMicrosoft Corporation\t(none)\t7596\tx86_64\t0"
        b"\tfilesystem-1.1-19.cm2.src.rpm\n"
        b"openssl-libs\t1.1.1k-28.cm2\t1698417462\t1698416400\tMicrosoft Corporation\t1\t4365472\tx86_64\t1"
        b"\topenssl-1.1.1k-28.cm2.src.rpm\n"
    ),
    f"odd/{MANIFEST}": (
        b"a\t1-1\t1\t1\t(none)\t(none)\t0\t(none)\t(none)\tb-2-1.src.rpm\r\n\ncut\t1-1\t1\n\t-\t\t\t\t\t\t\t\t\n"
    ),
    f"empty/{MANIFEST}": b"",
    f"broken/{MANIFEST}": b"\x7fELF\0\xff",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

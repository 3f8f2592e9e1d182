"""Writes this folder's samples: `python tests/analyzers/os/testdata/bottlerocket/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

INVENTORY = "usr/share/bottlerocket/application-inventory.json"
SAMPLES = {
    f"good/{INVENTORY}": (
        b'{"Content": [{"Name": "glibc", "Publisher": "Bottlerocket", "Version": "2.40",'
        b' "Release": "1.1729.br1", "Epoch": "1", "InstalledTime": "2024-10-18T00:00:00Z",'
        b' "ApplicationType": "Unspecified", "Architecture": "x86_64",'
        b' "Url": "http://www.gnu.org/software/glibc/", "Summary": "libc"}]}'
    ),
    f"odd/{INVENTORY}": (
        b'{"Content": [{"Name": "a", "Version": "1", "Epoch": "0"}, {"Name": "b"}, {"Version": "2"}]}'
    ),
    f"empty/{INVENTORY}": b'{"Content": []}',
    f"broken/{INVENTORY}": b'{"Content": [{"Name": 1',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

"""Writes this folder's samples: `python tests/analyzers/languages/testdata/python/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

import io
import zipfile
from pathlib import Path


def egg(metadata: bytes, name: str = "EGG-INFO/PKG-INFO", compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zipped egg with one module and its metadata."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for path, content in (("c/__init__.py", b""), (name, metadata)):
            archive.writestr(zipfile.ZipInfo(path), content, compression)
    return stream.getvalue()


SAMPLES = {
    "good/usr/lib/python3/site-packages/requests-2.31.0.dist-info/METADATA": (
        b"Metadata-Version: 2.1\nName: requests\nVersion: 2.31.0\nSummary: HTTP\n"
        b"License: Apache 2.0\nClassifier: License :: OSI Approved :: Apache Software License\n"
        b"Classifier: License :: OSI Approved\nRequires-Dist: urllib3 (<3,>=1.21.1)\n"
        b"Requires-Dist: idna<4,>=2.5\nRequires-Dist: PySocks (!=1.5.7,>=1.5.6) ; extra == 'socks'\n"
        b"\nName: description\nVersion: 0\n"
    ),
    "good/opt/six-1.16.0.egg-info": b"Metadata-Version: 1.1\nName: six\nVersion: 1.16.0\nLicense: MIT\n",
    "odd/srv/a.egg-info/PKG-INFO": (
        b"\xef\xbb\xbfmetadata-version: 2.4\r\nNAME: Zope.Interface\r\nversion: 1.0.post1\r\n"
        b"License-Expression: MIT OR Apache-2.0\r\nDescription: folded\r\n        Name: inner\r\n\r\nbody\r\n"
    ),
    "odd/srv/b.egg/EGG-INFO/PKG-INFO": b"Name: b\nVersion: 1\nLicense: All rights\n  reserved, and more\n",
    "good/opt/c-1.0-py3.11.egg": egg(b"Metadata-Version: 1.1\nName: c\nVersion: 1.0\nLicense: MIT\n"),
    "broken/opt/c.egg": egg(b"Name: c\nVersion: 1\n")[:-30],
    "empty/x.dist-info/METADATA": b"",
    "broken/x.dist-info/METADATA": b"Metadata-Version: 2.1\nName: no-version\n\nVersion: 1.0\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

"""Writes this folder's samples: `python tests/analyzers/languages/testdata/conan_info/make.py`.

The one in good was written by Conan 1.66.0 for recipes of the same names; the rest is made up after the
documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/home/app/.conan/data/openssl/3.1.0/_/_/package/d3cb35098bed/conaninfo.txt": b"""\
[settings]


[requires]
    zlib/1.Y.Z

[options]


[full_settings]


[full_requires]
    zlib/1.2.13:5ab84d6acfe1f23c4fae0ab88f26e3a396351ac9

[full_options]


[recipe_hash]
    35623aab88701aaa5d6326a7ba5c874f

[env]

""",
    "odd/opt/tool/conaninfo.txt": b"""\
[full_requires]
    b2/4.9.6@user/stable#1:6dc3
    b2/4.9.6@user/stable#1:6dc3
""",
    "empty/opt/tool/conaninfo.txt": b"""\
[settings]
os=Linux
""",
    "broken/opt/tool/conaninfo.txt": b"[full_requires]\nzlib\n",
    "broken/opt/b/conaninfo.txt": b"",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

"""Writes this folder's samples: `python tests/analyzers/languages/testdata/conan/make.py`.

Those in good were written by Conan 1.66.0 and 2.34.0 for recipes of the same names, and cut; the rest is
made up after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/one/conan.lock": b"""\
{
 "graph_lock": {
  "nodes": {
   "0": {
    "options": "",
    "requires": [
     "1"
    ],
    "build_requires": [
     "3"
    ],
    "path": "conanfile.txt",
    "context": "host"
   },
   "1": {
    "ref": "openssl/3.1.0",
    "options": "",
    "package_id": "d3cb35098bed776c3c7b6c348a6c30ac27a7423b",
    "requires": [
     "2"
    ],
    "context": "host"
   },
   "2": {
    "ref": "zlib/1.2.13",
    "options": "",
    "package_id": "5ab84d6acfe1f23c4fae0ab88f26e3a396351ac9",
    "context": "host"
   },
   "3": {
    "ref": "cmake/3.25.0",
    "options": "",
    "package_id": "5ab84d6acfe1f23c4fae0ab88f26e3a396351ac9",
    "context": "host"
   }
  },
  "revisions_enabled": false
 },
 "version": "0.4",
 "profile_host": "[settings]\\narch=x86_64\\n"
}
""",
    "good/two/conan.lock": b"""\
{
    "version": "0.5",
    "requires": [
        "zlib/1.2.13#09cc09f626013996f56503e2df793580%1795421934.0642803",
        "openssl/3.1.0#35623aab88701aaa5d6326a7ba5c874f%1795421935.2876856"
    ],
    "build_requires": [
        "cmake/3.25.0#37993b6615849ae262867bdea058c747%1795421936.542838"
    ],
    "python_requires": [],
    "config_requires": []
}
""",
    "good/two/conanfile.txt": b"""\
[requires]
openssl/3.1.0
[tool_requires]
cmake/3.25.0
""",
    "odd/one/conan.lock": b"""\
{"graph_lock": {"nodes": {
  "0": {"ref": "app/1.0@acme/testing", "path": "conanfile.py", "requires": ["1", "9"]},
  "1": {"pref": "sqlite3/3.38.1@user/stable#0:6dc3#0", "requires": {"zlib": "2"}},
  "2": {"ref": "zlib/[>=1.2 <2]", "build_requires": ["3"]},
  "3": {"ref": "b2/4.9.6#0", "context": "build"}
}}, "version": "0.4"}
""",
    "odd/alone/conanfile.txt": b"""\
[requires]
zlib/[>=1.2.11 <2]
poco/1.9.4@pocoproject/stable  # the fork
[test_requires]
gtest/1.14.0

[generators]
CMakeDeps
""",
    "empty/conan.lock": b'{"version": "0.5", "requires": []}',
    "broken/conan.lock": b'{"version": "0.5", "requires": ["zlib"]}',
    "broken/a/conan.lock": b'{"version": "0.9"}',
    "broken/b/conan.lock": b'{"graph_lock": {"nodes": {"0": {"path": "x"}, "1": {"ref": "zlib"}}}}',
    "broken/c/conanfile.txt": b"[requires]\nzlib\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

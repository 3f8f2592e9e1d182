"""Writes this folder's samples: `python tests/analyzers/languages/testdata/swift/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/v1/Package.resolved": b"""\
{
  "object": {
    "pins": [
      {
        "package": "Nimble",
        "repositoryURL": "https://github.com/Quick/Nimble.git",
        "state": {
          "branch": null,
          "revision": "af1730dde4e6c0d45bf01b99f8a41713ce536790",
          "version": "9.2.1"
        }
      }
    ]
  },
  "version": 1
}
""",
    "good/v3/Package.resolved": b"""\
{
  "originHash" : "9f8f4a2c",
  "pins" : [
    {
      "identity" : "swift-nio-http2",
      "kind" : "remoteSourceControl",
      "location" : "https://github.com/apple/swift-nio-http2",
      "state" : {
        "revision" : "38feec96bcd929028939107684073554bf01abeb",
        "version" : "1.25.2"
      }
    },
    {
      "identity" : "swift-log",
      "kind" : "remoteSourceControl",
      "location" : "git@github.com:apple/swift-log.git",
      "state" : {
        "branch" : "main",
        "revision" : "32e8d724467f8fe623624570367e3d50c5638e46"
      }
    }
  ],
  "version" : 3
}
""",
    "odd/a/Package.resolved": b"""\
{"pins": [
  {"identity": "acme.tools", "kind": "registry", "location": "", "state": {"version": "1.0.0"}},
  {"identity": "x", "location": "ssh://git@example.com:7999/~Team/X.git/",
   "state": {"version": "2.0.0-beta.1"}},
  {"identity": "local", "location": "/srv/local", "state": {"revision": "00"}}
], "version": 2}
""",
    "empty/Package.resolved": b'{"pins": [], "version": 2}',
    "broken/Package.resolved": b'{"pins": [{"identity": "x"',
    "broken/a/Package.resolved": b'{"pins": [{"state": {"version": "1.0.0"}}], "version": 2}',
    "broken/b/Package.resolved": b'{"version": 4}',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

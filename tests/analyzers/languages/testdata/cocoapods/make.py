"""Writes this folder's samples: `python tests/analyzers/languages/testdata/cocoapods/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/app/Podfile.lock": b"""\
PODS:
  - AppCenter (4.2.0):
    - AppCenter/Analytics (= 4.2.0)
  - AppCenter/Analytics (4.2.0):
    - AppCenter/Core
  - AppCenter/Core (4.2.0)
  - "Expecta+Snapshots (3.0.0)":
    - Expecta (~> 1.0)
  - Expecta (1.0.5)
  - KeychainAccess (4.2.1)

DEPENDENCIES:
  - AppCenter
  - "Expecta+Snapshots"
  - KeychainAccess (~> 4.2)

SPEC REPOS:
  trunk:
    - AppCenter

SPEC CHECKSUMS:
  AppCenter: 87ef6eefd8ade4df59e88951288587429f3dd2a5
  KeychainAccess: 9b07f60a9b1f4b6ec0ba5d6ca5b4ea9f4b3d4f50

PODFILE CHECKSUM: e94a1a1d1b1c3a0d0b9f5c2d3e4f5a6b7c8d9e0f

COCOAPODS: 1.11.3
""",
    "odd/app/Podfile.lock": b"""\
DEPENDENCIES:
  - Local (from `../Local`)
PODS:
  - Local (1.10)
  - Folly (2016.09.26.00):
    - boost (< 4, >= 3.7.2)
  - Bare
COCOAPODS: 1.0.0
""",
    "empty/Podfile.lock": b"PODS: []\n",
    "broken/Podfile.lock": b"PODS:\n  - A (1.0\n - B",
    "broken/a/Podfile.lock": b"COCOAPODS: 1.0.0\n",
    "broken/b/Podfile.lock": b'PODS:\n- "()"\n',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

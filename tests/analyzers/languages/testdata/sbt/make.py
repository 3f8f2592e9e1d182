"""Writes this folder's samples: `python tests/analyzers/languages/testdata/sbt/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a project, below one of good, odd, empty, broken.
"""

import json
from pathlib import Path


def dependency(org: str, name: str, version: str, *configurations: str) -> dict[str, object]:
    """Return one locked artifact."""
    artifacts = [{"name": f"{name}.jar", "hash": "sha1:0000"}]
    names = {"org": org, "name": name, "version": version}
    return {**names, "artifacts": artifacts, "configurations": list(configurations)}


def lock(*dependencies: dict[str, object], version: int = 1) -> bytes:
    """Return a lock file."""
    head = {
        "lockVersion": version,
        "timestamp": "2024-01-01T00:00:00.000Z",
        "configurations": ["compile", "test"],
    }
    return json.dumps({**head, "dependencies": dependencies}, indent=2).encode()


SAMPLES = {
    "good/build.sbt.lock": lock(
        dependency("org.apache.commons", "commons-lang3", "3.9", "compile", "runtime", "test"),
        dependency("org.scalatest", "scalatest_2.12", "3.0.8", "test"),
    ),
    "odd/a/build.sbt.lock": lock(dependency("a", "b", "1"), dependency("", "b", "1")),
    "empty/b/build.sbt.lock": b"",
    "broken/c/build.sbt.lock": lock(version=2),
}

if __name__ == "__main__":
    for path, content in SAMPLES.items():
        target = Path(__file__).parent / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

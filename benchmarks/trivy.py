"""Trivy without the internet: command lines, and databases that are valid and empty.

With empty databases it does all it does with full ones but finds nothing, so its times are what it needs at
least. Its own format of the vulnerability database is bbolt's: https://github.com/etcd-io/bbolt
"""

import contextlib
import json
import shutil
import sqlite3
import struct
from collections.abc import Mapping
from pathlib import Path

_PAGE = 4096
_META, _LEAF, _FREE_LIST = 4, 2, 16
_ROOT_PAGE, _FREE_PAGE, _PAGES = 3, 2, 4
_FAR = "2099-01-01T00:00:00Z"
_OFFLINE = ("--quiet", "--offline-scan", "--skip-db-update", "--skip-java-db-update")


def image_command(program: str, cache: Path, name: str) -> list[str]:
    """Return the command that prints the SBOM of a registry's image."""
    image = [program, "--cache-dir", str(cache), "image", "--format", "cyclonedx"]
    return [*image, "--image-src", "remote", "--insecure", *_OFFLINE, name]


def tree_command(program: str, cache: Path, tree: Path) -> list[str]:
    """Return the command that prints the SBOM of a directory of source files."""
    return [program, "--cache-dir", str(cache), "fs", "--format", "cyclonedx", *_OFFLINE, str(tree)]


def sbom_command(program: str, cache: Path, file: Path) -> list[str]:
    """Return the command that matches an SBOM with the advisories in `cache`."""
    return [program, "--cache-dir", str(cache), "sbom", *_OFFLINE, "--format", "json", str(file)]


def fresh_cache(path: Path) -> Path:
    """Make an empty cache with databases that need no update; return it."""
    shutil.rmtree(path, ignore_errors=True)
    _put(path / "db" / "trivy.db", version=2).write_bytes(_empty_bbolt())
    with contextlib.closing(sqlite3.connect(_put(path / "java-db" / "trivy-java.db", version=1))) as java:
        java.executescript(
            "CREATE TABLE artifacts (id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);"
            "CREATE TABLE indices (artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT);"
            "CREATE UNIQUE INDEX indices_sha1 ON indices (sha1)"
        )
    return path


def _put(path: Path, version: int) -> Path:
    path.parent.mkdir(parents=True)
    state: Mapping[str, object] = {
        "Version": version,
        "NextUpdate": _FAR,
        "UpdatedAt": _FAR,
        "DownloadedAt": _FAR,
    }
    path.with_name("metadata.json").write_text(json.dumps(state))
    return path


def _empty_bbolt() -> bytes:
    """Return a file of two meta pages, an empty free list and an empty root bucket."""
    return _meta(0) + _meta(1) + _page(_FREE_PAGE, _FREE_LIST, b"") + _page(_ROOT_PAGE, _LEAF, b"")


def _page(number: int, flags: int, body: bytes) -> bytes:
    return (struct.pack("<QHHI", number, flags, 0, 0) + body).ljust(_PAGE, b"\0")


def _meta(transaction: int) -> bytes:
    magic, version = 0xED0CDAED, 2
    head = struct.pack("<IIII", magic, version, _PAGE, 0)
    body = head + struct.pack("<QQQQQ", _ROOT_PAGE, 0, _FREE_PAGE, _PAGES, transaction)
    return _page(transaction, _META, body + struct.pack("<Q", _fnv1a(body)))


def _fnv1a(data: bytes) -> int:
    found = 0xCBF29CE484222325
    for byte in data:
        found = (found ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return found

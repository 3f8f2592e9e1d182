import errno
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from crawler.advisories import archive
from crawler.advisories.imports import import_paths
from crawler.advisories.osv import update
from crawler.advisories.source import open_source
from store import advisories
from store.advisories import Feed
from store.database import Store, open_store
from tests.fakes.osv_mirror import Mirror, record, zipped

NOW = "2025-01-01T00:00:00.000000Z"
DAY = "2024-01-0{}T00:00:00Z"
ONE = record("D-1", DAY.format(1), ("Debian:12", "x"))
TWO = record("D-2", DAY.format(2), ("Debian:12", "y"))
GO = record("G-1", DAY.format(3), ("Go", "m"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "cleanbill.db") as opened:
        yield opened


def pretty(body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=2).encode()


def one_file(folder: Path) -> None:
    (folder / "D-1.json").write_bytes(pretty(ONE))


def compact_file(folder: Path) -> None:
    (folder / "D-1.json").write_bytes(ONE)


def array(folder: Path) -> None:
    (folder / "a.json").write_bytes(b" [" + ONE + b",\n" + pretty(TWO) + b"]\n")


def lines(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(ONE + b"\n\n" + TWO)


def lines_by_another_name(folder: Path) -> None:
    (folder / "a.json").write_bytes(ONE + b"\n" + TWO + b"\n")


def archived(folder: Path) -> None:
    (folder / "all.zip").write_bytes(zipped({"D-1.json": ONE, "D-2.json": TWO}))


def nested(folder: Path) -> None:
    (folder / "Debian" / "deeper").mkdir(parents=True)
    (folder / "Debian" / "deeper" / "D-1.JSON").write_bytes(ONE)
    (folder / "Debian" / "all.zip").write_bytes(zipped({"D-1.json": ONE, "D-2.json": TWO}))
    (folder / "Debian" / "modified_id.csv").write_bytes(b"x")
    (folder / "Debian" / "README").write_bytes(b"x")


@pytest.mark.parametrize("whole_folder", [True, False])
@pytest.mark.parametrize(
    ("write", "records"),
    [
        (one_file, 1),
        (compact_file, 1),
        (array, 2),
        (lines, 2),
        (lines_by_another_name, 2),
        (archived, 2),
        (nested, 3),
    ],
)
async def test_every_form_is_read(
    store: Store,
    tmp_path: Path,
    write: Callable[[Path], None],
    records: int,
    whole_folder: bool,  # noqa: FBT001 - a column
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder)
    paths = [folder] if whole_folder else sorted(folder.iterdir())
    outcome = await import_paths(store, paths, lambda: NOW)
    assert outcome.invalid == {}
    assert (outcome.records, outcome.records_changed) == (records, min(records, 2))
    assert outcome.feeds == ("Debian",)
    assert await advisories.record(store.read, "D-1") is not None
    feed = await advisories.feed(store.read, "Debian")
    assert feed == Feed(name="Debian", url=f"import:{paths[-1]}", state="ok", current_at=NOW)


@pytest.mark.parametrize(
    ("name", "body", "where", "why"),
    [
        ("a.json", b"{", "a.json", "OSV record"),
        ("a.json", b"", "a.json", "OSV record"),
        ("a.json", b"[]", "a.json", "an array without records"),
        ("a.json", b"[" + ONE, "a.json", "JSON array"),
        ("a.json", b'{"bomFormat": "CycloneDX"}', "a.json: line 1", "OSV record"),
        ("a.json", b"[" + ONE + b', {"id": 1}]', "a.json: [1]", "OSV record"),
        ("a.jsonl", b"", "a.jsonl", "no lines"),
        ("a.jsonl", ONE + b"\n{\n", "a.jsonl: line 2", "OSV record"),
        ("a.zip", zipped({"D-1.json": ONE})[:-30], "a.zip", "no whole zip archive"),
        ("a.zip", zipped({"D-1.json": ONE, "X.json": b"{"}), "a.zip: 'X'", "OSV record"),
        ("a.csv", b"a,b\n", "a.csv", "OSV record"),
    ],
)
async def test_what_is_no_record_is_listed_and_the_rest_is_kept(  # noqa: PLR0913, PLR0917 - a table
    store: Store, tmp_path: Path, name: str, body: bytes, where: str, why: str
) -> None:
    (tmp_path / name).write_bytes(body)
    (tmp_path / "good.json").write_bytes(TWO)
    outcome = await import_paths(store, [tmp_path / name, tmp_path / "good.json"], lambda: NOW)
    assert list(outcome.invalid) == [f"{tmp_path}/{where}"]
    assert why in outcome.invalid[f"{tmp_path}/{where}"]
    assert await advisories.record(store.read, "D-2") is not None
    feed = await advisories.feed(store.read, "Debian")
    assert feed is not None
    assert (feed.state, feed.current_at) == ("partial", NOW)
    assert feed.reason.startswith(f"1 unreadable input: {tmp_path}/{where}: ")


async def test_nothing_to_read_is_said(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = await import_paths(store, [tmp_path / "empty", tmp_path / "absent"], lambda: NOW)
    assert outcome.invalid == {
        str(tmp_path / "empty"): "no files ending in .json, .jsonl, .ndjson or .zip",
        str(tmp_path / "absent"): "No such file or directory",
    }
    assert (outcome.records, outcome.feeds) == (0, ())
    outcome = await import_paths(store, [tmp_path / "absent", tmp_path / "empty"], lambda: NOW)
    assert outcome.invalid.keys() == {str(tmp_path / "absent"), str(tmp_path / "empty")}


async def test_a_folder_that_cannot_be_read_is_said(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "D-1.json").write_bytes(ONE)
    (tmp_path / "gone.json").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.json")
    secret = tmp_path / "secret"
    secret.mkdir()
    scan = os.scandir

    def refused(path: str) -> object:
        if str(path) == str(secret):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    outcome = await import_paths(store, [tmp_path], lambda: NOW)
    assert outcome.records == 1
    assert outcome.invalid == {
        str(secret): "Permission denied",
        str(tmp_path / "gone.json"): "No such file or directory",
    }


async def test_records_about_two_ecosystems_make_neither_complete(store: Store, tmp_path: Path) -> None:
    both = record("B-1", DAY.format(1), ("npm", "x"), ("RubyGems", "x"))
    own = record("N-1", DAY.format(1), ("npm", "y"))
    (tmp_path / "npm.jsonl").write_bytes(both + b"\n" + own)
    outcome = await import_paths(store, [tmp_path / "npm.jsonl"], lambda: NOW)
    assert (outcome.records, outcome.feeds) == (2, ("npm",))
    assert await advisories.record(store.read, "B-1") == both


async def test_newer_records_stay(store: Store, tmp_path: Path) -> None:
    newer = record("D-1", DAY.format(9), ("Debian:12", "x"))
    for body in (newer, ONE):
        (tmp_path / "D-1.json").write_bytes(body)
        await import_paths(store, [tmp_path / "D-1.json"], lambda: NOW)
    assert await advisories.record(store.read, "D-1") == newer


async def test_an_import_is_repeatable_and_an_update_goes_on_from_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "BATCH_RECORDS", 1)
    mirror = Mirror()
    mirror.put("Debian", ONE, TWO)
    mirror.put("Go", GO)
    mirror.write(tmp_path / "osv")
    first = await import_paths(store, [tmp_path / "osv"], lambda: NOW)
    again = await import_paths(store, [tmp_path / "osv"], lambda: NOW)
    assert (first.records_changed, again.records_changed, again.feeds) == (3, 0, ("Debian", "Go"))
    mirror.put("Debian", record("D-2", DAY.format(9), ("Debian:12", "y")))
    mirror.write(tmp_path / "osv")
    async with open_source((tmp_path / "osv").as_uri()) as source:
        outcomes = await update(store, ["Debian", "Go"], source, lambda: NOW)
    assert [(outcome.feed, outcome.state, outcome.records_changed) for outcome in outcomes] == [
        ("Debian", "ok", 1),
        ("Go", "ok", 0),
    ]

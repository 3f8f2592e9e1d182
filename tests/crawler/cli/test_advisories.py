import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from store import deliveries, events
from store.database import Store
from tests.crawler.cli.stores import Fleet, Ran, cleanbill, in_store, record, wheel

OLD = record("PYSEC-1", "another", "1.0")
NEW = record("PYSEC-2", "urllib3", "2.0", modified="2026-02-01T00:00:00Z")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export of OSV records in a folder, with one that says nothing about the stored packages."""
    folder = tmp_path / "osv"
    publish(folder, OLD)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A store with one tagged image that has urllib3 1.0."""
    folder = tmp_path / "cache"

    async def fill(store: Store) -> None:
        await Fleet(store).image("app", {"pip": [wheel("urllib3", "1.0")]})

    in_store(folder, fill)
    return folder


def publish(folder: Path, *records: Mapping[str, object]) -> None:
    feed = folder / "PyPI"
    feed.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(feed / "all.zip", "w") as archive:
        for each in records:
            archive.writestr(f"{each['id']}.json", json.dumps(each))
            (feed / f"{each['id']}.json").write_text(json.dumps(each))
    lines = sorted((f"{each['modified']},{each['id']}\n" for each in records), reverse=True)
    (feed / "modified_id.csv").write_text("".join(lines))


def run(cache: Path, export: Path, *args: str, columns: int = 160, **env: str) -> Ran:
    settings = {"CLEANBILL_ADVISORIES__OSV__URL": export.as_uri(), **env}
    return cleanbill(cache, "advisories", *args, columns=columns, env=settings)


def test_an_update_tells_what_each_feed_brought(cache: Path, export: Path) -> None:
    ran = run(cache, export, "update")
    assert ran.code == 0
    assert [line.split() for line in ran.out.splitlines()[::2]] == [
        ["Feed", "State", "Changed", "Requests", "MB"],
        ["PyPI", "ok", "1", "2", "0.0"],
    ]
    assert ran.err == "cleanbill: 1 package judged for the first time, 0 again after 0 changes; 0 events\n"


def test_what_is_new_becomes_an_event_and_a_delivery(cache: Path, export: Path) -> None:
    run(cache, export, "update")
    publish(export, OLD, NEW)
    # Nobody listens at port 9: the attempt is made, and the delivery stays.
    webhooks = json.dumps([{"url": "http://127.0.0.1:9/hook", "name": "ops"}])
    ran = run(cache, export, "update", "pypi", CLEANBILL_WEBHOOKS=webhooks)
    assert ran.code == 0
    first, attempt, last = ran.err.splitlines()
    assert "connection refused" in attempt
    assert [first, last] == [
        "cleanbill: 0 packages judged for the first time, 1 again after 1 change; 1 event",
        "cleanbill: deliveries still to be sent: 1; `cleanbill watch` goes on with them",
    ]
    (event,) = in_store(cache, lambda store: events.since(store.read, 0))
    assert (event.type, event.severity) == ("finding.opened", "UNKNOWN")
    (delivery,) = in_store(cache, lambda store: deliveries.listing(store.read))
    assert (delivery.endpoint, delivery.state, delivery.attempts) == ("ops", "due", 1)
    assert run(cache, export, "update").err.endswith("; 0 events\n")


@pytest.mark.parametrize("broken", ["absent", "failed", "partial"])
def test_a_feed_that_fails_exits_with_3(cache: Path, export: Path, broken: str) -> None:
    if broken == "absent":
        assert run(cache, export, "update").code == 0
        (export / "PyPI").rename(export / "npm")
    elif broken == "failed":
        (export / "PyPI" / "all.zip").write_bytes(b"PK no zip")
    else:
        publish(export, OLD, {"id": "PYSEC-9", "modified": "2026-01-01T00:00:00Z", "affected": 7})
    ran = run(cache, export, "update")
    assert ran.code == 3
    assert broken in ran.out
    assert run(cache, export, "status").code == 3


def test_a_feed_that_nobody_needs_is_refused(cache: Path, export: Path) -> None:
    ran = run(cache, export, "update", "PyPY")
    assert ran.code == 2
    assert "no stored package needs 'PyPY': expected some of PyPI" in ran.err


def test_a_store_without_packages_needs_no_feeds(tmp_path: Path, export: Path) -> None:
    async def fill(_store: Store) -> None:
        pass

    in_store(tmp_path, fill)
    for command in ("update", "status"):
        ran = run(tmp_path, export, command)
        assert (ran.code, ran.out.strip()) == (0, "")
        assert "no stored package needs advisories" in ran.err


def test_the_status_tells_what_is_missing_until_it_is_fetched(cache: Path, export: Path) -> None:
    ran = run(cache, export, "status")
    assert ran.code == 3
    assert ran.out.splitlines()[2:] == ["PyPI  not fetched yet  never    0        1"]
    run(cache, export, "update")
    ran = run(cache, export, "status")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2:] == ["PyPI  ok     now      1        1"]


def test_the_status_is_json_lines_too(cache: Path, export: Path) -> None:
    run(cache, export, "update")
    found = json.loads(run(cache, export, "status", "--format", "json").out)
    assert found.pop("current_at")
    assert found == {"name": "PyPI", "state": "ok", "reason": "", "packages": 1, "records": 1}


def test_a_feed_older_than_the_limit_is_stale(cache: Path, export: Path) -> None:
    run(cache, export, "update")
    ran = run(cache, export, "status", columns=60, CLEANBILL_ADVISORIES__STALE_AFTER="1ms")
    assert ran.code == 3
    assert ran.out.startswith("PyPI stale now 1 1\n  older than the limit of ")


def test_records_are_imported_and_matched(cache: Path, export: Path, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps(OLD) + "\n" + json.dumps(NEW) + "\n")
    ran = run(cache, export, "import", str(file))
    assert (ran.code, ran.out) == (0, "2 records read, 2 new or changed\nfeeds: PyPI\n")
    assert "Affects 1 of 1 image." in cleanbill(cache, "affected", "PYSEC-2").out


def test_what_cannot_be_imported_is_named(cache: Path, export: Path, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps(OLD) + "\n{}\n")
    ran = run(cache, export, "import", str(file))
    assert ran.code == 3
    assert f"unreadable: {file}: line 2: OSV record: " in ran.out
    file.write_text("no json")
    assert run(cache, export, "import", str(file)).code == 4
    assert run(cache, export, "import", str(tmp_path / "none")).code == 2


def test_an_import_makes_the_store(tmp_path: Path, export: Path) -> None:
    assert run(tmp_path / "new", export, "import", str(export / "PyPI" / "all.zip")).code == 0
    assert (tmp_path / "new" / "cleanbill.db").is_file()

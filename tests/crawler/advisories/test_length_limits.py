from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crawler.advisories import imports, osv
from crawler.advisories.imports import import_paths
from crawler.advisories.source import open_source
from store import advisories
from store.database import Store, open_store
from tests.fakes.osv_mirror import record, serving

NOW = "2025-01-01T00:00:00.000000Z"
DAY = "2024-01-0{}T00:00:00Z"
ONE = record("D-1", DAY.format(1), ("Debian:12", "x"))
TWO = record("D-2", DAY.format(2), ("Debian:12", "y"))
ARRAY = b"[" + ONE + b"," + TWO + b"]"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "cleanbill.db") as opened:
        yield opened


@pytest.mark.parametrize(("missing_bytes", "state"), [(0, "ok"), (1, "failed")])
async def test_a_list_may_be_as_long_as_its_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch, missing_bytes: int, state: str
) -> None:
    async with serving({"Debian": [ONE, TWO]}) as mirror, open_source(mirror.url) as source:
        limit = len(mirror.listing("Debian")) - missing_bytes
        monkeypatch.setattr(osv, "LISTING_BYTES", limit)
        (outcome,) = await osv.update(store, ["Debian"], source, lambda: NOW)
        said = f"{mirror.url}/Debian/modified_id.csv: more than {limit} bytes"
    assert (outcome.state, outcome.reason) == (state, said if missing_bytes else "")
    assert (await advisories.record(store.read, "D-1") is None) is bool(missing_bytes)


@pytest.mark.parametrize("missing_bytes", [0, 1])
async def test_an_array_may_be_as_long_as_its_limit(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing_bytes: int
) -> None:
    limit = len(ARRAY) - missing_bytes
    monkeypatch.setattr(imports, "ARRAY_BYTES", limit)
    path = tmp_path / "all.json"
    path.write_bytes(ARRAY)
    outcome = await import_paths(store, [path], lambda: NOW)
    said = {str(path): f"more than {limit} bytes: expected an archive or JSON lines"}
    assert outcome.invalid == (said if missing_bytes else {})
    assert outcome.records == (0 if missing_bytes else 2)


async def test_what_follows_blanks_across_the_limit_is_not_lost(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ARRAY_BYTES", len(ONE) + 2)
    path = tmp_path / "one.json"
    path.write_bytes(ONE + b" " * 9 + TWO)
    outcome = await import_paths(store, [path], lambda: NOW)
    assert (outcome.records, list(outcome.invalid)) == (0, [str(path)])

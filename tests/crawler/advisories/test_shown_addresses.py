from pathlib import Path

import pytest

from crawler.advisories.osv import update
from crawler.advisories.source import open_source
from store.database import open_store
from tests.fakes.osv_mirror import record, serving

FEED = "Rocky Linux"
RECORD = record("R-1", "2024-01-01T00:00:00Z", ("Rocky Linux:9", "bash"))


@pytest.mark.parametrize(
    ("broken", "shown"),
    [
        ("modified_id.csv", "/Rocky%20Linux/modified_id.csv: line 1: "),
        ("all.zip", "/Rocky%20Linux/all.zip: "),
    ],
)
async def test_what_cannot_be_read_is_named_as_it_is_asked_for(
    tmp_path: Path, broken: str, shown: str
) -> None:
    async with serving({FEED: [RECORD]}) as mirror:
        mirror.instead[f"{FEED}/{broken}"] = b"broken"
        async with open_store(tmp_path / "cleanbill.db") as store, open_source(mirror.url) as source:
            (outcome,) = await update(store, [FEED], source, lambda: "2025")
    assert outcome.reason.startswith(mirror.url + shown)
    assert FEED not in outcome.reason

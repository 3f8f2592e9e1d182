import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crawler.advisories.errors import AnswerError, FeedError, MissingError
from crawler.advisories.http import open_http
from crawler.advisories.source import Document, Traffic, Validators, open_source
from tests.fakes.osv_mirror import Mirror, record, serving

BODY = record("A", "2024-01-01T00:00:00Z", ("Rocky Linux:9", "x"))
FEED = "Rocky Linux"


@pytest.fixture
async def mirror(tmp_path: Path) -> AsyncIterator[Mirror]:
    async with serving({FEED: [BODY]}) as served:
        served.write(tmp_path)
        yield served


def address(kind: str, mirror: Mirror, folder: Path) -> str:
    return {"http": mirror.url + "/", "file": folder.as_uri(), "path": str(folder)}[kind]


@pytest.mark.parametrize("kind", ["http", "file", "path"])
async def test_every_kind_of_source_gives_the_same(mirror: Mirror, tmp_path: Path, kind: str) -> None:
    traffic = Traffic()
    async with open_source(address(kind, mirror, tmp_path)) as source:
        found = await source.read(FEED, "A.json", limit=len(BODY), traffic=traffic)
        assert found is not None
        assert found.body == BODY
        again = await source.read(FEED, "A.json", limit=9, traffic=traffic, known=found.validators)
        assert again is None
        other = Validators(etag='"other"')
        assert isinstance(
            await source.read(FEED, "A.json", limit=999, traffic=traffic, known=other), Document
        )
        target = io.BytesIO()
        await source.download(FEED, "A.json", target, limit=len(BODY), traffic=traffic)
        assert target.getvalue() == BODY
        assert (traffic.requests, traffic.bytes) == (4, 3 * len(BODY))
        for name in ("B.json", "%2e%2e"):
            with pytest.raises(MissingError):
                await source.read(FEED, name, limit=9, traffic=traffic)
        with pytest.raises(MissingError):
            await source.download("Debian", "A.json", target, limit=9, traffic=traffic)
        for call in (
            source.read(FEED, "A.json", limit=9, traffic=traffic),
            source.download(FEED, "A.json", io.BytesIO(), limit=9, traffic=traffic),
        ):
            with pytest.raises(AnswerError, match="more than 9 bytes"):
                await call


async def test_a_changed_file_on_disk_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "Go" / "A.json"
    path.parent.mkdir()
    path.write_bytes(b"one")
    async with open_source(str(tmp_path)) as source:
        first = await source.read("Go", "A.json", limit=9, traffic=Traffic())
        assert first is not None
        path.write_bytes(b"two")
        os.utime(path, ns=(1, 1))
        second = await source.read("Go", "A.json", limit=9, traffic=Traffic(), known=first.validators)
    assert second is not None
    assert second.body == b"two"


@pytest.mark.parametrize(("folder", "name"), [("..", "x"), ("Go", "../../x"), ("", "x"), ("Go", "a\0")])
async def test_no_name_leads_out_of_a_folder(tmp_path: Path, folder: str, name: str) -> None:
    async with open_source(str(tmp_path)) as source:
        with pytest.raises(AnswerError, match="expected names of a folder and a file"):
            await source.read(folder, name, limit=9, traffic=Traffic())


async def test_a_folder_that_is_not_there_is_not_an_empty_feed(tmp_path: Path) -> None:
    async with open_source(str(tmp_path / "typo")) as source:
        with pytest.raises(FeedError, match="typo: no such folder") as caught:
            await source.read("Go", "x", limit=9, traffic=Traffic())
    assert not isinstance(caught.value, MissingError)


@pytest.mark.parametrize("url", ["ftp://example.com/osv", "file://example.com/osv"])
async def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(FeedError, match="expected an http, https or file URL"):
        async with open_source(url):
            pass


async def no_pause(_seconds: float) -> None:
    return


async def test_redirects_are_followed_a_few_times(mirror: Mirror) -> None:
    mirror.redirects["Go/A.json"] = "/Rocky%20Linux/A.json"
    mirror.redirects["Go/circle"] = "/Go/circle"
    async with open_http(mirror.url, sleep=no_pause) as source:
        found = await source.read("Go", "A.json", limit=999, traffic=Traffic())
        assert found is not None
        assert found.body == BODY
        with pytest.raises(AnswerError, match="Go/circle: more than 5 redirects"):
            await source.read("Go", "circle", limit=999, traffic=Traffic())


async def test_nobody_listening_is_no_answer() -> None:
    traffic = Traffic()
    async with open_http("http://user:secret@127.0.0.1:1", sleep=no_pause) as source:
        assert source.url == "http://127.0.0.1:1"
        with pytest.raises(FeedError) as caught:
            await source.read("Go", "x", limit=9, traffic=traffic)
        assert str(caught.value).startswith("http://127.0.0.1:1: cannot connect")
        assert traffic.requests == 8
        with pytest.raises(FeedError):
            await source.read("Go", "y", limit=9, traffic=traffic)
    assert traffic.requests == 9


async def test_refusals_end_after_some_tries(mirror: Mirror) -> None:
    mirror.refusals["Go/x"] = 1000
    async with open_http(mirror.url, sleep=no_pause) as source:
        with pytest.raises(FeedError, match=r"Go/x: too many requests \(status 429\)"):
            await source.read("Go", "x", limit=9, traffic=Traffic())
    assert len(mirror.taken()) == 8

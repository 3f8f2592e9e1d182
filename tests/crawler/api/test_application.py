import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from crawler.api import application as interface
from crawler.api.application import State, application
from crawler.api.metrics import Metrics
from crawler.api.readiness import Readiness
from crawler.api.server import serve
from store import deliveries, events
from store.database import Store, Writer, open_store
from store.events import EndpointRule
from tests.fakes.fleet import NOW, REGISTRY, Fleet, finding

ENDPOINT = EndpointRule(name="one", url="https://hooks.test/hush", secret="whsec_hush")


@dataclass(slots=True)
class Daemon:
    store: Store
    state: State
    fleet: Fleet
    session: aiohttp.ClientSession
    now_s: float = 0.0

    async def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        async with self.session.request(method, path) as response:
            return response.status, await response.text()


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    async with open_store(tmp_path / "c.db") as store:
        state = State(store=store, metrics=Metrics("1.2"), readiness=Readiness([REGISTRY]))
        async with (
            serve(application(state), "127.0.0.1:0") as address,
            aiohttp.ClientSession(address.url) as session,
        ):
            running = Daemon(store, state, Fleet(tmp_path / "c.db"), session)
            state.monotonic = lambda: running.now_s
            yield running


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/healthz", 200, '{"status": "ok"}'),
        ("HEAD", "/healthz", 200, ""),
        ("HEAD", "/metrics", 200, ""),
        ("HEAD", "/readyz", 503, ""),
        ("GET", "/nothing", 404, '{"error": "not found"}'),
        ("POST", "/healthz", 405, '{"error": "method not allowed"}'),
    ],
)
async def test_answers(daemon: Daemon, method: str, path: str, status: int, body: str) -> None:
    assert await daemon.get(path, method) == (status, body)


async def test_a_wrong_method_is_told_the_right_ones(daemon: Daemon) -> None:
    async with daemon.session.delete("/metrics") as response:
        assert response.headers["Allow"] == "GET,HEAD"


async def test_it_is_ready_when_both_were_done_once(daemon: Daemon) -> None:
    status, body = await daemon.get("/readyz")
    assert status == 503
    assert json.loads(body) == {
        "status": "not ready",
        "reasons": [
            "the first update of advisories is not done",
            "https://registry.test: the first crawl is not done",
        ],
    }
    daemon.state.readiness.updated()
    assert (await daemon.get("/readyz"))[0] == 503
    daemon.state.readiness.crawled(REGISTRY)
    assert await daemon.get("/readyz") == (200, '{"status": "ready"}')


async def test_what_an_earlier_process_did_counts(daemon: Daemon) -> None:
    daemon.fleet.image("app", ["base"])
    daemon.fleet.run(
        "INSERT INTO feeds (name, url, state, current_at) VALUES (?, '', 'ok', ?)", [("npm", NOW)]
    )
    assert (await daemon.get("/readyz"))[0] == 503
    daemon.fleet.run("UPDATE registries SET baseline_at = ?", [(NOW,)])
    assert (await daemon.get("/readyz"))[0] == 200


async def test_metrics_are_counted_from_the_store(daemon: Daemon) -> None:
    daemon.fleet.image("app", ["base", "code"])
    daemon.fleet.package("ssl", ("base", ""))
    async with daemon.store.transaction() as tx:
        await events.append(tx, [finding("ssl", "base")], [ENDPOINT], NOW)
    status, text = await daemon.get("/metrics")
    assert status == 200
    for line in (
        'cleanbill_info{version="1.2"} 1.0',
        'cleanbill_images{state="analysed"} 1.0',
        "cleanbill_layers 2.0",
        "cleanbill_package_versions 1.0",
        'cleanbill_deliveries{endpoint="one",state="due"} 1.0',
        "cleanbill_events_seq 1.0",
    ):
        assert line in text.splitlines()
    assert "process_resident_memory_bytes" in text
    assert "hush" not in text


async def test_an_endpoint_is_told_to_be_disabled_until_it_is_used_again(daemon: Daemon) -> None:
    async def told(work: Callable[[Writer], Coroutine[None, None, object]]) -> list[str]:
        async with daemon.store.transaction() as tx:
            await work(tx)
        daemon.now_s += interface.FRESH_S
        lines = (await daemon.get("/metrics"))[1].splitlines()
        return [line for line in lines if line.startswith("cleanbill_endpoint_disabled")]

    line = 'cleanbill_endpoint_disabled{endpoint="one"} '
    assert await told(lambda tx: deliveries.register(tx, ["one"])) == [line + "0.0"]
    assert await told(lambda tx: deliveries.disable(tx, "one", reason="410", now=NOW)) == [line + "1.0"]
    assert await told(lambda tx: deliveries.enable(tx, "one")) == [line + "0.0"]


async def test_the_store_is_counted_again_only_when_the_numbers_are_old(daemon: Daemon) -> None:
    assert "cleanbill_layers 0.0" in (await daemon.get("/metrics"))[1]
    daemon.fleet.image("app", ["base"])
    daemon.now_s = interface.FRESH_S - 1
    assert "cleanbill_layers 0.0" in (await daemon.get("/metrics"))[1]
    daemon.now_s = interface.FRESH_S
    assert "cleanbill_layers 1.0" in (await daemon.get("/metrics"))[1]


async def test_a_database_that_is_not_well_is_told(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interface, "STORE_TIMEOUT_S", 0.0)
    told = "the store did not answer within 0 s"
    assert await daemon.get("/healthz") == (503, f'{{"status": "failing", "reason": "{told}"}}')
    assert await daemon.get("/readyz") == (503, f'{{"status": "not ready", "reasons": ["{told}"]}}')


async def test_a_closed_database_is_told(tmp_path: Path) -> None:
    async with open_store(tmp_path / "c.db") as store:
        state = State(store=store, metrics=Metrics(), readiness=Readiness([]))
    async with (
        serve(application(state), "127.0.0.1:0") as address,
        aiohttp.ClientSession(address.url) as session,
        session.get("/healthz") as response,
    ):
        assert response.status == 503
        assert (await response.json())["reason"].startswith("the store does not answer: ")

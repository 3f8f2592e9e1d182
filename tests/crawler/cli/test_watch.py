import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from crawler.cli import watch
from tests.crawler.cli.stores import cleanbill


def settings(folder: Path) -> Path:
    """Write settings with a registry where nobody is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    file = folder / "settings.toml"
    file.write_text(
        f"[[registries]]\nurl = 'http://127.0.0.1:1'\n[crawl]\nat_start = false\n"
        f"[advisories]\nosv.url = '{folder.as_uri()}'\n[server]\nlisten = '127.0.0.1:{port}'\n"
        "[log]\nformat = 'json'\n"
    )
    return file


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_ends_it_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    async def work(_settings: object, _cache: object, stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await stop.wait()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    monkeypatch.setattr("crawler.monitor.watch", work)
    ran = cleanbill(tmp_path, "--config", str(settings(tmp_path)), "watch")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_what_does_not_end_in_time_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(_settings: object, _cache: object, stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()
        await asyncio.Event().wait()

    monkeypatch.setattr("crawler.monitor.watch", work)
    monkeypatch.setattr(watch, "GRACE_S", 0.05)
    ran = cleanbill(tmp_path, "--config", str(settings(tmp_path)), "watch")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == ("cleanbill: stopped after 0 s with work under way; the next start goes on with it\n")


def test_without_a_registry_there_is_nothing_to_watch(tmp_path: Path) -> None:
    ran = cleanbill(tmp_path, "watch")
    assert (ran.code, "no registry: put [[registries]] into cleanbill.toml" in ran.err) == (2, True)


def test_it_watches_until_it_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = watch._stop_on_signal  # noqa: SLF001 - stopped once it runs

    def stopped(limit: asyncio.Timeout) -> asyncio.Event:
        stop = real(limit)
        asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGTERM)
        return stop

    monkeypatch.setattr(watch, "_stop_on_signal", stopped)
    ran = cleanbill(tmp_path, "--config", str(settings(tmp_path)), "watch")
    assert (ran.code, ran.out) == (0, "")
    assert [line for line in ran.err.splitlines() if '"watching"' in line or '"stopped"' in line]

"""The daemon as an installed command: stopped, killed, started again."""

import contextlib
import json
import signal
import socket
import sqlite3
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.program import Program
from tests.fakes.receiver import SECRET, Receiver, receiving
from tests.fakes.registry import FakeRegistry
from tests.fakes.waiting import blocking_until

BASE = layer(debian(), dpkg(openssl="3.0.11-1"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@dataclass
class World:
    registry: FakeRegistry
    mirror: Mirror
    receiver: Receiver
    folder: Path
    address: str
    program: Program

    def advise(self, number: int) -> None:
        """Let an advisory about the image's openssl appear."""
        about = ("Debian:12", "openssl")
        time = f"2024-01-{number:02}T00:00:00Z"
        self.mirror.put("Debian", record(f"CVE-2024-{number}", time, about, fixed="3.0.12-1"))
        self.mirror.write(self.folder / "osv")

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body, 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        return self.get("/readyz")[0] == 200


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    registry = FakeRegistry()
    push(registry, "team/app", "1.0", BASE)
    address = f"127.0.0.1:{free_port()}"
    with registry.running(), receiving() as receiver:
        settings = tmp_path / "cleanbill.toml"
        settings.write_text(
            f'[[registries]]\nurl = "{registry.url}"\n'
            f'[advisories]\nevery = "1s"\nosv.url = "{(tmp_path / "osv").as_uri()}"\n'
            f'[server]\nlisten = "{address}"\n[log]\nformat = "json"\n'
            f'[[webhooks]]\nurl = "{receiver.url}"\nsecret = "{SECRET}"\n'
        )
        made = World(registry, Mirror(), receiver, tmp_path, address, Program(tmp_path / "cache", settings))
        made.advise(1)
        yield made


def test_an_advisory_becomes_a_signed_webhook_and_sigterm_ends_it(world: World) -> None:
    with world.program.started("watch") as daemon:
        blocking_until(world.is_ready)
        assert world.get("/healthz") == (200, '{"status": "ok"}')
        assert 'cleanbill_images{state="analysed"} 1' in world.get("/metrics")[1].replace(".0", "")
        assert world.receiver.ids == []
        world.advise(2)
        blocking_until(lambda: world.receiver.ids)
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=30)
        assert daemon.returncode == 0, err
    (event,) = world.receiver.events
    assert event["data"]["advisory"]["id"] == "CVE-2024-2"
    assert event["data"]["findings"][0]["fixed_version"] == "3.0.12-1"
    again = world.program.run("crawl", "--format", "json")
    assert (again.returncode, json.loads(again.stdout)["ImagesKnown"]) == (0, 1)
    assert len(world.receiver.ids) == 1


def test_an_endpoint_whose_receiver_is_gone_rings(world: World) -> None:
    world.receiver.answer = lambda: 410
    rests = "SELECT 1 FROM endpoints WHERE disabled <> ''"
    with world.program.started("watch"):
        blocking_until(world.is_ready)
        world.advise(2)
        with contextlib.closing(sqlite3.connect(world.folder / "cache" / "cleanbill.db")) as database:
            blocking_until(lambda: database.execute(rests).fetchone())
        lines = world.get("/metrics")[1].splitlines()
    (line,) = (each for each in lines if each.startswith("cleanbill_endpoint_disabled"))
    assert line.endswith("} 1.0")
    assert [each for each in lines if each.startswith("cleanbill_deliveries") and 'state="due"' in each]


def test_a_second_signal_kills(world: World) -> None:
    hold = threading.Event()
    world.receiver.answer = lambda: 204 if hold.wait(30) else 500
    with world.program.started("watch") as daemon:
        blocking_until(world.is_ready)
        world.advise(2)
        blocking_until(lambda: world.receiver.ids)
        daemon.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.communicate(timeout=1.0)  # it waits for the answer to what it is sending
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=10)
        assert daemon.returncode == -signal.SIGTERM
    hold.set()


def test_killed_in_the_midst_of_a_delivery_it_delivers_at_the_next_start(world: World) -> None:
    hold = threading.Event()
    world.receiver.answer = lambda: 204 if hold.wait(30) else 500
    with world.program.started("watch") as daemon:
        blocking_until(world.is_ready)
        world.advise(2)
        world.advise(3)
        blocking_until(lambda: world.receiver.ids)
        daemon.kill()
    hold.set()
    world.advise(4)
    with world.program.started("watch") as daemon:
        blocking_until(lambda: len(set(world.receiver.ids)) == 3)
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
        assert daemon.returncode == 0
    assert len(world.receiver.ids) == 4
    assert world.receiver.ids[0] == world.receiver.ids[1]
    told = {event["id"]: event["data"]["advisory"]["id"] for event in world.receiver.events}
    assert sorted(told.values()) == ["CVE-2024-2", "CVE-2024-3", "CVE-2024-4"]
    assert len(world.registry.paths("HEAD")) == 2
    blobs = [path for path in world.registry.paths() if "/blobs/" in path]
    assert len(blobs) == len(set(blobs)) == 2


def test_killed_in_the_midst_of_a_crawl_it_goes_on(world: World) -> None:
    slow = layer(dpkg(slow="1"))
    image = push(world.registry, "team/slow", "1.0", slow)
    world.registry.faults.stalled = True
    with world.program.started("watch") as daemon:
        # Requests are logged when they are answered: those for blobs never are.
        blocking_until(lambda: any("/manifests/" in path for path in world.registry.paths()))
        assert world.get("/readyz")[0] == 503
        daemon.kill()
    world.registry.faults.stalled = False
    with world.program.started("watch") as daemon:
        blocking_until(world.is_ready)
        daemon.send_signal(signal.SIGINT)
        daemon.communicate(timeout=30)
        assert daemon.returncode == 0
    assert f"/v2/team/slow/blobs/{image.config_digest}" in world.registry.paths()
    assert world.receiver.ids == []

# ruff: noqa: INP001 - a script
"""The demo: a registry crawled, an advisory published, a webhook received, all on this machine.

Images and advisories are made up and lie beside this file. What is run is the real program, with its
defaults, in a temporary folder.
"""

import asyncio
import base64
import contextlib
import json
import os
import secrets
import shlex
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from images import Image, build
from servers import Mirror, Receiver, registry, serving

HERE = Path(__file__).parent
CLEANBILL = Path(sys.executable).with_name("cleanbill")
COMMAND_S = 60.0
"""How long one command may take."""
EVENT_S = 30.0
"""How long the daemon may take for what it is waited for."""
WIDTH = 80
"""Columns where there is no terminal."""
INTERRUPTED = 130
"""Exit code after Ctrl-C or SIGTERM."""

SETTINGS = """\
[[registries]]
url = "http://{registry}"

[advisories]
every = "1s"             # default "1h"
osv.url = "http://{mirror}"  # default: the public export

[server]
listen = "127.0.0.1:0"   # any free port; default 8080

[[webhooks]]
url = "http://{receiver}/hooks"
secret = "{secret}"
min_severity = "HIGH"
"""


T = TypeVar("T")

_NOT_SHOWN = frozenset(("level", "timestamp", "registry", "version"))


class DemoError(Exception):
    """A step did not happen, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where commands are run."""

    folder: Path
    environ: Mapping[str, str]

    async def start(self, *words: str, stderr: int | None = None) -> Process:
        """Start a command, after showing it as a user would type it."""
        tail = " &" if stderr else ""
        click.secho(f"$ cleanbill {shlex.join(words)}{tail}", bold=True)
        return await asyncio.create_subprocess_exec(
            CLEANBILL, *words, cwd=self.folder, env=self.environ, stderr=stderr
        )

    async def run(self, *words: str) -> None:
        """Run a command to its end, which must be a good one."""
        process = await self.start(*words)
        async with _stopped(process):
            await _within(COMMAND_S, process.wait(), f"cleanbill {words[0]} did not end")
        if process.returncode != 0:
            raise DemoError(f"cleanbill {words[0]}: exit code {process.returncode}, expected 0")
        click.echo()


class Watch:
    """The daemon, seen through its log."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def until(self, event: str) -> None:
        """Show the log until it has a line of this event."""
        await _within(EVENT_S, self._until(event), f"cleanbill watch did not say {event!r}")

    async def _until(self, event: str) -> None:
        log = self._process.stderr
        assert log is not None  # noqa: S101 - it was asked for
        async for line in log:
            if _show(line) == event:
                return
        raise DemoError(f"cleanbill watch ended with {await self._process.wait()} before {event!r}")

    async def stop(self) -> None:
        """Ask it to end, which it must do by itself."""
        self._process.terminate()
        await self.until("stopped")
        code = await _within(EVENT_S, self._process.wait(), "cleanbill watch did not end")
        if code != 0:
            raise DemoError(f"cleanbill watch: exit code {code}, expected 0")


async def demo(folder: Path) -> None:
    """Tell the story. Raises DemoError when it takes another course."""
    mirror, secret = Mirror(folder / "osv"), f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    for file in sorted((HERE / "advisories/known").glob("*.json")):
        mirror.publish(file)
    receiver = Receiver(secret)
    async with contextlib.AsyncExitStack() as served:
        addresses = [
            await served.enter_async_context(serving(app))
            for app in (registry(_images()), mirror.app(), receiver.app())
        ]
        settings = SETTINGS.format(
            **dict(zip(("registry", "mirror", "receiver"), addresses, strict=True)), secret=secret
        )
        (folder / "cleanbill.toml").write_text(settings, encoding="utf-8")
        place = Place(folder=folder, environ=_environ(folder))
        await _look(place, addresses[0], settings)
        await _follow(place, mirror, receiver)
    _say("That was all on this machine. With your own registry (`docker login` is honoured):")
    click.echo("""  echo 'registries = [{url = "https://registry.example.com"}]' > cleanbill.toml""")
    click.echo(f"  {_shown(CLEANBILL)} crawl && {_shown(CLEANBILL)} watch")


async def _look(place: Place, host: str, settings: str) -> None:
    _say("""A registry, an OSV mirror and a webhook receiver run on 127.0.0.1. Images and advisories are made
        up; the program is the real one. Two applications are built on one Debian base, a tool on Alpine.""")
    click.secho("$ cat cleanbill.toml", bold=True)
    click.echo(settings)
    _say("One pass over the registry. Each layer is fetched and read once, however many images have it.")
    await place.run("crawl")
    _say("One image. It is known now, so only its manifest is looked at again.")
    await place.run("image", f"{host}/shop/web:2.1")
    _say("The other way round: where is a vulnerability?")
    await place.run("affected", "DEMO-2026-0003")


async def _follow(place: Place, mirror: Mirror, receiver: Receiver) -> None:
    _say("Now the daemon. It crawls by night and asks the mirror for changes, here every second.")
    process = await place.start("watch", stderr=PIPE)
    async with _stopped(process):
        watch = Watch(process)
        await watch.until("crawl ended")
        click.echo()
        published, started = mirror.publish(HERE / "advisories/new/DEMO-2026-0005.json"), time.monotonic()
        _say(f"The mirror publishes {published}, about openssl on Debian 12.")
        await watch.until("advisories changed")
        message = await _within(EVENT_S, receiver.messages.get(), "no webhook arrived")
        click.echo()
        _say(f"""The webhook arrived {time.monotonic() - started:.1f} s after the advisory was published, and
            its signature is right. One message tells all images, by the layer that brings the package in:""")
        _show_message(message, published)
        _say("The same in the log of events:")
        await place.run("events", "--since", "0")
        _say("SIGTERM ends the daemon. Killed at any other moment, it would go on where it was.")
        await watch.stop()
        click.echo()


def _images() -> list[Image]:
    layers = HERE / "layers"
    return [
        build("base/debian", "12", [layers / "debian"]),
        build("shop/api", "1.4", [layers / "debian", layers / "shop"]),
        build("shop/web", "2.1", [layers / "debian", layers / "web"]),
        build("tools/backup", "3.0", [layers / "alpine"]),
    ]


def _environ(home: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine's user is read or written."""
    refused = ("cleanbill_", "xdg_", "docker_", "registry_auth_file")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().startswith(refused) and not name.lower().endswith("_proxy")
    }
    columns = {} if sys.stdout.isatty() else {"COLUMNS": str(WIDTH)}
    return kept | columns | {"HOME": str(home)}


def _say(text: str) -> None:
    width = min(shutil.get_terminal_size((WIDTH, 24)).columns, 100)
    click.secho(textwrap.fill(" ".join(text.split()), width), fg="cyan")
    click.echo()


def _show(line: bytes) -> str:
    """Print a line of the daemon's log in short; return its event."""
    try:
        fields: dict[str, Any] = json.loads(line)
    except ValueError:
        click.echo(f"  {line.decode(errors='replace').rstrip()}")
        return ""
    event = str(fields.pop("event", ""))
    told = " ".join(f"{key}={value}" for key, value in fields.items() if key not in _NOT_SHOWN)
    click.echo(textwrap.fill(f"{event:20}{told}", WIDTH, initial_indent="  ", subsequent_indent=" " * 22))
    return event


def _show_message(message: Mapping[str, Any], published: str) -> None:
    data = message["data"]
    if data["advisory"]["id"] != published:
        raise DemoError(f"the webhook tells of {data['advisory']['id']!r}, expected {published!r}")
    click.echo(f"  type      {message['type']}")
    click.echo(f"  advisory  {published} {data['advisory']['severity']} {data['advisory']['score']}")
    for finding in data["findings"]:
        click.echo(
            f"  package   {finding['package']} {finding['installed_version']} → {finding['fixed_version']}"
        )
        for layer in finding["layers"]:
            click.echo(f"  layer     {layer['created_by']}, base image {layer['base_image']}")
            for image in layer["images"]:
                click.echo(f"  image     {image['repository']}:{','.join(image['tags'])}")
    click.echo()


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


async def _within(seconds: float, work: Awaitable[T], otherwise: str) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as error:
        raise DemoError(f"{otherwise} within {seconds:.0f} s") from error


@contextlib.asynccontextmanager
async def _stopped(process: Process) -> AsyncIterator[None]:
    """Leave no process behind."""
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def main() -> int:
    """Run the demo; return 0, or 1 when a step did not happen."""
    with tempfile.TemporaryDirectory(prefix="cleanbill-demo-") as folder:
        try:
            asyncio.run(_until_terminated(demo(Path(folder))))
        except (DemoError, OSError) as error:
            click.secho(f"demo: {error}", fg="red", err=True)
            return 1
        except (KeyboardInterrupt, asyncio.CancelledError):
            return INTERRUPTED
    return 0


async def _until_terminated(story: Awaitable[None]) -> None:
    """Await the story; SIGTERM cancels it, so that the daemon and the folder do not outlive it."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - this is a coroutine
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await story


if __name__ == "__main__":
    sys.exit(main())

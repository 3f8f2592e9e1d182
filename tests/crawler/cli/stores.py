import asyncio
import contextlib
import gc
import io
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from analyzers.inventory import LayerInventory, Package, Problem, Release
from analyzers.osv import normalise_time, parse_record
from analyzers.squash import Component, Squashed
from crawler import clock, rematch
from crawler.cli import main
from store import advisories, images, tags
from store.advisories import Feed, State
from store.database import Store, open_store

REGISTRY = "https://registry.test"
BEFORE = "2026-01-01T00:00:00.000000Z"
DEBIAN = Release(id="debian", version_id="12", pretty_name="Debian GNU/Linux 12")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str


def cleanbill(folder: Path, *args: str, columns: int = 160, env: Mapping[str, str] | None = None) -> Ran:
    """Run the command line with a cache directory; the exit code is the process's."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["cleanbill", "--cache-dir", str(folder), *args])
        patch.setenv("COLUMNS", str(columns))
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as stop,
        ):
            main()
    gc.enable()  # main() is for processes of their own
    assert isinstance(stop.value.code, int)
    return Ran(stop.value.code, out.getvalue(), err.getvalue())


def in_store(folder: Path, work: Callable[[Store], Coroutine[None, None, T]]) -> T:
    """Open the store that the command line uses, made when it is not there."""

    async def opened() -> T:
        async with open_store(folder / "cleanbill.db") as store:
            return await work(store)

    return asyncio.run(opened())


def digest(name: str) -> str:
    return f"sha256:{name.encode().hex():0<64}"


def wheel(name: str, version: str) -> Package:
    return Package(kind="python-pkg", name=name, version=version)


def deb(name: str, version: str, source: str = "") -> Package:
    return Package(kind="dpkg", name=name, version=version, arch="amd64", source_name=source)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Fills a store as a crawl and an advisory update would."""

    store: Store

    async def image(  # noqa: PLR0913 - an image has this many sides
        self,
        name: str,
        layers: Mapping[str, Sequence[Package]],
        *,
        repository: str = "",
        tags: Sequence[str] = ("latest",),
        time: str = BEFORE,
        problems: Sequence[Problem] = (),
    ) -> str:
        """Put an analysed image and its tags; layer x is made by "RUN make x"."""
        components = tuple(
            Component(package, _path(package), number)
            for number, packages in enumerate(layers.values())
            for package in packages
        )
        record = images.ImageRecord(
            digest=digest(name),
            platform="linux/amd64",
            config_digest=digest(f"c{name}"),
            config=b"{}",
            layers=tuple((digest(layer), f"RUN make {layer}") for layer in layers),
            squashed=Squashed(release=DEBIAN, components=components, problems=()),
            problems=tuple(problems),
            analysed_with="1",
        )
        async with self.store.transaction() as tx:
            for layer in layers:
                inventory = LayerInventory(diff_id=digest(f"d{layer}"), size_bytes=1, entries=1)
                await images.put_layer(tx, digest(layer), 1, inventory, {})
            await images.add_manifest(tx, record.digest, "image", 1)
            await images.put_image(tx, record, time)
        if tags:
            await self.tag(repository or name, dict.fromkeys(tags, name), time)
        return record.digest

    async def tag(self, repository: str, found: Mapping[str, str], time: str = BEFORE) -> None:
        """Let the repository's tags be exactly these, tag → name of an image."""
        digests = {tag: digest(name) for tag, name in found.items()}
        async with self.store.transaction() as tx:
            await tags.put_tags(tx, REGISTRY, repository, found=digests, unread=(), now=time)

    async def unread(self, name: str, state: str, reason: str) -> None:
        """Put an image that is tagged and not analysed."""
        async with self.store.transaction() as tx:
            await images.add_manifest(tx, digest(name), "image", 1)
            await images.set_manifest_state(tx, digest(name), state, reason=reason)
        await self.tag(name, {"latest": name})

    async def index(self, name: str, children: Mapping[str, str]) -> None:
        """Put an index of images, name → platform, and tag it."""
        async with self.store.transaction() as tx:
            for child in children:
                await images.add_manifest(tx, digest(child), "image", 1, images.NOT_ASKED_FOR)
            await images.add_manifest(tx, digest(name), "index", 1)
            await images.put_index(tx, digest(name), {digest(key): each for key, each in children.items()})
        await self.tag(name, {"latest": name})

    async def advise(self, *records: Mapping[str, object], **feeds: State) -> None:
        """Store advisories and match them; the feeds are as current as can be."""
        incoming = []
        for each in records:
            raw = json.dumps(each).encode()
            record = parse_record(raw)
            incoming.append((record, normalise_time(record.modified), raw))
        async with self.store.transaction() as tx:
            await advisories.put_records(tx, "", incoming)
            for name, state in feeds.items():
                reason = "" if state == "ok" else "out of reach"
                feed = Feed(name=name, url="test", state=state, reason=reason, current_at=clock.now())
                await advisories.put_feed_state(tx, feed)
        await rematch.match_all(self.store, ())


def record(
    osv_id: str,
    package: str,
    fixed: str,
    *,
    ecosystem: str = "PyPI",
    modified: str = "2026-01-01T00:00:00Z",
    **more: object,
) -> dict[str, object]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    affected = {
        "package": {"name": package, "ecosystem": ecosystem},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"id": osv_id, "modified": modified, "affected": [affected], **more}


def _path(package: Package) -> str:
    return "var/lib/dpkg/status" if package.kind == "dpkg" else f"site-packages/{package.name}/METADATA"

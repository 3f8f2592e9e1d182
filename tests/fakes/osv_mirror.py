"""A small export of OSV records on the loopback interface, with faults; time is what the records say."""

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

LAST_MODIFIED = "Mon, 01 Jan 2024 00:00:00 GMT"


def record(
    osv_id: str,
    modified: str,
    *packages: tuple[str, str],
    fixed: str = "2.0",
    **more: object,
) -> bytes:
    """Return a record that says each (ecosystem, name) is affected below `fixed`."""
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = [
        {
            "package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        for ecosystem, name in packages
    ]
    return json.dumps({"id": osv_id, "modified": modified, "affected": affected, **more}).encode()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return an archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            # The same records are the same bytes, whenever they are packed.
            archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@dataclass(slots=True)
class Mirror:
    """Folders of records; every attribute may be changed while it is served."""

    url: str = ""
    feeds: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Ecosystem → id → JSON."""
    instead: dict[str, bytes] = field(default_factory=dict)
    """Path → what is sent in place of the true body."""
    missing: set[str] = field(default_factory=set)
    """Paths that are not there."""
    drops: Counter[str] = field(default_factory=Counter)
    """Path → how many more times the connection ends in the middle of the body."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Path → how many more times the answer is 429."""
    redirects: dict[str, str] = field(default_factory=dict)
    """Path → where it sends."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Path and status of every answer."""

    def put(self, feed: str, *records: bytes) -> None:
        """Add or replace records."""
        folder = self.feeds.setdefault(feed, {})
        for body in records:
            folder[json.loads(body)["id"]] = body

    def listing(self, feed: str) -> bytes:
        """Return the list of changes."""
        lines = [(json.loads(body)["modified"], osv_id) for osv_id, body in self.feeds[feed].items()]
        return "".join(f"{time},{osv_id}\n" for time, osv_id in sorted(lines, reverse=True)).encode()

    def body(self, path: str) -> bytes | None:
        """Return the file at "feed/name", None when there is none."""
        feed, _, name = path.partition("/")
        if path in self.missing or feed not in self.feeds:
            return None
        if path in self.instead:
            return self.instead[path]
        if name == "all.zip":
            return zipped({f"{osv_id}.json": body for osv_id, body in self.feeds[feed].items()})
        if name == "modified_id.csv":
            return self.listing(feed)
        return self.feeds[feed].get(name.removesuffix(".json"))

    def write(self, folder: Path) -> None:
        """Write the export to disk."""
        for feed, records in self.feeds.items():
            (folder / feed).mkdir(parents=True, exist_ok=True)
            for name in ("all.zip", "modified_id.csv", *(f"{osv_id}.json" for osv_id in records)):
                (folder / feed / name).write_bytes(self.body(f"{feed}/{name}") or b"")

    def taken(self) -> list[tuple[str, int]]:
        """Return what was asked since the last call, and forget it."""
        asked, self.asked = self.asked, []
        return asked

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Serve one GET."""
        path = request.match_info["path"]
        response = await self._answer(request, path)
        self.asked.append((path, response.status))
        return response

    async def _answer(self, request: web.Request, path: str) -> web.StreamResponse:
        if self.refusals[path] > 0:
            self.refusals[path] -= 1
            return web.Response(status=429, headers={"Retry-After": "3"})
        if path in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[path]})
        body = self.body(path)
        if body is None:
            return web.Response(status=404)
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        headers = {"ETag": etag, "Last-Modified": LAST_MODIFIED}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        status, begin = 200, 0
        if "Range" in request.headers and request.headers.get("If-Range") == etag:
            status, begin = 206, int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        return await self._send(request, path, body[begin:], status, headers)

    async def _send(
        self, request: web.Request, path: str, body: bytes, status: int, headers: Mapping[str, str]
    ) -> web.StreamResponse:
        if self.drops[path] <= 0:
            return web.Response(status=status, body=body, headers=headers)
        self.drops[path] -= 1
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return response


@asynccontextmanager
async def serving(feeds: Mapping[str, Sequence[bytes]]) -> AsyncIterator[Mirror]:
    """Give a mirror of these records on a free port."""
    mirror = Mirror()
    for feed, records in feeds.items():
        mirror.put(feed, *records)
    app = web.Application()
    app.router.add_get("/{path:.*}", mirror.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        mirror.url = f"http://127.0.0.1:{port}"
        yield mirror
    finally:
        await runner.cleanup()

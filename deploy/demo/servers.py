# ruff: noqa: INP001 - modules of a script, which are no package
"""What the demo talks to: a registry that can only be read, an OSV mirror, a webhook receiver.

Specifications: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md,
https://google.github.io/osv.dev/data/#data-dumps, https://www.standardwebhooks.com
"""

import asyncio
import contextlib
import json
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from images import MANIFEST, Image, digest_of
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@contextlib.asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve on a free port of the loopback interface; give host and port."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def registry(images: Sequence[Image]) -> web.Application:
    """Return a registry that serves these images: catalog, tags, manifests, blobs."""
    manifests = {
        (image.repository, name): image.manifest
        for image in images
        for name in (image.tag, digest_of(image.manifest))
    }
    blobs = {digest: blob for image in images for digest, blob in image.blobs.items()}

    async def version(_: web.Request) -> web.Response:
        return web.json_response({})

    async def catalog(_: web.Request) -> web.Response:
        return web.json_response({"repositories": sorted({image.repository for image in images})})

    async def tags(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = [image.tag for image in images if image.repository == name]
        return web.json_response({"name": name, "tags": found}) if found else _unknown("NAME_UNKNOWN")

    async def manifest(request: web.Request) -> web.Response:
        body = manifests.get((request.match_info["name"], request.match_info["reference"]))
        if body is None:
            return _unknown("MANIFEST_UNKNOWN")
        headers = {"Content-Type": MANIFEST, "Docker-Content-Digest": digest_of(body)}
        return web.Response(body=body, headers=headers)

    async def blob(request: web.Request) -> web.Response:
        body = blobs.get(request.match_info["digest"])
        return _unknown("BLOB_UNKNOWN") if body is None else web.Response(body=body)

    app = web.Application()
    app.router.add_get("/v2/", version)
    app.router.add_get("/v2/_catalog", catalog)
    app.router.add_get("/v2/{name:.+}/tags/list", tags)
    app.router.add_get("/v2/{name:.+}/manifests/{reference}", manifest)
    app.router.add_get("/v2/{name:.+}/blobs/{digest}", blob)
    return app


def _unknown(code: str) -> web.Response:
    return web.json_response({"errors": [{"code": code}]}, status=404)


class Mirror:
    """A folder in the layout of OSV's export."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def app(self) -> web.Application:
        """Return what serves the folder."""
        app = web.Application()
        app.router.add_static("/", self._folder)
        return app

    def publish(self, file: Path) -> str:
        """Add a record, modified now; return its id."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        record = json.loads(file.read_bytes()) | {"modified": now}
        for ecosystem in {block["package"]["ecosystem"].partition(":")[0] for block in record["affected"]}:
            self._put(self._folder / ecosystem, record)
        return str(record["id"])

    def _put(self, feed: Path, record: Mapping[str, Any]) -> None:
        feed.mkdir(parents=True, exist_ok=True)
        (feed / f"{record['id']}.json").write_text(json.dumps(record), encoding="utf-8")
        records = sorted(feed.glob("*.json"))
        with zipfile.ZipFile(feed / "all.zip.part", "w", zipfile.ZIP_DEFLATED) as archive:
            for each in records:
                archive.write(each, each.name)
        (feed / "all.zip.part").replace(feed / "all.zip")
        modified = {each.stem: json.loads(each.read_bytes())["modified"] for each in records}
        lines = sorted(((time, osv_id) for osv_id, time in modified.items()), reverse=True)
        part = feed / "modified_id.csv.part"
        part.write_text("".join(f"{time},{osv_id}\n" for time, osv_id in lines), encoding="utf-8")
        # Last: whoever reads the list finds what it names.
        part.replace(feed / "modified_id.csv")


class Receiver:
    """Takes webhooks whose signature is right."""

    def __init__(self, secret: str) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._webhook = Webhook(secret)

    def app(self) -> web.Application:
        """Return what answers at /hooks."""
        app = web.Application()
        app.router.add_post("/hooks", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            message = self._webhook.verify(
                body, {name.lower(): value for name, value in request.headers.items()}
            )
        except WebhookVerificationError:
            return web.Response(status=401)
        self.messages.put_nowait(message)
        return web.Response(status=204)

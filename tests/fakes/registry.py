"""A registry on 127.0.0.1 that can be filled by hand and told to misbehave."""

import asyncio
import base64
import gzip
import hashlib
import io
import json
import ssl
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs

from aiohttp import web

from tests.fakes.serving import serving

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
USERNAME, PASSWORD = "crawler", "open sesame"
CHUNK_BYTES = 256 * 1024


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def layer_of(files: Mapping[str, bytes], *, executable: bool = False) -> bytes:
    """Return a gzipped tar; equal files give equal bytes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.mode = 0o755 if executable else member.mode
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


@dataclass(frozen=True, slots=True)
class Logged:
    """One request that arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    status: int
    certified: bool
    """Whether the client showed a certificate."""

    @property
    def authorization(self) -> str:
        return self.headers.get("Authorization", "")


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer given instead of the true one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Faults:
    """What goes wrong; everything is off at first and may be switched while the registry runs."""

    next_answers: list[Canned] = field(default_factory=list)
    """Given to the next requests, token requests excepted, one each: 429 storms, 503 …"""
    always: dict[str, Canned] = field(default_factory=dict)
    """Path → answer: broken JSON, huge manifests, index cycles …"""
    bodies: dict[str, bytes] = field(default_factory=dict)
    """Blob digest → bytes sent in their place, with their own length."""
    drop_after: list[int] = field(default_factory=list)
    """The next blob answers break their connection after so many bytes, one each."""
    chunked: bool = False
    """Blobs are sent without a length."""
    endless: bool = False
    """Blobs are sent without a length and never end."""
    stalled: bool = False
    """Blobs stop after their first half and keep the connection."""
    ignores_range: bool = False
    wrong_range: bool = False
    """Range answers begin one byte too late."""
    redirect_blobs_to: str = ""
    """Blob requests go to this origin with the same path."""
    redirect_circle: bool = False
    refuses_all: bool = False
    """401 whatever is sent."""
    lying_digest: str = ""
    """Docker-Content-Digest of every manifest."""
    no_digest_header: bool = False
    head_status: int = 0
    """Status of every HEAD of a manifest."""
    null_tags: bool = False
    link: str = ""
    """Link header of every list."""
    headers: dict[str, str] = field(default_factory=dict)
    """Added to every answer."""
    token_status: int = 0
    token_lifetime_s: int | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """An image that was pushed."""

    digest: str
    body: bytes
    config_digest: str
    layers: tuple[dict[str, Any], ...]
    """The layers' descriptors."""


class FakeRegistry:
    """Holds images in memory and serves them; "async with" runs it in this loop, `running` in a thread."""

    def __init__(
        self,
        *,
        auth: Literal["none", "basic", "bearer"] = "none",
        tls: ssl.SSLContext | None = None,
        service: str = "fake",
    ) -> None:
        self.auth = auth
        self.service = service
        self.page_size = 1000
        """The largest page of a list, whatever n asks for."""
        self.realm = ""
        """The token server; the default is /token here."""
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, dict[str, tuple[str, bytes]]] = {}
        """Repository → digest → media type and body."""
        self.tags: dict[str, dict[str, str]] = {}
        self.requests: list[Logged] = []
        self.faults = Faults()
        self._tls = tls
        self._tokens: dict[str, str] = {}
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._port = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}"

    def paths(self, method: str = "GET") -> list[str]:
        """Return the paths asked for so far, in their order."""
        return [request.path for request in self.requests if request.method == method]

    def push_blob(self, data: bytes) -> str:
        self.blobs[digest_of(data)] = data
        return digest_of(data)

    def push_manifest(self, repository: str, tag: str, value: object, media_type: str = OCI_MANIFEST) -> str:
        """Store a manifest, given as bytes or as what its JSON says, under a tag unless that is empty."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        digest = digest_of(body)
        self.manifests.setdefault(repository, {})[digest] = (media_type, body)
        tags = self.tags.setdefault(repository, {})
        if tag:
            tags[tag] = digest
        return digest

    def push_image(
        self,
        repository: str,
        tag: str,
        layers: Sequence[bytes],
        config: Mapping[str, Any] | None = None,
        **more: object,
    ) -> Pushed:
        """Store an image of packed layers; `more` are further keys of its manifest."""
        body = json.dumps({"architecture": "amd64", "os": "linux"} | dict(config or {})).encode()
        described = tuple(
            {"mediaType": OCI_LAYER, "digest": self.push_blob(layer), "size": len(layer)} for layer in layers
        )
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": OCI_CONFIG, "digest": self.push_blob(body), "size": len(body)},
            "layers": described,
        } | more
        digest = self.push_manifest(repository, tag, manifest)
        return Pushed(digest, self.manifests[repository][digest][1], digest_of(body), described)

    def push_index(self, repository: str, tag: str, entries: Sequence[Mapping[str, Any]]) -> str:
        """Store an index of descriptors."""
        value = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)}
        return self.push_manifest(repository, tag, value, OCI_INDEX)

    async def __aenter__(self) -> Self:
        self._stopping = asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Run in a thread with a loop of its own."""
        with serving(self):
            yield self

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        status, certified = 0, bool(request.get_extra_info("peercert"))
        path, query, headers = request.path, request.query_string, dict(request.headers)
        try:
            response = await self._answer(request)
            status = response.status
        finally:
            self.requests.append(Logged(request.method, path, query, headers, status, certified))
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        if path == "/token":
            return await self._token(request)
        if self.faults.next_answers:
            return _canned(self.faults.next_answers.pop(0))
        refusal = self._refusal(request, path)
        if refusal is not None:
            return refusal
        if path in self.faults.always:
            return _canned(self.faults.always[path])
        response = await self._route(request, path)
        if not response.prepared:
            response.headers.update(self.faults.headers)
        return response

    async def _route(self, request: web.Request, path: str) -> web.StreamResponse:
        if path == "/v2/":
            return web.json_response({})
        if path == "/v2/_catalog":
            return self._list(request, "repositories", sorted(self.manifests))
        if path.endswith("/tags/list"):
            tags = self.tags.get(path.removeprefix("/v2/").removesuffix("/tags/list"))
            return _error(404, "NAME_UNKNOWN") if tags is None else self._list(request, "tags", sorted(tags))
        repository, kind, reference = _split(path)
        if kind == "manifests":
            return self._manifest(request, repository, reference)
        if kind == "blobs":
            return await self._blob(request, path, reference)
        return _error(404, "UNSUPPORTED")

    def _refusal(self, request: web.Request, path: str) -> web.Response | None:
        sent = request.headers.get("Authorization", "")
        if self.auth == "basic":
            pair = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
            permitted, challenge = sent == f"Basic {pair}", 'Basic realm="fake"'
        elif self.auth == "bearer":
            scope = _scope(path)
            permitted = self._tokens.get(sent.removeprefix("Bearer ")) == scope
            realm = self.realm or f"{self.url}/token"
            challenge = f'Bearer realm="{realm}",service="{self.service}",scope="{scope}"'
        else:
            permitted, challenge = True, 'Basic realm="fake"'
        if permitted and not self.faults.refuses_all:
            return None
        response = _error(401, "UNAUTHORIZED")
        response.headers["WWW-Authenticate"] = challenge
        return response

    async def _token(self, request: web.Request) -> web.Response:
        if self.faults.token_status:
            return _error(self.faults.token_status, "UNAUTHORIZED")
        asked = parse_qs((await request.text()) if request.method == "POST" else request.query_string)
        scope = asked.get("scope", [""])[0]
        token = f"token-{len(self._tokens)}"
        self._tokens[token] = scope
        answer: dict[str, object] = {"token": token}
        if self.faults.token_lifetime_s is not None:
            answer["expires_in"] = self.faults.token_lifetime_s
        return web.json_response(answer)

    def revoke_tokens(self) -> None:
        """Let no token handed out so far be good for anything."""
        self._tokens = dict.fromkeys(self._tokens, "revoked")

    def _list(self, request: web.Request, key: str, names: list[str]) -> web.Response:
        if key == "tags" and self.faults.null_tags:
            return web.json_response({"name": "", key: None})
        last = request.query.get("last", "")
        rest = [name for name in names if name > last]
        page = rest[: min(int(request.query.get("n", "100")), self.page_size)]
        response = web.json_response({key: page})
        if self.faults.link:
            response.headers["Link"] = self.faults.link
        elif len(page) < len(rest):
            response.headers["Link"] = f'<{request.path}?n={len(page)}&last={page[-1]}>; rel="next"'
        return response

    def _manifest(self, request: web.Request, repository: str, reference: str) -> web.Response:
        if request.method == "HEAD" and self.faults.head_status:
            return web.Response(status=self.faults.head_status)
        digest = self.tags.get(repository, {}).get(reference, reference)
        held = self.manifests.get(repository, {}).get(digest)
        if held is None:
            return _error(404, "MANIFEST_UNKNOWN")
        response = web.Response(body=held[1], headers={"Content-Type": held[0]})
        if not self.faults.no_digest_header:
            response.headers["Docker-Content-Digest"] = self.faults.lying_digest or digest
        return response

    async def _blob(self, request: web.Request, path: str, digest: str) -> web.StreamResponse:
        if self.faults.redirect_circle:
            return web.Response(status=307, headers={"Location": f"{path}?again"})
        if self.faults.redirect_blobs_to:
            return web.Response(status=307, headers={"Location": self.faults.redirect_blobs_to + path})
        data = self.faults.bodies.get(digest, self.blobs.get(digest))
        if data is None:
            return _error(404, "BLOB_UNKNOWN")
        return await self._stream(request, data)

    async def _stream(self, request: web.Request, data: bytes) -> web.StreamResponse:
        first = self._first_byte(request)
        if first > len(data) or (first and first == len(data)):
            return _error(416, "RANGE_INVALID")
        response = web.StreamResponse(status=206 if first else 200)
        if first:
            shown = first + 1 if self.faults.wrong_range else first
            response.headers["Content-Range"] = f"bytes {shown}-{len(data) - 1}/{len(data)}"
        if not (self.faults.chunked or self.faults.endless):
            response.content_length = len(data) - first
        await response.prepare(request)
        await self._send(request, response, memoryview(data)[first:])
        return response

    async def _send(self, request: web.Request, response: web.StreamResponse, data: memoryview) -> None:
        end = self.faults.drop_after.pop(0) if self.faults.drop_after else len(data)
        end = len(data) // 2 if self.faults.stalled else end
        for start in range(0, min(end, len(data)), CHUNK_BYTES):
            await response.write(bytes(data[start : min(start + CHUNK_BYTES, end)]))
        if self.faults.stalled:
            await self._stopping.wait()
        while self.faults.endless and not self._stopping.is_set():
            await response.write(bytes(CHUNK_BYTES))
        if end < len(data) and request.transport is not None:
            request.transport.close()

    def _first_byte(self, request: web.Request) -> int:
        wanted = request.headers.get("Range", "")
        if self.faults.ignores_range or not wanted:
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-"))


def _split(path: str) -> tuple[str, str, str]:
    rest, _, reference = path.removeprefix("/v2/").rpartition("/")
    repository, _, kind = rest.rpartition("/")
    return repository, kind, reference


def _scope(path: str) -> str:
    if path == "/v2/_catalog":
        return "registry:catalog:*"
    if path == "/v2/":
        return ""
    repository = path.removesuffix("/tags/list").removeprefix("/v2/")
    return f"repository:{repository if path.endswith('/tags/list') else _split(path)[0]}:pull"


def _error(status: int, code: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": "made up"}]}, status=status)


def _canned(answer: Canned) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

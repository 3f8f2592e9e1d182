"""The distribution specification's pull side, spoken with one registry.

Spec: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

import msgspec

from analyzers.documents.wording import decoding_problem
from crawler.registry import media_types
from crawler.registry.blobs import Download
from crawler.registry.credentials import CredentialSource
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import (
    DeniedError,
    DigestMismatchError,
    InvalidReferenceError,
    ManifestError,
    NotFoundError,
    ProtocolError,
    UnauthorizedError,
)
from crawler.registry.links import next_page
from crawler.registry.manifest import (
    INT64_MAX,
    MANIFEST_BYTES,
    Described,
    Descriptor,
    RawManifest,
    decode_json,
)
from crawler.registry.origins import absolute, check_plain_http, origin_of
from crawler.registry.reference import Digest, is_repository, is_tag, parse_digest
from crawler.registry.session import Counts
from crawler.registry.sinks import BlobSink, check_digest
from crawler.registry.transport import Answer, Ask, Timing, Transport, nobody

PAGE_SIZE = 1000
"""Names asked for at once; registries may give fewer."""
PAGES = 10_000
"""Pages of one list."""
PAGE_BYTES = 16 * 1024 * 1024
"""Length of one page: some registries ignore the page's size and give everything."""
CATALOG_SCOPE = "registry:catalog:*"

# Some registries have no HEAD for manifests, or answer it with what they would not answer to GET.
_HEAD_REFUSED = (DeniedError, NotFoundError, ProtocolError)


class RegistryClient:
    """Reads from one registry; use it as an async context manager.

    Every method raises a RegistryError of `errors`. `counts` tells what was requested so far.

    Args:
        endpoint: where the registry is and how to reach it.
        credentials: gives logins when the endpoint has none; the default is anonymous.
        timing: bounds of retries, clock and randomness.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        credentials: CredentialSource = nobody,
        timing: Timing | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._transport = Transport(endpoint, credentials=credentials, timing=timing or Timing())

    @property
    def counts(self) -> Counts:
        """Requests, bytes and retries so far; it changes while the client works."""
        return self._transport.counts

    @property
    def host(self) -> str:
        """The registry's host and port, as messages name it."""
        return str(self._transport.origin)

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    @property
    def is_silent(self) -> bool:
        """Whether the registry has not answered for so long that asking for more is in vain."""
        return self._transport.is_silent

    async def ping(self) -> None:
        """Make sure that the host speaks the protocol and accepts the login."""
        ask = Ask(url=self.url("/v2/"), purpose="lists", thing="ping")
        await self._transport.fetch(ask, limit=PAGE_BYTES, limit_name="page_bytes")

    async def service(self) -> str:
        """Return the name the registry has at its token server; empty when it needs no token."""
        try:
            await self.ping()
        except UnauthorizedError:
            if not self._transport.login.service:
                raise
        return self._transport.login.service

    async def catalog(self) -> AsyncIterator[str]:
        """Yield the names of the repositories, as the registry spells and orders them."""
        first = Ask(
            url=self.url(f"/v2/_catalog?n={PAGE_SIZE}"), purpose="lists", thing="catalog", scope=CATALOG_SCOPE
        )
        async for page in self.pages(first):
            for name in _names(page, "repositories", f"{self.host}: catalog"):
                yield name

    async def tags(self, repository: str) -> AsyncIterator[str]:
        """Yield the tags of a repository, as the registry spells and orders them."""
        _check_repository(repository)
        first = Ask(
            url=self.url(f"/v2/{repository}/tags/list?n={PAGE_SIZE}"),
            purpose="lists",
            thing=f"tags of {repository}",
            scope=_pull(repository),
            repository=repository,
        )
        async for page in self.pages(first):
            for name in _names(page, "tags", f"{self.host}: {first.thing}"):
                yield name

    async def pages(self, first: Ask) -> AsyncIterator[Answer]:
        """Yield the pages of a list that starts at `first`, following its links to the end."""
        url: str | None = first.url
        seen: set[int] = set()
        while url is not None:
            seen.add(hash(url))
            ask = msgspec.structs.replace(first, url=url)
            try:
                page = await self._transport.fetch(ask, limit=PAGE_BYTES, limit_name="page_bytes")
            except NotFoundError as error:
                if url == first.url:
                    raise
                # Not the list is gone, but the rest of it.
                raise ProtocolError(f"{error}, which page {len(seen) - 1} of the list names") from error
            yield page
            url = next_page(page.links, url)
            if url is not None and (hash(url) in seen or len(seen) >= PAGES):
                raise ProtocolError(
                    f"{self.host}: {first.thing}: the list does not end after {len(seen)} pages"
                )

    async def head_manifest(self, repository: str, reference: str) -> Described:
        """Return what a tag or digest stands for, without its content where the registry can do so."""
        ask = self._manifest_ask(repository, reference, method="HEAD")
        try:
            answer = await self._transport.fetch(ask, limit=0, limit_name="head_bytes")
        except _HEAD_REFUSED:
            answer = None
        described = _described(answer) if answer is not None else None
        if described is not None:
            if ":" in reference and described.digest != reference:
                raise DigestMismatchError(f"{self._transport.name(ask)}: answered as {described.digest}")
            return described
        raw = await self.get_manifest(repository, reference)
        return Described(digest=raw.digest, media_type=raw.media_type, size=len(raw.body))

    async def get_manifest(self, repository: str, reference: str) -> RawManifest:
        """Return the manifest or index of a tag or digest, verified against every digest known of it."""
        ask = self._manifest_ask(repository, reference, method="GET")
        thing = self._transport.name(ask)
        answer = await self._transport.fetch(ask, limit=MANIFEST_BYTES, limit_name="manifest_bytes")
        media_type = media_types.bare(answer.headers.get("Content-Type", ""))
        if media_type in media_types.SCHEMA1:
            # Its digest leaves out the signatures in the body, so that comparing would mislead.
            raise ManifestError(f"{thing}: Docker schema 1 is obsolete and carries no config, expected 2")
        wanted = parse_digest(reference) if ":" in reference else None
        stated = _stated_digest(answer, thing)
        for known in filter(None, (wanted, stated)):
            check_digest(known, answer.body, thing)
        digest = wanted or stated or Digest(f"sha256:{hashlib.sha256(answer.body).hexdigest()}")
        return RawManifest(
            digest=digest, media_type=_manifest_type(media_type, answer.body), body=answer.body
        )

    async def get_blob(self, repository: str, digest: Digest, limit: int) -> bytes:
        """Return a whole verified blob of at most `limit` bytes, such as a config."""
        ask = self._blob_ask(repository, digest)
        answer = await self._transport.fetch(ask, limit=limit, limit_name="blob_bytes")
        check_digest(digest, answer.body, self._transport.name(ask))
        return answer.body

    async def pull_blob(
        self,
        repository: str,
        descriptor: Descriptor,
        sink: BlobSink,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        """Stream a blob into `sink`; afterwards it holds exactly the bytes that the descriptor names.

        Args:
            repository: where the blob is.
            descriptor: its digest and size; for a foreign layer also where else it may be.
            sink: written to within the event loop, so it should be fast: a file, not a network.
            on_progress: called with the number of bytes written; negative when the sink was restarted.
        """
        download = Download(self._transport, descriptor, sink, on_progress)
        try:
            await download.run(self._blob_ask(repository, descriptor.digest))
        except NotFoundError:
            if not (media_types.is_foreign(descriptor.media_type) and descriptor.urls):
                raise
            await self._pull_foreign(descriptor, download)

    async def _pull_foreign(self, descriptor: Descriptor, download: Download) -> None:
        for url in descriptor.urls:
            target = origin_of(url)
            thing = f"foreign layer {descriptor.digest} at {target}"
            check_plain_http(target, self._transport.origin, insecure=self.endpoint.insecure, purpose=thing)
            try:
                await download.run(Ask(url=absolute(url, url), purpose="blobs", thing=thing, login="none"))
            except NotFoundError:
                continue
            return
        raise NotFoundError(f"{self.host}: foreign layer {descriptor.digest}: neither here nor at its urls")

    def url(self, path: str) -> str:
        """Return the absolute URL of a path on this registry."""
        return f"{self.endpoint.base_url}{path}"

    def _manifest_ask(self, repository: str, reference: str, *, method: str) -> Ask:
        _check_repository(repository)
        separator = "@" if ":" in reference else ":"
        if separator == "@":
            parse_digest(reference)
        elif not is_tag(reference):
            raise InvalidReferenceError(f"{self.host}: {repository}: {reference!r:.200} is not a tag")
        return Ask(
            url=self.url(f"/v2/{repository}/manifests/{reference}"),
            purpose="heads" if method == "HEAD" else "manifests",
            thing=f"{repository}{separator}{reference}",
            method="HEAD" if method == "HEAD" else "GET",
            repository=repository,
            scope=_pull(repository),
            headers={"Accept": media_types.ACCEPT},
        )

    def _blob_ask(self, repository: str, digest: Digest) -> Ask:
        _check_repository(repository)
        return Ask(
            url=self.url(f"/v2/{repository}/blobs/{parse_digest(digest)}"),
            purpose="blobs",
            thing=f"{repository}@{digest}",
            repository=repository,
            scope=_pull(repository),
        )


def _pull(repository: str) -> str:
    return f"repository:{repository}:pull"


def _check_repository(repository: str) -> None:
    if not is_repository(repository):
        raise InvalidReferenceError(f"{repository!r:.300} is not a repository name")


def _names(page: Answer, key: str, thing: str) -> list[str]:
    """Return the strings under `key`; registries in Go write an empty list as null, or leave it out.

    What has other keys instead is no list but, for one, an error that came as a success.
    """
    try:
        value = msgspec.json.decode(page.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProtocolError(f"{thing}: expected JSON: {decoding_problem(error)}") from error
    is_list = isinstance(value, dict) and (key in value or value.keys() <= {"name"})
    names = value.get(key) if is_list else ""
    if names is None:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ProtocolError(f"{thing}: expected an object with a list of strings under {key!r}")
    return names


def _described(answer: Answer) -> Described | None:
    """Return what a HEAD says; None when something is missing."""
    length = answer.headers.get("Content-Length", "")
    media_type = media_types.bare(answer.headers.get("Content-Type", ""))
    try:
        digest = parse_digest(answer.headers.get("Docker-Content-Digest", ""))
    except InvalidReferenceError:
        return None
    if not (length.isascii() and length.isdigit() and media_type):
        return None
    return Described(digest=digest, media_type=media_type, size=min(int(length[:20]), INT64_MAX))


def _stated_digest(answer: Answer, thing: str) -> Digest | None:
    header = answer.headers.get("Docker-Content-Digest", "")
    if not header:
        return None
    try:
        return parse_digest(header)
    except InvalidReferenceError as error:
        raise ProtocolError(f"{thing}: Docker-Content-Digest: {error}") from error


def _manifest_type(served: str, body: bytes) -> str:
    """Return the served media type; where that is a general one, what the body says of itself."""
    if served in media_types.MANIFESTS or served in media_types.INDEXES:
        return served
    value = decode_json(body, "manifest")
    stated = value.get("mediaType") if isinstance(value, dict) else None
    return stated if isinstance(stated, str) else served

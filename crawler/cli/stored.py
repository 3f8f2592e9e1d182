"""What commands find in the store that a crawl or a scan left."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from config.settings import Settings
from crawler.cli.options import Options
from crawler.engine import store_path
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import InvalidReferenceError
from crawler.registry.origins import origin_of
from crawler.registry.reference import Reference, parse_digest
from crawler.sources.chain import parse_image_name
from crawler.targets.image import chosen
from store import images, lookup, tags
from store.database import Reader, Store, open_store
from store.errors import StoreError

_SECONDS = len("2026-01-01T00:00:00")


class NotStoredError(StoreError):
    """The store does not have what was asked for; the message names the command that would put it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An analysed image and what it is called."""

    name: str
    digest: str
    repository: str = ""
    """Host and repository; empty when only a digest was given."""
    tags: tuple[str, ...] = ()


@contextlib.asynccontextmanager
async def open_existing(options: Options, settings: Settings) -> AsyncIterator[Store]:
    """Open the store. Raises NotStoredError when there is none: a look should not make one."""
    path = store_path(settings, options.cache_dir)
    if not await asyncio.to_thread(path.is_file):
        raise NotStoredError(f"{path}: no such file; `cleanbill crawl` or `cleanbill image NAME` makes it")
    async with open_store(path) as store:
        yield store


async def find_image(reader: Reader, name: str, platform: str, time: str) -> StoredImage:
    """Return the image that a digest alone, or a name with tag or digest, meant at a time.

    Raises:
        InvalidReferenceError: the name is none.
        NotStoredError: no crawl or scan has met it, or it could not be analysed.
    """
    if name.startswith("sha256:"):
        digest = _digest(name)
        return StoredImage(name=name, digest=await _analysed(reader, name, digest, platform))
    reference = parse_image_name(name)
    digest = reference.digest or await _tagged(reader, name, reference, time)
    return StoredImage(
        name=name,
        digest=await _analysed(reader, name, digest, platform),
        repository=f"{reference.registry}/{reference.repository}",
        tags=(reference.tag,) if reference.tag else (),
    )


def _digest(name: str) -> str:
    try:
        return str(parse_digest(name))
    except InvalidReferenceError as error:
        raise InvalidReferenceError(f"digest {name!r:.160}: {error}") from error


async def _tagged(reader: Reader, name: str, reference: Reference, time: str) -> str:
    """Return what a tag pointed to."""
    for url in await lookup.registries(reader):
        if is_served_by(reference, url):
            digest = await tags.tag_at(reader, url, reference.repository, reference.tag, time)
            if digest is not None:
                return digest
            spans = await lookup.tag_spans(reader, url, reference.repository, reference.tag)
            if spans:
                raise NotStoredError(_not_then(name, time, spans))
    raise NotStoredError(
        f"{name}: no crawl has met this tag; `cleanbill crawl {reference.registry}` would, or give the digest"
        f" that `cleanbill image {name}` tells"
    )


def is_served_by(reference: Reference, url: str) -> bool:
    """Tell whether a registry of the store, known by its address, is the one that a name means."""
    return origin_of(Endpoint(url=url, insecure=True).base_url) in {
        origin_of(f"{scheme}://{reference.host}") for scheme in ("http", "https")
    }


def _not_then(name: str, time: str, spans: list[tuple[str, str | None]]) -> str:
    """Return what the store knows of the tag before and after a time at which it knows nothing."""
    before = max((until for _, until in spans if until is not None and until <= time), default="")
    after = min((since for since, _ in spans if since > time), default="")
    if not before:
        return (
            f"{name}: nothing is known of this tag at {_second(time)}, only since {_second(after)}:"
            " no crawl saw it before, or that is longer ago than store.keep"
        )
    again = f", and again from {_second(after)}" if after else ""
    return f"{name}: no crawl saw this tag at {_second(time)}; it was there until {_second(before)}{again}"


def _second(time: str) -> str:
    return f"{time[:_SECONDS]}Z"


async def _analysed(reader: Reader, name: str, digest: str, platform: str) -> str:
    """Return the digest itself, or that of the index's image for the platform."""
    children = await images.index_children(reader, digest)
    if children:
        digest = _for_platform(name, children, platform)
    states = await images.manifest_states(reader, [digest])
    if digest not in states:
        raise NotStoredError(f"{name}: not in the store; `cleanbill image {name}` would put it there")
    state = states[digest]
    match state.state:
        case "analysed":
            return digest
        case "not_an_image":
            raise NotStoredError(f"{name}: not an image but a {state.reason}")
        case "pending":
            why = state.reason or "not analysed yet"
            command = f"cleanbill image {name} --platform {platform}"
            raise NotStoredError(f"{name}: {why}; `{command}` would look into it")
    raise NotStoredError(f"{name}: it could not be analysed: {state.reason}")


def _for_platform(name: str, children: Mapping[str, str], platform: str) -> str:
    wanted = chosen(children, (platform,))
    if len(wanted) != 1:
        held = ", ".join(sorted(children.values()))
        raise NotStoredError(f"{name}: expected one image for {platform!r} in the index; it holds {held}")
    return wanted[0]

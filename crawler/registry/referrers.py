"""What refers to an image in its registry: attestations, and VEX documents among them.

Builders put attestations beside the images of an index.

Specs: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers and
#referrers-tag-schema there, https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md and
ATTESTATION_SPEC.md beside it,
https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from urllib.parse import quote

import msgspec

from crawler.registry import media_types
from crawler.registry.client import RegistryClient
from crawler.registry.errors import (
    InvalidReferenceError,
    ManifestError,
    NotFoundError,
    ProtocolError,
    TooLargeError,
)
from crawler.registry.manifest import Descriptor, Index, Manifest, parse_manifest
from crawler.registry.reference import Digest, is_repository, parse_digest
from crawler.registry.transport import Ask

REFERRERS = 1000
"""Artifacts that refer to one image."""
ATTESTATIONS = 100
"""Documents that are fetched for one image."""
ATTESTATION_BYTES = 16 * 1024 * 1024
"""Length of one document; ordinary ones have a few KiB, those of large vendors a few MiB."""
ATTESTED_BYTES = 64 * 1024 * 1024
"""Length of all documents of one image together."""

_LONGEST_ALGORITHM, _LONGEST_HEX = 32, 64
_ENVELOPES = (
    "application/vnd.dev.sigstore.bundle",
    "application/vnd.dsse.envelope",
    "application/vnd.in-toto",
)
_PREDICATES = ("dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type", "predicateType")
"""Annotations that tell what an envelope holds."""
_REFERENCE, _ATTESTATION = "vnd.docker.reference.type", "attestation-manifest"
"""The annotation by which an index tells its attestations from its images, and what it says."""
_VEX_WORDS = ("vex", "csaf")
# The thing alone cannot be used; the registry, and what else refers to the image, can.
_BROKEN = (InvalidReferenceError, ManifestError, NotFoundError, ProtocolError, TooLargeError)


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """One document that refers to an image; read it with analyzers.ignore.vex.read_attestation."""

    manifest: Digest
    """Of the artifact that it lies in."""
    media_type: str
    data: bytes


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """What may hold VEX statements about an image."""

    attestations: tuple[Attestation, ...]
    problems: tuple[str, ...]
    """What could not be read, so that its statements are not known; a sentence each."""


async def list_referrers(
    client: RegistryClient, repository: str, digest: Digest, artifact_type: str = ""
) -> tuple[Descriptor, ...]:
    """Return what refers to a manifest, by the registry's list or, where it has none, by a tag.

    Args:
        client: of the registry.
        repository: where the manifest is.
        digest: of the manifest or index.
        artifact_type: the only type wanted; any when empty.

    Raises:
        RegistryError: the list cannot be fetched or read; a TooLargeError when it has more than REFERRERS.
    """
    found: list[Descriptor] = []
    async for index in _lists(client, repository, digest, artifact_type):
        found += (each for each in index.manifests if artifact_type in ("", each.artifact_type))
        if len(found) > REFERRERS:
            raise TooLargeError(
                "referrers", f"{client.host}: {repository}@{digest}: more than {REFERRERS} referrers"
            )
    return tuple(found)


async def fetch_vex(client: RegistryClient, repository: str, digest: Digest) -> Attached:
    """Return the documents that may hold VEX statements about an image, or the images of an index.

    They are those of its referrers, those of cosign's own tag, and those that the index itself lists.
    Signatures are not verified: whoever may push to the repository may attach statements.

    Raises:
        RegistryError: the registry cannot be reached or refuses, or its list of referrers cannot be read.
    """
    referrers = await list_referrers(client, repository, digest)
    wanted: list[str] = [
        each.digest for each in referrers if _may_hold_vex(each.artifact_type, each.annotations)
    ]
    attestations: list[Attestation] = []
    problems: list[str] = []
    try:
        wanted += await _built(client, repository, digest)
    except _BROKEN as error:
        problems.append(str(error))
    for reference in (*wanted, f"{_tag(digest)}.att"):
        try:
            await _fetch(client, repository, reference, attestations)
        except _BROKEN as error:
            if reference in wanted or not isinstance(error, NotFoundError):
                problems.append(str(error))
    return Attached(attestations=tuple(attestations), problems=tuple(problems))


async def _built(client: RegistryClient, repository: str, digest: Digest) -> list[str]:
    """Return the attestations that an index lists beside its images; an image has none."""
    raw = await client.get_manifest(repository, digest)
    try:
        found = raw.parse()
    except ManifestError as error:
        raise ManifestError(f"{client.host}: {repository}: {digest}: {error}") from error
    entries = found.manifests if isinstance(found, Index) else ()
    return [each.digest for each in entries if each.annotations.get(_REFERENCE) == _ATTESTATION]


async def _lists(
    client: RegistryClient, repository: str, digest: Digest, artifact_type: str
) -> AsyncIterator[Index]:
    if not is_repository(repository):
        raise InvalidReferenceError(f"{repository!r:.300} is not a repository name")
    query = f"?artifactType={quote(artifact_type, safe='')}" if artifact_type else ""
    ask = Ask(
        url=client.url(f"/v2/{repository}/referrers/{parse_digest(digest)}{query}"),
        purpose="lists",
        thing=f"referrers of {repository}@{digest}",
        repository=repository,
        scope=f"repository:{repository}:pull",
        headers={"Accept": media_types.OCI_INDEX},
    )
    is_listed = False
    try:
        async for page in client.pages(ask):
            # Some registries answer what they do not know with a page for browsers.
            type_ = media_types.bare(page.headers.get("Content-Type", ""))
            if not is_listed and type_ != media_types.OCI_INDEX:
                break
            is_listed = True
            yield _index(page.body, media_types.OCI_INDEX, f"{client.host}: {ask.thing}")
    except (NotFoundError, ProtocolError):
        if is_listed:
            raise
    if not is_listed:
        async for index in _tagged(client, repository, digest):
            yield index


async def _tagged(client: RegistryClient, repository: str, digest: Digest) -> AsyncIterator[Index]:
    try:
        raw = await client.get_manifest(repository, _tag(digest))
    except NotFoundError:
        return
    yield _index(raw.body, raw.media_type, f"{client.host}: {repository}:{_tag(digest)}")


def _index(body: bytes, media_type: str, thing: str) -> Index:
    try:
        found = parse_manifest(body, media_type)
    except ManifestError as error:
        raise ManifestError(f"{thing}: {error}") from error
    if not isinstance(found, Index):
        raise ManifestError(f"{thing}: an image, expected an index")
    return found


def _tag(digest: Digest) -> str:
    """Return the tag that lists referrers: "sha256-<hex>", cut to what a tag may have."""
    algorithm, _, value = digest.partition(":")
    return f"{algorithm[:_LONGEST_ALGORITHM]}-{value[:_LONGEST_HEX]}"


async def _fetch(client: RegistryClient, repository: str, reference: str, found: list[Attestation]) -> None:
    """Add an artifact's documents to those that were found, as long as there is room."""
    raw = await client.get_manifest(repository, reference)
    thing = f"{client.host}: {repository}: {reference}"
    try:
        manifest = raw.parse()
    except ManifestError as error:
        raise ManifestError(f"{thing}: {error}") from error
    if not isinstance(manifest, Manifest):
        raise ManifestError(f"{thing}: an index, expected an artifact")
    for layer in _layers(manifest):
        if len(found) >= ATTESTATIONS:
            raise TooLargeError(
                "attestations", f"{thing}: more than {ATTESTATIONS} attestations of one image"
            )
        room_bytes = ATTESTED_BYTES - sum(len(each.data) for each in found)
        data = await client.get_blob(repository, layer.digest, min(ATTESTATION_BYTES, room_bytes))
        found.append(Attestation(manifest=raw.digest, media_type=layer.media_type, data=data))


def _layers(manifest: Manifest) -> Iterator[Descriptor]:
    """Yield the layers that may hold VEX; one artifact may have many, of which each is an attestation."""
    for layer in manifest.layers:
        if _may_hold_vex(layer.media_type, layer.annotations) or _is_vex(manifest.artifact_type):
            yield layer


def _may_hold_vex(type_: str, annotations: Mapping[str, str]) -> bool:
    """Tell whether an artifact or layer is VEX, or an envelope around what may be."""
    predicate = next((annotations[key] for key in _PREDICATES if annotations.get(key)), "")
    return _is_vex(predicate) if predicate else type_.startswith(_ENVELOPES) or _is_vex(type_)


def _is_vex(word: str) -> bool:
    return any(each in word.lower() for each in _VEX_WORDS)

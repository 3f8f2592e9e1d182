"""Archives as `docker save`, Podman, skopeo, buildx and kaniko write them, and what they hold."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes import images as made
from tests.fakes.registry import digest_of


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link, or a hard one."""

    target: str
    hard: bool = False


Members = Mapping[str, bytes | Link]


def tar(members: Members) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if isinstance(content, Link):
                member.type = tarfile.LNKTYPE if content.hard else tarfile.SYMTYPE
                member.linkname = content.target
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return raw.getvalue()


def unpacked(*layers: bytes) -> list[bytes]:
    return [gzip.decompress(layer) for layer in layers]


def hex_of(data: bytes) -> str:
    return digest_of(data).removeprefix("sha256:")


def config(layers: Sequence[bytes], **more: object) -> bytes:
    return json.dumps(made.config(layers, **more)).encode()


def listed(*images: tuple[str, Sequence[str], Sequence[str] | None]) -> bytes:
    """Return manifest.json of (configuration, layers, names)."""
    entries: list[dict[str, Any]] = [
        {"Config": config, "RepoTags": tags, "Layers": list(layers)} for config, layers, tags in images
    ]
    return json.dumps(entries).encode()


def docker(layers: Sequence[bytes], *tags: str, **more: object) -> dict[str, bytes | Link]:
    """Return what Docker before 25 writes: a folder for each layer; one that comes twice is a link."""
    body, members = config(layers, **more), dict[str, bytes | Link]()
    places: dict[bytes, str] = {}
    for number, layer in enumerate(layers):
        folder = f"{number:064x}"
        first = places.setdefault(layer, folder)
        members[f"{folder}/VERSION"] = b"1.0"
        members[f"{folder}/json"] = b"{}"
        members[f"{folder}/layer.tar"] = layer if first == folder else Link(f"../{first}/layer.tar")
    members[f"{hex_of(body)}.json"] = body
    names = [name for name in members if name.endswith("layer.tar")]
    members["manifest.json"] = listed((f"{hex_of(body)}.json", names, list(tags) or None))
    return members


def podman(layers: Sequence[bytes], *tags: str) -> dict[str, bytes | Link]:
    """Return what Podman and skopeo write: layers by their digests, and links to them."""
    body = config(layers)
    members: dict[str, bytes | Link] = {f"{hex_of(layer)}.tar": layer for layer in layers}
    links = {f"{number}/layer.tar": Link(f"../{hex_of(layer)}.tar") for number, layer in enumerate(layers)}
    names = [f"{hex_of(layer)}.tar" for layer in layers]
    index = listed((f"{hex_of(body)}.json", names, tags))
    return {**members, f"{hex_of(body)}.json": body, **links, "manifest.json": index, "repositories": b"{}"}


def kaniko(layers: Sequence[bytes], *tags: str) -> dict[str, bytes | Link]:
    """Return what kaniko writes: packed layers, and the configuration by its digest."""
    body = config(layers)
    packed = {f"{hex_of(layer)}.tar.gz": gzip.compress(layer, mtime=0) for layer in layers}
    index = listed((digest_of(body), list(packed), tags))
    return {digest_of(body): body, **packed, "manifest.json": index}


def layout(layers: Sequence[bytes], *tags: str) -> dict[str, bytes | Link]:
    """Return what Docker from 25 on and buildx write: a layout that is `docker save`'s archive as well."""
    body = config(layers)
    described = [
        {
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": digest_of(layer),
            "size": len(layer),
        }
        for layer in layers
    ]
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest_of(body),
                "size": len(body),
            },
            "layers": described,
        }
    ).encode()
    entries = [
        {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest_of(manifest),
            "size": len(manifest),
            "annotations": {
                "io.containerd.image.name": f"docker.io/{tag}",
                "org.opencontainers.image.ref.name": tag.rpartition(":")[2],
            },
        }
        for tag in tags
    ]
    blobs = {f"blobs/sha256/{hex_of(each)}": each for each in (*layers, body, manifest)}
    names = [f"blobs/sha256/{hex_of(layer)}" for layer in layers]
    return {
        **blobs,
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "index.json": json.dumps({"schemaVersion": 2, "manifests": entries}).encode(),
        "manifest.json": listed((f"blobs/sha256/{hex_of(body)}", names, tags)),
    }

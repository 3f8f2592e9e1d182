"""Tiny image layers in memory, and the images made of them."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.registry import OCI_MANIFEST, FakeRegistry, Pushed, layer_of

DPKG = "var/lib/dpkg/status"
APK = "lib/apk/db/installed"
HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
HELM_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

Files = Mapping[str, bytes]


def debian(release: str = "12") -> Files:
    return {"etc/os-release": f'ID=debian\nVERSION_ID="{release}"\n'.encode()}


def alpine(release: str = "3.20.1") -> Files:
    return {"etc/os-release": f"ID=alpine\nVERSION_ID={release}\n".encode()}


def dpkg(**versions: str) -> Files:
    """Return dpkg's database of these packages (an underscore stands for a hyphen)."""
    stanzas = [
        f"Package: {name.replace('_', '-')}\nStatus: install ok installed\nArchitecture: amd64\n"
        f"Version: {version}\n"
        for name, version in versions.items()
    ]
    return {DPKG: "\n".join(stanzas).encode()}


def apk(**versions: str) -> Files:
    return {
        APK: "".join(f"P:{name}\nV:{version}\nA:x86_64\n\n" for name, version in versions.items()).encode()
    }


def python(name: str, version: str) -> Files:
    path = f"usr/lib/python3/dist-packages/{name}-{version}.dist-info/METADATA"
    return {path: f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()}


def node(name: str, version: str) -> Files:
    body = json.dumps({"name": name, "version": version}).encode()
    return {f"srv/node_modules/{name}/package.json": body}


def whiteout(path: str) -> Files:
    folder, _, name = path.rpartition("/")
    return {f"{folder}/.wh.{name}": b""}


def layer(*files: Files) -> bytes:
    """Return a packed layer with all these files."""
    return layer_of({path: data for each in files for path, data in each.items()})


def tar_of(*members: tarfile.TarInfo) -> bytes:
    """Return an unpacked layer of empty members, whatever their headers say."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            tar.addfile(member)
    return raw.getvalue()


def diff_id(packed: bytes) -> str:
    unpacked = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    return f"sha256:{hashlib.sha256(unpacked).hexdigest()}"


def config(layers: Sequence[bytes], **more: object) -> dict[str, Any]:
    """Return what a builder writes about these layers."""
    history = [{"created_by": f"RUN step {number}"} for number in range(len(layers))]
    rootfs = {"type": "layers", "diff_ids": [diff_id(each) for each in layers]}
    return {"architecture": "amd64", "os": "linux", "rootfs": rootfs, "history": history} | more


def push(registry: FakeRegistry, repository: str, tag: str, *layers: bytes, **more: object) -> Pushed:
    """Push an image whose configuration tells the truth, but for `more`."""
    return registry.push_image(repository, tag, layers, config(layers, **more))


def entry(image: Pushed, platform: str, **annotations: str) -> dict[str, object]:
    """Return an image's entry in an index; its platform is "os/architecture" or with "/variant"."""
    named = zip(("os", "architecture", "variant"), platform.split("/"), strict=False)
    return {
        "mediaType": OCI_MANIFEST,
        "digest": image.digest,
        "size": len(image.body),
        "platform": dict(named),
        "annotations": annotations,
    }


def push_chart(registry: FakeRegistry, repository: str, tag: str) -> str:
    """Push a Helm chart."""
    return push_artifact(registry, repository, tag, HELM_CONFIG, HELM_LAYER)


def push_artifact(
    registry: FakeRegistry, repository: str, tag: str, config_type: str, layer_type: str
) -> str:
    body = b"{}"
    blob = {"digest": registry.push_blob(body), "size": len(body)}
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": config_type, **blob},
        "layers": [{"mediaType": layer_type, **blob}],
    }
    return registry.push_manifest(repository, tag, manifest)

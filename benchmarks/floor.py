"""The least that a scan can cost: fetch, hash, inflate, hash, walk, in one thread, and nothing parsed.

`python -m benchmarks.floor HOST:PORT REPOSITORY REFERENCE` prints the seconds.
"""

import http.client
import sys
import time
from collections.abc import Iterator
from hashlib import sha256

import msgspec

from analyzers.decompression import decompress
from analyzers.limits import Limits
from analyzers.tar import Walk
from crawler.registry.media_types import ACCEPT


class _Hashed:
    """A response whose bytes are hashed as they are read."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.hash = sha256()

    def read(self, size: int, /) -> bytes:
        data = self._response.read(size)
        self.hash.update(data)
        return data


def walk_image(address: str, repository: str, reference: str) -> int:
    """Fetch, check and walk every layer of a registry's image, by plain http; return the entries seen.

    Raises:
        ValueError: a layer is not what its digest says.
    """
    connection = http.client.HTTPConnection(address)
    manifest = _manifest(connection, repository, reference)
    return sum(_walk_layer(connection, repository, layer.digest) for layer in manifest.layers)


def _walk_layer(connection: http.client.HTTPConnection, repository: str, digest: str) -> int:
    response = _Hashed(_get(connection, f"/v2/{repository}/blobs/{digest}"))
    diff = sha256()

    def hashed(chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            diff.update(chunk)
            yield chunk

    walk = Walk(hashed(decompress(response, Limits())), Limits())
    for _ in walk:
        pass
    if digest != f"sha256:{response.hash.hexdigest()}":
        raise ValueError(f"{repository}: expected bytes of {digest}")
    return walk.entries


class _Described(msgspec.Struct):
    digest: str
    platform: dict[str, object] = {}


class _Manifest(msgspec.Struct):
    layers: tuple[_Described, ...] = ()
    manifests: tuple[_Described, ...] = ()


def _manifest(connection: http.client.HTTPConnection, repository: str, reference: str) -> _Manifest:
    body = _get(connection, f"/v2/{repository}/manifests/{reference}").read()
    found = msgspec.json.decode(body, type=_Manifest)
    for child in found.manifests:
        if child.platform == {"architecture": "amd64", "os": "linux"}:
            return _manifest(connection, repository, child.digest)
    return found


def _get(connection: http.client.HTTPConnection, path: str) -> http.client.HTTPResponse:
    connection.request("GET", path, headers={"Accept": ACCEPT})
    response = connection.getresponse()
    if response.status != http.client.OK:
        raise ValueError(f"{path}: expected 200, got {response.status}")
    return response


if __name__ == "__main__":
    began = time.perf_counter()
    walk_image(*sys.argv[1:])
    print(time.perf_counter() - began)

"""Where the bytes of blobs go, and whether they are the right ones."""

import hashlib
from typing import Protocol

from crawler.registry.errors import DigestMismatchError
from crawler.registry.reference import Digest, algorithm_of


class BlobSink(Protocol):
    """Where a blob's bytes go."""

    def write(self, data: bytes, /) -> object:
        """Append `data`."""
        ...

    def restart(self) -> None:
        """Forget everything written: the blob comes again from its first byte."""
        ...


class MemorySink:
    """Keeps the bytes; for blobs known to be small."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self.write = self._chunks.append
        self.restart = self._chunks.clear

    def value(self) -> bytes:
        """Return everything written."""
        return b"".join(self._chunks)


def check_digest(digest: Digest, body: bytes, thing: str) -> None:
    """Make sure that `body` is what `digest` names.

    Raises:
        DigestMismatchError: it is not.
    """
    actual = hashlib.new(algorithm_of(digest), body).hexdigest()
    if actual != digest.partition(":")[2]:
        raise DigestMismatchError(f"{thing}: expected {digest}, the bytes have {actual}")

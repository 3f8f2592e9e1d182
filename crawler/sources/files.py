"""Named files that hold images: in a folder, or in an archive."""

import hashlib
import stat
from pathlib import Path
from typing import BinaryIO, Protocol

from crawler.registry.errors import (
    DigestMismatchError,
    InvalidReferenceError,
    NotFoundError,
    RegistryError,
    SizeMismatchError,
    TooLargeError,
)
from crawler.registry.manifest import Descriptor
from crawler.registry.reference import HEX_LENGTHS, Digest, algorithm_of, parse_digest
from crawler.registry.sinks import BlobSink

READ_BYTES = 1024 * 1024


class Files(Protocol):
    """Files by their relative names. `str` names the whole in errors; all methods block."""

    def open(self, name: str) -> BinaryIO:
        """Open a regular file, also through links that stay inside.

        Raises:
            NotFoundError: there is none.
            RegistryError: it cannot be read.
        """
        ...


class Folder:
    """The files of a directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def open(self, name: str) -> BinaryIO:
        """Open a regular file that is inside of the folder, whatever links somebody put there."""
        path = self._path / name
        try:
            real = path.resolve(strict=True)
            if not real.is_relative_to(self._path.resolve()):
                raise NotFoundError(f"{path}: leads out of the image layout")
            if not stat.S_ISREG(real.stat().st_mode):
                raise NotFoundError(f"{path}: expected a regular file")
            return real.open("rb")
        except FileNotFoundError as error:
            raise NotFoundError(f"{path}: not found") from error
        except RuntimeError as error:  # what `resolve` says of links in a circle
            raise NotFoundError(f"{path}: links in a circle") from error
        except OSError as error:
            raise RegistryError(f"{path}: cannot be read: {error.strerror}") from error


def digest_in(files: Files, reference: str) -> Digest | None:
    """Return the digest that a reference is, None when it can only be a tag or a name.

    Raises:
        InvalidReferenceError: it begins as a digest and is none.
    """
    if reference.partition(":")[0] not in HEX_LENGTHS:
        return None
    try:
        return parse_digest(reference)
    except InvalidReferenceError as error:
        raise InvalidReferenceError(f"{files}@{reference:.200}: {error}") from error


def holds(files: Files, name: str) -> bool:
    """Tell whether there is a regular file of this name. Raises RegistryError when it cannot be read."""
    try:
        files.open(name).close()
    except NotFoundError:
        return False
    return True


def read_whole(files: Files, name: str, limit: int, limit_name: str) -> bytes:
    """Return a file's content.

    Raises:
        RegistryError: it cannot be read, or has more than `limit` bytes.
    """
    with files.open(name) as file:
        body = file.read(limit + 1)
    if len(body) > limit:
        raise TooLargeError(limit_name, f"{files}/{name}: more than the limit of {limit} bytes")
    return body


def copy_blob(files: Files, name: str, descriptor: Descriptor, sink: BlobSink) -> None:
    """Write a file into a sink.

    Raises:
        RegistryError: it is not what the descriptor says; then what was written is worth nothing.
    """
    with files.open(name) as file:
        size = file.seek(0, 2)
        if size != descriptor.size:
            raise SizeMismatchError(f"{files}/{name}: {size} bytes, expected {descriptor.size}")
        file.seek(0)
        digest, left = hashlib.new(algorithm_of(descriptor.digest)), size
        while left and (chunk := file.read(min(READ_BYTES, left))):
            left -= len(chunk)
            digest.update(chunk)
            sink.write(chunk)
    if digest.hexdigest() != descriptor.digest.partition(":")[2]:
        raise DigestMismatchError(
            f"{files}/{name}: expected {descriptor.digest}, the bytes have {digest.hexdigest()}"
        )

"""Where an export of OSV records lies: the same folders and files on a web server or on disk."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from analyzers.limits import MIB
from crawler.advisories.errors import AnswerError, FeedError, MissingError


@dataclass(frozen=True, slots=True)
class Validators:
    """Which version of a file it was; empty where the source does not say."""

    etag: str = ""
    last_modified: str = ""


UNKNOWN = Validators()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file."""

    body: bytes
    validators: Validators = UNKNOWN


@dataclass(slots=True)
class Traffic:
    """What was asked of a source, and how many bytes it sent."""

    requests: int = 0
    bytes: int = 0


class Source(Protocol):
    """Gives files by folder and name."""

    @property
    def url(self) -> str:
        """The address, without credentials."""
        ...

    async def read(
        self, folder: str, name: str, *, limit: int, traffic: Traffic, known: Validators = UNKNOWN
    ) -> Document | None:
        """Return a file; None when it is still the one that `known` describes.

        Raises:
            MissingError: there is no such file.
            AnswerError: it is refused, or has more than `limit` bytes.
            FeedError: it cannot be read.
        """
        ...

    async def download(
        self, folder: str, name: str, target: BinaryIO, *, limit: int, traffic: Traffic
    ) -> None:
        """Write a file into the empty `target`. Raises as `read` does; target may then hold a part."""
        ...


@asynccontextmanager
async def open_source(url: str) -> AsyncIterator[Source]:
    """Give the source at an http, https or file URL, or at a folder's path.

    Raises:
        FeedError: it is none of them.
    """
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"}:
        # What follows a folder on this machine needs no HTTP library, which takes long to import.
        from crawler.advisories.http import open_http  # noqa: PLC0415 - as said above

        async with open_http(url) as source:
            yield source
    elif parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        yield FolderSource(Path(unquote(parts.path)))
    elif "://" not in url:
        yield FolderSource(Path(url))
    else:
        raise FeedError(f"{parts.scheme!r}: expected an http, https or file URL, or a folder's path")


class FolderSource:
    """An export on disk; a file's time and length say whether it is still the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def url(self) -> str:
        """The folder's file URL."""
        return self._folder.as_uri()

    async def read(
        self, folder: str, name: str, *, limit: int, traffic: Traffic, known: Validators = UNKNOWN
    ) -> Document | None:
        """See `Source.read`."""
        path = self._path(folder, name)
        return await asyncio.to_thread(self._read, path, limit, traffic, known)

    async def download(
        self, folder: str, name: str, target: BinaryIO, *, limit: int, traffic: Traffic
    ) -> None:
        """See `Source.download`. The copy stays what it is when the folder is being renewed."""
        await asyncio.to_thread(self._copy, self._path(folder, name), target, limit, traffic)

    def _path(self, folder: str, name: str) -> Path:
        if {folder, name} & {"", ".", ".."} or any(mark in folder + name for mark in "/\\\0"):
            raise AnswerError(f"{self._folder}: {folder!r}, {name!r}: expected names of a folder and a file")
        return self._folder / folder / name

    def _read(self, path: Path, limit: int, traffic: Traffic, known: Validators) -> Document | None:
        traffic.requests += 1
        with self._opened(path) as file:
            status = os.fstat(file.fileno())
            found = Validators(etag=f"{status.st_mtime_ns}-{status.st_size}")
            if found == known:
                return None
            body = _reading(path, file, limit + 1)
        traffic.bytes += len(body)
        if len(body) > limit:
            raise AnswerError(f"{path}: more than {limit} bytes")
        return Document(body, found)

    def _copy(self, path: Path, target: BinaryIO, limit: int, traffic: Traffic) -> None:
        traffic.requests += 1
        copied = 0
        with self._opened(path) as file:
            while data := _reading(path, file, MIB):
                copied += len(data)
                if copied > limit:
                    raise AnswerError(f"{path}: more than {limit} bytes")
                target.write(data)
        traffic.bytes += copied

    def _opened(self, path: Path) -> BinaryIO:
        if not self._folder.is_dir():
            raise FeedError(f"{self._folder}: no such folder")
        try:
            return path.open("rb")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise MissingError(f"{path}: no such file") from error
        except OSError as error:
            raise FeedError(f"{path}: {error.strerror}") from error


def _reading(path: Path, file: BinaryIO, size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise FeedError(f"{path}: {error.strerror}") from error

"""What `--input` names: a folder or an archive with images, and which one of them."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from analyzers.decompression import GZIP_MAGIC, ZSTD_MAGIC, ZSTD_SKIPPABLE_MAGICS, decompress
from analyzers.errors import LimitExceededError, ParseError
from analyzers.limits import GIB, Limits
from crawler.registry.errors import ManifestError, NotFoundError, RegistryError, TooLargeError
from crawler.sources import ImageSource
from crawler.sources.docker_archive import MANIFEST, DockerArchive
from crawler.sources.files import Files, Folder, holds
from crawler.sources.oci_layout import OciLayout
from crawler.sources.tar_files import TarFiles

ARCHIVE_BYTES = 64 * GIB
"""Unpacked bytes of one archive that are put on the disk."""
_EXPECTED = "an OCI image layout, or an archive of one or of docker save"


def split_input(text: str) -> tuple[Path, str]:
    """Return the path and the tag, name or digest of PATH[:TAG|@DIGEST]; a path that exists is all path."""
    ends = [len(text), *(at for at in range(len(text) - 1, 0, -1) if text[at] in ":@")]
    for end in ends:
        if os.path.exists(text[:end]):  # noqa: PTH110 - pathlib raises for names that are too long
            return Path(text[:end]), text[end + 1 :]
    path, _, reference = text.rpartition("@" if "@" in text else ":")
    return (Path(path), reference) if path and "/" not in reference else (Path(text), "")


@contextlib.contextmanager
def open_input(path: Path, folder: Path) -> Iterator[ImageSource]:
    """Give the images of a folder or an archive; blocks.

    Args:
        path: an image layout, or an archive of one or of `docker save`, maybe packed; also a pipe.
        folder: where a packed archive is unpacked to, as a file without a name.

    Raises:
        RegistryError: it cannot be read, or is none of these.
    """
    if os.path.isdir(path):  # noqa: PTH112 - as above
        yield source_of(Folder(path))
        return
    try:
        archive: BinaryIO = path.open("rb")
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: not found, expected {_EXPECTED}") from error
    except OSError as error:
        raise RegistryError(f"{path}: cannot be read: {error.strerror}") from error
    with archive, contextlib.ExitStack() as opened:
        if _must_be_copied(archive):
            archive = opened.enter_context(_unpacked(archive, path, folder))
        yield source_of(TarFiles(archive, str(path)))


def source_of(files: Files) -> ImageSource:
    """Return the source that understands these files.

    An archive that is both a layout and one of `docker save` is read as the former: it has the manifests
    that a registry would have.

    Raises:
        RegistryError: nobody does.
    """
    if holds(files, "oci-layout") and holds(files, "index.json"):
        return OciLayout(files)
    if holds(files, MANIFEST):
        return DockerArchive(files)
    raise ManifestError(
        f"{files}: holds no image: expected oci-layout and index.json of an OCI image layout, "
        f"or {MANIFEST} of docker save"
    )


def spool_file(folder: Path) -> BinaryIO:
    """Return an empty file for much data that nobody else sees and that no crash leaves behind."""
    folder.mkdir(parents=True, exist_ok=True)
    file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the caller's
    return file


def bounded(write: Callable[[bytes], object], name: str) -> Callable[[bytes], None]:
    """Return a `write` that raises TooLargeError for more than ARCHIVE_BYTES in sum."""
    written = 0

    def write_some(data: bytes) -> None:
        nonlocal written
        written += len(data)
        if written > ARCHIVE_BYTES:
            raise TooLargeError("archive_bytes", f"{name}: more than {ARCHIVE_BYTES} bytes (archive_bytes)")
        write(data)

    return write_some


def _must_be_copied(archive: BinaryIO) -> bool:
    """Tell whether the file is packed, or cannot be read twice."""
    if not stat.S_ISREG(os.fstat(archive.fileno()).st_mode):
        return True
    magic = archive.read(len(ZSTD_MAGIC))
    archive.seek(0)
    return magic.startswith(GZIP_MAGIC) or magic == ZSTD_MAGIC or magic in ZSTD_SKIPPABLE_MAGICS


@contextlib.contextmanager
def _unpacked(packed: BinaryIO, path: Path, folder: Path) -> Iterator[BinaryIO]:
    with spool_file(folder) as file:
        write = bounded(file.write, str(path))
        try:
            for piece in decompress(packed, Limits(layer_bytes=1 << 62)):
                write(piece)
        except LimitExceededError as error:
            raise TooLargeError(error.limit, _renamed(error, path)) from error
        except ParseError as error:
            raise ManifestError(_renamed(error, path)) from error
        file.flush()
        yield file


def _renamed(error: ParseError, path: Path) -> str:
    """Return what the error says; there the packed stream is always a layer."""
    return f"{path}: {str(error).removeprefix('layer: ')}"

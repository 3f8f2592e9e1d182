"""Reads the metadata of a zipped Python egg, in memory.

Formats: https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html,
https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (zip)
"""

import io
import struct
import zipfile
import zlib

from analyzers.documents.wording import beginning
from analyzers.errors import ParseError
from analyzers.limits import MIB

_METADATA = "EGG-INFO/PKG-INFO"
_METADATA_BYTES = MIB
_DIRECTORY_BYTES = 16 * MIB  # of the list of members, which zipfile makes objects of; about 200,000 of them
_END = struct.Struct("<4s4H2LH")
_END_MAGIC = b"PK\5\6"
_END_64_MAGIC = b"PK\6\7"
_END_64_BYTES = 20
_COMMENT_BYTES = 0xFFFF
_ENCRYPTED = 1


def read_metadata(path: str, data: bytes) -> bytes:
    """Return the egg's PKG-INFO.

    Raises:
        ParseError: it is no zip, has no such member, or one that is too long, encrypted or compressed by
            anything but deflate, which needs no more memory than it says.
    """
    _check_directory(path, data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read_member(path, archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, struct.error) as error:
        raise ParseError(f"{path}: {error}, expected a zipped egg with {_METADATA}") from error


def _check_directory(path: str, data: bytes) -> None:
    """Refuse a zip whose list of members is long, before it is read."""
    end = data.rfind(_END_MAGIC, max(0, len(data) - _END.size - _COMMENT_BYTES), len(data) - _END.size + 4)
    if end < 0:
        raise ParseError(f"{path}: {beginning(data[:40])}, expected a zip")
    size = _END.unpack_from(data, end)[5]
    if size > _DIRECTORY_BYTES or data.startswith(_END_64_MAGIC, max(0, end - _END_64_BYTES)):
        raise ParseError(
            f"{path}: a zip with {size} bytes of names or more, expected at most {_DIRECTORY_BYTES}"
        )


def _read_member(path: str, archive: zipfile.ZipFile) -> bytes:
    try:
        member = archive.getinfo(_METADATA)  # of several the last, as Python's own importer takes it
    except KeyError as error:
        raise ParseError(f"{path}: no {_METADATA}, expected a zipped egg") from error
    if member.flag_bits & _ENCRYPTED or member.compress_type not in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    ):
        raise ParseError(f"{path}: {_METADATA} is encrypted or of compression {member.compress_type}")
    with archive.open(member) as stream:
        content = stream.read(_METADATA_BYTES + 1)
    if len(content) > _METADATA_BYTES:
        raise ParseError(f"{path}: {_METADATA} is longer than {_METADATA_BYTES} bytes")
    return content

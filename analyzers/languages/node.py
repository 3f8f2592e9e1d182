"""Node.js packages on disk, from each package.json that names a package.

Format: https://docs.npmjs.com/cli/configuring-npm/package-json
"""

import json
import re
from collections.abc import Iterator

import msgspec

from analyzers.documents.wording import json_problem, kind_of
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None

_NAME = re.compile(r"(?:@[\w.~!'()*-]+/)?[\w.~!'()*-]+", re.ASCII)
_VERSION = re.compile(r"[!-~]+")
_BOM = b"\xef\xbb\xbf"


class _Manifest(msgspec.Struct, frozen=True):
    """The usual shapes, which nearly every file has; any other file is read as plain JSON."""

    name: str = ""
    version: str = ""
    license: str | None = None
    licenses: list[dict[str, str]] = []
    dependencies: dict[str, str] = {}


_DECODER = msgspec.json.Decoder(_Manifest)


def parse(file: File) -> Iterator[Fact]:
    """Yield the Package, if the file names one: package.json also marks folders and carries settings.

    Raises:
        ParseError: the file is not a JSON object.
    """
    manifest = _decode(file)
    if not _NAME.fullmatch(manifest.name) or not _VERSION.fullmatch(manifest.version):
        return
    types = [manifest.license or "", *(one.get("type", "") for one in manifest.licenses)]
    yield Package(
        kind="node-pkg",
        name=manifest.name,
        version=manifest.version,
        licenses=tuple(dict.fromkeys(filter(None, types))),
        depends_on=tuple(name for name in manifest.dependencies if _NAME.fullmatch(name)),
    )


def _decode(file: File) -> _Manifest:
    data = file.data.removeprefix(_BOM)
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_odd(file.path, data)


def _decode_odd(path: str, data: bytes) -> _Manifest:
    """Read what Node.js itself accepts: lone surrogates, broken UTF-8, fields of any type."""
    try:
        value: Json = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{path}: {json_problem(error)}, expected a JSON object") from error
    if not isinstance(value, dict):
        raise ParseError(f"{path}: {kind_of(value)}, expected a JSON object")
    needs = value.get("dependencies")
    return _Manifest(
        name=_text(value.get("name")),
        version=_text(value.get("version")),
        licenses=[{"type": name} for key in ("license", "licenses") for name in _license(value.get(key))],
        dependencies={_text(name): "" for name in needs} if isinstance(needs, dict) else {},
    )


def _license(value: Json) -> list[str]:
    """Return the licences of "MIT", {"type": "MIT"}, or a list of either, as old packages write them."""
    if not isinstance(value, list):
        value = [value]
    names = (one.get("type") or one.get("name") if isinstance(one, dict) else one for one in value)
    return [text for name in names if (text := _text(name))]


def _text(value: Json) -> str:
    """Return a string's characters, lone surrogates replaced; nothing for any other value."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


ANALYZER = Analyzer(
    id="languages/node",
    version=1,
    kinds=(Kind(name="node-pkg", purl_type="npm", ecosystem="npm", title="Node.js"),),
    globs=("**/package.json",),
    parse=parse,
)

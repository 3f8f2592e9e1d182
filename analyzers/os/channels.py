"""Where a system takes its packages from, as far as that decides which advisories apply to them.

Formats: https://wiki.alpinelinux.org/wiki/Repositories (etc/apk/repositories),
https://documentation.ubuntu.com/pro-client/en/latest/references/status_columns/ (Ubuntu Pro's status.json),
https://www.redhat.com/en/blog/how-accurately-match-oval-security-data-installed-rpms (content sets).
"""

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from analyzers.documents.wording import decoding_problem
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Release, View

_FILE_BYTES = 4 * 1024 * 1024
# Only main's branch counts: many images add edge/testing for one package, and stay on their own branch.
_BRANCH = re.compile(r"^[^#@\s]\S*/(edge|latest-stable|v[0-9]+\.[0-9]+)/main/?\s*$", re.MULTILINE)


_T = TypeVar("_T")


class _Service(msgspec.Struct):
    name: str = ""
    status: str = ""


class _Pro(msgspec.Struct):
    services: tuple[_Service, ...] = ()


class _Manifest(msgspec.Struct):
    content_sets: tuple[str, ...] = ()


def parse(file: File) -> Iterator[Fact]:
    """Yield a Release of the distribution whose file it is, with channels and without a version.

    A file that names no channel yields nothing.

    Raises:
        ParseError: not the JSON that it should be, or too long for it.
    """
    if len(file.data) > _FILE_BYTES:
        raise ParseError(f"{file.path}: {len(file.data)} bytes, expected at most {_FILE_BYTES}")
    if file.path == "etc/apk/repositories":
        system, names = "alpine", _branches(file)
    elif file.path == "var/lib/ubuntu-advantage/status.json":
        system, names = "ubuntu", _services(file)
    else:
        system, names = "rhel", _decode(file, _Manifest).content_sets
    if names:
        yield Release(id=system, channels=tuple(sorted(set(names))))


def _branches(file: File) -> tuple[str, ...]:
    text = file.data.decode("utf-8", "replace")
    if "\0" in text:
        raise ParseError(f"{file.path}: {text[:40]!r}, expected addresses of repositories")
    return tuple(_BRANCH.findall(text))


def _services(file: File) -> tuple[str, ...]:
    services = _decode(file, _Pro).services
    return tuple(service.name for service in services if service.status == "enabled" and service.name)


def _decode(file: File, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(file.data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"{file.path}: {decoding_problem(error)}") from error


ANALYZER = Analyzer(
    id="os/channels",
    version=1,
    views=frozenset(View),
    globs=(
        "etc/apk/repositories",
        "var/lib/ubuntu-advantage/status.json",
        "root/buildinfo/content_manifests/*.json",
        "usr/share/buildinfo/content-sets.json",
    ),
    parse=parse,
)

"""Packages installed on Red Hat, SUSE and their relatives, from rpm's database.

Formats: https://rpm-software-management.github.io/rpm/manual/format_header.html; around the headers lie those
of analyzers/os/_rpm_bdb.py, analyzers/os/_rpm_ndb.py and analyzers/os/_rpm_sqlite.py.
"""

from collections.abc import Callable, Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Owned, Package, Problem, View
from analyzers.limits import MIB
from analyzers.os import _rpm_bdb, _rpm_ndb, _rpm_sqlite
from analyzers.os import _rpm_header as tags
from analyzers.os._rpm_header import Header

_FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_HEADERS: dict[str, Callable[[bytes], Iterator[tuple[int, bytes]]]] = {
    "Packages": _rpm_bdb.blobs,
    "Packages.db": _rpm_ndb.blobs,
    "rpmdb.sqlite": _rpm_sqlite.blobs,
}
_WAL_HEADER_BYTES = 32
_PATHS_CHARACTERS = 128 * MIB  # of one package; one long folder may have many files
_KEY = "gpg-pubkey"  # rpm keeps imported keys as if they were packages


def parse(file: File) -> Iterator[Fact]:
    """Yield one Package per header and the paths each of them installed.

    A header that cannot be read becomes a Problem with its number; so does a write-ahead log, whose changes
    belong to the database but are not applied.
    Requirements are told by the name of the package here that provides them; the rest is left out, being
    files and rpm's own features.

    Raises:
        ParseError: the database is broken.
    """
    name = file.path.rpartition("/")[2]
    if name.endswith("-wal"):
        if len(file.data) > _WAL_HEADER_BYTES:
            yield Problem(path=file.path, reason="changes in the write-ahead log were not read")
    else:
        yield from _facts(file, name)


def _facts(file: File, name: str) -> Iterator[Fact]:
    headers: list[Header] = []
    for number, blob in _HEADERS[name](file.data):
        try:
            header = Header(blob)
            _check(header)
        except ParseError as error:
            yield Problem(path=file.path, reason=f"header {number}: {error}")
        else:
            headers.append(header)
    providers, epochs = _providers(headers), _source_epochs(headers)
    for header in headers:
        if header.string(tags.NAME) != _KEY:
            yield _package(header, providers, epochs)
            if paths := _paths(header):
                yield Owned(paths=paths, package=header.string(tags.NAME))


def _check(header: Header) -> None:
    """Read everything that is used later, so that a broken header is found before any of it is yielded."""
    if not header.string(tags.NAME) or not header.string(tags.VERSION) or not header.string(tags.RELEASE):
        raise ParseError("rpm header: expected a name, a version and a release")
    _package(header, _providers([header]), _source_epochs([header]))
    _paths(header)


def _providers(headers: list[Header]) -> dict[str, str]:
    """Return capability → name of the first package that provides it."""
    providers: dict[str, str] = {}
    for header in headers:
        name = header.string(tags.NAME)
        for capability in header.strings(tags.PROVIDENAME):
            providers.setdefault(capability, name)
    return providers


def _source_epochs(headers: list[Header]) -> dict[str, str]:
    """Return file name of a source → the epoch that a package with its version has, with ":" after it.

    The name of a source has no epoch, and a part of it may have a version of its own: perl-Errno 1.30 comes
    from perl 4:5.32.1.
    """
    epochs: dict[str, str] = {}
    for header in headers:
        source, version = header.string(tags.SOURCERPM), _version(header)
        epoch, _, rest = version.rpartition(":")
        if epoch and rest == source_of(source)[1]:
            epochs[source] = f"{epoch}:"
    return epochs


def _package(header: Header, providers: dict[str, str], epochs: dict[str, str]) -> Package:
    name, version = header.string(tags.NAME), _version(header)
    source = header.string(tags.SOURCERPM)
    source_name, source_version = source_of(source)
    needs = (providers.get(need, "") for need in header.strings(tags.REQUIRENAME))
    own_source = source_version == version.rpartition(":")[2]
    return Package(
        kind="rpm",
        name=name,
        version=version,
        arch=header.string(tags.ARCH),
        source_name="" if source_name == name else source_name,
        source_version="" if own_source or not source_version else epochs.get(source, "") + source_version,
        licenses=tuple(filter(None, (header.string(tags.LICENSE),))),
        maintainer=header.string(tags.VENDOR) or header.string(tags.PACKAGER),
        depends_on=tuple(dict.fromkeys(need for need in needs if need and need != name)),
        modularity_label=header.string(tags.MODULARITYLABEL),
    )


def _version(header: Header) -> str:
    epoch = next(iter(header.integers(tags.EPOCH)), 0)
    version = f"{header.string(tags.VERSION)}-{header.string(tags.RELEASE)}"
    return f"{epoch}:{version}" if epoch else version


def source_of(file_name: str) -> tuple[str, str]:
    """Split "bash-5.1.8-6.el9.src.rpm" into name and version-release; the name of a file has no epoch."""
    stem = file_name.removesuffix(".rpm").rpartition(".")[0]
    name, _, version = stem.rpartition("-")[0].rpartition("-")
    return (name, stem[len(name) + 1 :]) if name and version else ("", "")


def _paths(header: Header) -> tuple[str, ...]:
    folders = [folder.lstrip("/") for folder in header.strings(tags.DIRNAMES)]
    names, indexes = header.strings(tags.BASENAMES), header.integers(tags.DIRINDEXES)
    if len(names) != len(indexes) or max(indexes, default=-1) >= len(folders):
        raise ParseError(
            f"rpm header: {len(names)} names, {len(indexes)} folder numbers, {len(folders)} folders"
        )
    characters = sum(len(folders[index]) for index in indexes) + sum(map(len, names))
    if characters > _PATHS_CHARACTERS:
        raise ParseError(
            f"rpm header: paths of {characters} characters, expected at most {_PATHS_CHARACTERS}"
        )
    return tuple(folders[index] + name for index, name in zip(indexes, names, strict=True))


ANALYZER = Analyzer(
    id="os/rpm",
    version=3,
    kinds=(Kind(name="rpm", purl_type="rpm", is_system=True),),
    views=frozenset(View),
    globs=tuple(f"{folder}/{name}" for folder in _FOLDERS for name in (*_HEADERS, "rpmdb.sqlite-wal")),
    parse=parse,
)

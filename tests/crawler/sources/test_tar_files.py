import contextlib
import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.limits import MIB
from crawler.registry.errors import ManifestError, NotFoundError, RegistryError, TooLargeError
from crawler.sources import tar_files
from crawler.sources.tar_files import TarFiles
from tests.crawler.sources.saved import Link, Members, tar

FILES: Members = {
    "a": b"first",
    "./b/c": b"c" * 2000,
    "b/up": Link("../a"),
    "b/hard": Link("b/c", hard=True),
    "twice": Link("b/up"),
    "out": Link("../../etc/passwd"),
    "root": Link("/etc/passwd"),
    "hardout": Link("../etc/passwd", hard=True),
    "circle": Link("again"),
    "again": Link("circle"),
    "nothing": Link("there"),
    "../escaped": b"x",
    "a/../../escaped": b"x",
    "l" * 300: b"long name",
    "to-long": Link("l" * 300),
}


@contextmanager
def opened(data: bytes) -> Iterator[TarFiles]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield TarFiles(file, "x.tar")


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_names_and_links(format_: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarfile, "DEFAULT_FORMAT", format_)
    with opened(tar(FILES)) as files:
        for name, content in (
            ("a", b"first"),
            ("b/c", b"c" * 2000),
            ("b/up", b"first"),
            ("b/hard", b"c" * 2000),
            ("b/../a", b"first"),
            ("twice", b"first"),
            ("to-long", b"long name"),
        ):
            with files.open(name) as file:
                assert file.read() == content


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("out", "leads out of the archive"),
        ("root", "leads out of the archive"),
        ("hardout", "leads out of the archive"),
        ("circle", "more than 16 links in a row"),
        ("nothing", "not found"),
        ("none", "not found"),
        ("escaped", "not found"),
        ("../escaped", "not found"),
        ("/a", "not found"),
    ],
)
def test_what_is_not_there(name: str, reason: str) -> None:
    with opened(tar(FILES)) as files, pytest.raises(NotFoundError, match=f"^x.tar/{name}: {reason}"):
        files.open(name)


def test_parts_of_a_file() -> None:
    with opened(tar({"a": bytes(range(200)), "b": b"behind"})) as files, files.open("a") as file:
        assert (file.read(3), file.tell(), file.seek(0, 2), file.read()) == (b"\0\1\2", 3, 200, b"")
        assert (file.seek(190), file.read(100)) == (190, bytes(range(190, 200)))
        assert (file.seek(-2, 1), file.read(1)) == (198, b"\xc6")


def header(**words: object) -> bytes:
    member = tarfile.TarInfo("x")
    for name, value in words.items():
        setattr(member, name, value)
    return member.tobuf(tarfile.GNU_FORMAT)


WHOLE = tar({"a": b"x" * 1000})
HOSTILE = {
    "empty": (b"", ManifestError, "empty: expected an archive of an OCI image layout"),
    "only zeros": (bytes(10240), ManifestError, "empty: expected an archive of an OCI image layout"),
    "text": (b"once upon a time", ManifestError, "not a tar archive, nor one packed"),
    "long text": (b"once upon a time" * 100, ManifestError, "not a tar archive, nor one packed"),
    "cut in a file": (WHOLE[:1200], ManifestError, "truncated: 'a' has 1000 bytes from byte 512 on"),
    "cut in a header": (WHOLE[:1536] + WHOLE[:200], ManifestError, "in the midst of a header"),
    "damaged": (WHOLE[:1536] + b"x" * 512, ManifestError, "byte 1536: .*not a"),
    "absurd size": (header(size=1 << 80), ManifestError, "truncated: 'x' has 12089"),
    "sparse": (header(type=b"S"), ManifestError, "a sparse file"),
    "long header": (header(type=b"L", size=2 * MIB) + bytes(2 * MIB), TooLargeError, "header_bytes"),
    "long name": (tar({"n" * 5000: b""}), TooLargeError, "path_bytes"),
    "long link": (tar({"n": Link("n" * 5000)}), TooLargeError, "path_bytes"),
    "bad words": (header(type=b"x", size=3) + b"abc".ljust(512, b"\0"), ManifestError, "damaged PAX"),
}


@pytest.mark.parametrize(("data", "error", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_archives(data: bytes, error: type[RegistryError], reason: str) -> None:
    with pytest.raises(error, match=f"^x.tar: .*{reason}"), opened(data):
        pass


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_files, "ENTRIES", 3)
    with pytest.raises(TooLargeError, match="more than 3 entries"), opened(tar(FILES)):
        pass


def test_folders_and_devices_are_no_files() -> None:
    with opened(header(type=b"5") + header(name="fifo", type=b"6")) as files:
        for name, kind in (("x", "directory"), ("fifo", "other")):
            with pytest.raises(NotFoundError, match=f"x.tar/{name}: a {kind}, expected a regular file"):
                files.open(name)


@given(
    st.lists(
        st.sampled_from([header(), header(size=600), header(type=b"x", size=20), bytes(512)]) | st.binary()
    )
)
def test_any_bytes_are_files_or_an_error(pieces: list[bytes]) -> None:
    with contextlib.suppress(RegistryError), opened(b"".join(pieces)) as files:
        files.open("x").close()


def test_like_tarfile() -> None:
    data = tar({name: content for name, content in FILES.items() if isinstance(content, bytes)})
    with opened(data) as files, tarfile.open(fileobj=io.BytesIO(data)) as oracle:
        for member in oracle:
            if ".." not in member.name:
                content = oracle.extractfile(member)
                assert content is not None
                assert files.open(member.name).read() == content.read()

import asyncio
import gzip
import os
import subprocess
import threading
from pathlib import Path

import pytest

from crawler.registry.errors import ManifestError, NotFoundError, RegistryError, TooLargeError
from crawler.sources import archives
from crawler.sources.archives import open_input, split_input
from tests.crawler.sources.saved import config, docker, podman, tar, unpacked
from tests.crawler.sources.test_docker_archive import LAYERS, MADE, opened, read_all
from tests.fakes.images import layer, push
from tests.fakes.layouts import write_layout
from tests.fakes.registry import FakeRegistry, layer_of

SAVED = tar(docker(LAYERS, "team/app:1.0"))


@pytest.mark.parametrize(
    ("text", "path", "reference"),
    [
        ("{0}/a.tar", "{0}/a.tar", ""),
        ("{0}/a.tar:1.0", "{0}/a.tar", "1.0"),
        ("{0}/a.tar:team/app:1.0", "{0}/a.tar", "team/app:1.0"),
        ("{0}/a.tar:host:5000/app:1.0", "{0}/a.tar", "host:5000/app:1.0"),
        ("{0}/a.tar@sha256:12", "{0}/a.tar", "sha256:12"),
        ("{0}/b:c", "{0}/b:c", ""),
        ("{0}/b:c:1", "{0}/b:c", "1"),
        ("{0}/none", "{0}/none", ""),
        ("{0}/none:1", "{0}/none", "1"),
        ("{0}/none@sha256:12", "{0}/none", "sha256:12"),
        ("", ".", ""),
    ],
)
def test_path_and_what_is_inside(text: str, path: str, reference: str, tmp_path: Path) -> None:
    (tmp_path / "a.tar").touch()
    (tmp_path / "b:c").touch()
    expected = (Path(path.format(tmp_path)), reference)
    assert split_input(text.format(tmp_path)) == expected


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        pytest.param(zstd, marks=pytest.mark.program("zstd")),
        lambda data: gzip.compress(data[:5000]) + gzip.compress(data[5000:]),
    ],
)
async def test_packed_archives(pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    (tmp_path / "x").write_bytes(pack(SAVED))
    async with opened(tmp_path / "x") as source:
        assert await read_all(source, "1.0") == (MADE, config(LAYERS), LAYERS)
        assert not (tmp_path / "spool").exists() or not list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize("data", [SAVED, gzip.compress(SAVED)])
async def test_a_pipe(data: bytes, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(data,), daemon=True)
    writer.start()
    async with opened(tmp_path / "pipe") as source:
        assert await read_all(source, "") == (MADE, config(LAYERS), LAYERS)
    writer.join()


WRONG = {
    "empty": (b"", ManifestError, "empty: expected an archive of an OCI image layout"),
    "text": (b"FROM scratch\n", ManifestError, "not a tar archive, nor one packed with gzip or zstd"),
    "a layer": (layer(), ManifestError, "empty: expected an archive of an OCI image layout"),
    "another layer": (layer_of({"a": b"x"}), ManifestError, "holds no image: expected oci-layout"),
    "cut gzip": (gzip.compress(SAVED)[:-20], ManifestError, "the gzip stream ends early"),
    "damaged gzip": (b"\x1f\x8b" + b"x" * 100, ManifestError, "damaged gzip stream"),
    "damaged zstd": (b"\x28\xb5\x2f\xfd" + b"\xff" * 100, ManifestError, "damaged zstd stream"),
    "cut": (SAVED[:9000], ManifestError, "truncated: "),
    "cut before manifest.json": (SAVED[:11264], ManifestError, "truncated: |holds no image"),
    "a bomb": (gzip.compress(bytes(80 << 20)), ManifestError, "empty"),
}


@pytest.mark.parametrize(("data", "error", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_no_archive(data: bytes, error: type[RegistryError], reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    with (
        pytest.raises(error, match=rf"^{tmp_path}/x: (?!layer)({reason})"),
        open_input(tmp_path / "x", tmp_path),
    ):
        pass


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with (
        pytest.raises(NotFoundError, match="none: not found, expected an OCI image layout"),
        open_input(tmp_path / "none", tmp_path),
    ):
        pass
    with pytest.raises(RegistryError, match="cannot be read"), open_input(tmp_path / ("x" * 300), tmp_path):
        pass
    with pytest.raises(ManifestError, match="holds no image"), open_input(tmp_path, tmp_path):
        pass


def test_the_disk_is_not_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_BYTES", 10_000)
    (tmp_path / "x").write_bytes(gzip.compress(SAVED))
    reason = r"x: more than 10000 bytes \(archive_bytes\)"
    with pytest.raises(TooLargeError, match=reason), open_input(tmp_path / "x", tmp_path):
        pass


@pytest.mark.program("skopeo")
async def test_what_skopeo_writes(tmp_path: Path) -> None:
    registry = FakeRegistry()
    image = push(registry, "x", "1", *(gzip.compress(each, mtime=0) for each in LAYERS))
    write_layout(tmp_path / "layout", registry, {"one": image})
    for target in ("docker-archive:d.tar:team/app:1.0", "oci-archive:o.tar:one", "docker-archive:n.tar"):
        copy = ["skopeo", "copy", "-q", "oci:layout:one", target]
        await asyncio.to_thread(subprocess.run, copy, check=True, cwd=tmp_path)
    for name, reference in (("d.tar", "team/app:1.0"), ("d.tar", "1.0"), ("n.tar", "")):
        async with opened(tmp_path / name) as source:
            assert await read_all(source, reference) == (MADE, config(LAYERS), LAYERS)
    async with opened(tmp_path / "o.tar") as source:
        for reference in ("one", "", image.digest):
            digest, body, layers = await read_all(source, reference)
            assert (digest, body, unpacked(*layers)) == (image.digest, config(LAYERS), LAYERS)


async def test_what_podman_writes_is_what_docker_does(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(tar(podman(LAYERS, "localhost/app:1")))
    async with opened(tmp_path / "x") as source:
        assert (await read_all(source, "1"))[0] == MADE

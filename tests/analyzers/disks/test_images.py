import functools
import io
import os
import random
import struct
import subprocess
import tarfile
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzers.disks.device import Device, DiskError, TruncatedError
from analyzers.disks.images import open_image
from analyzers.disks.vhdx import crc32c
from tests.fakes.disks import MIB, file_of, image_of, overwrite

QEMU = pytest.mark.program("qemu-img")
NOISE = (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff")
WHOLE = {
    "qcow2": ("qcow2",),
    "qcow2-deflate": ("qcow2", "-c"),
    "qcow2-zstd": ("qcow2", "-c", "-o", "compression_type=zstd"),
    "qcow2-v2": ("qcow2", "-o", "compat=0.10"),
    "qcow2-subclusters": ("qcow2", "-o", "extended_l2=on,cluster_size=128k"),
    "qcow2-subclusters-deflate": ("qcow2", "-c", "-o", "extended_l2=on,cluster_size=128k"),
    "qcow2-small-clusters": ("qcow2", "-o", "cluster_size=512"),
    "qcow2-large-clusters": ("qcow2", "-c", "-o", "cluster_size=2M"),
    "vmdk": ("vmdk", "-o", "subformat=monolithicSparse"),
    "vmdk-zeroed": ("vmdk", "-o", "zeroed_grain=on"),
    "vmdk-stream": ("vmdk", "-o", "subformat=streamOptimized"),
    "vhd": ("vpc", "-o", "subformat=dynamic,force_size=on"),
    "vhd-fixed": ("vpc", "-o", "subformat=fixed,force_size=on"),
    "vhdx": ("vhdx", "-o", "subformat=dynamic"),
    "vhdx-fixed": ("vhdx", "-o", "subformat=fixed"),
    "raw": ("raw",),
}


@pytest.fixture(scope="session")
def content() -> bytes:
    """Return a disk of noise, text, zeros and small things between zeros."""
    disk = bytearray(3 * MIB)
    seeded = random.Random(7)
    disk[:70_000] = seeded.randbytes(70_000)
    disk[MIB : MIB + 200_000] = b"text " * 40_000
    disk[-300:] = b"end" * 100
    disk[2 * MIB + 4096 : 2 * MIB + 4099] = b"one"
    return bytes(disk)


@pytest.fixture
def converted(tmp_path: Path, content: bytes, request: pytest.FixtureRequest) -> Path:
    (tmp_path / "raw").write_bytes(content)
    args = WHOLE[request.param]
    image = tmp_path / "image"
    subprocess.run(("qemu-img", "convert", "-O", *args, tmp_path / "raw", image), check=True)
    return image


def opened(path: Path) -> Device:
    return open_image(file_of(path))


def everything(disk: Device, step: int = 100_001) -> bytes:
    size = min(disk.size_bytes, 8 * MIB)
    return b"".join(disk.read_at(place, min(step, size - place)) for place in range(0, size, step))


@QEMU
@pytest.mark.parametrize("converted", WHOLE, indirect=True)
def test_every_format_has_the_disk_that_was_put_in(converted: Path, content: bytes) -> None:
    disk = opened(converted)
    assert disk.size_bytes == len(content)
    assert everything(disk) == content
    with pytest.raises(DiskError):
        disk.read_at(len(content) - 1, 2)


@QEMU
@pytest.mark.parametrize("converted", sorted(WHOLE.keys() - {"raw", "vmdk-stream"}), indirect=True)
def test_a_truncated_image_is_told(converted: Path, content: bytes) -> None:
    size = converted.stat().st_size
    if converted.read_bytes()[-512:].startswith(b"conectix"):
        size = size // 2  # without its footer a fixed one is a raw one
    os.truncate(converted, size * 2 // 3)
    with pytest.raises(TruncatedError, match="expected at least"):
        opened(converted).read_at(0, len(content))


@QEMU
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("qcow2", "-b", "/etc/shadow", "-F", "raw"), "backing file, which is not read"),
        (("qcow2", "-o", "data_file=other.raw,data_file_raw=on"), "in another file"),
        (("vmdk", "-o", "subformat=monolithicFlat"), r"name \['disk-flat.vmdk'\] instead"),
        (("qcow",), "version 1, expected 2 or 3"),
        (("vdi",), "VirtualBox's VDI, expected a raw"),
        (("qed",), "QED"),
        (("parallels",), "Parallels"),
    ],
    ids=["backing", "data file", "flat", "qcow", "vdi", "qed", "parallels"],
)
def test_an_image_that_is_not_whole_or_not_ours_is_refused(
    tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    name = tmp_path / "disk.vmdk"
    subprocess.run(
        ("qemu-img", "create", "-q", "-f", *options, name, "1M"), check=True, cwd=tmp_path, timeout=20
    )
    with pytest.raises(DiskError, match=words):
        opened(name)


HEADERS = {
    "qcow2": (
        (32, b"\0\0\0\2", "the image is encrypted, expected a plain one"),
        (20, b"\0\0\0\x1e", r"clusters of 2\^30 bytes, expected 2\^9 to 2\^21"),
        (36, b"\x7f\0\0\0", "an L1 table of 2130706432 entries, expected 4 Mi at most"),
        (24, b"\1", "expected enough for 72057594041073664 bytes"),
        (72, b"\0\0\0\0\0\0\0\2", "marked as corrupt"),
        (72, b"\0\0\0\0\0\0\1\0", "incompatible features 0x100, expected none of them"),
        (72, b"\0\0\0\0\0\0\0\x08" + bytes(24) + b"\7", "compression type 7, expected 0"),
    ),
    "vmdk": (
        (20, bytes(8), "grains of 0 bytes"),
        (44, bytes(4), "0 to a table"),
        (8, b"\1\0\1", "compression 0, expected 1"),
        (17, b"\1", "expected a grain directory of 64 MiB at most"),
        (512, b'RW 1 SPARSE "a"\nRW 1 SPARSE "b"\n', "a part of a disk in several files"),
        (0, b"COWD", "an old ESX sparse file"),
    ),
    "vhd": (
        (60, b"\0\0\0\7", "disk type 7, expected 2"),
        (512, b"?", "expected 'cxsparse'"),
        (512 + 32, b"\0\0\0\1", "blocks of 1 bytes: expected fewer, in whole sectors"),
        (512 + 28, b"\0\0\0\1", "1 blocks of 2097152 bytes, expected enough for 3145728 bytes"),
    ),
}


@QEMU
@pytest.mark.parametrize(
    ("converted", "place", "data", "words"),
    [(kind, *damage) for kind, all_damage in HEADERS.items() for damage in all_damage],
    indirect=["converted"],
)
def test_a_header_that_asks_for_what_is_not_to_be_had(
    converted: Path, place: int, data: bytes, words: str
) -> None:
    image = bytearray(converted.read_bytes())
    image[place : place + len(data)] = data
    with pytest.raises(DiskError, match=words):
        open_image(image_of(bytes(image)))


@QEMU
@pytest.mark.parametrize("converted", ["vhdx"], indirect=True)
@pytest.mark.parametrize(
    ("item", "place", "data", "words"),
    [
        ("caa16737-fa36-4d43-b3b6-33f0aa44e76b", 4, b"\2", "a layer over another image"),
        ("caa16737-fa36-4d43-b3b6-33f0aa44e76b", 0, b"\1", "expected 1 to 256 MiB, 512 or 4096"),
        (
            "2fa54224-cd1b-4876-b211-5dbed83bf4b8",
            6,
            b"\1",
            "a disk of 281474979856384 bytes",
        ),
        ("2fa54224-cd1b-4876-b211-5dbed83bf4b8", 5, b"\1", "expected one that suffices"),
        ("8141bf1d-a96f-4709-ba47-f233a8faab5f", 0, b"\1", "sectors of 513 bytes"),
        ("8141bf1d-a96f-4709-ba47-f233a8faab5f", None, b"?", "no metadata '8141bf1d"),
    ],
)
def test_vhdx_metadata_that_ask_for_what_is_not_to_be_had(
    converted: Path, item: str, place: int | None, data: bytes, words: str
) -> None:
    image = bytearray(converted.read_bytes())
    table = image.index(b"metadata")
    entry = image.index(uuid.UUID(item).bytes_le, table)
    (offset,) = struct.unpack_from("<I", image, entry + 16)
    where = entry if place is None else table + offset + place
    image[where : where + len(data)] = data
    with pytest.raises(DiskError, match=words):
        open_image(image_of(bytes(image)))


def test_a_vhd_over_another_image_is_refused() -> None:
    footer = b"conectix" + struct.pack(">8xQ24xQ4xI", 512, MIB, 4)
    with pytest.raises(DiskError, match="layer over another image"):
        open_image(image_of(footer.ljust(512, b"\0") * 3))


@QEMU
def test_a_vmdk_over_another_image_is_refused(tmp_path: Path) -> None:
    for options in (("below", "1M"), ("-b", "below", "-F", "vmdk", "above")):
        subprocess.run(("qemu-img", "create", "-q", "-f", "vmdk", *options), check=True, cwd=tmp_path)
    with pytest.raises(DiskError, match="layer over another image"):
        opened(tmp_path / "above")


@QEMU
@pytest.mark.parametrize("converted", ["vhdx"], indirect=True)
def test_a_vhdx_that_was_not_closed_is_refused(converted: Path) -> None:
    data = bytearray(converted.read_bytes())
    for place in (64 * 1024, 128 * 1024):
        header = data[place : place + 4096]
        header[48] = 1
        header[4:8] = bytes(4)
        header[4:8] = crc32c(bytes(header)).to_bytes(4, "little")
        data[place : place + 4096] = header
    with pytest.raises(DiskError, match="its log holds changes"):
        open_image(image_of(bytes(data)))
    data[64 * 1024 + 100] ^= 1
    data[128 * 1024 + 100] ^= 1
    with pytest.raises(DiskError, match="no valid header"):
        open_image(image_of(bytes(data)))


def test_crc32c_as_its_specification_has_it() -> None:
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes(range(32))) == 0x46DD794E


def appliance(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()


@QEMU
@pytest.mark.parametrize("converted", ["vmdk-stream"], indirect=True)
def test_an_appliance_has_one_disk(converted: Path, content: bytes) -> None:
    disk = converted.read_bytes()
    assert everything(open_image(image_of(appliance(a_ovf=b"<x/>", a_vmdk=disk, a_mf=b"y")))) == content
    with pytest.raises(DiskError, match="2 disks in it, expected one"):
        open_image(image_of(appliance(a_vmdk=disk, b_vmdk=disk)))
    with pytest.raises(TruncatedError):
        everything(open_image(image_of(appliance(a_vmdk=disk)[:20_000])))


def test_an_appliance_in_an_appliance_is_no_disk() -> None:
    inner = appliance(a_img=b"x" * 600)
    assert open_image(image_of(appliance(a_img=inner))).size_bytes == len(inner)


@pytest.mark.parametrize("data", [b"", b"x", b"\x1f\x8b" + bytes(2000), b"PK\x03\x04" + bytes(2000)])
def test_what_is_no_disk_is_refused(data: bytes) -> None:
    with pytest.raises(DiskError, match="expected a raw, QCOW2"):
        open_image(image_of(data))


@functools.cache
def live(path: Path) -> list[int]:
    """Return the sectors that are not empty."""
    image = path.read_bytes()
    return [place for place in range(0, len(image) - 511, 512) if image[place : place + 512].strip(b"\0")]


@QEMU
@pytest.mark.parametrize(
    "converted",
    ["qcow2", "qcow2-deflate", "qcow2-zstd", "qcow2-subclusters", "vmdk", "vmdk-stream", "vhd", "vhdx"],
    indirect=True,
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_ends_in_bytes_or_a_disk_error(converted: Path, data: st.DataObject) -> None:
    # Most of what decides is in the first bytes of sectors.
    sectors = live(converted)
    place = data.draw(st.sampled_from(sectors[:16] + sectors[-4:])) + data.draw(st.integers(0, 128))
    noise = data.draw(st.sampled_from(NOISE) | st.binary(max_size=8))
    image = file_of(converted)
    before = image.read_at(place, len(noise))
    overwrite(converted, place, noise)
    try:
        disk = open_image(image)
        for where in range(0, min(disk.size_bytes, 4 * MIB), 65_537):
            count = min(100, disk.size_bytes - where)
            assert len(disk.read_at(where, count)) == count
    except DiskError:
        return
    finally:
        overwrite(converted, place, before)

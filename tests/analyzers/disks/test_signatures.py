import subprocess
from pathlib import Path

import pytest

from analyzers.disks.device import DiskError
from analyzers.disks.signatures import Content, recognise
from tests.fakes.disks import MIB, image_of, lvm_disk, lvm_text


@pytest.mark.parametrize(
    ("place", "magic", "content", "name"),
    [
        (0, b"LUKS\xba\xbe\0\2", Content.CLOSED, "encrypted (LUKS)"),
        (1080, b"\x53\xef", Content.EXT, "ext"),
        (0, b"XFSB", Content.XFS, "XFS"),
        (65600, b"_BHRfS_M", Content.CLOSED, "Btrfs"),
        (3, b"NTFS    ", Content.CLOSED, "NTFS"),
        (4086, b"SWAPSPACE2", Content.PLAIN, "swap"),
        (82, b"FAT32   ", Content.PLAIN, "FAT"),
        (132 * 1024, b"\x0c\xb1\xba\0\0\0\0\0", Content.CLOSED, "ZFS"),
        (4096, b"\xfc\x4e\x2b\xa9", Content.CLOSED, "a part of a RAID (md)"),
        (32769, b"CD001", Content.CLOSED, "ISO 9660"),
        (100, b"?", Content.CLOSED, "of an unknown format"),
        (0, b"", Content.PLAIN, "empty"),
    ],
)
def test_what_lies_there(place: int, magic: bytes, content: Content, name: str) -> None:
    found = recognise(image_of((bytes(place) + magic).ljust(MIB, b"\0")))
    assert (found.content, found.name) == (content, name)


def test_lvm() -> None:
    assert recognise(image_of(lvm_disk(lvm_text({}), b""))).content is Content.LVM


@pytest.mark.parametrize(
    ("command", "content", "name"),
    [
        pytest.param(("mkswap",), Content.PLAIN, "swap", marks=pytest.mark.program("mkswap")),
        pytest.param(("mkfs.vfat",), Content.PLAIN, "FAT", marks=pytest.mark.program("mkfs.vfat")),
        pytest.param(("mkfs.vfat", "-F", "32"), Content.PLAIN, "FAT", marks=pytest.mark.program("mkfs.vfat")),
        pytest.param(("mke2fs", "-q"), Content.EXT, "ext", marks=pytest.mark.program("mke2fs")),
        pytest.param(("mkfs.btrfs", "-q"), Content.CLOSED, "Btrfs", marks=pytest.mark.program("mkfs.btrfs")),
    ],
)
def test_as_their_own_programs_write_them(
    tmp_path: Path, command: tuple[str, ...], content: Content, name: str
) -> None:
    with (tmp_path / "disk").open("wb") as file:
        file.truncate(128 * MIB)
    subprocess.run((*command, tmp_path / "disk"), check=True, capture_output=True)
    found = recognise(image_of((tmp_path / "disk").read_bytes()[:MIB]))
    assert (found.content, found.name) == (content, name)


def test_a_device_shorter_than_all_signatures() -> None:
    assert recognise(image_of(b"XFSB")).content is Content.XFS
    assert recognise(image_of(b"")).name == "empty"


def test_what_cannot_be_read_is_an_error() -> None:
    file = image_of(b"x" * 600)
    file.size_bytes = 1000
    with pytest.raises(DiskError):
        recognise(file)

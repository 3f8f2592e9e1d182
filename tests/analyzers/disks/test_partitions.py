import struct
import subprocess
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.disks.device import DiskError, TruncatedError
from analyzers.disks.partitions import Partition, read_partitions
from tests.fakes.disks import LINUX, MIB, SECTOR, Gpt, gpt_disk, image_of, mbr_sector

VAR = uuid.UUID("4d21b016-b534-45c2-a9fb-5c16e091fd2d")
OWN = uuid.UUID("11111111-2222-3333-4444-555555555555")


def places(data: bytes) -> list[tuple[int, int, int]] | None:
    found = read_partitions(image_of(data))
    return None if found is None else [(each.number, each.offset, each.size_bytes) for each in found]


@pytest.mark.parametrize("sector", [512, 4096])
def test_a_gpt_and_its_copy(sector: int) -> None:
    disk = bytearray(gpt_disk([Gpt(bytes(MIB)), Gpt(bytes(2 * MIB), VAR, "data", OWN)], sector))
    wanted = [(1, MIB, MIB), (2, 2 * MIB, 2 * MIB)]
    assert places(bytes(disk)) == wanted
    disk[2 * sector] ^= 1
    assert places(bytes(disk)) == wanted
    disk[-sector + 16] ^= 1
    with pytest.raises(DiskError, match="neither the table nor the copy"):
        places(bytes(disk))


def test_what_a_gpt_says_of_a_partition() -> None:
    found = read_partitions(image_of(gpt_disk([Gpt(bytes(MIB), VAR, "data é", OWN)])))
    assert found == (
        Partition(number=1, offset=MIB, size_bytes=MIB, type=str(VAR), uuid=str(OWN), name="data é"),
    )
    assert found is not None
    assert found[0].mounted_at == "var"


@pytest.mark.program("sfdisk")
@pytest.mark.parametrize("label", ["gpt", "dos"])
def test_tables_as_sfdisk_writes_them(tmp_path: Path, label: str) -> None:
    image = tmp_path / "disk"
    image.write_bytes(bytes(16 * MIB))
    lines = ["label: " + label, "label-id: 0xabcd1234" if label == "dos" else "", "size=2M", "size=3M"]
    lines += ["size=8M, type=5", "size=1M", "size=1M", "size=1M"] if label == "dos" else ["size=1M, name=x"]
    subprocess.run(("sfdisk", "-q", image), input="\n".join(lines).encode(), check=True)
    found = read_partitions(image_of(image.read_bytes()))
    assert found is not None
    dump = subprocess.run(("sfdisk", "-d", image), capture_output=True, check=True, text=True).stdout
    listed = [line for line in dump.splitlines() if "start=" in line and "type=5," not in line + ","]
    wanted = [
        tuple(int(part.split("=")[1]) * SECTOR for part in line.split(":")[1].split(",")[:2])
        for line in listed
    ]
    assert [(each.offset, each.size_bytes) for each in found] == wanted
    assert len(found) == (5 if label == "dos" else 3)
    assert [each.number for each in found] == [int(line.split(" :")[0][-1]) for line in listed]
    if label == "dos":
        assert [each.uuid for each in found] == [f"abcd1234-{each.number:02x}" for each in found]
        assert {each.type for each in found} == {"0x83"}


def test_an_mbr_with_logical_partitions() -> None:
    disk = bytearray(64 * SECTOR)
    disk[:SECTOR] = mbr_sector([(0x83, 1, 4), (0x05, 10, 50)], 0xABCD)
    disk[10 * SECTOR : 11 * SECTOR] = mbr_sector([(0x83, 1, 3), (0x05, 10, 10)])
    disk[20 * SECTOR : 21 * SECTOR] = mbr_sector([(0x82, 2, 3)])
    assert places(bytes(disk)) == [(1, 512, 2048), (5, 11 * 512, 1536), (6, 22 * 512, 1536)]


def test_a_chain_that_leads_back_is_an_error() -> None:
    disk = bytearray(64 * SECTOR)
    disk[:SECTOR] = mbr_sector([(0x83, 1, 4), (0x05, 10, 50)])
    disk[10 * SECTOR : 11 * SECTOR] = mbr_sector([(0x83, 1, 3), (0x05, 10, 10)])
    disk[20 * SECTOR : 21 * SECTOR] = mbr_sector([(0x83, 2, 3), (0x05, 0, 10)])
    with pytest.raises(DiskError, match="leads back"):
        places(bytes(disk))
    disk[20 * SECTOR : 21 * SECTOR] = bytes(SECTOR)
    with pytest.raises(DiskError, match="no table of logical partitions in sector 20"):
        places(bytes(disk))


def test_a_partition_beyond_the_end_is_truncation() -> None:
    with pytest.raises(TruncatedError, match="2048 bytes, expected at least 51712, where partition 1"):
        places(mbr_sector([(0x83, 1, 100)]) + bytes(3 * SECTOR))


@pytest.mark.parametrize(
    "start",
    [
        bytes(SECTOR),
        mbr_sector([]),
        b"\xeb\x52\x90NTFS    ".ljust(446, b"\0") + mbr_sector([(0x83, 1, 1)])[446:],
        bytes(54) + b"FAT16   ".ljust(392, b"\0") + mbr_sector([(0x83, 1, 1)])[446:],
        bytes(446) + b"\x17" + mbr_sector([(0x83, 1, 1)])[447:],
    ],
    ids=["empty", "no partition", "NTFS", "FAT", "code"],
)
def test_a_disk_without_a_table(start: bytes) -> None:
    assert places(start + bytes(8 * SECTOR)) is None


def test_a_partition_that_ends_before_it_begins_is_an_error() -> None:
    with pytest.raises(DiskError, match="partition 1 ends in sector 2047"):
        places(gpt_disk([Gpt(b"")]))


def test_types_that_have_no_files() -> None:
    boot = uuid.UUID("21686148-6449-6e6f-744e-656564454649")
    found = read_partitions(image_of(gpt_disk([Gpt(bytes(SECTOR), boot), Gpt(bytes(SECTOR), LINUX)])))
    assert found is not None
    assert [each.without_files for each in found] == ["the boot loader's", ""]


GPT = gpt_disk([Gpt(bytes(512))])


@given(st.data())
def test_any_table_ends_in_partitions_or_an_error(data: st.DataObject) -> None:
    entry = st.tuples(st.sampled_from((0, 5, 0x0F, 0x83, 0xEE)), st.integers(0, 70), st.integers(0, 70))
    tables = [mbr_sector(data.draw(st.lists(entry, max_size=4))) for _ in range(8)]
    disk = bytearray(b"".join(tables) + GPT[4096:40_000])
    place = data.draw(st.integers(0, 3000))
    disk[place : place + 8] = struct.pack("<Q", data.draw(st.integers(0, 2**64 - 1)))
    try:
        found = read_partitions(image_of(bytes(disk)))
    except DiskError:
        return
    assert all(each.offset + each.size_bytes <= len(disk) for each in found or ())

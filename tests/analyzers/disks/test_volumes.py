import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.disks.device import DiskError
from analyzers.disks.volumes import Volume, parse_metadata, read_physical, volumes_of
from tests.fakes.disks import MIB, OTHER, image_of, linear, lvm_disk, lvm_text

EXTENTS = b"".join(bytes([number]) * MIB for number in range(6))


def read_volumes(*disks: bytes) -> tuple[Volume, ...]:
    return tuple(volumes_of([read_physical(image_of(each)) for each in disks]))


@pytest.mark.parametrize("wrapped", [False, True])
def test_linear_volumes_in_pieces(wrapped: bool) -> None:  # noqa: FBT001 - a parameter
    text = lvm_text({"root": [linear(0, 2, 0), linear(2, 1, 4)], "var": [linear(0, 2, 2)]})
    root, var = read_volumes(lvm_disk(text, EXTENTS, wrapped=wrapped))
    assert (root.name, var.name) == ("my-vg/root", "my-vg/var")
    assert root.device is not None
    assert var.device is not None
    assert root.device.size_bytes == 3 * MIB
    assert root.device.read_at(2 * MIB - 1, 2) == b"\x01\x04"
    assert var.device.read_at(MIB - 2, 4) == b"\x02\x02\x03\x03"
    with pytest.raises(DiskError, match="expected a place below"):
        var.device.read_at(2 * MIB - 1, 2)


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        ([linear(0, 2, 0, "pv1")], "on 'pv1', which is on another disk"),
        ([linear(0, 2, 0).replace('"striped"', '"thin"')], "of type 'thin', expected a linear one"),
        ([linear(0, 2, 0).replace("stripe_count = 1", "stripe_count = 2")], "expected a linear one"),
        ([linear(0, 1, 0), linear(2, 1, 1)], "an extent at 2097152, expected one at 1048576"),
        ([linear(0, 1, 0).replace("start_extent = 0\n", "")], "start_extent is None"),
        (
            ['type = "striped"\nstripe_count = 1\nstripes = ["pv0"]\nstart_extent = 0'],
            "expected one physical",
        ),
    ],
)
def test_a_volume_that_is_not_all_here_says_why(segments: list[str], reason: str) -> None:
    text = lvm_text({"bad": segments, "ok": [linear(0, 1, 0)]})
    bad, good = read_volumes(lvm_disk(text, EXTENTS))
    assert bad.device is None
    assert reason in bad.reason
    assert good.device is not None


def test_a_volume_over_two_physical_ones() -> None:
    text = lvm_text({"root": [linear(0, 1, 1), linear(1, 1, 0, "pv1")]})
    older = lvm_text({}).replace("seqno = 4", "seqno = 3")
    first, second = lvm_disk(text, EXTENTS), lvm_disk(older, b"\xbb" * MIB, own=OTHER)
    for disks in ((first, second), (second, first)):
        (root,) = read_volumes(*disks)
        assert root.device is not None
        assert root.device.read_at(MIB - 1, 2) == b"\x01\xbb"


def test_hidden_volumes_are_no_ones() -> None:
    text = lvm_text({"a": [linear(0, 1, 0)]}).replace('"VISIBLE"', '"HIDDEN"')
    assert read_volumes(lvm_disk(text, EXTENTS)) == ()


def test_damaged_metadata_are_an_error() -> None:
    disk = bytearray(lvm_disk(lvm_text({}), EXTENTS))
    disk[4096 + 512 + 20] ^= 1
    with pytest.raises(DiskError, match="checksum"):
        read_volumes(bytes(disk))
    disk[4096 + 4] ^= 1
    with pytest.raises(DiskError, match="no valid metadata"):
        read_volumes(bytes(disk))
    with pytest.raises(DiskError, match="no label"):
        read_volumes(bytes(4096))


def test_the_grammar() -> None:
    assert parse_metadata('a { b = [1, "x\\"y", ] # c }\n d = 1.5 e { } }\nf = -2') == {
        "a": {"b": [1, 'x"y'], "d": "1.5", "e": {}},
        "f": "-2",
    }


@pytest.mark.parametrize("text", ["a {", "}", "a", "a = [1", "a = {", '"x" = 1', "a = b", "a ! b", "a{" * 20])
def test_what_is_no_metadata_is_an_error(text: str) -> None:
    with pytest.raises(DiskError, match="lvm: "):
        parse_metadata(text)


@given(st.text(st.sampled_from('ab{}[]=,"\\# \n123.-')))
def test_any_text_ends_in_sections_or_an_error(text: str) -> None:
    try:
        found = parse_metadata(text)
    except DiskError:
        return
    assert isinstance(found, dict)

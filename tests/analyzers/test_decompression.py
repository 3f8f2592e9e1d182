import gzip
import io
import random
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.decompression import decompress
from analyzers.errors import LimitExceededError, ParseError
from analyzers.limits import MIB, Limits

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMITS = Limits()
SAMPLE = random.Random(7).randbytes(300_000) + bytes(900_000)
SKIPPABLE = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"

BOTH = pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])


def inflate(data: bytes, limits: Limits = LIMITS) -> bytes:
    pieces = list(decompress(io.BytesIO(data), limits))
    assert all(pieces)
    return b"".join(pieces)


class Trickle:
    """Gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, _size: int, /) -> bytes:
        return self._data.read(1)


@pytest.mark.parametrize(
    "data",
    [
        SAMPLE,
        gzip.compress(SAMPLE),
        zstd.compress(SAMPLE),
        gzip.compress(SAMPLE[:7]) + gzip.compress(b"") + gzip.compress(SAMPLE[7:]),
        zstd.compress(SAMPLE[:7]) + SKIPPABLE + zstd.compress(SAMPLE[7:]),
        SKIPPABLE + zstd.compress(SAMPLE),
        gzip.compress(SAMPLE) + bytes(100_000),
    ],
    ids=["plain", "gzip", "zstd", "members", "frames", "skippable-first", "padded"],
)
def test_every_format_gives_the_same_bytes(data: bytes) -> None:
    assert inflate(data) == SAMPLE


@BOTH
def test_a_reader_may_give_one_byte_at_a_time(compress: Callable[[bytes], bytes]) -> None:
    data = compress(SAMPLE[:3000]) + compress(SAMPLE[3000:5000])
    assert b"".join(decompress(Trickle(data), LIMITS)) == SAMPLE[:5000]


def test_tiny_members_are_all_read() -> None:
    assert inflate(gzip.compress(b"x") * 20_000) == b"x" * 20_000


@BOTH
@pytest.mark.parametrize("cut", [5, 100, -1])
def test_truncated_input_is_an_error(compress: Callable[[bytes], bytes], cut: int) -> None:
    with pytest.raises(ParseError, match="ends early"):
        inflate(compress(SAMPLE)[:cut])


@BOTH
def test_a_truncated_second_part_is_an_error(compress: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ParseError, match="ends early"):
        inflate(compress(SAMPLE) + compress(SAMPLE)[:-1])


@pytest.mark.parametrize("tail", [b"\0\0rubbish", b"rubbish"])
@BOTH
def test_something_else_behind_the_stream_is_an_error(
    compress: Callable[[bytes], bytes], tail: bytes
) -> None:
    with pytest.raises(ParseError):
        inflate(compress(SAMPLE) + tail)


def test_a_wrong_checksum_is_an_error() -> None:
    data = bytearray(gzip.compress(SAMPLE))
    data[-6] ^= 1
    with pytest.raises(ParseError, match="damaged gzip"):
        inflate(bytes(data))


def test_plain_input_has_a_byte_limit_too() -> None:
    assert len(inflate(SAMPLE, Limits(layer_bytes=len(SAMPLE)))) == len(SAMPLE)
    with pytest.raises(LimitExceededError, match="layer_bytes") as caught:
        inflate(SAMPLE, Limits(layer_bytes=len(SAMPLE) - 1))
    assert caught.value.limit == "layer_bytes"


@BOTH
def test_a_bomb_ends_at_the_ratio_before_it_is_inflated(compress: Callable[[bytes], bytes]) -> None:
    limits = Limits(compression_ratio=50, ratio_floor_bytes=MIB)
    seen: list[int] = []
    with pytest.raises(LimitExceededError) as caught:
        seen.extend(map(len, decompress(io.BytesIO(compress(bytes(30 * MIB))), limits)))
    assert caught.value.limit == "compression_ratio"
    assert sum(seen) < 5 * MIB


@given(st.sampled_from([b"", b"\x1f\x8b", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"]), st.binary(max_size=300))
def test_any_bytes_end_in_bytes_or_a_parse_error(magic: bytes, data: bytes) -> None:
    with suppress(ParseError):
        inflate(magic + data)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.booleans())
def test_parts_are_joined(parts: list[bytes], use_zstd: bool) -> None:  # noqa: FBT001 - hypothesis names it
    compress = zstd.compress if use_zstd else gzip.compress
    assert inflate(b"".join(compress(part) for part in parts)) == b"".join(parts)

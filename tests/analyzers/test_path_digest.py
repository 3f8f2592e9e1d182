from hypothesis import given
from hypothesis import strategies as st

from analyzers.path_digest import HASH_BYTES, PathDigest, packed, path_hash

PATHS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=30)


@given(PATHS)
def test_all_paths_are_in_it(paths: list[str]) -> None:
    data = packed(map(path_hash, paths))
    digest = PathDigest(data)
    assert all(path in digest for path in paths)
    assert len(data) == HASH_BYTES * len(set(map(path_hash, paths)))
    assert bool(digest) == bool(paths)


@given(PATHS)
def test_order_and_repetition_do_not_matter(paths: list[str]) -> None:
    hashes = [path_hash(path) for path in paths]
    assert packed(hashes) == packed(reversed(hashes)) == packed(hashes * 2)


def test_others_are_not_in_it() -> None:
    digest = PathDigest(packed(path_hash(f"usr/lib/{number}") for number in range(10_000)))
    assert sum(f"etc/{number}" in digest for number in range(10_000)) <= 1
    assert "" not in PathDigest(b"")


def test_the_form_is_the_same_on_every_machine() -> None:
    # CRC-32 of "123456789" is 0xcbf43926, the algorithm's check value.
    assert packed([path_hash("123456789")]) == bytes.fromhex("cbf43926")
    assert packed([0x01020304, 0x0A0B0C0D]) == bytes.fromhex("010a020b030c040d")


@given(st.binary(max_size=40))
def test_any_bytes_are_some_paths(data: bytes) -> None:
    assert ("a" in PathDigest(data)) in {True, False}

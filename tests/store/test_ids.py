from hypothesis import given
from hypothesis import strategies as st

from store.ids import row_id

KEYS = st.lists(st.text(), max_size=4)


@given(KEYS, KEYS)
def test_keys_have_the_same_id_only_when_they_are_the_same(one: list[str], other: list[str]) -> None:
    assert (row_id(*one) == row_id(*other)) == (one == other)


@given(KEYS)
def test_ids_fit_into_a_signed_column(key: list[str]) -> None:
    assert 0 <= row_id(*key) < 1 << 63


def test_parts_do_not_run_together() -> None:
    assert len({row_id("ab", "c"), row_id("a", "bc"), row_id("abc"), row_id("abc", "")}) == 4


def test_ids_stay_what_they_are_in_every_version() -> None:
    assert row_id("manifest", "sha256:0") == 3721265832968122377

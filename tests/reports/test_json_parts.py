import msgspec
from hypothesis import given
from hypothesis import strategies as st

from reports.json_parts import array, formatted

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=4))
def test_parts_are_what_the_whole_would_be(values: list[object]) -> None:
    text = '{\n  "a": ' + "".join(array((formatted(each, 4) for each in values), 2)) + "\n}"
    assert text == formatted({"a": values})
    assert msgspec.json.decode(text) == {"a": values}


def test_what_terminals_obey_is_written_out() -> None:
    assert formatted(["\x9b\u202e"]) == '[\n  "\\u009b\\u202e"\n]'

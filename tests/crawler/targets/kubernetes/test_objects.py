import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry.errors import ProtocolError
from crawler.targets.kubernetes.objects import Controller, Node, Pod, Secret, parse_object, parse_page


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"items": {}}', b'{"metadata": {}}', b"<html>", b"\xff", b"[" * 9999]
)
def test_what_is_no_list(body: bytes) -> None:
    with pytest.raises(ProtocolError, match=r"here: expected a list of Kubernetes' API"):
        parse_page(body, "here")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"items": null}', (0, "")),
        (b'{"metadata": {"continue": null}, "items": [{}, 1]}', (2, "")),
        (b'{"metadata": {"continue": "x"}, "items": []}', (0, "x")),
    ],
)
def test_a_page(body: bytes, expected: tuple[int, str]) -> None:
    page = parse_page(body, "here")
    assert (len(page.items), page.next) == expected


@pytest.mark.parametrize("nothing", [None, []])
def test_what_may_be_left_out(nothing: object) -> None:
    body = {
        "spec": {"containers": nothing, "initContainers": nothing},
        "status": {"containerStatuses": nothing},
    }
    pod = parse_object(json.dumps(body).encode(), Pod, "here")
    assert (pod.spec.containers or (), pod.metadata.controller) == ((), None)
    assert parse_object(b"{}", Controller, "here").pod_spec is None
    assert parse_object(b'{"status": {"nodeInfo": {}}}', Node, "here").platform == ""


def test_an_error_quotes_no_value() -> None:
    with pytest.raises(ProtocolError, match="expected a Secret") as raised:
        parse_object(b'{"data": {"x": ["hunter2"]}}', Secret, "here")
    assert "hunter2" not in str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["metadata", "spec", "containers", "items"]), inner)
    ),
)


@given(JSON | st.binary())
def test_anything_ends_in_an_object_or_the_named_error(value: object) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    for kind in (Pod, Controller, Secret):
        with contextlib.suppress(ProtocolError):
            parse_object(body, kind, "here")
    with contextlib.suppress(ProtocolError):
        parse_page(body, "here")

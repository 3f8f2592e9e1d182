from collections.abc import Sequence
from itertools import pairwise

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry.errors import ProtocolError, RegistryError, UnreachableError
from crawler.sources._grpc import Call, Exchange

PEER = "containerd at 'x'"
MESSAGES = b"", b"a", b"b" * 40_000


def exchange() -> Exchange:
    return Exchange(Call(peer=PEER, path="/service/Method", request=b"q", metadata={"n": "v"}))


def answer(*messages: bytes, end: int | None = None) -> bytes:
    """Return all that a server sends whose one answer has these messages, up to one of their bytes."""
    server = H2Connection(H2Configuration(client_side=False))
    server.initiate_connection()
    server.receive_data(exchange().outgoing())
    server.send_headers(1, [(":status", "200"), ("content-type", "application/grpc+proto")])
    body = b"".join(b"\0" + len(message).to_bytes(4) + message for message in messages)[:end]
    for first in range(0, len(body), 16384):
        server.send_data(1, body[first : first + 16384])
    server.send_headers(1, [("grpc-status", "0")], end_stream=True)
    return server.data_to_send()


def received(data: bytes, cuts: Sequence[int] = ()) -> tuple[list[bytes], bool]:
    call = exchange()
    places = [0, *sorted(cuts), len(data)]
    parts = [data[first:last] for first, last in pairwise(places) if first < last]
    return [message for each in parts for message in call.receive(each)], call.finished


@given(st.lists(st.integers(0, len(answer(*MESSAGES))), max_size=9))
def test_an_answer_however_it_is_cut(cuts: list[int]) -> None:
    assert received(answer(*MESSAGES), cuts) == ([*MESSAGES], True)


@given(st.integers(0, len(answer(*MESSAGES)) - 1))
def test_an_answer_without_its_end(end: int) -> None:
    messages, finished = received(answer(*MESSAGES)[:end])
    assert (messages, finished) == ([*MESSAGES][: len(messages)], False)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_end_in_messages_or_an_error(
    data: bytes,
    begins_well: bool,  # noqa: FBT001 - hypothesis names it
) -> None:
    try:
        received(answer()[:9] + data if begins_well else data)
    except RegistryError as error:
        assert str(error).startswith(PEER)  # noqa: PT017 - both outcomes are right


@given(st.data())
def test_a_spoilt_answer_ends_in_messages_or_an_error(data: st.DataObject) -> None:
    spoilt = bytearray(answer(b"a", b"b" * 200))
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    try:
        received(bytes(spoilt))
    except RegistryError as error:
        assert str(error).startswith(PEER)  # noqa: PT017 - both outcomes are right


def test_a_connection_that_ends() -> None:
    with pytest.raises(UnreachableError, match="closed the connection before the answer's end"):
        list(exchange().receive(b""))


def test_a_request_that_is_too_long() -> None:
    with pytest.raises(RegistryError, match="a request of 20005 bytes is too long"):
        Exchange(Call(peer=PEER, path="/a/B", request=b"x" * 20_000))


def test_an_answer_that_ends_within_a_message() -> None:
    with pytest.raises(ProtocolError, match="ends its answer in the middle of a message"):
        received(answer(b"abc", end=7))

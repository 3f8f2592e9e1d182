"""One gRPC call: bytes from a connection in, messages and bytes for it out.

Specs: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, statuscodes.md beside it, and RFC 9113
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

from analyzers.documents.wording import beginning
from crawler.registry.errors import (
    DeniedError,
    NotFoundError,
    ProtocolError,
    RegistryError,
    ServerError,
    TooLargeError,
    UnauthorizedError,
    UnreachableError,
)

MESSAGE_BYTES = 16 * 1024 * 1024
"""Length of one message; what containerd allows itself."""
WINDOW_BYTES = 4 * 1024 * 1024
"""What may be under way before we acknowledge it."""
CONTENT_TYPE = "application/grpc"

_PREFIX_BYTES = 5
_SETTINGS = 4
_SETTINGS_AT = 3
_SHOWN_CHARACTERS = 200
_OK = 0
_KINDS: Mapping[int, type[RegistryError]] = {
    1: UnreachableError,  # cancelled
    2: ServerError,  # unknown
    4: UnreachableError,  # deadline exceeded
    5: NotFoundError,
    7: DeniedError,  # permission denied
    8: ServerError,  # resource exhausted
    12: ProtocolError,  # unimplemented
    13: ServerError,  # internal
    14: UnreachableError,  # unavailable
    16: UnauthorizedError,  # unauthenticated
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A method and its one request."""

    peer: str
    """What the other side is called in errors."""
    path: str
    """Such as "/containerd.services.images.v1.Images/Get"."""
    request: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)


class Exchange:
    """A connection that serves one call.

    Attributes:
        finished: whether the call has ended well.
    """

    def __init__(self, call: Call) -> None:
        self.finished = False
        self._peer = call.peer
        self._beginning = b""
        self._buffer = bytearray()
        self._headers: dict[str, str] = {}
        self._connection = _connected()
        self._stream = self._connection.get_next_available_stream_id()
        self._connection.send_headers(self._stream, _headers_of(call))
        body = b"\0" + len(call.request).to_bytes(4) + call.request
        try:
            self._connection.send_data(self._stream, body, end_stream=True)
        except H2Error as error:
            raise RegistryError(f"{call.peer}: a request of {len(body)} bytes is too long") from error

    def outgoing(self) -> bytes:
        """Return what is to be sent now."""
        return self._connection.data_to_send()

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Yield the messages that are complete with these bytes; no bytes mean that the connection ended.

        Raises:
            RegistryError: the call failed, or this is no gRPC.
        """
        if not data:
            raise UnreachableError(f"{self._peer} closed the connection before the answer's end")
        self._check_beginning(data)
        try:
            yield from self._messages(self._connection.receive_data(data))
        except H2Error as error:
            raise ProtocolError(f"{self._peer} does not speak gRPC: {_short(str(error))}") from error

    def _check_beginning(self, data: bytes) -> None:
        """Refuse what does not begin with a SETTINGS frame (RFC 9113, section 3.4).

        The library would wait for the 4 MB of the frame that "HTTP/1.1 400" announces.
        """
        if len(self._beginning) <= _SETTINGS_AT:
            self._beginning += data[: _SETTINGS_AT + 1]
            if len(self._beginning) > _SETTINGS_AT and self._beginning[_SETTINGS_AT] != _SETTINGS:
                raise ProtocolError(f"{self._peer} does not speak gRPC: it {beginning(self._beginning)}")

    def _messages(self, happened: Iterable[events.Event]) -> Iterator[bytes]:
        for event in happened:
            match event:
                case events.ResponseReceived():
                    self._begin(event)
                case events.DataReceived():
                    self._buffer += event.data
                    self._connection.acknowledge_received_data(event.flow_controlled_length, self._stream)
                    yield from self._complete()
                case events.TrailersReceived():
                    self._headers |= _texts(event.headers)
                case events.StreamEnded():
                    self._end()
                case events.StreamReset():
                    code = int(event.error_code or 0)
                    raise UnreachableError(f"{self._peer} gave up the call (HTTP/2 error {code})")
                case events.ConnectionTerminated() if not self.finished:
                    raise UnreachableError(f"{self._peer} ended the connection before the answer")

    def _begin(self, event: events.ResponseReceived) -> None:
        self._headers = _texts(event.headers)
        status, content_type = self._headers.get(":status", ""), self._headers.get("content-type", "")
        if status != "200" or not content_type.startswith(CONTENT_TYPE):
            raise ProtocolError(
                f"{self._peer} does not speak gRPC: status {_short(status)}, type {_short(content_type)}"
            )

    def _complete(self) -> Iterator[bytes]:
        """Yield length-prefixed messages: a byte for "is packed", four of length, the message."""
        while len(self._buffer) >= _PREFIX_BYTES:
            length = int.from_bytes(self._buffer[1:_PREFIX_BYTES])
            if self._buffer[0]:
                raise ProtocolError(f"{self._peer} sends packed messages, which nobody asked for")
            if length > MESSAGE_BYTES:
                raise TooLargeError(
                    "message_bytes",
                    f"{self._peer}: a message of {length} bytes, more than the limit of {MESSAGE_BYTES}",
                )
            end = _PREFIX_BYTES + length
            if len(self._buffer) < end:
                return
            message = bytes(memoryview(self._buffer)[_PREFIX_BYTES:end])
            del self._buffer[:end]
            yield message

    def _end(self) -> None:
        text = self._headers.get("grpc-status", "")
        if not text.isascii() or not text.isdigit():
            raise ProtocolError(f"{self._peer}: grpc-status {_short(text)}, expected a number")
        status = int(text[:9])
        if status != _OK:
            words = unquote(self._headers.get("grpc-message", ""))
            raise _KINDS.get(status, RegistryError)(f"{self._peer} answers {_short(words)}, status {status}")
        if self._buffer:
            raise ProtocolError(f"{self._peer} ends its answer in the middle of a message")
        self.finished = True


def _connected() -> H2Connection:
    """Return a connection that permits more under way than the 64 KiB of the specification."""
    connection = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    connection.local_settings = Settings(
        client=True,
        initial_values={
            SettingCodes.ENABLE_PUSH: 0,
            SettingCodes.INITIAL_WINDOW_SIZE: WINDOW_BYTES,
            SettingCodes.MAX_CONCURRENT_STREAMS: 1,
            SettingCodes.MAX_HEADER_LIST_SIZE: 64 * 1024,
        },
    )
    connection.initiate_connection()
    connection.increment_flow_control_window(WINDOW_BYTES)
    return connection


def _headers_of(call: Call) -> list[tuple[str, str]]:
    return [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", call.path),
        (":authority", "localhost"),
        ("te", "trailers"),
        ("content-type", CONTENT_TYPE),
        ("user-agent", "cleanbill"),
        *call.metadata.items(),
    ]


def _texts(headers: Iterable[tuple[bytes | str, bytes | str]]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in headers}


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("ascii", "replace")


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…")

"""Protocol Buffers as bytes: enough to write small requests and to read strangers' answers.

Spec: https://protobuf.dev/programming-guides/encoding/
"""

from dataclasses import dataclass

FIELDS = 100_000
"""Fields in one message; a list of all images on a machine has one for each image."""
FIELD_NUMBER_MAX = 2**29 - 1

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_VARINT_BYTES = 10
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_UINT64 = 2**64 - 1
_MORE = 0x80  # in a varint's byte: another one follows; the other seven bits are the number's


class WireError(ValueError):
    """Bytes that are no message, or hold text that is none; says at which byte or in which field."""


def encode_text(number: int, value: str) -> bytes:
    """Return a string field; nothing for the empty string, as proto3 wants it."""
    body = value.encode()
    return _encode_varint(number << 3 | _LENGTH) + _encode_varint(len(body)) + body if body else b""


def encode_integer(number: int, value: int) -> bytes:
    """Return an int64 field; nothing for 0."""
    return _encode_varint(number << 3 | _VARINT) + _encode_varint(value & _UINT64) if value else b""


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of one message by number; those that are absent read as proto3's defaults."""

    integers: dict[int, int]
    chunks: dict[int, list[bytes]]

    def integer(self, number: int) -> int:
        """Return an int64."""
        value = self.integers.get(number, 0)
        return value - 2**64 if value >= 2**63 else value

    def chunk(self, number: int) -> bytes:
        """Return a bytes field; of several the last, as the specification wants it."""
        return self.chunks.get(number, [b""])[-1]

    def text(self, number: int) -> str:
        """Return a string field.

        Raises:
            WireError: it is not UTF-8.
        """
        try:
            return self.chunk(number).decode()
        except UnicodeDecodeError as error:
            raise WireError(f"field {number}: expected UTF-8 text: {error.reason}") from error

    def message(self, number: int) -> "Message":
        """Return a message within this one; several are merged, which is what their bytes in a row mean.

        Raises:
            WireError: it is none.
        """
        return parse(b"".join(self.chunks.get(number, [])))

    def messages(self, number: int) -> list["Message"]:
        """Return the messages of a repeated field.

        Raises:
            WireError: one of them is none.
        """
        return [parse(chunk) for chunk in self.chunks.get(number, [])]


def parse(data: bytes) -> Message:
    """Return the message in `data`.

    message = { tag value }; tag = varint of number << 3 | wire type; groups, which proto3 lacks, are refused.

    Raises:
        WireError: it is none, or has more than FIELDS fields.
    """
    message, at, count = Message({}, {}), 0, 0
    while at < len(data):
        count += 1
        if count > FIELDS:
            raise WireError(f"more than the limit of {FIELDS} fields")
        tag, after = _decode_varint(data, at)
        number = tag >> 3
        if not 1 <= number <= FIELD_NUMBER_MAX:
            raise WireError(f"byte {at}: field number {number}, expected 1 to 2^29-1")
        at = _read_value(message, number, tag & 7, data, after)
    return message


def _read_value(message: Message, number: int, wire_type: int, data: bytes, at: int) -> int:
    """Add one value to the message; return where the next field begins."""
    if wire_type == _VARINT:
        message.integers[number], at = _decode_varint(data, at)
        return at
    if wire_type in _FIXED_BYTES:
        length = _FIXED_BYTES[wire_type]
    elif wire_type == _LENGTH:
        length, at = _decode_varint(data, at)
    else:
        raise WireError(f"byte {at}: wire type {wire_type} of field {number}, expected 0, 1, 2 or 5")
    if length > len(data) - at:
        raise WireError(f"byte {at}: field {number} has {length} bytes, only {len(data) - at} are left")
    if wire_type == _LENGTH:
        message.chunks.setdefault(number, []).append(data[at : at + length])
    return at + length


def _encode_varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= _MORE:
        encoded.append(value % _MORE | _MORE)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _decode_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + _VARINT_BYTES]):
        value |= byte % _MORE << 7 * place
        if byte < _MORE:
            return value & _UINT64, at + place + 1
    raise WireError(f"byte {at}: a number that does not end")

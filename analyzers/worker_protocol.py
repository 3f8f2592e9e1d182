"""The messages between a pool of layer workers and one worker, as frames of bytes.

A frame is the length of its body (4 bytes, big-endian), then the body: one message in MessagePack, tagged
by its type's name. Both directions use the same frames.

    parent → worker   Job, then any number of Available, of which one has count = Job.size; or Abort
                      TreeJob or DiskJob, alone
    worker → parent   one Done or Failed for each Job, with its number; none after an Abort that came in time

A worker has one job at a time. An Abort may cross the answer to its job: the parent drops answers whose
number is not that of the job it waits for.
"""

from collections.abc import Iterator

import msgspec

from analyzers.errors import ParseError
from analyzers.inventory import LayerInventory
from analyzers.limits import GIB, Limits
from analyzers.tree import Skipped

LENGTH_BYTES = 4
"""Length of a frame's head."""
_MAX_BODY_BYTES = GIB


class Job(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Analyse the layer in a file that may still be growing."""

    number: int
    """Chosen by the parent, given back with the answer."""
    path: bytes
    """The spool file, as the system has it: a name need not be UTF-8. It has to stay until the answer."""
    size: int
    """Compressed bytes of the whole layer."""
    limits: Limits
    analyzers: tuple[str, ...] | None = None
    """Ids of the analyzers to run; None for all that find installed packages."""
    secret_config: bytes = b""
    """Of the search for secrets, packed; empty for the built-in one."""
    own_checks: bytes = b""
    """The user's checks of configurations, packed; empty when there are none."""


class TreeJob(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Analyse the files below a directory of this machine."""

    number: int
    path: bytes
    """As the system has it."""
    limits: Limits
    skipped: Skipped
    analyzers: tuple[str, ...]
    """Ids of the analyzers to run."""
    patterns: tuple[tuple[str, str], ...] = ()
    """(analyzer id, regular expression): paths to give to an analyzer beside those it asks for."""
    secret_config: bytes = b""
    own_checks: bytes = b""
    """As in Job."""


class DiskJob(TreeJob, frozen=True, kw_only=True, tag=True):
    """Analyse the files on a disk image of this machine, whose path it has."""


class Available(msgspec.Struct, frozen=True, tag=True):
    """The first `count` bytes of the spool file are written, and right as far as known."""

    count: int


class Abort(msgspec.Struct, frozen=True, tag=True):
    """Forget the job: its layer will not be complete, or nobody wants it any more."""


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The layer's inventory."""

    number: int
    inventory: LayerInventory
    remarks: tuple[str, ...] = ()
    """What was left alone on a disk because no packages can be there."""


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The layer cannot be analysed."""

    number: int
    reason: str
    limit: str | None = None
    """The field of Limits that forbids it."""


Request = Job | TreeJob | DiskJob | Available | Abort
Answer = Done | Failed

_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def encode_frame(message: Request | Answer) -> bytes:
    """Return a message as one frame."""
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def decode_request(body: bytes) -> Request:
    """Return the parent's message in a frame's body.

    Raises:
        ParseError: it is none.
    """
    try:
        return _requests.decode(body)
    except msgspec.MsgspecError as exc:
        raise ParseError(f"worker protocol: not a request: {exc}") from exc


def decode_answer(body: bytes) -> Answer:
    """Return the worker's message in a frame's body.

    Raises:
        ParseError: it is none.
    """
    try:
        return _answers.decode(body)
    except msgspec.MsgspecError as exc:
        raise ParseError(f"worker protocol: not an answer: {exc}") from exc


class Frames:
    """Cuts received bytes into the bodies of frames."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take bytes and yield the bodies that are complete.

        Raises:
            ParseError: a frame is longer than any message.
        """
        self._received += data
        while (body := self._next_body()) is not None:
            yield body

    def _next_body(self) -> bytes | None:
        if len(self._received) < LENGTH_BYTES:
            return None
        length = int.from_bytes(self._received[:LENGTH_BYTES], "big")
        if length > _MAX_BODY_BYTES:
            raise ParseError(
                f"worker protocol: a frame of {length} bytes, expected at most {_MAX_BODY_BYTES}"
            )
        end = LENGTH_BYTES + length
        if len(self._received) < end:
            return None
        body = bytes(self._received[LENGTH_BYTES:end])
        del self._received[:end]
        return body

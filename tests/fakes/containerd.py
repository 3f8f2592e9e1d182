"""A containerd on a unix socket that can be filled by hand and told to misbehave, and the real one."""

import asyncio
import contextlib
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection

from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST, Pushed, digest_of

CHUNK_BYTES = 64 * 1024
NOT_FOUND, INTERNAL = 5, 13
CONFIG = """version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{folder}/containerd.sock"
"""


def varint(value: int) -> bytes:
    low, high = value & 0x7F, (value & 2**64 - 1) >> 7
    return bytes([low | 0x80]) + varint(high) if high else bytes([low])


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def chunk(number: int, value: bytes | str) -> bytes:
    body = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(body)) + body


def target(media_type: str, digest: str, size: int) -> bytes:
    """Return a GetImageResponse whose image points there."""
    return chunk(1, chunk(1, "name") + chunk(3, chunk(1, media_type) + chunk(2, digest) + integer(3, size)))


def info(digest: str, size: int) -> bytes:
    """Return an InfoResponse."""
    return chunk(1, chunk(1, digest) + integer(2, size))


def part(offset: int, data: bytes) -> bytes:
    """Return a ReadContentResponse."""
    return integer(1, offset) + chunk(2, data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call gets; the fields' defaults are those of a call that works."""

    messages: Sequence[bytes] = ()
    status: int | str = 0
    words: str = ""
    http_status: str = "200"
    content_type: str = "application/grpc"
    packed: bool = False
    endless: bool = False
    """The messages are sent again and again."""
    cut: int | None = None
    """The connection breaks after so many bytes of messages."""
    reset: bool = False
    """The stream is reset after the messages."""
    goaway: bool = False
    """The connection is ended, by the protocol's rules, after the messages."""
    stalled: bool = False
    """Nothing comes after the messages."""


@dataclass(slots=True)
class Faults:
    """What goes wrong; everything is off at first."""

    raw: bytes | None = None
    """Sent instead of HTTP/2, after which the connection is closed."""
    silent: bool = False
    """Nothing is sent at all."""
    pings: bool = False
    """Pings are sent, and nothing else."""
    once: dict[str, list[Answer]] = field(default_factory=dict)
    """Method → its next answers."""
    always: dict[str, Answer] = field(default_factory=dict)
    """Method → its answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call that arrived."""

    namespace: str
    method: str
    first: str
    """Field 1: the name, digest or first filter."""
    offset: int


class FakeContainerd:
    """Holds content and images in memory; "async with" serves them."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "containerd.sock"
        self.content: dict[str, dict[str, bytes]] = {"default": {}, "k8s.io": {}}
        """Namespace → digest → bytes."""
        self.images: dict[str, dict[str, tuple[str, str, int]]] = {"default": {}, "k8s.io": {}}
        """Namespace → name → media type, digest, size."""
        self.asked: list[Asked] = []
        self.faults = Faults()
        self._stop = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open = 0
        self._closed = asyncio.Event()
        self._closed.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self.socket)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._stop.set()
        await self._closed.wait()
        await self._server.wait_closed()

    def put(self, namespace: str, *bodies: bytes) -> list[str]:
        """Add content; return its digests."""
        self.content[namespace].update({digest_of(body): body for body in bodies})
        return [digest_of(body) for body in bodies]

    def add_image(self, namespace: str, name: str, image: Pushed, blobs: Mapping[str, bytes]) -> None:
        """Add an image with its manifest, and with those of its blobs that are given."""
        self.add_target(namespace, name, OCI_MANIFEST, image.body)
        needed = {image.config_digest, *(layer["digest"] for layer in image.layers)}
        self.put(namespace, *(body for digest, body in blobs.items() if digest in needed))

    def add_index(self, namespace: str, name: str, *entries: Mapping[str, object]) -> str:
        body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
        self.add_target(namespace, name, OCI_INDEX, body)
        return digest_of(body)

    def add_target(self, namespace: str, name: str, media_type: str, body: bytes) -> None:
        self.images[namespace][name] = (media_type, digest_of(body), len(body))
        self.put(namespace, body)

    def _answer(self, method: str, namespace: str, request: bytes) -> Answer:
        firsts, offset = read_request(request)
        self.asked.append(Asked(namespace, method, firsts[0], offset))
        if self.faults.once.get(method):
            return self.faults.once[method].pop(0)
        if method in self.faults.always:
            return self.faults.always[method]
        return self._truth(method, namespace, firsts, offset)

    def _truth(self, method: str, namespace: str, firsts: Sequence[str], offset: int) -> Answer:
        content = self.content.get(namespace, {})
        if method == "List":
            wanted = {digest for digest in content if f'digest=="{digest}"' in firsts}
            return Answer(messages=[chunk(1, chunk(1, digest)) for digest in sorted(wanted)])
        named = self.images.get(namespace, {}).get(firsts[0])
        if method == "Get" and named is not None:
            return Answer(messages=[target(*named)])
        body = content.get(firsts[0])
        if method == "Info" and body is not None:
            return Answer(messages=[info(firsts[0], len(body))])
        if method == "Read" and body is not None:
            return Answer(messages=parts(body, offset))
        return Answer(status=NOT_FOUND, words=f"{firsts[0]}: not found")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self._closed.clear()
        try:
            await self._talk(reader, writer)
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._open -= 1
            if not self._open:
                self._closed.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.faults.silent:
            await self._stop.wait()
            return
        if self.faults.raw is not None:
            writer.write(self.faults.raw)
            await writer.drain()
            writer.write_eof()
            await reader.read()
            return
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        with contextlib.suppress(OSError):
            await _Conversation(self, connection, reader, writer).run()

    def answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        service, _, method = headers[":path"].rpartition("/")
        assert service.startswith("/containerd.services.")
        assert (headers["te"], headers["content-type"]) == ("trailers", "application/grpc")
        assert body[:5] == b"\0" + (len(body) - 5).to_bytes(4)
        return self._answer(method, headers["containerd-namespace"], body[5:])


class _Conversation:
    """One connection with its one call."""

    def __init__(
        self,
        fake: FakeContainerd,
        connection: H2Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._fake, self._connection, self._reader, self._writer = fake, connection, reader, writer
        self._headers: dict[str, str] = {}
        self._body = b""
        self._sent = 0

    async def run(self) -> None:
        while not await self._asked():
            pass
        if self._fake.faults.pings:
            while True:
                self._connection.ping(b"12345678")
                await self._flush()
                await self._asked()
        await self._give(self._fake.answer(self._headers, self._body))
        while await self._reader.read(CHUNK_BYTES):
            pass

    async def _give(self, answer: Answer) -> None:
        head = [(":status", answer.http_status), ("content-type", answer.content_type)]
        self._connection.send_headers(1, head)
        while True:
            for message in answer.messages:
                framed = bytes([answer.packed]) + len(message).to_bytes(4) + message
                if not await self._send(framed, answer.cut):
                    return
            if not (answer.endless and answer.messages):
                break
        if answer.stalled:
            await self._flush()
            await self._fake._stop.wait()  # noqa: SLF001 - a part of it
        elif answer.reset:
            self._connection.reset_stream(1, 2)
        elif answer.goaway:
            self._connection.close_connection()
        else:
            end = [("grpc-status", str(answer.status)), ("grpc-message", answer.words)]
            self._connection.send_headers(1, end, end_stream=True)
        await self._flush()

    async def _send(self, data: bytes, cut: int | None) -> bool:
        """Send within the windows; return False when the connection was broken on purpose."""
        left = memoryview(data)
        while left:
            window = min(self._connection.local_flow_control_window(1), 16384)
            if cut is not None:
                window = min(window, cut - self._sent)
                if window == 0:
                    await self._flush()
                    self._writer.transport.abort()
                    return False
            if window == 0:
                await self._asked()
                continue
            self._connection.send_data(1, bytes(left[:window]))
            self._sent += min(window, len(left))
            left = left[window:]
            await self._flush()
        return True

    async def _asked(self) -> bool:
        """Take what the client sends next; return whether its request is complete."""
        data = await self._reader.read(CHUNK_BYTES)
        if not data:
            raise ConnectionResetError
        for event in self._connection.receive_data(data):
            match event:
                case events.RequestReceived():
                    self._headers = {_text(name): _text(value) for name, value in event.headers}
                case events.DataReceived():
                    self._body += event.data
                case events.StreamEnded():
                    return True
        await self._flush()
        return False

    async def _flush(self) -> None:
        self._writer.write(self._connection.data_to_send())
        await self._writer.drain()


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode()


def read_request(body: bytes) -> tuple[list[str], int]:
    """Return the texts of field 1 and the number in field 2."""
    texts, number = [], 0
    while body:
        tag = body[0]
        value, body = _varint(body[1:])
        if tag == 0x10:
            number = value
        else:
            assert tag == 0x0A
            texts.append(body[:value].decode())
            body = body[value:]
    return texts, number


def _varint(body: bytes) -> tuple[int, bytes]:
    value = 0
    for place, byte in enumerate(body):
        value |= byte % 128 << 7 * place
        if byte < 128:
            return value, body[place + 1 :]
    raise AssertionError(body)


def parts(body: bytes, offset: int) -> list[bytes]:
    """Return what a read from this offset gives; as with the real one, the answers count from 0 on."""
    rest = body[offset:]
    return [part(at, rest[at : at + CHUNK_BYTES]) for at in range(0, len(rest), CHUNK_BYTES)]


@dataclass(frozen=True, slots=True)
class RealContainerd:
    """The program itself."""

    socket: Path

    def ctr(self, namespace: str, *args: str) -> str:
        """Run ctr and return what it prints."""
        command = ["ctr", "-a", str(self.socket), "-n", namespace, *args]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@contextmanager
def real_containerd(folder: Path) -> Iterator[RealContainerd]:
    """Run containerd without its Kubernetes part, with everything in `folder`."""
    (folder / "config.toml").write_text(CONFIG.format(folder=folder))
    with (folder / "log").open("wb") as log:
        command = ["containerd", "--config", str(folder / "config.toml")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(folder / "containerd.sock", process)
        yield RealContainerd(folder / "containerd.sock")
    finally:
        process.terminate()
        process.wait(20)


@asynccontextmanager
async def cutting_proxy(path: Path, target: Path, cuts: list[int]) -> AsyncIterator[None]:
    """Listen at `path` for `target`; connections that bring so many bytes break, one for each of `cuts`."""
    open_ones: list[asyncio.Event] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        n_bytes = 0
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                n_bytes += len(data)
                writer.write(data)
                await writer.drain()
                if is_answer and cuts and n_bytes > cuts[0]:
                    cuts.pop(0)
                    break
        writer.transport.abort()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended = asyncio.Event()
        open_ones.append(ended)
        answers, requests = await asyncio.open_unix_connection(target)
        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, requests, is_answer=False))
            await pump(answers, writer, is_answer=True)
        ended.set()

    async with await asyncio.start_unix_server(serve, path):
        yield
        for ended in open_ones:
            await ended.wait()


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            return
    raise AssertionError("containerd does not listen")

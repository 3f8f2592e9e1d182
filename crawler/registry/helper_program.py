"""Asks a credential helper program, within bounds of time and length.

Protocol: https://github.com/docker/docker-credential-helpers#development
"""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping

from crawler.registry.auth import Credentials
from crawler.registry.auth_file import FILE_BYTES, Helper, parse_helper
from crawler.registry.errors import CredentialsError

HELPER_TIMEOUT_S = 20.0
"""How long a helper program may think; some ask a cloud."""

_NOT_FOUND = b"credentials not found"


class _Listener(asyncio.SubprocessProtocol):
    """Keeps what a program prints, until it ends or prints too much.

    asyncio's own streams wait for the end of the output even of a program that was killed, and a child of
    the program may hold it open for days.
    """

    def __init__(self) -> None:
        self.output = bytearray()
        self.heard = asyncio.Event()
        """Nothing more is to be listened to."""
        self.exited = asyncio.Event()
        self.is_over = False
        """Whether it has exited and nobody can print any more."""

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - the protocol's
        self.output += data
        if len(self.output) > FILE_BYTES:
            self.heard.set()

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        self.is_over = True
        self.heard.set()


async def ask_helper(helper: Helper, environment: Mapping[str, str]) -> Credentials | None:
    """Return the login that a helper program has; None when it has none.

    Raises:
        CredentialsError: it cannot be started, fails, does not end in time, or prints something else or
            too much.
    """
    program = f"docker-credential-{helper.name}"
    async with _running(program, environment) as (transport, listener):
        _write(transport, helper.server.encode() + b"\n")
        try:
            async with asyncio.timeout(HELPER_TIMEOUT_S):
                await listener.heard.wait()
        except TimeoutError as error:
            raise CredentialsError(f"{program}: no answer within {HELPER_TIMEOUT_S:g} s") from error
        if len(listener.output) > FILE_BYTES:
            raise CredentialsError(f"{program}: prints more than the limit of {FILE_BYTES} bytes")
        code = transport.get_returncode()
    if code:
        # Helpers print their errors where the secret would be, so only the known sentence is looked at.
        if _NOT_FOUND in listener.output:
            return None
        raise CredentialsError(f"{program}: ended with code {code} when asked for {helper.server}")
    return parse_helper(bytes(listener.output), program)


@contextlib.asynccontextmanager
async def _running(
    program: str, environment: Mapping[str, str]
) -> AsyncIterator[tuple[asyncio.SubprocessTransport, _Listener]]:
    """Give a program that is to get a login; one that has not ended by itself is killed with its children."""
    try:
        transport, listener = await asyncio.get_running_loop().subprocess_exec(
            _Listener,
            program,
            "get",
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        raise CredentialsError(f"{program}: cannot be started: {error.strerror}") from error
    try:
        yield transport, listener
    finally:
        if not listener.is_over:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
        transport.close()
        await listener.exited.wait()


def _write(transport: asyncio.SubprocessTransport, data: bytes) -> None:
    pipe = transport.get_pipe_transport(0)
    if isinstance(pipe, asyncio.WriteTransport):
        pipe.write(data)
        pipe.write_eof()

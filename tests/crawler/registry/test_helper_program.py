import asyncio
import os
from pathlib import Path

import pytest

from crawler.registry import helper_program
from crawler.registry.auth import Credentials
from crawler.registry.auth_file import FILE_BYTES, Helper
from crawler.registry.errors import CredentialsError
from crawler.registry.helper_program import ask_helper

ANSWER = '{"Username":"u","Secret":"s"}'


async def asked(folder: Path, script: str) -> Credentials | None:
    path = folder / "docker-credential-mine"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return await ask_helper(Helper("mine", "a"), {"PATH": f"{folder}:{os.environ['PATH']}"})


@pytest.mark.parametrize(
    "script",
    [
        f"printf '%-{FILE_BYTES}s' '{ANSWER}'",
        f"exec <&-; echo '{ANSWER}'",
        f"read server; [ $server = a ] && [ $1 = get ] && echo '{ANSWER}'",
        f"cat > /dev/null; echo '{ANSWER}'; head -c 1000000 /dev/zero >&2",
    ],
    ids=["long", "deaf", "reading", "complaining"],
)
async def test_what_it_prints_is_the_login(tmp_path: Path, script: str) -> None:
    assert await asked(tmp_path, script) == Credentials("u", "s")


@pytest.mark.parametrize("script", [f"printf '%-{FILE_BYTES + 1}s' '{ANSWER}'", "yes hunter2"])
async def test_one_that_prints_too_much_is_stopped(tmp_path: Path, script: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        await asked(tmp_path, script)
    assert str(caught.value) == "docker-credential-mine: prints more than the limit of 1048576 bytes"


@pytest.mark.parametrize(
    "script",
    ["exec {sleep}", "{sleep}; exit 0", "{sleep} & exit", "trap '' TERM; {sleep}"],
    ids=["itself", "a child", "a child left behind", "a trap"],
)
async def test_one_that_does_not_end_is_stopped_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(helper_program, "HELPER_TIMEOUT_S", 0.3)
    os.mkfifo(tmp_path / "held")
    held = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    async with asyncio.timeout(60):
        with pytest.raises(CredentialsError) as caught:
            await asked(tmp_path, f"exec 3>{tmp_path}/held; {script.format(sleep='sleep 600')}")
    assert str(caught.value) == "docker-credential-mine: no answer within 0.3 s"
    with os.fdopen(held, "rb") as end:
        os.set_blocking(held, True)
        assert end.read() == b""  # so nobody holds the other end any more

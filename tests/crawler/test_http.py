import ssl
import sys
from asyncio import subprocess
from pathlib import Path

import pytest
import trustme
from aiohttp import web

ASK = """
import asyncio, ssl, sys
from crawler.http import aiohttp

async def ask():
    async with aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.get(sys.argv[1]) as answer:
                print(await answer.text())

assert "set_default_verify_paths" not in vars(ssl.SSLContext), "the import left its traces"
asyncio.run(ask())
"""


async def answers(url: str, certificates: Path) -> tuple[int | None, str]:
    """Ask in a process of its own: contexts of an import that others did already are not what is tried."""
    process = await subprocess.create_subprocess_exec(
        sys.executable,
        "-c",
        ASK,
        url,
        env={"SSL_CERT_FILE": str(certificates), "SSL_CERT_DIR": "/nowhere"},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


@pytest.mark.parametrize("trusted", [True, False])
async def test_sessions_trust_what_the_system_trusts_and_no_more(tmp_path: Path, *, trusted: bool) -> None:
    authority, other = trustme.CA(), trustme.CA()
    (authority if trusted else other).cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="fine")

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        host, port = runner.addresses[0]
        code, said = await answers(f"https://{host}:{port}/", tmp_path / "ca.pem")
    finally:
        await runner.cleanup()
    if trusted:
        assert (code, said) == (0, "fine\nfine\n")
    else:
        assert code == 1
        assert "CERTIFICATE_VERIFY_FAILED" in said

import socket

import aiohttp
import pytest
from aiohttp import web

from config.errors import ConfigError
from crawler.api.server import Address, serve


def hello() -> web.Application:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", answer)
    return app


@pytest.mark.parametrize(
    ("listen", "host"), [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1"), ("localhost:0", "127.0.0.1")]
)
async def test_it_answers_where_it_says(listen: str, host: str) -> None:
    async with serve(hello(), listen) as address, aiohttp.ClientSession() as session:
        assert address.host == host
        assert address.port > 0
        async with session.get(address.url) as response:
            assert await response.text() == "hello"


async def test_afterwards_the_address_is_free() -> None:
    async with serve(hello(), "127.0.0.1:0") as address:
        pass
    with socket.create_server((address.host, address.port)):
        pass


async def test_an_address_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        told = rf"server.listen: cannot listen on '{listen}': address already in use"
        with pytest.raises(ConfigError, match=told):
            await serve(hello(), listen).__aenter__()


@pytest.mark.parametrize(
    ("listen", "told"),
    [
        ("8080", "'8080' is not an address: expected 'host:port'"),
        ("::1:80", "'::1:80' is not an address"),
        ("192.0.2.1:80", "cannot listen on '192.0.2.1:80': cannot assign requested address"),
        ("nobody.invalid:80", "cannot listen on 'nobody.invalid:80': the host name could not be resolved"),
    ],
)
async def test_addresses_that_cannot_be(listen: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        await serve(hello(), listen).__aenter__()
    assert str(caught.value).startswith(f"server.listen: {told}")


def test_an_ipv6_address_has_brackets_in_a_url() -> None:
    assert Address("::1", 80).url == "http://[::1]:80"

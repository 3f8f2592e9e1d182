import base64
import socket
import ssl
from datetime import UTC, datetime
from email.utils import format_datetime

import aiohttp
import pytest
from aiohttp import client_exceptions
from standardwebhooks.webhooks import Webhook

from crawler.notify.schedule import Answered, Unreachable
from crawler.notify.webhook import open_session, receiver, send
from crawler.registry.translate import translation
from store.events import EndpointRule
from tests.fakes.hooks import Answer, babbles, breaks_off, drops, listening, says

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()
BODY = '{"text": "größer"}'.encode()


async def post(url: str, secret: str = SECRET) -> Answered | Unreachable:
    to = receiver(EndpointRule(name="one", url=url, secret=secret))
    async with open_session() as session:
        return await send(session, to, "msg_1", BODY, now=datetime.now(UTC), agent="cleanbill/1.0")


async def test_a_message_is_signed_as_the_standard_says() -> None:
    async with listening() as hook:
        assert await post(hook.url) == Answered(status=204)
    (got,) = hook.received
    assert Webhook(SECRET).verify(got.body, got.headers) == {"text": "größer"}
    assert got.body == BODY
    assert got.headers["webhook-id"] == "msg_1"
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert got.headers["user-agent"] == "cleanbill/1.0"


async def test_without_a_secret_there_is_no_signature() -> None:
    async with listening() as hook:
        await post(hook.url, secret="")
    assert "webhook-signature" not in hook.received[0].headers
    assert "webhook-timestamp" in hook.received[0].headers


@pytest.mark.parametrize("secret", ["whsec_!!", "a", "whsec_ü"])
def test_an_unusable_secret_is_named_but_not_shown(secret: str) -> None:
    with pytest.raises(ValueError, match=r"webhook 'one': the secret is unusable") as caught:
        receiver(EndpointRule(name="one", url="https://hooks.test", secret=secret))
    assert f"{secret!r}" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        (says(200, "thanks"), Answered(status=200)),
        (says(301, Location="/elsewhere"), Answered(status=301)),
        (says(410), Answered(status=410)),
        (says(429, Retry_After="120"), Answered(status=429, retry_after_s=120.0)),
        (says(503, Retry_After="soon"), Answered(status=503)),
        (says(400, "not\n\x1b[31m today"), Answered(status=400, excerpt="not [31m today")),
        (says(500, "x" * 100_000), Answered(status=500, excerpt="x" * 200)),
        (says(400, f"{SECRET} is wrong"), Answered(status=400, excerpt="… is wrong")),
        (drops, Unreachable("closed the connection without an answer")),
        (babbles, Unreachable("the answer is not HTTP")),
        (breaks_off, Answered(status=200)),
    ],
)
async def test_what_came_of_it(script: Answer, answer: Answered | Unreachable) -> None:
    async with listening(script) as hook:
        assert await post(hook.url) == answer
    assert len(hook.received) == 1


async def test_a_date_to_come_back_at_is_relative_to_the_answers_own() -> None:
    then, now = (format_datetime(datetime(2026, 1, 1, 12, n, tzinfo=UTC), usegmt=True) for n in (5, 0))
    async with listening(says(503, Retry_After=then, Date=now)) as hook:
        assert await post(hook.url) == Answered(status=503, retry_after_s=300.0)


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        answer = await post(f"http://127.0.0.1:{taken.getsockname()[1]}/hook")
    assert answer == Unreachable("cannot connect (connection refused)")


async def test_messages_go_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "direct.invalid")
    async with listening() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert await post("http://hooks.invalid/hook") == Answered(status=204)
        assert await post("http://direct.invalid/hook") == Unreachable("the host's name does not resolve")
    (got,) = proxy.received
    assert got.headers["host"] == "hooks.invalid"
    assert Webhook(SECRET).verify(got.body, got.headers) == {"text": "größer"}
    assert await post("http://hooks.invalid/hook") == Unreachable(
        "the proxy cannot be reached (connection refused)"
    )
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    answer = await post("http://hooks.invalid/hook")
    assert answer == Unreachable("hooks.invalid: the proxy for http has to be an http:// or https:// URL")


async def test_a_plain_server_does_not_pass_for_tls() -> None:
    async with listening() as hook:
        answer = await post(hook.url.replace("http:", "https:"))
    assert isinstance(answer, Unreachable)
    assert answer.reason.endswith(" does not speak TLS; perhaps it speaks plain http")


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "x" * 70 + ".invalid"])
async def test_names_that_lead_nowhere(host: str) -> None:
    assert isinstance(await post(f"https://{host}/hook?token=hush"), Unreachable)


GENERAL = {
    "ClientError",
    "UploadAbortedError",
    "NonHttpUrlClientError",
    "RedirectClientError",
    "NonHttpUrlRedirectClientError",
}
"""The first is never raised itself, the second names no cause, settings refuse what the third is about, and
redirects are not followed."""


def errors_of_the_library() -> list[type[Exception]]:
    named = [getattr(client_exceptions, name) for name in client_exceptions.__all__]
    return [each for each in named if issubclass(each, aiohttp.ClientError)]


@pytest.mark.parametrize("kind", errors_of_the_library())
def test_every_error_of_the_library_has_a_sentence_without_the_address(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    error.args = ("https://hooks.test/hush",)
    for name in ("_os_error", "_certificate_error"):
        if hasattr(kind, name.removeprefix("_")):
            setattr(error, name, ssl.SSLCertVerificationError(1, "hush"))
    _, told = translation(error)
    assert told
    assert "hooks.test" not in told
    assert told != "no usable answer" or kind.__name__ in GENERAL

"""Sending one signed message to one receiver.

Specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from math import floor
from urllib.parse import urlsplit

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from crawler.http import aiohttp, environment_proxy
from crawler.notify.schedule import Answered, Unreachable
from crawler.registry.errors import UnreachableError
from crawler.registry.retry import parse_retry_after
from crawler.registry.translate import EXCEPTIONS, translation
from store.events import EndpointRule

TIMEOUT_S = 15.0
"""From the first attempt to connect to the end of the answer's head."""
LONGEST_ANSWER_BYTES = 4096
"""More of a refusal is not read; of a success nothing is."""
EXCERPT = 200
"""Characters of a refusal that are kept."""

_TIMEOUT = aiohttp.ClientTimeout(total=TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class Receiver:
    """An endpoint and what signs its messages; None for no signature."""

    rule: EndpointRule
    signer: Webhook | None


def receiver(rule: EndpointRule) -> Receiver:
    """Return the endpoint, ready to be sent to. Raises ValueError when its secret is not base64."""
    if not rule.secret:
        return Receiver(rule, None)
    try:
        return Receiver(rule, Webhook(rule.secret))
    except (ValueError, EmptyWebhookSecretError):
        # without the cause, which may quote the secret
        raise ValueError(
            f"webhook {rule.name!r}: the secret is unusable: expected base64, usually after 'whsec_'"
        ) from None


def open_session() -> aiohttp.ClientSession:
    """Return a session for all receivers: no cookies, answers as they come, TLS verified."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"Accept-Encoding": "identity"},
    )


async def send(  # noqa: PLR0913 -- one message and the world it is sent in
    session: aiohttp.ClientSession, to: Receiver, message_id: str, body: bytes, *, now: datetime, agent: str
) -> Answered | Unreachable:
    """Send the message once and return what came of it.

    `now` is signed with it and must be in UTC; receivers reject messages that are minutes old.
    """
    headers = sign(to, message_id, body, now) | {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "User-Agent": agent,
    }
    try:
        async with session.post(
            to.rule.url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=_TIMEOUT,
            proxy=environment_proxy(to.rule.url),
        ) as response:
            return await _answer(response, to.rule)
    except UnreachableError as error:
        return Unreachable(str(error))
    except TimeoutError:
        return Unreachable(f"no answer within {TIMEOUT_S:.0f} s")
    except UnicodeError:  # from the resolver's codec
        return Unreachable("its host name is not one")
    except EXCEPTIONS as error:
        return Unreachable(translation(error)[1])


def sign(to: Receiver, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that name, date and sign the message."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(floor(now.timestamp()))}
    if to.signer is not None:
        headers["webhook-signature"] = to.signer.sign(message_id, now, body.decode())
    return headers


async def _answer(response: aiohttp.ClientResponse, rule: EndpointRule) -> Answered:
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return Answered(status=response.status)
    body = b""
    # the status has been said; an answer that breaks off after it changes nothing
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        body = await response.content.read(LONGEST_ANSWER_BYTES)
    headers = response.headers
    return Answered(
        status=response.status,
        retry_after_s=parse_retry_after(headers.get("Retry-After", ""), headers.get("Date", "")),
        excerpt=_excerpt(body, rule),
    )


def _excerpt(body: bytes, rule: EndpointRule) -> str:
    """Return the answer's first words in one line, without what only we and the receiver should know."""
    text = body[:LONGEST_ANSWER_BYTES].decode(errors="replace")
    address = urlsplit(rule.url)
    for secret in (rule.secret, rule.secret.removeprefix("whsec_"), address.password, address.query):
        if secret:
            text = text.replace(secret, "…")
    words = " ".join(text.split())
    return "".join(letter for letter in words if letter.isprintable())[:EXCERPT]

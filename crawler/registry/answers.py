"""What an answer's status means for us.

Spec: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
"""

import re
from http import HTTPStatus

import msgspec

from crawler.registry.errors import (
    DeniedError,
    NotFoundError,
    ProtocolError,
    RegistryError,
    ServerError,
    SizeMismatchError,
    TooManyRequestsError,
    UnauthorizedError,
)

ERROR_BYTES = 16 * 1024
"""How much of an error's body is read for its code."""

_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_SENTENCES: dict[int, tuple[type[RegistryError], str]] = {
    HTTPStatus.UNAUTHORIZED: (UnauthorizedError, "wants a login, or another one"),
    HTTPStatus.FORBIDDEN: (DeniedError, "may not be read"),
    HTTPStatus.NOT_FOUND: (NotFoundError, "not found"),
    HTTPStatus.GONE: (NotFoundError, "not found any more"),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: (SizeMismatchError, "ends before its announced size"),
    HTTPStatus.NOT_IMPLEMENTED: (ProtocolError, "not implemented"),
}


class _Error(msgspec.Struct):
    code: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


def error_code(body: bytes) -> str:
    """Return the first error code of the specification's form in `body`, such as "NAME_UNKNOWN", or ""."""
    try:
        errors = msgspec.json.decode(body, type=_Errors).errors
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""
    return errors[0].code if errors and _CODE.fullmatch(errors[0].code) else ""


def error_for(
    status: int, thing: str, *, code: str = "", retry_after_s: float | None = None
) -> RegistryError:
    """Return the error that a status other than success stands for.

    Args:
        status: the answer's.
        thing: host and what was asked for: the sentence starts with it.
        code: see `error_code`.
        retry_after_s: what the answer asked to wait.
    """
    said = f"status {status}" + (f", {code}" if code else "")
    # Docker Hub and others answer 429 for pulls, and some gateways 503 or 403, with this code.
    if status == HTTPStatus.TOO_MANY_REQUESTS or code == "TOOMANYREQUESTS":
        return TooManyRequestsError(f"{thing}: too many requests ({said})", retry_after_s=retry_after_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _SENTENCES:
        return ServerError(f"{thing}: the registry is failing ({said})", retry_after_s=retry_after_s)
    kind, sentence = _SENTENCES.get(status, (ProtocolError, "unexpected answer"))
    if status == HTTPStatus.BAD_REQUEST and not code:
        # What Go's servers and nginx say to plain http on a TLS port.
        sentence = "refused the request; if it speaks TLS, ask it by https"
    return kind(f"{thing}: {sentence} ({said})")

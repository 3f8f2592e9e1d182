import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Signer

from config.checks import is_webhook_secret


@pytest.mark.parametrize(
    "secret", ["whsec_", "whsec_…", "whsec_a", "not base64!", "ab-_", "====", "YW=Jj", "whsec_whsec_YWJj"]
)
def test_no_webhook_secret(secret: str) -> None:
    assert not is_webhook_secret(secret)


@given(st.binary(min_size=1, max_size=64), st.booleans(), st.booleans())
def test_webhook_secrets_decode_to_what_was_encoded(data: bytes, prefixed: bool, padded: bool) -> None:  # noqa: FBT001 -- hypothesis names them
    text = base64.b64encode(data).decode()
    secret = ("whsec_" if prefixed else "") + (text if padded else text.rstrip("="))
    assert is_webhook_secret(secret)
    assert Signer(secret)._whsecret == data  # noqa: SLF001 -- what both ends must agree on


@given(st.text(alphabet="whsec_YWJj=+/-… \n"))
def test_the_library_takes_every_secret_that_is_one(secret: str) -> None:
    if is_webhook_secret(secret):
        assert Signer(secret)._whsecret  # noqa: SLF001 -- as above

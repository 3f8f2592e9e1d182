import base64
import contextlib
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry.auth import Credentials
from crawler.registry.errors import CredentialsError
from crawler.targets.kubernetes.objects import Secret
from crawler.targets.kubernetes.pull_secrets import NEW, OLD, login_of, parse_secret

TOKEN = "c2VjcmV0"


def auth(user: str, password: str = TOKEN) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def encoded(value: object) -> str:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.b64encode(body).decode()


def new(auths: Mapping[str, object], **more: object) -> Secret:
    return Secret(type=NEW, data={".dockerconfigjson": encoded({"auths": auths} | more)})


@pytest.mark.parametrize(
    ("key", "registry", "repository", "fits"),
    [
        ("registry.test", "registry.test", "app", True),
        ("https://registry.test/v2/", "registry.test", "app", True),
        ("https://index.docker.io/v1/", "docker.io", "library/nginx", True),
        ("registry.test/team", "registry.test", "team/app", True),
        ("registry.test/team", "registry.test", "other/app", False),
        ("registry.test", "registry.test:5000", "app", False),
        ("registry.test:5000", "registry.test:5000", "app", True),
        ("*.registry.test", "eu.registry.test", "app", True),
        ("*.registry.test", "registry.test", "app", False),
        ("*.registry.test", "a.b.registry.test", "app", False),
        ("*.*.registry.test", "a.b.registry.test", "app", True),
        ("*.registry.test/team", "eu.registry.test", "team/app", True),
        ("*.registry.test/team", "eu.registry.test", "app", False),
        ("*.registry.test:5000", "eu.registry.test:5000", "app", True),
        ("*.registry.test", "eu.registry.test:5000", "app", False),
        ("*", "registry.test", "app", False),
    ],
)
def test_a_login_is_for_its_registry_only(
    key: str,
    registry: str,
    repository: str,
    fits: bool,  # noqa: FBT001 - a column
) -> None:
    file = parse_secret(new({key: auth("u")}), "secret")
    assert login_of(file, registry, repository) == (Credentials("u", TOKEN) if fits else None)


def test_the_older_form_is_the_hosts_alone() -> None:
    old = Secret(type=OLD, data={".dockercfg": encoded({"registry.test": auth("old")})})
    assert login_of(parse_secret(old, "s"), "registry.test", "app") == Credentials("old", TOKEN)


def test_a_cluster_starts_no_programs_here() -> None:
    file = parse_secret(new({}, credsStore="evil", credHelpers={"registry.test": "evil"}), "s")
    assert (file.creds_store, file.cred_helpers) == ("", {})


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        (Secret(type="Opaque", data={}), "expected type kubernetes.io/dockerconfigjson"),
        (Secret(type=NEW), "has no .dockerconfigjson"),
        (Secret(type=NEW, data={".dockerconfigjson": f"{TOKEN}!"}), "is not base64"),
        (
            Secret(type=NEW, data={".dockerconfigjson": encoded(TOKEN.encode())}),
            "expected Docker's config.json",
        ),
        (Secret(type=NEW, data={".dockerconfigjson": encoded({"auths": [TOKEN]})}), "expected Docker's"),
        (Secret(type=OLD, data={".dockercfg": encoded(b'{}},"x":{')}), "expected Docker's config.json"),
        (
            Secret(type=NEW, data={".dockerconfigjson": encoded(bytes(1024 * 1024 + 1))}),
            "more than the limit",
        ),
    ],
)
def test_what_is_no_login_tells_no_secret(secret: Secret, sentence: str) -> None:
    with pytest.raises(CredentialsError, match=sentence) as raised:
        parse_secret(secret, "secret shop/pull")
    assert TOKEN not in str(raised.value) + repr(secret)
    assert str(raised.value).startswith("secret shop/pull: ")


@given(
    st.sampled_from([NEW, OLD]),
    st.binary() | st.recursive(st.none() | st.text(), st.lists).map(repr).map(str.encode),
)
def test_any_bytes_end_in_logins_or_the_named_error(kind: str, body: bytes) -> None:
    data = {".dockerconfigjson": encoded(body), ".dockercfg": encoded(body)}
    with contextlib.suppress(CredentialsError):
        login_of(parse_secret(Secret(type=kind, data=data), "s"), "registry.test", "app")

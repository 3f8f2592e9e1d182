import base64
import json
import os
from pathlib import Path

import pytest

from crawler.registry.auth import Credentials
from crawler.registry.credentials import CredentialStore
from crawler.registry.errors import CredentialsError

SECRET = "hunter2:with:colons"


def auth(username: str = "u", password: str = SECRET) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def helper(folder: Path, name: str, script: str) -> None:
    path = folder / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\necho asked >> {folder}/log\n{script}\n")
    path.chmod(0o755)


async def found(home: Path, registry: str, repository: str = "", **more: str) -> Credentials | None:
    environment = {"HOME": str(home), "PATH": f"{home}:{os.environ['PATH']}"} | more
    return await CredentialStore(registry, environment=environment)(repository)


async def test_nothing(tmp_path: Path) -> None:
    assert await found(tmp_path, "quay.io") is None


@pytest.mark.parametrize(
    ("key", "registry"),
    [
        ("quay.io", "quay.io"),
        ("https://quay.io", "quay.io"),
        ("https://quay.io/v2/", "quay.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("https://index.docker.io/v1/", "registry-1.docker.io"),
        ("docker.io", "index.docker.io"),
        ("localhost:5000", "localhost:5000"),
    ],
)
async def test_docker_file(tmp_path: Path, key: str, registry: str) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {"other": auth("no"), key: auth()}, "HttpHeaders": {}})
    assert await found(tmp_path, registry) == Credentials("u", SECRET)


@pytest.mark.parametrize(
    ("repository", "username"), [("a/b/c", "b"), ("a/x", "a"), ("ab", "all"), ("", "all"), ("a/b", "b")]
)
async def test_podman_keys_with_paths(tmp_path: Path, repository: str, username: str) -> None:
    logins = {"quay.io": auth("all"), "quay.io/a": auth("a"), "quay.io/a/b": auth("b")}
    write(tmp_path / "run/containers/auth.json", {"auths": logins})
    runtime = str(tmp_path / "run")
    assert await found(tmp_path, "quay.io", repository, XDG_RUNTIME_DIR=runtime) == Credentials(
        username, SECRET
    )


async def test_order_of_files(tmp_path: Path) -> None:
    write(
        tmp_path / ".config/containers/auth.json", {"auths": {"a": auth("3"), "b": auth("3"), "c": auth("3")}}
    )
    write(tmp_path / "docker/config.json", {"auths": {"a": auth("2"), "b": auth("2"), "c": {}}})
    write(tmp_path / "named.json", {"auths": {"a": auth("1")}})
    environment = {
        "REGISTRY_AUTH_FILE": str(tmp_path / "named.json"),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
    }
    names = [await found(tmp_path, registry, **environment) for registry in "abc"]
    assert [name.username if name else None for name in names] == ["1", "2", "3"]


async def test_identity_token(tmp_path: Path) -> None:
    write(tmp_path / ".docker/config.json", {"auths": {"a": auth() | {"identitytoken": "t"}}})
    assert await found(tmp_path, "a") == Credentials(identity_token="t")


async def test_helpers(tmp_path: Path) -> None:
    helper(tmp_path, "own", 'read server; echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"')
    helper(tmp_path, "store", 'echo \'{"Username":"<token>","Secret":"s"}\'')
    config = {"credHelpers": {"a": "own", "docker.io": "own"}, "credsStore": "store", "auths": {"b": {}}}
    write(tmp_path / ".docker/config.json", config)
    assert await found(tmp_path, "a") == Credentials("a", "s")
    assert await found(tmp_path, "b") == Credentials(identity_token="s")
    assert await found(tmp_path, "docker.io") == Credentials("https://index.docker.io/v1/", "s")


async def test_helper_is_asked_once(tmp_path: Path) -> None:
    helper(tmp_path, "store", 'echo "credentials not found in native keychain"; exit 1')
    write(tmp_path / ".docker/config.json", {"credsStore": "store", "auths": {"a": auth()}})
    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    store = CredentialStore("a", environment=environment)
    assert [await store("x"), await store("y")] == [Credentials("u", SECRET)] * 2
    assert (tmp_path / "log").read_text() == "asked\n"


async def test_a_helper_that_fails_is_asked_once_too(tmp_path: Path) -> None:
    helper(tmp_path, "store", "exit 3")
    write(tmp_path / ".docker/config.json", {"credsStore": "store"})
    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    store = CredentialStore("a", environment=environment)
    for repository in ("x", "y"):
        with pytest.raises(CredentialsError, match="ended with code 3"):
            await store(repository)
    assert (tmp_path / "log").read_text() == "asked\n"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ([], "expected Docker's config.json"),
        ({"auths": {"a": {"auth": "hunter2!"}}}, "login for 'a': auth is not base64"),
        (
            {"auths": {"a": {"auth": base64.b64encode(b"hunter2").decode()}}},
            "login for 'a': auth is not base64",
        ),
        ({"credsStore": "../evil"}, "expected a plain name"),
        ({"credsStore": "absent"}, "docker-credential-absent: cannot be started"),
        ({"credsStore": "broken"}, "docker-credential-broken: ended with code 3"),
        ({"credsStore": "chatty"}, "docker-credential-chatty: expected a JSON object"),
    ],
)
async def test_errors_name_the_thing_and_no_secret(tmp_path: Path, config: object, words: str) -> None:
    helper(tmp_path, "broken", "echo hunter2; exit 3")
    helper(tmp_path, "chatty", "echo hunter2")
    write(tmp_path / ".docker/config.json", config)
    with pytest.raises(CredentialsError, match=words) as caught:
        await found(tmp_path, "a")
    assert "hunter2" not in str(caught.value)

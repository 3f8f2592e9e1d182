import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import (
    DeniedError,
    DigestMismatchError,
    InvalidReferenceError,
    ManifestError,
    NotFoundError,
    ProtocolError,
    RegistryError,
    ServerError,
    SizeMismatchError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
)
from crawler.registry.manifest import Descriptor, Manifest
from crawler.registry.reference import Digest, parse_digest
from crawler.registry.sinks import MemorySink
from crawler.registry.transport import Timing
from tests.crawler.registry.conftest import Clock
from tests.fakes.registry import PASSWORD, USERNAME, Canned, FakeRegistry, digest_of, layer_of

LAYER = layer_of({"etc/os-release": b"ID=debian\n"})
BIG = bytes(range(256)) * 20_000


def endpoint(registry: FakeRegistry, **more: object) -> Endpoint:
    return Endpoint(url=registry.url, **more)  # type: ignore[arg-type]  # any of its fields


@pytest.fixture
async def client(registry: FakeRegistry, timing: Timing) -> AsyncIterator[RegistryClient]:
    async with RegistryClient(endpoint(registry), timing=timing) as opened:
        yield opened


async def collect(names: AsyncIterator[str]) -> list[str]:
    return [name async for name in names]


def described(data: bytes, **more: object) -> Descriptor:
    return Descriptor(
        media_type="application/vnd.oci.image.layer.v1.tar+gzip",
        digest=parse_digest(digest_of(data)),
        size=len(data),
        **more,  # type: ignore[arg-type]  # any of its fields
    )


async def test_lists_follow_links_to_the_end(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.page_size = 2
    for number in range(5):
        registry.push_image(f"team/app{number}", "1.0", [])
        registry.push_image("team/app0", f"1.{number}", [])
    await client.ping()
    assert await collect(client.catalog()) == [f"team/app{number}" for number in range(5)]
    assert await collect(client.tags("team/app0")) == ["1.0", "1.1", "1.2", "1.3", "1.4"]
    assert client.counts.lists == 1 + 3 + 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("app/tags/list", b'{"name": "app", "tags": null}'),
        ("app/tags/list", b'{"name": "app", "child": [], "manifest": {}, "tags": null}'),
        ("app/tags/list", b'{"name": "app", "tags": []}'),
        ("app/tags/list", b'{"name": "app"}'),
        ("_catalog", b'{"repositories": null}'),
        ("_catalog", b'{"repositories": []}'),
        ("_catalog", b"{}"),
    ],
)
async def test_empty_lists(registry: FakeRegistry, client: RegistryClient, path: str, body: bytes) -> None:
    registry.faults.always[f"/v2/{path}"] = Canned(body=body)
    assert await collect(client.catalog() if path == "_catalog" else client.tags("app")) == []


@pytest.mark.parametrize(
    "link",
    [
        "</v2/app/tags/more>",
        "<more>",
        "<./more>;title=more",
        "<//{host}/v2/app/tags/more>",
        "<{url}/v2/app/tags/more>",
    ],
)
async def test_links_of_every_form(registry: FakeRegistry, client: RegistryClient, link: str) -> None:
    header = link.format(host=registry.host, url=registry.url)
    registry.faults.always |= {
        "/v2/app/tags/list": Canned(body=b'{"tags": ["1"]}', headers={"Link": f"{header}; rel=next"}),
        "/v2/app/tags/more": Canned(body=b'{"tags": ["2"]}'),
    }
    assert await collect(client.tags("app")) == ["1", "2"]


async def test_a_list_whose_rest_is_gone_is_no_absent_list(
    registry: FakeRegistry, client: RegistryClient
) -> None:
    registry.push_image("app", "1", [])
    registry.faults.link = "</v2/gone/tags/list>; rel=next"
    with pytest.raises(ProtocolError) as caught:
        await collect(client.tags("app"))
    gone = f"{registry.host}: tags of app: not found (status 404, NAME_UNKNOWN)"
    assert str(caught.value) == f"{gone}, which page 1 of the list names"


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("</v2/app/tags/list?last=1>; rel=next", "names itself"),
        ("<https://elsewhere.example/v2/app/tags/list>; rel=next", "same origin"),
        ("next please", "expected Link"),
    ],
)
async def test_lists_that_cannot_be_followed_are_errors(
    registry: FakeRegistry, client: RegistryClient, link: str, words: str
) -> None:
    registry.push_image("app", "1", [])
    registry.faults.link = link
    with pytest.raises(ProtocolError, match=words):
        await collect(client.tags("app"))


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"tags": [1]}',
        b'{"tags": [null]}',
        b'{"tags": "a"}',
        b'{"tags": {}}',
        b'{"errors": [{"code": "UNAUTHORIZED"}]}',
        b'{"repositories": []}',
        b"\xff",
        b"[" * 100_000,
    ],
)
async def test_broken_lists_are_errors(registry: FakeRegistry, client: RegistryClient, body: bytes) -> None:
    registry.faults.always["/v2/app/tags/list"] = Canned(body=body)
    with pytest.raises(ProtocolError, match="tags of app"):
        await collect(client.tags("app"))


async def test_manifest_by_tag_and_digest(registry: FakeRegistry, client: RegistryClient) -> None:
    pushed = registry.push_image("team/app", "1.0", [LAYER])
    head = await client.head_manifest("team/app", "1.0")
    by_tag = await client.get_manifest("team/app", "1.0")
    by_digest = await client.get_manifest("team/app", pushed.digest)
    assert (head.digest, head.size) == (pushed.digest, len(pushed.body))
    assert head.media_type == "application/vnd.oci.image.manifest.v1+json"
    assert by_tag == by_digest
    manifest = by_tag.parse()
    assert isinstance(manifest, Manifest)
    assert manifest.layers == (described(LAYER),)
    assert (client.counts.heads, client.counts.manifests) == (1, 2)


@pytest.mark.parametrize(
    ("served", "media_type"),
    [
        (
            "Application/vnd.OCI.image.manifest.v1+JSON; charset=utf-8",
            "application/vnd.oci.image.manifest.v1+json",
        ),
        ("application/vnd.oci.image.manifest.v1+json;x=1", "application/vnd.oci.image.manifest.v1+json"),
        ("application/json; charset=utf-8", "application/vnd.oci.image.manifest.v1+json"),
        ("text/plain", "application/vnd.oci.image.manifest.v1+json"),
    ],
)
async def test_media_types_of_every_spelling(
    registry: FakeRegistry, client: RegistryClient, served: str, media_type: str
) -> None:
    pushed = registry.push_image("app", "1", [LAYER])
    registry.push_manifest("app", "1", pushed.body, served)
    assert (await client.get_manifest("app", "1")).media_type == media_type


@pytest.mark.parametrize("status", [0, 400, 403, 404, 405, 501])
async def test_head_falls_back_to_get(registry: FakeRegistry, client: RegistryClient, status: int) -> None:
    pushed = registry.push_image("app", "1", [LAYER])
    registry.faults.head_status = status
    registry.faults.no_digest_header = True
    head = await client.head_manifest("app", "1")
    assert (head.digest, head.size) == (pushed.digest, len(pushed.body))


async def test_no_length_is_too_large_to_be_stored(timing: Timing) -> None:
    digest = digest_of(b"")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        lines = ["HTTP/1.1 200 OK", f"Docker-Content-Digest: {digest}", "Content-Type: text/plain"]
        lines += ["Content-Length: 9999999999999999999", "", ""]
        writer.write("\r\n".join(lines).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with RegistryClient(Endpoint(url=f"http://127.0.0.1:{port}"), timing=timing) as client:
            head = await client.head_manifest("app", "1")
    assert (head.digest, head.size) == (digest, 2**63 - 1)


async def test_lying_digests_are_errors(registry: FakeRegistry, client: RegistryClient) -> None:
    pushed = registry.push_image("app", "1", [])
    registry.faults.lying_digest = digest_of(b"something else")
    with pytest.raises(DigestMismatchError, match=r"app:1: expected sha256:"):
        await client.get_manifest("app", "1")
    with pytest.raises(DigestMismatchError):
        await client.head_manifest("app", pushed.digest)
    registry.faults.lying_digest = "md5:1"
    with pytest.raises(ProtocolError, match="unknown algorithm 'md5'"):
        await client.get_manifest("app", "1")


async def test_an_index_that_holds_itself_is_a_lie(registry: FakeRegistry, client: RegistryClient) -> None:
    digest = digest_of(b"cycle")
    body = b'{"schemaVersion":2,"manifests":[{"mediaType":"x","size":1,"digest":"%s"}]}' % digest.encode()
    registry.faults.always[f"/v2/app/manifests/{digest}"] = Canned(body=body)
    with pytest.raises(DigestMismatchError):
        await client.get_manifest("app", digest)


async def test_huge_manifests_are_refused(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push_manifest("app", "1", b" " * 10_000_000)
    with pytest.raises(TooLargeError) as caught:
        await client.get_manifest("app", "1")
    assert caught.value.limit == "manifest_bytes"


async def test_schema_1_is_named(registry: FakeRegistry, client: RegistryClient) -> None:
    media_type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    registry.push_manifest("app", "old", {"schemaVersion": 1}, media_type)
    with pytest.raises(ManifestError, match="schema 1 is obsolete"):
        await client.get_manifest("app", "old")


@pytest.mark.parametrize(
    ("repository", "reference"), [("../x", "1"), ("App", "1"), ("app", "a/b"), ("app", "md5:1"), ("app", "")]
)
async def test_names_outside_the_grammar_are_never_sent(
    registry: FakeRegistry, client: RegistryClient, repository: str, reference: str
) -> None:
    with pytest.raises(InvalidReferenceError):
        await client.head_manifest(repository, reference)
    assert registry.requests == []


async def test_absent_things(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push_image("app", "1", [])
    with pytest.raises(NotFoundError, match=r"app:2: not found \(status 404, MANIFEST_UNKNOWN\)"):
        await client.get_manifest("app", "2")
    with pytest.raises(NotFoundError, match="NAME_UNKNOWN"):
        await collect(client.tags("other"))


async def test_blob_in_memory(registry: FakeRegistry, client: RegistryClient) -> None:
    digest = parse_digest(registry.push_blob(b"config"))
    assert await client.get_blob("app", digest, 6) == b"config"
    with pytest.raises(TooLargeError):
        await client.get_blob("app", digest, 5)
    registry.faults.bodies[digest] = b"cofnig"
    with pytest.raises(DigestMismatchError):
        await client.get_blob("app", digest, 6)


async def pulled(client: RegistryClient, descriptor: Descriptor) -> bytes:
    sink = MemorySink()
    await client.pull_blob("app", descriptor, sink)
    return sink.value()


@pytest.mark.parametrize("data", [b"", b"x", LAYER, BIG], ids=["empty", "byte", "layer", "big"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_pull(registry: FakeRegistry, client: RegistryClient, data: bytes, *, chunked: bool) -> None:
    registry.push_blob(data)
    registry.faults.chunked = chunked
    assert await pulled(client, described(data)) == data
    assert client.counts.received_bytes == len(data)


async def test_pull_begins_again_without_ranges(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push_blob(BIG)
    registry.faults.drop_after = [1000]
    registry.faults.ignores_range = True
    sink, steps = MemorySink(), list[int]()
    await client.pull_blob("app", described(BIG), sink, steps.append)
    assert sink.value() == BIG
    assert sum(steps) == len(BIG)
    assert min(steps) == -1000


async def test_pull_sha512(registry: FakeRegistry, client: RegistryClient) -> None:
    digest = Digest(f"sha512:{hashlib.sha512(LAYER).hexdigest()}")
    registry.blobs[digest] = LAYER
    descriptor = Descriptor(media_type="x", digest=digest, size=len(LAYER))
    assert await pulled(client, descriptor) == LAYER


async def test_pull_goes_on_where_it_broke_off(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push_blob(BIG)
    registry.faults.drop_after = [1_000_000, 1, 0, 2_000_000]
    assert await pulled(client, described(BIG)) == BIG
    ranges = [request.headers.get("Range") for request in registry.requests]
    assert ranges == [None, "bytes=1000000-", "bytes=1000001-", "bytes=1000001-", "bytes=3000001-"]
    assert client.counts.retries == 4


async def test_pull_gives_up_after_attempts_without_progress(
    registry: FakeRegistry, client: RegistryClient
) -> None:
    registry.push_blob(BIG)
    registry.faults.drop_after = [0] * 20
    with pytest.raises(UnreachableError, match="broke off"):
        await pulled(client, described(BIG))
    assert len(registry.requests) == 5


async def test_pull_refuses_a_wrong_range(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push_blob(BIG)
    registry.faults.drop_after = [1000]
    registry.faults.wrong_range = True
    with pytest.raises(ProtocolError, match="expected Content-Range from byte 1000"):
        await pulled(client, described(BIG))


@pytest.mark.parametrize(
    ("body", "chunked", "error"),
    [
        (BIG[:-1], False, SizeMismatchError),
        (BIG[:-1], True, SizeMismatchError),
        (BIG + b"x", False, SizeMismatchError),
        (BIG + b"x", True, SizeMismatchError),
        (BIG[1:] + b"x", False, DigestMismatchError),
    ],
    ids=["short", "short chunked", "long", "long chunked", "other"],
)
async def test_pull_refuses_other_bytes(
    registry: FakeRegistry, client: RegistryClient, body: bytes, error: type[RegistryError], *, chunked: bool
) -> None:
    registry.faults.bodies[digest_of(BIG)] = body
    registry.faults.chunked = chunked
    with pytest.raises(error):
        await pulled(client, described(BIG))


async def test_pull_never_reads_an_endless_body(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.push_blob(LAYER)
    registry.faults.endless = True
    with pytest.raises(SizeMismatchError, match="more than the announced"):
        await pulled(client, described(LAYER))
    assert client.counts.received_bytes < 8_000_000


async def test_pull_ends_when_a_body_stalls(registry: FakeRegistry, timing: Timing) -> None:
    registry.push_blob(BIG)
    registry.faults.stalled = True
    async with RegistryClient(endpoint(registry, read_timeout_s=0.05), timing=timing) as client:
        with pytest.raises(UnreachableError, match="no answer in time"):
            await pulled(client, described(BIG))


async def test_foreign_layers_come_from_their_urls(timing: Timing, registry: FakeRegistry) -> None:
    async with FakeRegistry(auth="basic") as here:
        login = endpoint(here, username=USERNAME, password=PASSWORD)
        async with RegistryClient(login, timing=timing) as client:
            registry.push_blob(LAYER)
            url = f"{registry.url}/v2/windows/blobs/{digest_of(LAYER)}"
            descriptor = Descriptor(
                media_type="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                digest=parse_digest(digest_of(LAYER)),
                size=len(LAYER),
                urls=(url.replace("windows", "gone/x").replace("blobs", "none"), url),
            )
            assert await pulled(client, descriptor) == LAYER
            with pytest.raises(NotFoundError):
                await pulled(client, described(LAYER, urls=(url,)))
    assert [request.authorization for request in registry.requests] == ["", ""]


async def test_redirects_drop_the_login(timing: Timing, registry: FakeRegistry) -> None:
    async with FakeRegistry(auth="bearer") as here:
        async with RegistryClient(endpoint(here), timing=timing) as client:
            registry.push_blob(LAYER)
            here.faults.redirect_blobs_to = registry.url
            assert await pulled(client, described(LAYER)) == LAYER
        assert here.requests[-1].authorization.startswith("Bearer ")
    assert [request.authorization for request in registry.requests] == [""]


async def test_who_refuses_after_a_redirect_is_named(timing: Timing, registry: FakeRegistry) -> None:
    async with FakeRegistry() as here, RegistryClient(endpoint(here), timing=timing) as client:
        here.faults.redirect_blobs_to = registry.url
        storage = registry.url.removeprefix("http://")
        with pytest.raises(NotFoundError, match=f"redirected to {storage}: not found"):
            await pulled(client, described(LAYER))


async def test_redirects_in_circles_end(registry: FakeRegistry, client: RegistryClient) -> None:
    registry.faults.redirect_circle = True
    with pytest.raises(ProtocolError, match="in a circle"):
        await pulled(client, described(LAYER))
    assert client.counts.retries == 0


async def test_bearer_tokens_are_asked_for_once_for_each_scope(timing: Timing) -> None:
    async with FakeRegistry(auth="bearer") as registry:
        pushed = [registry.push_image(name, "1", [LAYER]) for name in ("a", "b", "c")]
        login = endpoint(registry, username=USERNAME, password=PASSWORD)
        async with RegistryClient(login, timing=timing) as client:
            for name, image in zip("abc", pushed, strict=True):
                assert (await client.head_manifest(name, "1")).digest == image.digest
                await client.get_manifest(name, image.digest)
    assert client.counts.tokens == 3
    assert [request.status for request in registry.requests].count(401) == 1
    asked = [request for request in registry.requests if request.path == "/token"]
    assert "scope=repository:a:pull" in asked[0].query
    assert all(request.authorization.startswith("Basic ") for request in asked)


async def test_tokens_are_renewed_before_and_after_they_expire(timing: Timing) -> None:
    async with FakeRegistry(auth="bearer") as registry:
        registry.push_image("app", "1", [])
        async with RegistryClient(endpoint(registry), timing=timing) as client:
            await client.head_manifest("app", "1")
            await timing.sleep(55)
            await client.head_manifest("app", "1")
            registry.revoke_tokens()
            await client.head_manifest("app", "1")
    assert client.counts.tokens == 3
    assert [request.status for request in registry.requests if request.path != "/token"] == [
        401,
        200,
        200,
        401,
        200,
    ]


@pytest.mark.parametrize(
    "challenges",
    [
        'Negotiate, Basic realm="a, b", Bearer realm="{realm}",service="x, y",scope="repository:app:pull"',
        'Bearer   realm = "{realm}" , service="a \\"quoted, Basic\\" name",  Basic realm="x"',
        "NTLM, bearer realm={realm}",
        'Bearer error="invalid_token",realm="{realm}", Digest nonce="a, b", qop="auth,auth-int"',
    ],
)
async def test_challenges_of_every_form(timing: Timing, challenges: str) -> None:
    async with FakeRegistry(auth="bearer") as registry:
        registry.push_image("app", "1", [])
        header = challenges.format(realm=f"{registry.url}/token")
        registry.faults.next_answers = [Canned(401, headers={"WWW-Authenticate": header})]
        async with RegistryClient(endpoint(registry), timing=timing) as client:
            await client.head_manifest("app", "1")
    assert (client.counts.heads, client.counts.tokens) == (2, 1)


async def test_a_realm_that_is_no_address_is_named(timing: Timing) -> None:
    async with FakeRegistry(auth="bearer") as registry:
        registry.realm = "/token"
        async with RegistryClient(endpoint(registry), timing=timing) as client:
            with pytest.raises(ProtocolError) as caught:
                await client.ping()
    expected = "expected an http or https URL, got '/token'"
    assert str(caught.value) == f"{registry.host}: the token realm: {expected}"


async def test_basic_login(timing: Timing) -> None:
    async with FakeRegistry(auth="basic") as registry:
        registry.push_image("app", "1", [])
        login = endpoint(registry, username=USERNAME, password=PASSWORD)
        async with RegistryClient(login, timing=timing) as client:
            assert await collect(client.tags("app")) == ["1"]
            assert await collect(client.tags("app")) == ["1"]
        assert len(registry.requests) == 3
        wrong = endpoint(registry, username=USERNAME, password="wrong")
        async with RegistryClient(wrong, timing=timing) as client:
            with pytest.raises(UnauthorizedError) as caught:
                await client.ping()
        assert "wrong" not in str(caught.value)
        async with RegistryClient(endpoint(registry), timing=timing) as client:
            with pytest.raises(UnauthorizedError, match="password; no login is known for it: `docker login`"):
                await client.ping()


@pytest.mark.parametrize(
    ("faults", "somebodys", "nobodys"),
    [
        ({"refuses_all": True}, "refuses the login (status 401)", "without a login (status 401)"),
        (
            {"token_status": 401},
            "a token (status 401); the login may be wrong",
            "to give a token (status 401)",
        ),
        (
            {"token_status": 403},
            "a token (status 403); the login may be wrong",
            "to give a token (status 403)",
        ),
    ],
)
async def test_who_has_no_login_is_told_where_to_give_one(
    timing: Timing, faults: dict[str, object], somebodys: str, nobodys: str
) -> None:
    hint = "no login is known for it: `docker login`, or username and password in the settings, give it one"
    told = []
    async with FakeRegistry(auth="bearer") as registry:
        for name, value in faults.items():
            setattr(registry.faults, name, value)
        for login in ({"username": USERNAME, "password": PASSWORD}, {}):
            async with RegistryClient(endpoint(registry, **login), timing=timing) as client:
                with pytest.raises((UnauthorizedError, DeniedError)) as caught:
                    await client.head_manifest("app", "1")
                told.append(str(caught.value))
    assert told[0].endswith(somebodys)
    assert told[1].endswith(f"{nobodys}; {hint}")


@pytest.mark.parametrize("auth", ["basic", "bearer"])
async def test_401_loops_end(timing: Timing, auth: str) -> None:
    async with FakeRegistry(auth=auth) as registry:  # type: ignore[arg-type]  # a column
        registry.faults.refuses_all = True
        login = endpoint(registry, username=USERNAME, password=PASSWORD)
        async with RegistryClient(login, timing=timing) as client:
            with pytest.raises(UnauthorizedError):
                await client.ping()
        assert len(registry.requests) <= 3


@pytest.mark.parametrize("realm", ["http://tokens.example.com/t", "ftp://x/", "http://user@127.0.0.1/"])
async def test_credentials_go_to_no_unsafe_realm(timing: Timing, realm: str) -> None:
    async with FakeRegistry(auth="bearer") as registry:
        registry.realm = realm
        login = endpoint(registry, username=USERNAME, password=PASSWORD)
        async with RegistryClient(login, timing=timing) as client:
            with pytest.raises(RegistryError) as caught:
                await client.ping()
    assert PASSWORD not in str(caught.value)
    assert client.counts.tokens == 0


class TestRetries:
    async def test_waits_as_asked(self, registry: FakeRegistry, client: RegistryClient, clock: Clock) -> None:
        registry.faults.next_answers = [Canned(429, headers={"Retry-After": "7"}), Canned(503), Canned(502)]
        await client.ping()
        assert len(registry.requests) == 4
        assert sum(clock.pauses) >= 7 + 1 + 2
        assert client.counts.retries == 3

    async def test_storms_end(self, registry: FakeRegistry, client: RegistryClient) -> None:
        registry.faults.next_answers = [Canned(429)] * 20
        with pytest.raises(TooManyRequestsError):
            await client.ping()
        assert len(registry.requests) == 5

    async def test_long_waits_are_left_to_the_crawl(
        self, registry: FakeRegistry, client: RegistryClient
    ) -> None:
        registry.faults.next_answers = [Canned(429, headers={"Retry-After": "21600"})]
        with pytest.raises(TooManyRequestsError) as caught:
            await client.ping()
        assert caught.value.retry_after_s == 21600
        assert caught.value.retryable

    async def test_server_errors_end(self, registry: FakeRegistry, client: RegistryClient) -> None:
        registry.faults.next_answers = [Canned(500)] * 20
        with pytest.raises(ServerError, match="status 500"):
            await client.ping()

    async def test_slows_down_before_the_limit(
        self, registry: FakeRegistry, client: RegistryClient, clock: Clock
    ) -> None:
        registry.faults.headers = {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "5;w=21600"}
        await client.ping()
        assert clock.pauses == []
        await client.ping()
        assert clock.pauses == [216.0]

    async def test_nobody_there(self, timing: Timing) -> None:
        async with FakeRegistry() as registry:
            pass
        async with RegistryClient(endpoint(registry), timing=timing) as client:
            with pytest.raises(UnreachableError, match="cannot connect"):
                await client.ping()
        assert client.counts.retries == 4


def test_runs_in_a_thread_for_others() -> None:
    import http.client  # noqa: PLC0415 - only here

    registry = FakeRegistry()
    registry.push_image("app", "1", [LAYER])
    with registry.running():
        connection = http.client.HTTPConnection(registry.host)
        connection.request("GET", "/v2/app/tags/list")
        assert connection.getresponse().read() == b'{"tags": ["1"]}'
        connection.close()
    assert registry.paths() == ["/v2/app/tags/list"]

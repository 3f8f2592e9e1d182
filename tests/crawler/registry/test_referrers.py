import json
from collections.abc import AsyncIterator

import pytest

from analyzers.ignore.vex import read_attestation
from crawler.registry import referrers
from crawler.registry.client import RegistryClient
from crawler.registry.endpoint import Endpoint
from crawler.registry.errors import InvalidReferenceError, ManifestError, TooLargeError, UnauthorizedError
from crawler.registry.reference import Digest, parse_digest
from crawler.registry.referrers import fetch_vex, list_referrers
from crawler.registry.transport import Timing
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST, Canned, FakeRegistry, digest_of

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
SPDX = "application/spdx+json"
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "statements": [{"vulnerability": {"name": "CVE-1"}, "products": ["pkg:npm/a"], "status": "fixed"}],
}


@pytest.fixture
async def client(registry: FakeRegistry, timing: Timing) -> AsyncIterator[RegistryClient]:
    async with RegistryClient(Endpoint(url=registry.url), timing=timing) as opened:
        yield opened


@pytest.fixture
def image(registry: FakeRegistry) -> Digest:
    return parse_digest(registry.push_image("app", "1", []).digest)


def artifact(
    registry: FakeRegistry, type_: str, *, tag: str = "", layers: int = 1, predicate: str = ""
) -> dict[str, object]:
    """Push an artifact that holds an OpenVEX document and return its descriptor."""
    data = json.dumps(VEX).encode()
    annotations = {"predicateType": predicate} if predicate else {}
    layer = {
        "mediaType": type_,
        "digest": registry.push_blob(data),
        "size": len(data),
        "annotations": annotations,
    }
    value = {
        "mediaType": OCI_MANIFEST,
        "artifactType": type_,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2},
        "layers": [layer] * layers,
    }
    digest = registry.push_manifest("app", tag, value)
    return {
        "mediaType": OCI_MANIFEST,
        "digest": digest,
        "size": 2,
        "artifactType": type_,
        "annotations": {"dev.sigstore.bundle.predicateType": predicate} if predicate else {},
    }


def listed(entries: list[dict[str, object]], **headers: str) -> Canned:
    body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
    return Canned(200, body, {"Content-Type": OCI_INDEX} | headers)


def path(digest: str) -> str:
    return f"/v2/app/referrers/{digest}"


def tag(digest: str) -> str:
    return digest.replace(":", "-")


async def test_the_list_is_followed_to_its_end(
    registry: FakeRegistry, client: RegistryClient, image: Digest
) -> None:
    first, second = artifact(registry, BUNDLE), artifact(registry, SPDX)
    registry.faults.always[path(image)] = listed([first], Link='</v2/app/referrers/more>; rel="next"')
    registry.faults.always["/v2/app/referrers/more"] = listed([second])
    found = await list_referrers(client, "app", image)
    assert [each.digest for each in found] == [first["digest"], second["digest"]]


async def test_one_type_may_be_wanted(registry: FakeRegistry, client: RegistryClient, image: Digest) -> None:
    wanted = artifact(registry, BUNDLE)
    registry.faults.always[path(image)] = listed([artifact(registry, SPDX), wanted])
    found = await list_referrers(client, "app", image, BUNDLE)
    assert [each.digest for each in found] == [wanted["digest"]]
    assert registry.requests[-1].query == "artifactType=application/vnd.dev.sigstore.bundle.v0.3%2Bjson"


@pytest.mark.parametrize(
    "answer",
    [None, Canned(400, b"{}"), Canned(406, b""), Canned(200, b"<html>", {"Content-Type": "text/html"})],
)
async def test_a_registry_without_the_list_is_asked_for_the_tag(
    registry: FakeRegistry, client: RegistryClient, image: Digest, answer: Canned | None
) -> None:
    entry = artifact(registry, BUNDLE)
    registry.push_index("app", tag(image), [entry])
    if answer:
        registry.faults.always[path(image)] = answer
    found = await list_referrers(client, "app", image)
    assert [each.digest for each in found] == [entry["digest"]]


async def test_nothing_may_refer_to_an_image(client: RegistryClient, image: Digest) -> None:
    assert await list_referrers(client, "app", image) == ()
    attached = await fetch_vex(client, "app", image)
    assert (attached.attestations, attached.problems) == ((), ())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (listed([{"digest": "x"}]), (ManifestError, r"referrers of app@sha256:.*manifests\[0\]")),
        (Canned(200, b"{", {"Content-Type": OCI_INDEX}), (ManifestError, "expected JSON")),
        (Canned(200, b'{"layers": []}', {"Content-Type": OCI_INDEX}), (ManifestError, "referrers of app")),
        (
            listed([{"mediaType": OCI_MANIFEST, "digest": "sha256:" + "a" * 64, "size": 1}] * 1001),
            (TooLargeError, "1000"),
        ),
        (
            Canned(401, b"{}", {"WWW-Authenticate": "Basic realm=x"}),
            (UnauthorizedError, "username and password"),
        ),
    ],
)
async def test_a_list_that_cannot_be_read_is_said(
    registry: FakeRegistry,
    client: RegistryClient,
    image: Digest,
    answer: Canned,
    said: tuple[type[Exception], str],
) -> None:
    registry.faults.always[path(image)] = answer
    with pytest.raises(said[0], match=said[1]):
        await list_referrers(client, "app", image)


async def test_the_tag_has_to_be_an_index(
    registry: FakeRegistry, client: RegistryClient, image: Digest
) -> None:
    registry.push_image("app", tag(image), [])
    with pytest.raises(ManifestError, match="an image, expected an index"):
        await list_referrers(client, "app", image)


async def test_names_are_checked(client: RegistryClient, image: Digest) -> None:
    with pytest.raises(InvalidReferenceError, match="not a repository name"):
        await list_referrers(client, "../app", image)
    with pytest.raises(InvalidReferenceError):
        await list_referrers(client, "app", Digest("latest"))


async def test_what_may_hold_vex_is_fetched(
    registry: FakeRegistry, client: RegistryClient, image: Digest
) -> None:
    entries = [
        artifact(registry, BUNDLE, predicate="https://openvex.dev/ns/v0.2.0"),
        artifact(registry, BUNDLE),
        artifact(registry, "application/vnd.openvex+json"),
        artifact(registry, BUNDLE, predicate="https://slsa.dev/provenance/v1"),
        artifact(registry, SPDX),
    ]
    registry.faults.always[path(image)] = listed(entries)
    artifact(registry, DSSE, tag=f"{tag(image)}.att", layers=2)
    attached = await fetch_vex(client, "app", image)
    legacy = registry.tags["app"][f"{tag(image)}.att"]
    assert attached.problems == ()
    assert [each.manifest for each in attached.attestations] == [
        *(each["digest"] for each in entries[:3]),
        legacy,
        legacy,
    ]
    for each in attached.attestations:
        (said,) = read_attestation(each.data, "attestation")
        assert said.vulnerabilities == ("CVE-1",)


async def test_one_that_is_broken_hides_no_other(
    registry: FakeRegistry, client: RegistryClient, image: Digest
) -> None:
    missing = artifact(registry, BUNDLE) | {"digest": "sha256:" + "c" * 64}
    index = artifact(registry, BUNDLE) | {"digest": registry.push_index("app", "", [])}
    good = artifact(registry, DSSE)
    registry.push_manifest("app", f"{tag(image)}.att", b"{}")
    registry.faults.always[path(image)] = listed([missing, index, good])
    attached = await fetch_vex(client, "app", image)
    assert [each.manifest for each in attached.attestations] == [good["digest"]]
    assert [
        word in problem
        for word, problem in zip(("not found", "an index", ".att"), attached.problems, strict=True)
    ]
    assert all(problem.startswith("127.0.0.1:") for problem in attached.problems)


@pytest.mark.parametrize(
    "limits", [("ATTESTATIONS", 1, 1), ("ATTESTATION_BYTES", 1, 0), ("ATTESTED_BYTES", 200, 1)]
)
async def test_what_is_too_much_is_said(
    registry: FakeRegistry,
    client: RegistryClient,
    image: Digest,
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[str, int, int],
) -> None:
    name, limit, fetched = limits
    monkeypatch.setattr(referrers, name, limit)
    registry.faults.always[path(image)] = listed([artifact(registry, DSSE, layers=2)])
    attached = await fetch_vex(client, "app", image)
    assert len(attached.attestations) == fetched
    assert ["more than" in each for each in attached.problems] == [True]

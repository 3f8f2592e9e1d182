import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry import media_types
from crawler.registry.errors import ManifestError, TooLargeError
from crawler.registry.kinds import Classification, Kind, classify
from crawler.registry.manifest import (
    CONFIG_BYTES,
    MANIFEST_BYTES,
    Descriptor,
    Index,
    Manifest,
    layer_commands,
    parse_config,
    parse_manifest,
)
from crawler.registry.reference import Digest

DIGEST = "sha256:" + "ab" * 32
IN_TOTO = "application/vnd.in-toto+json"


def entry(media_type: str = media_types.OCI_CONFIG, **more: object) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": DIGEST, "size": 7} | more


def image(config: str = media_types.OCI_CONFIG, *layers: str, **more: object) -> dict[str, Any]:
    described = [entry(layer) for layer in layers]
    return {"schemaVersion": 2, "config": entry(config), "layers": described} | more


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


def test_image() -> None:
    layer = entry(
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", urls=["https://x/y"], annotations=None
    )
    manifest = parse_manifest(dumped(image(media_types.DOCKER_CONFIG) | {"layers": [layer]}))
    assert isinstance(manifest, Manifest)
    assert manifest.layers == (
        Descriptor(media_type=layer["mediaType"], digest=Digest(DIGEST), size=7, urls=("https://x/y",)),
    )
    assert media_types.is_foreign(manifest.layers[0].media_type)


def test_index() -> None:
    platform = {"os": "linux", "architecture": "arm64", "variant": "v8", "os.version": "1"}
    index = parse_manifest(dumped({"schemaVersion": 2, "manifests": [entry(platform=platform)]}))
    assert isinstance(index, Index)
    assert str(index.manifests[0].platform) == "linux/arm64/v8"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (image(layers=[entry(), entry(), entry(digest="md5:1")]), r"manifest\.layers\[2\]\.digest: unknown"),
        (image(layers=[entry(size=-1)]), r"manifest\.layers\[0\]\.size: expected 0"),
        (image(layers=[entry(size=2**63)]), r"manifest\.layers\[0\]\.size: expected 0"),
        (image(layers=[entry(size="1")]), r"manifest\.layers\[0\]\.size: expected a whole number, got text"),
        (image(layers=None, mediaType=media_types.OCI_MANIFEST), "missing required field `layers`"),
        (image(layers=[entry()] * 1025), r"manifest\.layers: 1025 entries, more than the limit of 1024"),
        (image() | {"config": {}}, r"manifest\.config: object missing required field `mediaType`"),
        (image(mediaType=[]) | {"mediaType": ["x"]}, r"manifest\.mediaType: expected text, got a list"),
        (image(manifests=[]), "has both manifests and layers"),
        ({"schemaVersion": 1, "fsLayers": []}, "1 is obsolete"),
        ({"schemaVersion": 2}, "neither an image nor an index"),
        ([], "expected an object, got a list"),
    ],
)
def test_broken_manifests_say_where(value: object, words: str) -> None:
    with pytest.raises(ManifestError, match=words):
        parse_manifest(dumped(value))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'"\\ud800"', b"[" * 100_000, b'{"a":' * 5000])
def test_no_json(body: bytes) -> None:
    with pytest.raises(ManifestError):
        parse_manifest(body)


def test_limits() -> None:
    with pytest.raises(TooLargeError):
        parse_manifest(b" " * (MANIFEST_BYTES + 1))
    with pytest.raises(TooLargeError):
        parse_config(b" " * (CONFIG_BYTES + 1))


@given(st.binary() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(dumped))
def test_any_bytes_end_in_values_or_errors(body: bytes) -> None:
    for parse in (parse_manifest, parse_config):
        with contextlib.suppress(ManifestError):
            parse(body)


def test_config() -> None:
    config = parse_config(
        dumped(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": "2026-01-02T03:04:05Z",
                "config": {"Env": ["A=b"], "Labels": {"k": "v"}, "Cmd": None, "ExposedPorts": {"80/tcp": {}}},
                "rootfs": {"type": "layers", "diff_ids": [DIGEST]},
                "history": [{"created_by": "ADD file", "empty_layer": False}, {"empty_layer": True}],
            }
        )
    )
    assert (config.architecture, config.os, config.created) == ("amd64", "linux", "2026-01-02T03:04:05Z")
    assert (config.config.env, config.config.labels, config.config.cmd) == (("A=b",), {"k": "v"}, ())
    assert config.rootfs.diff_ids == (DIGEST,)
    with pytest.raises(ManifestError, match=r"config\.rootfs\.diff_ids\[1\]: expected algorithm:hex"):
        parse_config(dumped({"rootfs": {"diff_ids": [DIGEST, "x"]}}))


@pytest.mark.parametrize(
    ("history", "n_layers", "commands"),
    [
        ([], 2, ("", "")),
        (
            [{"created_by": "ADD"}, {"created_by": "ENV", "empty_layer": True}, {"comment": "c"}],
            2,
            ("ADD", "c"),
        ),
        ([{"created_by": "ADD"}], 2, ("ADD", "")),
        ([{"created_by": "ADD"}, {"created_by": "RUN"}], 1, ("",)),
    ],
)
def test_layer_commands(history: list[object], n_layers: int, commands: tuple[str, ...]) -> None:
    assert layer_commands(parse_config(dumped({"history": history})), n_layers) == commands


TAR = "application/vnd.oci.image.layer.v1.tar+zstd"


@pytest.mark.parametrize(
    ("value", "kind", "name"),
    [
        (image(media_types.OCI_CONFIG, TAR), Kind.IMAGE, ""),
        (image(media_types.OCI_CONFIG), Kind.IMAGE, ""),
        (image(media_types.OCTET_STREAM, TAR), Kind.IMAGE, ""),
        (image(media_types.OCI_CONFIG, TAR, "application/x-other"), Kind.IMAGE, ""),
        ({"manifests": []}, Kind.INDEX, ""),
        (image(media_types.OCI_CONFIG, IN_TOTO, IN_TOTO), Kind.ATTESTATION, ""),
        (image("application/vnd.cncf.helm.config.v1+json", TAR), Kind.ARTIFACT, "helm chart"),
        (
            image(media_types.OCI_CONFIG, "application/vnd.dev.cosign.simplesigning.v1+json"),
            Kind.ARTIFACT,
            "cosign signature",
        ),
        (image(media_types.EMPTY, "application/wasm"), Kind.ARTIFACT, "wasm module"),
        (image(media_types.EMPTY, "application/spdx+json"), Kind.ARTIFACT, "sbom"),
        (image(media_types.EMPTY, TAR, artifactType="application/x-a"), Kind.ARTIFACT, "application/x-a"),
        (image(media_types.DOCKER_CONFIG, "application/vnd.ollama.image.model"), Kind.ARTIFACT, "model"),
        (image(media_types.EMPTY), Kind.ARTIFACT, "unknown"),
    ],
)
def test_kinds(value: object, kind: Kind, name: str) -> None:
    assert classify(parse_manifest(dumped(value))) == Classification(kind, name)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"platform": {"os": "unknown", "architecture": "unknown"}}, Kind.ATTESTATION),
        ({"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}, Kind.ATTESTATION),
        ({"platform": {"os": "linux", "architecture": "amd64"}}, Kind.IMAGE),
    ],
)
def test_entries_of_an_index(more: dict[str, Any], kind: Kind) -> None:
    index = parse_manifest(dumped({"manifests": [entry(**more)]}))
    assert isinstance(index, Index)
    manifest = parse_manifest(dumped(image(media_types.OCI_CONFIG, TAR)))
    assert classify(manifest, index.manifests[0]).kind == kind

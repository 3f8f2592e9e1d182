"""Images in a store as a crawl leaves them, without registry or worker processes."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from analyzers.inventory import Found, LayerInventory, Package, Release, Scanner, Secret
from analyzers.squash import squash
from crawler import clock
from crawler.targets.image_contents import ContentSearch
from store import images, tags
from store.content_sets import encode, put_contents
from store.database import Store
from store.images import ImageRecord
from tests.fakes.registry import OCI_MANIFEST, digest_of

REGISTRY = "https://registry.test"
DEBIAN = Release(id="debian", version_id="12")
SECRETS = "secrets/content"
VERSIONS = {"os/release": 1, "os/dpkg": 1, "languages/python": 1, "languages/node": 1, SECRETS: 1}
SECRETS_ONLY = ContentSearch(scanners=frozenset({Scanner.SECRET}))
IMAGE_TABLES = (
    "manifests",
    "index_children",
    "manifest_layers",
    "layers",
    "inventories",
    "component_sets",
    "set_components",
    "components",
    "package_versions",
    "verdicts",
    "findings",
    "events",
    "event_sets",
    "deliveries",
    "content_sets",
    "manifest_contents",
)
"""Where images are, and what was said of them."""
_PLACES = {
    "dpkg": ("os/dpkg", "var/lib/dpkg/status"),
    "python-pkg": ("languages/python", "usr/lib/{}.dist-info/METADATA"),
    "node-pkg": ("languages/node", "srv/node_modules/{}/package.json"),
    "npm": ("languages/npm", "srv/package-lock.json"),
}


def package(name: str, version: str = "1.0", kind: str = "dpkg") -> Package:
    return Package(kind=kind, name=name, version=version)


def python(name: str, version: str = "1.0") -> Package:
    return package(name, version, "python-pkg")


def digest(name: str) -> str:
    return digest_of(name.encode())


def secret(
    match: str = "key=****", *, rule: str = "made-up-key", severity: str = "HIGH", imprint: int = 1
) -> Secret:
    return Secret(
        rule=rule,
        category="Made up",
        title="Made-up key",
        severity=severity,
        start_line=3,
        end_line=3,
        column=5,
        match=match,
        imprint=imprint,
    )


def holding(path: str, *secrets: Secret) -> dict[str, tuple[Found, ...]]:
    """Return what is found in a layer where a file has secrets."""
    return {SECRETS: (Found(path, secrets=secrets),)}


def inventory(name: str, packages: Sequence[Package], release: Release | None = None) -> LayerInventory:
    """Return what the analyzers would say of a layer with these packages."""
    found: dict[str, dict[str, tuple[Package, ...]]] = {}
    for each in packages:
        analyzer, path = _PLACES[each.kind]
        files = found.setdefault(analyzer, {})
        place = path.format(each.name)
        files[place] = (*files.get(place, ()), each)
    parts = {
        analyzer: tuple(Found(path, packages=inside) for path, inside in files.items())
        for analyzer, files in found.items()
    }
    if release is not None:
        parts["os/release"] = (Found("etc/os-release", release=release),)
    return LayerInventory(diff_id=digest(f"diff {name}"), size_bytes=1024, entries=1, found=parts)


async def remember(  # noqa: PLR0913 - parts that tests want to differ
    store: Store,
    name: str,
    *layers: Sequence[Package],
    release: Release | None = DEBIAN,
    others: Mapping[int, Mapping[str, tuple[Found, ...]]] | None = None,
    gone: Sequence[str] = (),
    config: bytes = b"{}",
    search: ContentSearch = SECRETS_ONLY,
    below: Sequence[str] = (),
) -> str:
    """Store an analysed image with a layer for each list of packages; return its digest.

    `others` is what else is found, by a layer's number; `gone` are paths that the last layer deletes;
    `search` says what of it is remembered for counts and events; `below` names the lowest layers, which are
    otherwise the image's own.
    """
    names = [*below, *(f"{name} {number}" for number in range(len(below), len(layers)))]
    named = list(zip(names, layers, strict=True))
    made = [
        inventory(layer, packages, None if number else release)
        for number, (layer, packages) in enumerate(named)
    ]
    inventories = [
        msgspec.structs.replace(
            each,
            found={**each.found, **(others or {}).get(number, {})},
            whiteouts=tuple(gone) if number == len(made) - 1 else (),
        )
        for number, each in enumerate(made)
    ]
    record = ImageRecord(
        digest=digest(name),
        platform="linux/amd64",
        config_digest=digest(f"config {name}"),
        config=config,
        layers=tuple((digest(layer), f"RUN {layer}") for layer, _ in named),
        squashed=squash(inventories),
        problems=(),
        analysed_with=f"contents:{search.fingerprint}",
    )
    contents = await asyncio.to_thread(search.contents_of, inventories, record.squashed, config)
    async with store.transaction() as tx:
        await images.add_manifest(tx, record.digest, OCI_MANIFEST, 1)
        for (layer, _), found in zip(named, inventories, strict=True):
            await images.put_layer(tx, digest(layer), 512, found, VERSIONS | dict.fromkeys(found.found, 1))
        await images.put_image(tx, record, clock.now())
        await put_contents(tx, record.digest, encode(contents))
    return record.digest


async def on_the_same_layers(store: Store, known: str, name: str) -> str:
    """Store another image of a known one's layers, without packages."""
    row = await images.image_row(store.read, known)
    record = ImageRecord(
        digest=digest(name),
        platform="linux/amd64",
        config_digest=digest(f"config {name}"),
        config=b"{}",
        layers=tuple((each.digest, each.created_by) for each in row.layers),
        squashed=squash([]),
        problems=(),
        analysed_with="test",
    )
    async with store.transaction() as tx:
        await images.add_manifest(tx, record.digest, OCI_MANIFEST, 1)
        await images.put_image(tx, record, clock.now())
    return record.digest


async def tag(store: Store, repository: str, **found: str) -> int:
    """Let the repository's tags be exactly these, as a crawl would see them."""
    async with store.transaction() as tx:
        return await tags.put_tags(tx, REGISTRY, repository, found=found, unread=(), now=clock.now())


async def baseline(store: Store) -> None:
    async with store.transaction() as tx:
        await tags.set_baseline(tx, REGISTRY, clock.now())

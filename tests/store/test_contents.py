from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from analyzers.inventory import Found, License, Outcome, Package, Scanner
from analyzers.squash import squash
from store import images
from store.contents import SecretTotals, secret_totals, stored_contents
from store.database import Store, open_store
from store.images import ImageRecord
from tests.fakes.engine import DATABASE
from tests.fakes.fleet import NOW
from tests.fakes.registry import OCI_MANIFEST
from tests.fakes.stored import REGISTRY, SECRETS, digest, holding, package, remember, secret, tag

COPYRIGHT = "usr/share/doc/bash/copyright"
OTHERS: dict[int, dict[str, tuple[Found, ...]]] = {
    0: {
        **holding("srv/.env", secret("a=*"), secret("b=*", severity="CRITICAL")),
        "licenses/dpkg_copyright": (Found(COPYRIGHT, licenses=(License(name="MIT", confidence=1.0),)),),
    },
    1: {
        "misconfig/dockerfile": (Found("srv/Dockerfile", outcomes=(Outcome(check="DS-0002", message="m"),)),)
    },
}
LAYERS: tuple[Sequence[Package], ...] = ([package("bash")], [])


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / DATABASE) as opened:
        yield opened


async def on_the_same_layers(store: Store, known: str, name: str) -> str:
    """Store another image of a known one's layers."""
    row = await images.image_row(store.read, digest(known))
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
        await images.put_image(tx, record, NOW)
    return record.digest


@pytest.mark.parametrize(
    ("scanners", "expected"),
    [
        ({Scanner.PACKAGES}, (0, 0, 0)),
        ({Scanner.PACKAGES, Scanner.SECRET}, (2, 0, 0)),
        ({Scanner.LICENSE}, (0, 1, 0)),
        ({Scanner.MISCONFIG}, (0, 0, 1)),
        (set(Scanner), (2, 1, 1)),
        (set(), (0, 0, 0)),
    ],
)
async def test_only_what_is_asked_for_comes_back(
    store: Store, scanners: set[Scanner], expected: tuple[int, int, int]
) -> None:
    image = await remember(store, "app", *LAYERS, others=OTHERS)
    found = await stored_contents(store.read, image, scanners)
    assert (len(found.secrets), len(found.licenses), len(found.outcomes)) == expected
    assert {each.layer for each in found.outcomes} <= {1}


async def test_later_layers_hide_files_but_no_secrets(store: Store) -> None:
    image = await remember(store, "app", *LAYERS, [], others=OTHERS, gone=["srv/.env", COPYRIGHT])
    found = await stored_contents(store.read, image, set(Scanner))
    assert [(each.content.match, each.is_deleted) for each in found.secrets] == [("a=*", True), ("b=*", True)]
    assert (found.licenses, len(found.outcomes)) == ((), 1)


async def test_inventories_are_of_all_layers_bottom_up_with_what_is_asked_for(store: Store) -> None:
    image = await remember(store, "app", *LAYERS, others=OTHERS, gone=["etc/x"])
    found = await images.inventories(store.read, image, [SECRETS])
    assert [sorted(each.found) for each in found] == [[SECRETS], []]
    assert [each.whiteouts for each in found] == [(), ("etc/x",)]
    assert [each.diff_id for each in found] == [digest("diff app 0"), digest("diff app 1")]
    assert await images.inventories(store.read, image, ["languages/python"]) == []
    assert await images.inventories(store.read, digest("unknown"), [SECRETS]) == []


async def test_secrets_of_tagged_images_count_once_for_each_layer(store: Store) -> None:
    nothing = SecretTotals(severities={}, images=0)
    image = await remember(store, "app", *LAYERS, others=OTHERS)
    clean = await remember(store, "clean", *LAYERS)
    assert await secret_totals(store.read, [REGISTRY]) == nothing
    await tag(store, "app", latest=image, stable=image, clean=clean)
    await tag(store, "copy", latest=image)
    expected = SecretTotals(severities={"HIGH": 1, "CRITICAL": 1}, images=1)
    assert await secret_totals(store.read, [REGISTRY]) == expected
    await tag(store, "other", latest=await on_the_same_layers(store, "app", "other"))
    assert await secret_totals(store.read, [REGISTRY]) == msgspec.structs.replace(expected, images=2)
    assert await secret_totals(store.read, ["https://elsewhere.test"]) == nothing
    await tag(store, "app", latest=clean)
    await tag(store, "copy")
    await tag(store, "other")
    assert await secret_totals(store.read, [REGISTRY]) == nothing

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from analyzers.inventory import Found, License, Outcome, Package, Scanner
from store import images
from store.contents import stored_contents
from store.database import Store, open_store
from tests.fakes.engine import DATABASE
from tests.fakes.stored import SECRETS, digest, holding, package, remember, secret

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

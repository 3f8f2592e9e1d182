import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date
from itertools import product
from pathlib import Path
from random import Random

import pytest

from crawler.rematch import update_advisories
from crawler.totals import vulnerabilities
from store import findings, images
from store.database import Store, open_store
from store.findings import IMAGES_AT_ONCE, ImageFinding, Overview, Part
from store.ids import manifest_id, row_id
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST
from tests.fakes.stored import REGISTRY, digest, package, python, remember, tag

TIME = "2024-01-01T00:00:00Z"
HIGH = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]
OTHER = "http://127.0.0.1:5000"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    mirror = Mirror()
    mirror.put("Debian", record("CVE-2024-1", TIME, ("Debian:12", "bash"), severity=HIGH))
    mirror.put("Debian", record("CVE-2024-2", TIME, ("Debian:12", "bash")))
    mirror.write(tmp_path / "osv")
    async with open_store(tmp_path / "c.db") as opened:
        bad = await remember(opened, "bad", [package("bash")], [python("jinja2")])
        await tag(opened, "bad", latest=bad, v1=bad)
        await tag(opened, "fine", latest=await remember(opened, "fine", [package("zsh")]))
        await remember(opened, "untagged", [package("bash")])
        async with opened.transaction() as tx:
            await images.add_manifest(tx, digest("torn"), OCI_MANIFEST, 1)
            await images.set_manifest_state(tx, digest("torn"), "failed", reason="broke off")
            await images.add_manifest(tx, digest("index"), OCI_INDEX, 1)
            await images.put_index(tx, digest("index"), {bad: "linux/amd64", digest("torn"): "linux/arm64"})
        await tag(opened, "multi", latest=digest("index"))
        await update_advisories(opened, (tmp_path / "osv").as_uri(), [], ["Debian"])
        yield opened


async def overview(store: Store, registries: list[str], worst: int) -> Overview:
    today = date(2024, 1, 1)
    parts = vulnerabilities.parts(
        store.read, await vulnerabilities.held(store.read, registries, [], today), today
    )
    return await findings.overview(store.read, registries, worst, parts)


async def test_the_findings_of_an_image(store: Store) -> None:
    had, found = await findings.apart(store.read, "", digest("bad"))
    assert had == []
    assert [(each.package, each.version, each.path, each.finding.id) for each in found] == [
        ("bash", "1.0", "var/lib/dpkg/status", "CVE-2024-1"),
        ("bash", "1.0", "var/lib/dpkg/status", "CVE-2024-2"),
    ]
    assert await findings.apart(store.read, digest("fine"), digest("fine")) == ([], [])
    assert await findings.apart(store.read, digest("bad"), digest("fine")) == (found, [])
    assert await findings.apart(store.read, digest("bad"), digest("bad")) == ([], [])


def compared(
    had: Sequence[ImageFinding], has: Sequence[ImageFinding], covered: str
) -> tuple[set[ImageFinding], set[ImageFinding], set[tuple[str, str]]]:
    """Return what opened and closed where the path does not begin so, and what opened there."""

    def keyed(found: Iterable[ImageFinding]) -> dict[tuple[str, str], ImageFinding]:
        return {(each.package, each.finding.id): each for each in found}

    def kept(found: Iterable[ImageFinding]) -> dict[tuple[str, str], ImageFinding]:
        return keyed(each for each in found if not each.path.startswith(covered))

    before, after = kept(had), kept(has)
    opened = {each for key, each in after.items() if key not in before}
    closed = {each for key, each in before.items() if key not in after}
    return opened, closed, keyed(has).keys() - keyed(had).keys() - after.keys()


async def test_what_tells_images_apart_says_what_all_of_it_would(store: Store, tmp_path: Path) -> None:
    random = Random(1)
    mirror = Mirror()
    for feed, ecosystem in (("Debian", "Debian:12"), ("PyPI", "PyPI")):
        about = [(ecosystem, name) for name in ("a", "b", "c")]
        for fixed in ("2.0.0", "3.0.0"):
            same = {"aliases": [f"CVE-2025-100{fixed[0]}"]}
            mirror.put(feed, record(f"{feed}-1{fixed[0]}", TIME, *about, fixed=fixed, **same))
            mirror.put(feed, record(f"{feed}-2{fixed[0]}", TIME, *about, fixed=fixed))
    await asyncio.to_thread(mirror.write, tmp_path / "more")
    kinds = [(name, kind) for name in ("a", "b", "c", "d") for kind in ("dpkg", "python-pkg")]
    layers = [
        [
            package(name, f"{random.randint(1, 3)}.0.0", kind)
            for name, kind in random.sample(kinds, random.randint(0, 4))
        ]
        for _ in range(6)
    ]
    made = [
        await remember(store, f"any {number}", *random.choices(layers, k=random.randint(1, 4)))
        for number in range(30)
    ]
    await update_advisories(store, (tmp_path / "more").as_uri(), [])
    whole = {image: (await findings.apart(store.read, "", image))[1] for image in made}
    smaller = 0
    for old, new in product(made, made):
        had, has = await findings.apart(store.read, old, new)
        smaller += len(had) < len(whole[old]) and len(has) < len(whole[new])
        for covered in ("no such path", "usr/", "var/"):
            assert compared(had, has, covered) == compared(whole[old], whole[new], covered)
    assert smaller > len(made)


async def test_what_waits_for_its_first_verdict(store: Store) -> None:
    assert await findings.undecided(store.read, digest("fine")) == 0
    assert await findings.undecided(store.read, digest("bad")) == 1  # the feed of its Python package
    await remember(store, "new", [package("fish"), python("flask")])
    assert await findings.undecided(store.read, digest("new")) == 2


async def test_all_that_tags_point_to(store: Store) -> None:
    found = await overview(store, [REGISTRY], 10)
    assert found.states == (("analysed", "", 2), ("failed", "broke off", 1), ("not_an_image", "index", 1))
    assert found.failures == (("registry.test/multi:latest", "failed", "broke off"),)
    assert found.severities == {"HIGH": 1, "UNKNOWN": 1}
    assert found.worst == (("registry.test/bad:latest", {"HIGH": 1, "UNKNOWN": 1}),)
    ((reason, count),) = found.unchecked
    assert (reason.startswith("no advisories of PyPI"), count) == (True, 1)


async def test_the_worst_come_first_and_no_more_than_asked_for(store: Store) -> None:
    worse = await remember(store, "worse", [package("bash")], [package("bash")])
    await tag(store, "worse", latest=worse)
    assert len((await overview(store, [REGISTRY], 1)).worst) == 1
    assert len((await overview(store, [REGISTRY], 9)).worst) == 2


async def test_other_registries_are_left_out(store: Store) -> None:
    found = await overview(store, [OTHER], 10)
    assert (found.states, found.failures, found.severities, found.worst, found.unchecked) == (
        (),
        (),
        {},
        (),
        (),
    )


async def test_of_a_fleet_nothing_is_left_out_and_nothing_counts_twice(store: Store, tmp_path: Path) -> None:
    copies = 2 * IMAGES_AT_ONCE
    with sqlite3.connect(tmp_path / "c.db") as database:
        of_copy = [(row_id("manifest", digest(f"copy {number}")), number) for number in range(copies)]
        source = {"source": manifest_id(digest("bad"))}
        database.execute("CREATE TEMP TABLE copy (id, number)")
        database.executemany("INSERT INTO copy VALUES (?, ?)", of_copy)
        database.execute(
            "INSERT INTO manifests (id, digest, media_type, size_bytes, state)"
            " SELECT id, 'sha256:' || number, 'image', 1, 'analysed' FROM copy"
        )
        database.execute(
            "INSERT INTO tags (repository_id, name, since, manifest_id)"
            " SELECT repository_id, copy.number || ' ' || name, since, copy.id"
            " FROM copy CROSS JOIN tags WHERE manifest_id = :source",
            source,
        )
        # the same layer twice: its set counts once
        database.execute(
            "INSERT INTO manifest_layers (manifest_id, position, layer_id, set_id)"
            " SELECT copy.id, position + 9 * twice, layer_id, set_id"
            " FROM copy CROSS JOIN manifest_layers CROSS JOIN (SELECT 0 AS twice UNION SELECT 1)"
            " WHERE manifest_id = :source",
            source,
        )
    database.close()
    found = await overview(store, [REGISTRY], 3)
    assert found.severities == {"HIGH": copies + 1, "UNKNOWN": copies + 1}
    assert found.states[0] == ("analysed", "", copies + 2)
    assert [dict(counts) for _, counts in found.worst] == [{"HIGH": 1, "UNKNOWN": 1}] * 3


async def test_an_image_whose_tag_goes_meanwhile_is_not_named(store: Store) -> None:
    async def parts() -> AsyncIterator[Part]:
        yield Part([manifest_id(digest("bad"))], {})
        await tag(store, "bad")
        await tag(store, "multi")

    found = await findings.overview(store.read, [REGISTRY], 9, parts())
    assert (found.severities, found.worst) == ({"HIGH": 1, "UNKNOWN": 1}, ())


async def test_what_tags_pointed_to_once_does_not_count(store: Store) -> None:
    await tag(store, "bad")
    await tag(store, "multi")
    found = await overview(store, [REGISTRY], 9)
    assert (found.severities, found.unchecked, found.states) == ({}, (), (("analysed", "", 1),))


async def test_packages_count_as_unchecked_where_a_tag_points_to(store: Store) -> None:
    await remember(store, "never tagged", [python("flask")])
    await tag(store, "twice", latest=await remember(store, "twice", [python("jinja2"), python("idna")]))
    assert sum(count for _, count in (await overview(store, [REGISTRY], 0)).unchecked) == 2

import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from analyzers.ignore.candidate import FindingKind
from config.settings import Crawl, Licenses, Policy, Settings
from crawler.totals.overall import totals
from store.content_sets import CONFIGURATION, ContentFinding, ContentSet, encode, put_contents
from store.database import Store, open_store
from tests.fakes.engine import DATABASE
from tests.fakes.stored import REGISTRY, digest, on_the_same_layers, package, remember, tag

TODAY = date(2026, 11, 23)
SECRET, CHECK, LICENSE = FindingKind.SECRET, FindingKind.MISCONFIGURATION, FindingKind.LICENSE
SETTINGS = Settings(
    crawl=Crawl(scanners=("secret", "misconfig", "license"), image_config_scanners=("misconfig",))
)
GPL = ContentFinding(id="GPL-3.0-only", path="var/lib/dpkg/status", package="bash")
Counted = tuple[dict[str, int], int, int]


def check(id_: str, severity: str, path: str = "", ignored: str = "") -> ContentFinding:
    return ContentFinding(id=id_, severity=severity, path=path, ignored=ignored)


IN_LAYER = check("DS-0010", "CRITICAL", "srv/Dockerfile")
IN_CONFIG = check("DS-0026", "LOW")
COMMENTED = check("DS-0005", "LOW", "srv/Dockerfile", "cleanbill:ignore DS-0005 exp:2026-11-24")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Two tagged images of the same layer, and one on it that no tag points to."""
    async with open_store(tmp_path / DATABASE) as opened:
        one = await remember(opened, "one", [package("bash")])
        two, untagged = [await on_the_same_layers(opened, one, name) for name in ("two", "untagged")]
        failures = {one: (IN_LAYER, IN_LAYER), two: (IN_LAYER, COMMENTED), untagged: (IN_LAYER,) * 9}
        for image, theirs in failures.items():
            in_config = {CONFIGURATION: ContentSet((IN_CONFIG,))}
            contents = {
                CHECK: {0: ContentSet(theirs)} | in_config,
                LICENSE: {0: ContentSet((GPL,))},
                SECRET: in_config,  # which nobody looks for there
            }
            async with opened.transaction() as tx:
                await put_contents(tx, image, encode(contents))
        await tag(opened, "team/one", latest=one, stable=one)
        await tag(opened, "shop/two", latest=two)
        yield opened


async def counted(store: Store, settings: Settings, today: date = TODAY) -> dict[FindingKind, Counted]:
    found = (await totals(store.read, settings, [REGISTRY], today)).contents
    return {kind: (each.severities, each.images, each.suppressed) for kind, each in found.items()}


async def test_what_is_in_a_shared_layer_counts_once(store: Store) -> None:
    assert await counted(store, SETTINGS) == {
        CHECK: ({"CRITICAL": 2, "LOW": 2}, 2, 1),
        LICENSE: ({"HIGH": 1}, 2, 0),
        SECRET: ({}, 0, 0),
    }


async def test_only_what_is_looked_for_counts(store: Store) -> None:
    without = replace(
        SETTINGS, crawl=Crawl(scanners=("vuln",), image_config_scanners=("misconfig", "secret"))
    )
    assert await counted(store, without) == {CHECK: ({"LOW": 2}, 2, 0), SECRET: ({"LOW": 2}, 2, 0)}


async def test_a_comment_holds_until_its_day(store: Store) -> None:
    assert (await counted(store, SETTINGS, date(2026, 11, 24)))[CHECK] == ({"CRITICAL": 2, "LOW": 3}, 2, 0)


@pytest.mark.parametrize(
    ("policy", "checks", "licenses"),
    [
        (Policy(ids=("*",), severities=("CRITICAL",)), ({"LOW": 2}, 2, 3), ({"HIGH": 1}, 2, 0)),
        (Policy(ids=("*",), kinds=("license",)), ({"CRITICAL": 2, "LOW": 2}, 2, 1), ({}, 0, 1)),
        # elsewhere it counts, in the same layer
        (
            Policy(ids=("*",), repositories=("shop/*",)),
            ({"CRITICAL": 2, "LOW": 1}, 1, 2),
            ({"HIGH": 1}, 1, 0),
        ),
        (
            Policy(ids=("DS-0010",), repositories=("team/*",)),
            ({"CRITICAL": 1, "LOW": 2}, 2, 2),
            ({"HIGH": 1}, 2, 0),
        ),
        (Policy(ids=("DS-0010",), paths=("srv/*",)), ({"LOW": 2}, 2, 3), ({"HIGH": 1}, 2, 0)),
        (Policy(ids=("gpl-3.0-only",)), ({"CRITICAL": 2, "LOW": 2}, 2, 1), ({}, 0, 1)),
        (Policy(ids=("*",), expires="2026-11-23"), ({"CRITICAL": 2, "LOW": 2}, 2, 1), ({"HIGH": 1}, 2, 0)),
    ],
)
async def test_what_policies_cover_does_not_count(
    store: Store, policy: Policy, checks: Counted, licenses: Counted
) -> None:
    found = await counted(store, replace(SETTINGS, policies=(policy,)))
    assert (found[CHECK], found[LICENSE]) == (checks, licenses)


async def test_the_settings_say_how_bad_a_licence_is(store: Store) -> None:
    settings = replace(SETTINGS, licenses=Licenses(forbidden=("GPL-3.0",)))
    assert (await counted(store, settings))[LICENSE] == ({"CRITICAL": 1}, 2, 0)


async def test_what_each_repository_leaves_out_counts_when_the_other_does_not(store: Store) -> None:
    both = ContentSet((IN_LAYER, COMMENTED))
    for image in ("one", "two"):
        async with store.transaction() as tx:
            await put_contents(tx, digest(image), encode({CHECK: {0: both}}))
    policies = (
        Policy(ids=("DS-0010",), repositories=("team/*",)),
        Policy(ids=("DS-0005",), repositories=("shop/*",)),
    )
    found = await counted(store, replace(SETTINGS, policies=policies), date(2026, 11, 24))
    assert found[CHECK] == ({"CRITICAL": 1, "LOW": 1}, 2, 0)


POLICIES = (
    Policy(ids=("DS-0001",), repositories=("team/*",)),
    Policy(ids=("DS-0002",), repositories=("team/0", "shop/*")),
    Policy(ids=("*",), severities=("LOW",), repositories=("shop/0",)),
)
HELD = {"team/0": (0, 1), "team/1": (0,), "shop/0": (1, 2), "else/0": ()}


@pytest.mark.parametrize("seed", range(9))
async def test_a_place_has_what_any_of_its_images_has(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    checks = [check(f"DS-000{number}", severity) for number in range(3) for severity in ("HIGH", "LOW")]
    found_in = [chance.choices(checks, k=chance.randrange(6)) for _ in range(1 + seed % 3)]
    everything: dict[int, Counter[ContentFinding]] = {0: Counter(), 1: Counter()}
    left: dict[int, Counter[ContentFinding]] = {0: Counter(), 1: Counter()}
    images = 0
    async with open_store(tmp_path / DATABASE) as store:
        first = await remember(store, "first", [package("bash")], [package("zsh")])
        found: dict[str, dict[str, str]] = {name: {} for name in HELD}
        for number in range(8):
            image = await on_the_same_layers(store, first, f"image {number}")
            sets = {place: chance.choice(found_in) for place in everything}
            async with store.transaction() as tx:
                contents = {CHECK: {place: ContentSet(tuple(each)) for place, each in sets.items()}}
                await put_contents(tx, image, encode(contents))
            named = chance.sample(sorted(HELD)[seed % 2 :], k=chance.randrange(1, 3))
            found |= {name: found[name] | {str(number): image} for name in named}
            held = set[int].intersection(*(set(HELD[name]) for name in named))
            has_left = False
            for place, each in sets.items():
                counts = [one for one in each if not is_left_out(one, held)]
                everything[place] |= Counter(each)
                left[place] |= Counter(counts)
                has_left |= bool(counts)
            images += has_left
        for name, tags in found.items():
            await tag(store, name, **tags)
        settings = replace(SETTINGS, policies=POLICIES, crawl=Crawl(scanners=("misconfig",)))
        counted_now = (await counted(store, settings))[CHECK]
    severities = Counter[str]()
    for counter in left.values():
        for one, times in counter.items():
            severities[one.severity] += times
    suppressed = sum(each.total() for each in everything.values()) - severities.total()
    assert counted_now == (dict(severities), images, suppressed)


def is_left_out(found: ContentFinding, held: set[int]) -> bool:
    left_out = {0: found.id == "DS-0001", 1: found.id == "DS-0002", 2: found.severity == "LOW"}
    return any(left_out[number] for number in held)

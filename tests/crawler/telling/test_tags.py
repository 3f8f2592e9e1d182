import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import msgspec
import pytest

from analyzers.inventory import Found, Outcome, Package, Scanner
from analyzers.secrets._samples import BASE32, text, word
from config.settings import Crawl, Policy, Settings, Webhook
from crawler.clock import now
from crawler.notify.message import encode, tag_message
from crawler.rematch import match_all, update_advisories
from crawler.targets.image_contents import ContentSearch
from crawler.telling.contents import SHOWN
from crawler.telling.tags import Searched, tell_tags
from store import deliveries, events, images, tags
from store.database import Store, open_store
from store.events import Event, TagData
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import OCI_INDEX, OCI_MANIFEST
from tests.fakes.secrets import token
from tests.fakes.stored import (
    REGISTRY,
    SECRETS_ONLY,
    baseline,
    digest,
    holding,
    package,
    remember,
    secret,
    tag,
)

SETTINGS = Settings(webhooks=(Webhook(name="all", url="https://hooks.test", secret="whsec_aGFsbG8="),))
HIGH = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]
Told = tuple[str, str, str, dict[str, int], dict[str, int]]


@dataclass
class World:
    store: Store
    url: str

    async def image(self, name: str, *packages: str) -> str:
        """Store a judged image whose packages are vulnerable when their names begin with v."""
        found = await remember(self.store, name, [package(each) for each in packages])
        await update_advisories(self.store, self.url, [])
        return found

    async def secretive(self, name: str, *matches: str) -> str:
        """Store a judged image of two layers; the upper one has a file with these secrets."""
        found = {1: holding("srv/.env", *map(secret, matches))} if matches else {}
        stored = await remember(self.store, name, [package("fine")], [], others=found)
        await update_advisories(self.store, self.url, [])
        return stored

    async def secrets(self) -> list[tuple[str, str, list[str]]]:
        """Return tag, digest after and matches of the events about secrets that are told now."""
        reached = await events.reached(self.store.read)
        await tell_tags(self.store, REGISTRY, SETTINGS, now())
        told = await events.since(self.store.read, reached)
        return [
            (each.data.tag, each.data.digest_after, [found.match for found in each.data.secrets])
            for each in told
            if isinstance(each.data, TagData) and each.type == "secret.found"
        ]

    async def unread(self, name: str, state: str = "failed", reason: str = "broke off") -> str:
        async with self.store.transaction() as tx:
            await images.add_manifest(tx, digest(name), OCI_MANIFEST, 1)
            await images.set_manifest_state(tx, digest(name), state, reason=reason)
        return digest(name)

    async def index(self, name: str, **children: str) -> str:
        """Store an index; keywords are platforms."""
        async with self.store.transaction() as tx:
            await images.add_manifest(tx, digest(name), OCI_INDEX, 1)
            await images.put_index(
                tx, digest(name), {child: platform for platform, child in children.items()}
            )
        return digest(name)

    async def tell(self) -> list[Told]:
        """Return type, tag, digest after, opened and closed of what is told now."""
        reached = await events.reached(self.store.read)
        await tell_tags(self.store, REGISTRY, SETTINGS, now())
        told: list[Told] = []
        for event in await events.since(self.store.read, reached):
            assert isinstance(event.data, TagData)
            data = event.data
            told.append((event.type, data.tag, data.digest_after, data.opened, data.closed))
        return told


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    mirror = Mirror()
    about = [("Debian:12", name) for name in ("v1", "v2", "v3")]
    mirror.put(
        "Debian",
        *(record(f"CVE-2024-{one[1]}", "2024-01-01T00:00:00Z", one, severity=HIGH) for one in about),
    )
    folder = tmp_path / "osv"
    await asyncio.to_thread(mirror.write, folder)
    async with open_store(tmp_path / "c.db") as store:
        yield World(store, folder.as_uri())


async def test_the_baseline_is_silent(world: World) -> None:
    await tag(world.store, "app", latest=await world.image("app", "v1"))
    await tag(world.store, "app", latest=await world.image("app2", "v2"))
    assert await world.tell() == []
    await baseline(world.store)
    assert await world.tell() == []


async def test_what_tags_do_is_told_with_what_it_does_to_the_findings(world: World) -> None:
    await baseline(world.store)
    old = await world.image("old", "v1", "v2", "fine")
    await tag(world.store, "app", latest=old)
    assert await world.tell() == [("image.added", "latest", old, {"HIGH": 2}, {})]
    new = await world.image("new", "v2", "v3")
    await tag(world.store, "app", latest=new, other=new)
    assert await world.tell() == [
        ("image.changed", "latest", new, {"HIGH": 1}, {"HIGH": 1}),
        ("image.added", "other", new, {"HIGH": 2}, {}),
    ]
    await tag(world.store, "app", other=new)
    assert await world.tell() == [("tag.removed", "latest", "", {}, {})]
    assert await world.tell() == []
    listed = await events.since(world.store.read, 1, limit=1)
    assert isinstance(listed[0].data, TagData)
    assert [(each.change, each.id, each.package) for each in listed[0].data.findings] == [
        ("closed", "CVE-2024-v1", "v1"),
        ("opened", "CVE-2024-v3", "v3"),
    ]
    assert listed[0].data.digest_before == old
    assert [event.severity for event in await events.since(world.store.read, 0)] == [
        "HIGH",
        "HIGH",
        "HIGH",
        "UNKNOWN",
    ]


async def test_what_happened_between_two_tellings_is_told_in_order(world: World) -> None:
    await baseline(world.store)
    one, two = await world.image("one", "v1"), await world.image("two", "v2")
    await tag(world.store, "app", latest=one)
    await tag(world.store, "app", latest=two)
    await tag(world.store, "app")
    assert [(kind, after) for kind, _, after, _, _ in await world.tell()] == [
        ("image.added", one),
        ("image.changed", two),
        ("tag.removed", ""),
    ]


async def test_an_image_without_verdicts_waits_for_them(world: World) -> None:
    await baseline(world.store)
    image = await remember(world.store, "app", [package("v1")])
    await tag(world.store, "app", latest=image)
    assert await world.tell() == []
    await update_advisories(world.store, world.url, [])
    assert await world.tell() == [("image.added", "latest", image, {"HIGH": 1}, {})]


async def test_an_image_whose_feed_cannot_be_had_waits_for_it(world: World, tmp_path: Path) -> None:
    await baseline(world.store)
    image = await remember(world.store, "app", [package("v1")])
    await tag(world.store, "app", latest=image)
    await update_advisories(world.store, (tmp_path / "nowhere").as_uri(), [])
    assert await world.tell() == []
    await update_advisories(world.store, world.url, [])
    assert await world.tell() == [("image.added", "latest", image, {"HIGH": 1}, {})]


async def test_a_secret_waits_for_no_advisories(world: World, tmp_path: Path) -> None:
    async def types() -> list[tuple[str, int]]:
        reached = await events.reached(world.store.read)
        await tell_tags(world.store, REGISTRY, SETTINGS, now())
        made = await events.since(world.store.read, reached)
        return [(each.type, len(each.data.secrets)) for each in made if isinstance(each.data, TagData)]

    await baseline(world.store)
    nowhere = (tmp_path / "nowhere").as_uri()
    secrets = [secret("a=*"), secret("b=*")]
    for name, found, expected in (("one", secrets[:1], 1), ("two", secrets, 1), ("three", secrets, 0)):
        image = await remember(
            world.store, name, [package(f"v1{name}")], others={0: holding("srv/.env", *found)}
        )
        await tag(world.store, "app", latest=image)
        await update_advisories(world.store, nowhere, [])
        assert await types() == [("secret.found", 1)] * expected
        assert await types() == []
    await update_advisories(world.store, world.url, [])
    assert await types() == [("image.changed", 0)]


async def test_an_image_that_cannot_be_read_is_told_when_it_can(world: World) -> None:
    await tag(world.store, "app", latest=await world.unread("app"), bad=await world.unread("bad"))
    await baseline(world.store)
    assert await world.tell() == []
    image = await world.image("app", "v1")
    assert await world.tell() == [("image.added", "latest", image, {"HIGH": 1}, {})]
    await tag(world.store, "app", latest=image)
    assert [each[:2] for each in await world.tell()] == [("tag.removed", "bad")]


async def test_a_tag_that_moves_on_from_an_unreadable_image(world: World) -> None:
    await baseline(world.store)
    await tag(world.store, "app", latest=await world.unread("bad"))
    image = await world.image("app", "v1")
    await tag(world.store, "app", latest=image)
    assert await world.tell() == [("image.changed", "latest", image, {"HIGH": 1}, {})]
    assert await world.tell() == []


async def test_a_tag_that_goes_while_it_is_told_is_told_to_be_gone(world: World) -> None:
    await baseline(world.store)
    await tag(world.store, "app", latest=await world.image("app", "v1"))
    (row,) = await tags.untold_tags(world.store.read, REGISTRY)
    await tag(world.store, "app")
    async with world.store.transaction() as tx:
        await tags.set_told(tx, row)
    assert [each[:2] for each in await world.tell()] == [("tag.removed", "latest")]


async def test_no_image_is_told_of_only_when_it_goes(world: World) -> None:
    await baseline(world.store)
    await tag(world.store, "charts", latest=await world.unread("chart", "not_an_image", "helm chart"))
    assert await world.tell() == []
    await tag(world.store, "charts")
    assert [each[:2] for each in await world.tell()] == [("tag.removed", "latest")]


async def test_the_images_of_an_index_are_told_one_by_one(world: World) -> None:
    await baseline(world.store)
    amd, arm = await world.image("amd", "v1"), await world.unread("arm")
    s390x = await world.unread("s390x", "pending", images.NOT_ASKED_FOR)
    index = await world.index("index", amd64=amd, arm64=arm, s390x=s390x)
    await tag(world.store, "app", latest=index)
    assert await world.tell() == [("image.added", "latest", amd, {"HIGH": 1}, {})]
    assert await world.tell() == []
    await world.image("arm", "v2")
    assert await world.tell() == [("image.added", "latest", arm, {"HIGH": 1}, {})]
    assert await world.tell() == []


async def test_an_image_that_becomes_an_index_is_compared_with_what_was_there(world: World) -> None:
    await baseline(world.store)
    old, new = await world.image("old", "v1", "v2"), await world.image("new", "v2")
    await tag(world.store, "app", latest=old)
    await world.tell()
    await tag(world.store, "app", latest=await world.index("index", amd64=new))
    assert await world.tell() == [("image.changed", "latest", new, {}, {"HIGH": 1})]


async def test_endpoints_get_a_delivery_for_each_move(world: World) -> None:
    await baseline(world.store)
    await tag(world.store, "app", a=await world.image("a", "v1"), b=await world.image("b"))
    await world.tell()
    rows = await world.store.read.all("list_deliveries", state=None, endpoint=None, limit=9)
    assert [(row[2], row[3], row[5]) for row in rows] == [(2, 2, "due"), (1, 1, "due")]
    assert (await match_all(world.store, []))[0].events == 0


async def test_a_secret_is_told_once_when_it_comes(world: World) -> None:
    await tag(world.store, "app", latest=await world.secretive("first", "a=*"))
    await baseline(world.store)
    assert await world.secrets() == []
    second = await world.secretive("second", "a=*", "b=*")
    await tag(world.store, "app", latest=second)
    assert await world.secrets() == [("latest", second, ["b=*"])]
    assert await world.secrets() == []
    await tag(world.store, "app", latest=await world.secretive("third", "b=*"))
    assert await world.secrets() == []
    clean = await world.secretive("clean")
    await tag(world.store, "app", latest=clean)
    assert await world.secrets() == []
    fourth = await world.secretive("fourth", "b=*")
    await tag(world.store, "app", latest=fourth, other=clean)
    assert await world.secrets() == [("latest", fourth, ["b=*"])]


async def test_a_new_tag_has_the_secrets_of_its_image(world: World) -> None:
    await baseline(world.store)
    image = await world.secretive("app", "a=*", "b=*")
    await tag(world.store, "app", latest=image)
    assert await world.secrets() == [("latest", image, ["a=*", "b=*"])]


async def test_a_secret_is_told_with_its_layer_and_with_the_move(world: World) -> None:
    await baseline(world.store)
    found = {0: holding("srv/.env", secret("a=*", severity="CRITICAL"), secret("b=*", severity="LOW"))}
    image = await remember(world.store, "app", [package("v1")], [], others=found, gone=["srv/.env"])
    await update_advisories(world.store, world.url, [])
    await tag(world.store, "app", latest=image)
    await tell_tags(world.store, REGISTRY, SETTINGS, now())
    log = await events.since(world.store.read, 0)
    assert [(each.type, each.severity) for each in log] == [
        ("image.added", "HIGH"),
        ("secret.found", "CRITICAL"),
    ]
    assert log[0].cause == log[1].cause
    assert isinstance(log[1].data, TagData)
    assert (log[1].data.findings, log[1].data.opened) == ((), {"CRITICAL": 1, "LOW": 1})
    first, _ = log[1].data.secrets
    assert (first.rule, first.path, first.line, first.is_deleted) == ("made-up-key", "srv/.env", 3, True)
    assert (first.layer, first.created_by) == (digest("app 0"), "RUN app 0")
    message = tag_message("msg_1", "cleanbill", log, None)
    assert message is not None
    body = msgspec.json.decode(encode(message))
    told = {each["type"]: each for each in body["data"]["changes"]}
    assert [each["match"] for each in told["secret.found"]["secrets"]] == ["a=*", "b=*"]
    assert told["image.added"]["secrets"] == []
    assert told["image.added"]["opened"] == {"HIGH": 1}


async def test_a_secret_that_only_moves_to_another_layer_is_no_news(world: World) -> None:
    await baseline(world.store)
    await tag(world.store, "app", latest=await world.secretive("old", "a=*"))
    await world.secrets()
    below = {0: holding("srv/.env", secret("a=*"))}
    image = await remember(world.store, "new", [package("fine")], [], others=below, gone=["srv/.env"])
    await update_advisories(world.store, world.url, [])
    await tag(world.store, "app", latest=image)
    assert await world.secrets() == []


@pytest.mark.parametrize(("old", "new", "told"), [(1, 2, ["a=*"]), (2, 2, []), (0, 2, [])])
async def test_another_secret_that_looks_the_same_is_news(
    world: World, old: int, new: int, told: list[str]
) -> None:
    images = {}
    for name, imprint in {"old": old, "new": new}.items():
        found = {0: holding("srv/.env", secret("a=*", imprint=imprint))}
        images[name] = await remember(world.store, name, [package("fine")], others=found)
    await update_advisories(world.store, world.url, [])
    await tag(world.store, "app", latest=images["old"])
    await baseline(world.store)
    await world.secrets()
    await tag(world.store, "app", latest=images["new"])
    assert [matches for *_, matches in await world.secrets()] == ([told] if told else [])


async def test_no_secret_is_told_by_the_command_that_brought_it(world: World) -> None:
    await baseline(world.store)
    token = text("AKIA", word(16, BASE32))(Random(1))
    made = f"RUN {token} 0"
    image = await remember(
        world.store,
        token,
        [package("fine")],
        others={0: holding("srv/.env", secret("a=*"))},
        config=json.dumps({"history": [{"created_by": made}]}).encode(),
    )
    await update_advisories(world.store, world.url, [])
    await tag(world.store, "app", latest=image)
    await tell_tags(world.store, REGISTRY, SETTINGS, now())
    (data,) = [each.data for each in await events.since(world.store.read, 0) if each.type == "secret.found"]
    assert isinstance(data, TagData)
    assert [each.created_by for each in data.secrets] == [f"RUN {'*' * len(token)} 0"]


async def test_more_secrets_than_one_event_lists(world: World) -> None:
    await baseline(world.store)
    await tag(
        world.store,
        "app",
        latest=await world.secretive("app", *(f"{number}=*" for number in range(SHOWN + 3))),
    )
    ((_, _, shown),) = await world.secrets()
    assert len(shown) == SHOWN


ALL_KINDS = replace(
    SETTINGS,
    crawl=Crawl(scanners=("vuln", "secret", "misconfig", "license"), image_config_scanners=("misconfig",)),
)
SEARCH = ContentSearch(
    scanners=frozenset({Scanner.SECRET, Scanner.MISCONFIG, Scanner.LICENSE}),
    config_scanners=frozenset({Scanner.MISCONFIG}),
)


async def holding_all(world: World, name: str, *checks: str, licenses: str = "MIT", user: str = "app") -> str:
    """Store a judged image with these failed checks, one package's licence and a user."""
    outcomes = tuple(Outcome(check=each, message=f"{each} failed", start_line=2) for each in checks)
    image = await remember(
        world.store,
        name,
        [Package(kind="dpkg", name="v1", version="1.0", licenses=(licenses,))],
        others={0: {"misconfig/dockerfile": (Found("srv/Dockerfile", outcomes=outcomes),)}},
        config=json.dumps({"config": {"User": user, "Healthcheck": {"Test": ["CMD", "x"]}}}).encode(),
        search=SEARCH,
    )
    await update_advisories(world.store, world.url, [])
    return image


async def told(world: World, settings: Settings) -> list[Event]:
    reached = await events.reached(world.store.read)
    await tell_tags(world.store, REGISTRY, settings, now())
    return await events.since(world.store.read, reached)


async def test_new_failures_and_licences_are_told_with_the_move(world: World) -> None:
    await baseline(world.store)
    await tag(world.store, "app", latest=await holding_all(world, "one", "DS-0010"))
    first = await told(world, ALL_KINDS)
    assert [(each.type, each.severity) for each in first] == [
        ("image.added", "HIGH"),
        ("misconfig.found", "CRITICAL"),
        ("license.found", "LOW"),
    ]
    assert len({each.cause for each in first}) == 1
    two = await holding_all(world, "two", "DS-0010", "DS-0005", licenses="GPL-3.0-only", user="")
    await tag(world.store, "app", latest=two)
    (_, checks, licenses) = [each.data for each in await told(world, ALL_KINDS)]
    assert isinstance(checks, TagData)
    assert [(each.id, each.path, each.line, each.layer) for each in checks.misconfigurations] == [
        ("DS-0002", "", 0, ""),
        ("DS-0005", "srv/Dockerfile", 2, digest("two 0")),
    ]
    assert checks.opened == {"HIGH": 1, "LOW": 1}
    assert isinstance(licenses, TagData)
    assert [(each.name, each.category, each.package) for each in licenses.licenses] == [
        ("GPL-3.0-only", "restricted", "v1")
    ]
    assert licenses.licenses[0].created_by == "RUN two 0"
    await tag(world.store, "app", latest=await holding_all(world, "three", "DS-0010"))
    assert [each.type for each in await told(world, ALL_KINDS)] == ["image.changed", "license.found"]


async def test_what_nobody_looks_for_is_not_told(world: World) -> None:
    await baseline(world.store)
    await tag(world.store, "app", latest=await holding_all(world, "one", "DS-0010", user=""))
    assert [each.type for each in await told(world, SETTINGS)] == ["image.added"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (
            Policy(ids=("*",), repositories=("app",)),
            [("image.added", "UNKNOWN", {}, 1)],
        ),
        (
            Policy(ids=("CVE-2024-v1",), paths=("var/lib/dpkg/*",)),
            [
                ("image.added", "UNKNOWN", {}, 1),
                ("misconfig.found", "CRITICAL", {"CRITICAL": 1, "LOW": 1}, 0),
                ("license.found", "LOW", {"LOW": 1}, 0),
            ],
        ),
        (
            Policy(ids=("*",), severities=("LOW",), repositories=("registry.test/*",)),
            [("image.added", "HIGH", {"HIGH": 1}, 0), ("misconfig.found", "CRITICAL", {"CRITICAL": 1}, 1)],
        ),
        (
            Policy(ids=("*",), purls=("pkg:deb/debian/v1",), kinds=("vulnerability",)),
            [
                ("image.added", "UNKNOWN", {}, 1),
                ("misconfig.found", "CRITICAL", {"CRITICAL": 1, "LOW": 1}, 0),
                ("license.found", "LOW", {"LOW": 1}, 0),
            ],
        ),
    ],
)
async def test_what_policies_cover_is_not_told(
    world: World, policy: Policy, expected: list[tuple[str, str, dict[str, int], int]]
) -> None:
    await baseline(world.store)
    await tag(world.store, "app", latest=await holding_all(world, "one", "DS-0010", "DS-0005"))
    found = await told(world, replace(ALL_KINDS, policies=(policy,)))
    assert [
        (each.type, each.severity, each.data.opened, each.data.suppressed)
        for each in found
        if isinstance(each.data, TagData)
    ] == expected


async def test_a_covered_move_is_sent_to_whom_asks_for_all_only(world: World) -> None:
    hooks = [Webhook(name=name, url="https://hooks.test", min_severity=name) for name in ("UNKNOWN", "LOW")]
    settings = replace(SETTINGS, webhooks=tuple(hooks), policies=(Policy(ids=("*",)),))
    await baseline(world.store)
    await tag(world.store, "app", latest=await world.image("app", "v1"))
    await told(world, settings)
    assert await deliveries.due_count(world.store.read, ["LOW"]) == 0
    assert await deliveries.due_count(world.store.read, ["UNKNOWN"]) == 1


async def configured(world: World, name: str, value: str) -> str:
    """Store a judged image whose environment has a secret."""
    env = {"config": {"Env": [f"GITHUB_TOKEN={value}"]}}
    image = await remember(
        world.store,
        name,
        [package("fine")],
        config=json.dumps(env).encode(),
        search=ContentSearch(config_scanners=frozenset({Scanner.SECRET})),
    )
    await update_advisories(world.store, world.url, [])
    return image


CONFIGURED = replace(SETTINGS, crawl=Crawl(scanners=("vuln",), image_config_scanners=("secret",)))


async def test_a_secret_of_a_configuration_is_told_when_it_is_looked_for(world: World) -> None:
    await baseline(world.store)
    await tag(world.store, "app", latest=await configured(world, "app", token().decode()))
    (_, found) = [each.data for each in await told(world, CONFIGURED)]
    assert isinstance(found, TagData)
    (one,) = found.secrets
    assert (one.rule, one.path, one.layer) == ("github-pat", "", "")
    assert "GITHUB_TOKEN=" in one.match
    assert token().decode() not in one.match


async def test_another_secret_in_the_same_variable_is_news_once(world: World) -> None:
    await baseline(world.store)
    shown = []
    for name, value in (("one", token(1)), ("two", token(2)), ("three", token(2))):
        await tag(world.store, "app", latest=await configured(world, name, value.decode()))
        shown += [[each.type for each in await told(world, CONFIGURED)]]
    assert shown == [
        ["image.added", "secret.found"],
        ["image.changed", "secret.found"],
        ["image.changed"],
    ]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (SECRETS_ONLY, ["DS-0005"]),
        (SEARCH, ["DS-0010", "DS-0005"]),
    ],
)
async def test_what_was_not_looked_for_before_is_no_news_in_a_layer_that_stays(
    world: World, search: ContentSearch, expected: list[str]
) -> None:
    def failing(check: str) -> dict[str, tuple[Found, ...]]:
        path = f"srv/{check}/Dockerfile"
        return {"misconfig/dockerfile": (Found(path, outcomes=(Outcome(check=check, message="failed"),)),)}

    await baseline(world.store)
    packages: list[list[Package]] = [[package("fine")], []]
    # Its upper layer deletes the file: when that is known, the check fails anew in the image after it.
    one = await remember(
        world.store,
        "one",
        *packages,
        below=["base"],
        others={0: failing("DS-0010")},
        gone=["srv/DS-0010/Dockerfile"],
        search=search,
    )
    both = {0: failing("DS-0010"), 1: failing("DS-0005")}
    two = await remember(world.store, "two", *packages, below=["base"], others=both, search=SEARCH)
    await update_advisories(world.store, world.url, [])
    await tag(world.store, "app", latest=one)
    await told(world, SETTINGS)
    await tag(world.store, "app", latest=two)
    found = [each.data for each in await told(world, ALL_KINDS) if each.type == "misconfig.found"]
    assert [
        [each.id for each in data.misconfigurations if each.path]
        for data in found
        if isinstance(data, TagData)
    ] == [expected]


async def test_an_image_that_is_known_in_part_waits_until_all_is_looked_for(world: World) -> None:
    async def found(name: str, search: ContentSearch) -> str:
        outcomes = (Outcome(check="DS-0010", message="failed"),)
        checks = {"misconfig/dockerfile": (Found("Dockerfile", outcomes=outcomes),)}
        image = await remember(world.store, name, [package("fine")], others={0: checks}, search=search)
        await update_advisories(world.store, world.url, [])
        return image

    async def told_now() -> list[str]:
        reached = await events.reached(world.store.read)
        searched = Searched(analysed_with=f"contents:{SEARCH.fingerprint}")
        await tell_tags(world.store, REGISTRY, ALL_KINDS, now(), searched)
        return [each.type for each in await events.since(world.store.read, reached)]

    await baseline(world.store)
    await tag(world.store, "app", prod=await found("one", SECRETS_ONLY))
    assert await told_now() == []
    await found("one", SEARCH)
    assert await told_now() == ["image.added", "misconfig.found"]
    await tag(world.store, "app", prod=await found("two", SECRETS_ONLY))
    async with world.store.transaction() as tx:
        await images.set_manifest_state(tx, digest("two"), "analysed", reason="its layers are gone")
    assert await told_now() == ["image.changed"]


async def test_a_platform_that_nobody_asks_for_any_more_holds_up_nothing(world: World) -> None:
    await baseline(world.store)
    amd = await remember(world.store, "amd", [package("v1")], search=SEARCH)
    arm = await remember(world.store, "arm", [package("v2")])
    await update_advisories(world.store, world.url, [])
    await tag(
        world.store, "app", latest=await world.index("both", **{"linux/amd64": amd, "linux/arm64": arm})
    )
    word = f"contents:{SEARCH.fingerprint}"
    reader = world.store.read
    for platforms, expected in ((("all",), 0), (("linux/amd64",), 1)):
        await tell_tags(world.store, REGISTRY, ALL_KINDS, now(), Searched(b"", word, platforms))
        assert len(await tags.untold_tags(reader, REGISTRY)) == 1 - expected
    told = [each.data for each in await events.since(reader, 0) if each.type == "image.added"]
    assert [each.platform for each in told if isinstance(each, TagData)] == ["linux/amd64", "linux/arm64"]


async def test_a_check_counts_as_new_when_no_comment_leaves_it_out_any_more(world: World) -> None:
    async def dockerfile(name: str, *comments: str) -> str:
        outcomes = tuple(
            Outcome(check="DS-0013", message="cd in RUN", start_line=line, ignored=comment)
            for line, comment in enumerate(comments, 2)
        )
        found = {"misconfig/dockerfile": (Found("Dockerfile", outcomes=outcomes),)}
        image = await remember(
            world.store,
            name,
            [package("fine")],
            others={0: found},
            config=json.dumps({"config": {"User": "app", "Healthcheck": {"Test": ["CMD", "x"]}}}).encode(),
            search=SEARCH,
        )
        await update_advisories(world.store, world.url, [])
        return image

    await baseline(world.store)
    shown = []
    moves = {"one": ("ours",), "two": ("ours", ""), "three": ("", "ours"), "four": ("over exp:2024-01-01",)}
    for name, comments in moves.items():
        await tag(world.store, "app", latest=await dockerfile(name, *comments))
        found = [each.data for each in await told(world, ALL_KINDS) if each.type == "misconfig.found"]
        shown += [
            [(each.line, data.suppressed) for each in data.misconfigurations]
            for data in found
            if isinstance(data, TagData)
        ]
    assert shown == [[(3, 0)]]


async def test_a_check_of_a_configuration_that_failed_before_is_no_news(world: World) -> None:
    await baseline(world.store)
    for name, search in (("one", SECRETS_ONLY), ("two", SEARCH)):
        image = await remember(world.store, name, [package("fine")], config=b"{}", search=search)
        await update_advisories(world.store, world.url, [])
        await tag(world.store, "app", latest=image)
        found = await told(world, ALL_KINDS if search is SEARCH else SETTINGS)
    assert [each.type for each in found] == ["image.changed"]

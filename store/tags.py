"""Registries, repositories, and what their tags point to, now and before."""

from collections.abc import Callable, Collection, Mapping

import msgspec

from store.database import Reader, Writer
from store.ids import manifest_id, row_id


class UntoldTag(msgspec.Struct, frozen=True):
    """A stretch of a tag's history whose beginning or end is not in the event log yet."""

    repository_id: int
    repository: str
    tag: str
    since: str
    until: str | None
    told_since: int
    told_until: int
    digest: str
    state: str
    """Of the manifest it pointed to, as in store.images.ManifestState."""


def _all(_tag: str) -> bool:
    return True


async def put_tags(  # noqa: PLR0913 - one repository, seen at one time
    tx: Writer,
    registry: str,
    repository: str,
    *,
    found: Mapping[str, str],
    unread: Collection[str],
    now: str,
    wants: Callable[[str], bool] = _all,
) -> int:
    """Afterwards the repository's tags are exactly `found` (tag → digest of a known manifest).

    Tags in `unread` stay what they were: a tag that could not be resolved has not gone. Nor has one that
    nobody `wants` any more: it ends here, and nobody is told. Returns how many tags began, moved or went.
    """
    await tx.run("add_registry", id=registry_id(registry), url=registry)
    repository_id = row_id("repository", registry, repository)
    await tx.run("add_repository", id=repository_id, registry_id=registry_id(registry), name=repository)
    ended, begun = await changed_tags(tx, registry, repository, found=found, unread=unread)
    gone = [
        {"repository_id": repository_id, "name": tag, "now": now, "told": int(not wants(tag))}
        for tag in ended
    ]
    await tx.many("end_tag", gone)
    new = [
        {"repository_id": repository_id, "name": tag, "now": now, "manifest_id": manifest_id(found[tag])}
        for tag in begun
    ]
    await tx.many("begin_tag", new)
    return len({*ended, *begun})


async def changed_tags(
    reader: Reader, registry: str, repository: str, *, found: Mapping[str, str], unread: Collection[str]
) -> tuple[list[str], list[str]]:
    """Return the tags that ended and those that began, as `put_tags` would have it."""
    rows = await reader.all("tags_now", repository_id=row_id("repository", registry, repository))
    before = {tag: digest for tag, digest in rows}  # noqa: C416 - dict() loses the types
    ended = [tag for tag, digest in before.items() if tag not in unread and found.get(tag) != digest]
    return ended, [tag for tag, digest in found.items() if before.get(tag) != digest]


async def repositories_with_tags(reader: Reader, registry: str) -> list[str]:
    """Return the names of a registry's repositories that have tags now."""
    return [name for (name,) in await reader.all("repository_names", registry_id=registry_id(registry))]


async def repositories_of(reader: Reader, registry: str, digest: str) -> list[str]:
    """Return the names of a registry's repositories in which a tag points to the manifest now, sorted."""
    rows = await reader.all(
        "repositories_of", registry_id=registry_id(registry), manifest_id=manifest_id(digest)
    )
    return [name for (name,) in rows]


async def has_baseline(reader: Reader, registry: str) -> bool:
    """Tell whether a crawl of the registry was ever complete."""
    return await reader.value("registry_baseline", id=registry_id(registry)) is not None


async def set_baseline(tx: Writer, registry: str, now: str, *, silent: bool = True) -> None:
    """Afterwards changes of the registry's tags are told, those up to now only when they are not `silent`.

    Tags whose image could not be read yet are told when it can.
    """
    await tx.run("add_registry", id=registry_id(registry), url=registry)
    if silent:
        await tx.run("silence_tags", registry_id=registry_id(registry))
    await tx.run("set_registry_baseline", id=registry_id(registry), now=now)


async def untold_tags(reader: Reader, registry: str) -> list[UntoldTag]:
    """Return what happened to the registry's tags and is not in the event log, oldest first."""
    rows = await reader.all("untold_tags", registry_id=registry_id(registry))
    return [UntoldTag(*row) for row in rows]


async def digest_before(reader: Reader, row: UntoldTag) -> str | None:
    """Return the digest that the tag pointed to until this stretch began."""
    found = await reader.value("tag_before", repository_id=row.repository_id, name=row.tag, since=row.since)
    return None if found is None else str(found)


async def digest_after(reader: Reader, row: UntoldTag) -> str | None:
    """Return the digest that the tag pointed to from the end of this stretch on."""
    found = await reader.value("tag_began_at", repository_id=row.repository_id, name=row.tag, since=row.until)
    return None if found is None else str(found)


async def set_told(tx: Writer, row: UntoldTag) -> None:
    """Afterwards the stretch's beginning, and its end if the row has one, count as told."""
    await tx.run("tag_told", repository_id=row.repository_id, name=row.tag, since=row.since, until=row.until)


async def next_retry(reader: Reader, registry: str, now: str) -> tuple[str | None, int]:
    """Return when the first of the registry's unreadable images is due again, and how many are overdue.

    Overdue ones are out of a crawl's reach: their tags cannot be resolved, or nobody asks for their platform.
    """
    found = await reader.one("next_retry", registry_id=registry_id(registry), now=now)
    return found or (None, 0)


async def tag_at(reader: Reader, registry: str, repository: str, tag: str, time: str) -> str | None:
    """Return the digest that a tag pointed to at a time (RFC 3339 as the store writes it)."""
    row = await reader.one("tag_at", registry_url=registry, repository=repository, tag=tag, time=time)
    return str(row[0]) if row else None


def registry_id(url: str) -> int:
    """Return the row id of a registry."""
    return row_id("registry", url)

"""How much there is, and how current it is, in numbers."""

import msgspec

from store import deliveries, events
from store.database import Reader


class FeedStatus(msgspec.Struct, frozen=True):
    """One feed of advisories."""

    name: str
    state: str
    """ok, partial or failed."""
    current_at: str | None
    """When it was last followed, though records of it may have been unreadable; None: never."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers."""

    images: dict[str, int]
    """State of manifests → how many."""
    layers: int
    package_versions: int
    unchecked: dict[str, int]
    """Why package versions could not be matched → how many, most first."""
    findings: dict[str, int]
    """Severity → findings of package versions, each counted once however many images carry it."""
    feeds: tuple[FeedStatus, ...]
    deliveries: dict[tuple[str, str], int]
    """(endpoint, state) → how many."""
    disabled: dict[str, bool]
    """Endpoint → whether nothing is sent to it any more; of all that were ever known."""
    event_seq: int


async def read_status(reader: Reader) -> Status:
    """Return the numbers; each is of one moment, all together of several."""
    layers, package_versions = (await reader.all("count_rows"))[0]
    return Status(
        images=dict(await reader.all("count_images")),
        layers=layers,
        package_versions=package_versions,
        unchecked=dict(await reader.all("count_unchecked")),
        findings=dict(await reader.all("count_findings")),
        feeds=await read_feeds(reader),
        deliveries=await deliveries.counts(reader),
        disabled={each.name: bool(each.disabled) for each in await deliveries.endpoints(reader)},
        event_seq=await events.reached(reader),
    )


async def read_feeds(reader: Reader) -> tuple[FeedStatus, ...]:
    """Return every feed that is followed, by name."""
    return tuple(FeedStatus(*row) for row in await reader.all("feed_states"))


async def read_baselines(reader: Reader) -> dict[str, str | None]:
    """Return registry URL → end of its first complete crawl."""
    return dict(await reader.all("registry_baselines"))


async def check_alive(reader: Reader) -> None:
    """Return when the database answers."""
    await reader.value("alive")

"""What one pass over the registries came to.

As JSON it is one object with the fields of `CrawlSummary` in their order, their names in capitals
("BytesPulled"); `Failures` and `UnreadableImages` are cut as in the table, `FailuresNotListed` and
`UnreadableImagesNotListed` say by how much, `Incomplete` whether something could not be crawled or checked.
Every key is written. When no image was read, in this pass or before, and something failed, what only images
could have told is null: `Findings`, `SuppressedFindings`, `Secrets`, `Misconfigurations`, `Licenses`,
`UncheckedPackages` and `UndecidedFindings`.
"""

from collections import Counter
from importlib import import_module

import msgspec

from reports.context import RenderContext
from reports.json_parts import formatted

FAILURES_LISTED = 20
WORST_LISTED = 10
_FORMATS = ("table", "json")
_SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN")


class Failure(msgspec.Struct, frozen=True, rename="pascal"):
    """An image, repository or registry that could not be crawled."""

    name: str
    reason: str


class ImageFindings(msgspec.Struct, frozen=True, rename="pascal"):
    """The number of an image's findings by severity, "CRITICAL" to "UNKNOWN"."""

    name: str
    severities: dict[str, int]


class ContentTotals(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What images hold of one kind, besides packages. What is in a layer that images share counts once."""

    severities: dict[str, int] = {}
    """Severity → number, without what is suppressed."""
    images: int = 0
    """How many images have one."""
    suppressed: int = 0
    """What policies, or comments in their files, leave out wherever it is."""


class CrawlSummary(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Counts of one crawl, of all its registries together."""

    registries: tuple[str, ...] = ()
    repositories: int = 0
    tags: int = 0
    manifests: dict[str, int] = {}
    """State → number: "analysed", "not_an_image", "failed", "too_large", "pending"."""
    images_analysed: int = 0
    """In this pass."""
    images_known: int = 0
    """From earlier passes, unchanged."""
    layers_analysed: int = 0
    layers_reused: int = 0
    requests: int = 0
    """All of them."""
    list_requests: int = 0
    head_requests: int = 0
    bytes_received: int = 0
    """Of every answer: lists, manifests, layers."""
    bytes_pulled: int = 0
    """Of layers."""
    unique_bytes: int = 0
    """Compressed length of the distinct layers that were pulled."""
    manifests_pruned: int = 0
    """Forgotten: no tag pointed to them for as long as the settings keep them."""
    seconds: float = 0.0
    findings: dict[str, int] | None = {}
    """Severity → number, over all images, without those that policies cover; None as `unread` says."""
    suppressed_findings: int | None = 0
    """Over all images, those that policies cover."""
    secrets: ContentTotals | None = None
    """None when nobody looks for them; so with the next two."""
    misconfigurations: ContentTotals | None = None
    """Checks that fail, by place."""
    licenses: ContentTotals | None = None
    """Pairs of a licence and the package, or the file, that has it."""
    unchecked_packages: int | None = 0
    unreadable_images: tuple[str, ...] = ()
    """Names of those of which a part could not be read."""
    undecided_findings: int | None = 0
    """Findings that no advisory could confirm or deny."""
    worst_images: tuple[ImageFindings, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def is_incomplete(self) -> bool:
        """Whether something could not be crawled or checked."""
        unfinished = sum(self.manifests.get(state, 0) for state in ("failed", "too_large", "pending"))
        unsure = self.unchecked_packages or self.unreadable_images or self.undecided_findings
        return bool(self.failures or unsure or unfinished)

    def unread(self) -> "CrawlSummary":
        """Return the summary when all images are unknown, without the numbers that would look clean."""
        return msgspec.structs.replace(
            self,
            findings=None,
            suppressed_findings=None,
            secrets=None,
            misconfigurations=None,
            licenses=None,
            unchecked_packages=None,
            undecided_findings=None,
        )


def worst(images: tuple[ImageFindings, ...]) -> tuple[ImageFindings, ...]:
    """Return the ten images with most findings, those of the highest severities first."""
    found = (image for image in images if any(image.severities.values()))
    return tuple(sorted(found, key=_badness)[:WORST_LISTED])


def render_crawl_summary(summary: CrawlSummary, format_name: str, context: RenderContext) -> str:
    """Return the summary as "table" or "json", with a line end at its end.

    Raises:
        ValueError: there is no such format.
    """
    if format_name not in _FORMATS:
        raise ValueError(f"format {format_name!r}: expected one of {', '.join(_FORMATS)}")
    if format_name == "json":
        return formatted(_as_json(summary)) + "\n"
    text: str = import_module("reports.crawl_table").render(summary, context)
    return text


def _as_json(summary: CrawlSummary) -> dict[str, object]:
    listed, unreadable = summary.failures[:FAILURES_LISTED], summary.unreadable_images[:FAILURES_LISTED]
    cut = msgspec.structs.replace(
        summary, failures=listed, unreadable_images=unreadable, worst_images=worst(summary.worst_images)
    )
    report: dict[str, object] = msgspec.to_builtins(cut)
    return report | {
        "FailuresNotListed": len(summary.failures) - len(listed),
        "UnreadableImagesNotListed": len(summary.unreadable_images) - len(unreadable),
        "Incomplete": summary.is_incomplete,
    }


def _badness(image: ImageFindings) -> tuple[list[int], str]:
    numbers = Counter(image.severities)
    return [-numbers[severity] for severity in _SEVERITIES], image.name

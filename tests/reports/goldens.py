"""Which rendering is which golden file."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from reports import render
from reports.crawl_summary import render_crawl_summary
from reports.difference import difference, render_difference
from tests.reports.documents import (
    CONTEXT,
    IMAGES,
    crawl_summary,
    debian_image,
    newer_debian_image,
    unread_crawl_summary,
)

TESTDATA = Path(__file__).parent / "testdata"
SUFFIXES = {
    "table": "txt",
    "json": "json",
    "cyclonedx": "cdx.json",
    "spdx-json": "spdx.json",
    "spdx": "spdx",
}


def goldens() -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield file name and rendering."""
    for image, document in IMAGES.items():
        for name, suffix in SUFFIXES.items():
            yield f"{image}.{suffix}", partial(render, document(), name, CONTEXT)
    found = difference(debian_image(), newer_debian_image())
    for name in ("table", "json"):
        suffix = SUFFIXES[name]
        yield f"difference.{suffix}", partial(render_difference, found, name, CONTEXT)
        yield f"crawl.{suffix}", partial(render_crawl_summary, crawl_summary(), name, CONTEXT)
        unread = partial(render_crawl_summary, unread_crawl_summary(), name, CONTEXT)
        yield f"unread_crawl.{suffix}", unread

"""Which rendering is which golden file."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from reports import render
from tests.reports.documents import CONTEXT, IMAGES

TESTDATA = Path(__file__).parent / "testdata"
SUFFIXES = {"table": "txt", "json": "json", "cyclonedx": "cdx.json"}


def goldens() -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield file name and rendering."""
    for image, document in IMAGES.items():
        for name, suffix in SUFFIXES.items():
            yield f"{image}.{suffix}", partial(render, document(), name, CONTEXT)

"""Checks of what a Dockerfile's stages start from."""

from collections import Counter
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile._check import PRACTICES, REFERENCE, at, check
from analyzers.checks.dockerfile.model import Dockerfile, Instruction
from analyzers.severity import Severity


def _images(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    """Yield each FROM that names an image of a registry, as far as its variables are known."""
    earlier: set[str] = set()
    for stage in dockerfile.stages:
        if stage.beginning and stage.base not in {"", "scratch"} and stage.base.lower() not in earlier:
            yield stage.beginning, stage.base
        earlier.add(stage.name)


def _moving_tag(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, image in _images(dockerfile):
        name, _, tag = image.rpartition("/")[2].partition(":")
        if "@" in image or "$" in name:
            continue
        if not tag:
            yield at(instruction, f"the image {image!r:.100} has no tag, expected one that does not move")
        elif tag == "latest":
            yield at(instruction, f"the image {image!r:.100} moves with every release, expected one's tag")


def _no_digest(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, image in _images(dockerfile):
        if "@" not in image and "$" not in image:
            yield at(instruction, f"the image {image!r:.100} is not pinned, expected '@sha256:…'")


def _names_twice(dockerfile: Dockerfile) -> Iterator[Cause]:
    counted = Counter(stage.name for stage in dockerfile.stages if stage.name)
    for stage in dockerfile.stages:
        if stage.beginning and counted[stage.name] > 1:
            yield at(stage.beginning, f"{counted[stage.name]} stages are called {stage.name!r:.100}")


CHECKS = (
    check(
        "DS-0001",
        "Base image without a fixed tag",
        Severity.MEDIUM,
        why="Without a tag, or by 'latest', every build may start from another image than the last one.",
        mend="Name the release that the image is built on in FROM.",
        link=f"{PRACTICES}#pin-base-image-versions",
        judge=_moving_tag,
    ),
    check(
        "DS-0012",
        "Stages of the same name",
        Severity.CRITICAL,
        why="A name that two stages have makes it unclear which of them is copied from or built.",
        mend="Give each stage a name of its own.",
        link=f"{REFERENCE}#from",
        judge=_names_twice,
    ),
    check(
        "CB-D0001",
        "Base image not pinned by digest",
        Severity.LOW,
        why="Tags can be moved by whoever may push to the repository; a digest is always the same image.",
        mend="Add the digest of the image that was reviewed: 'name:tag@sha256:…'.",
        link=f"{PRACTICES}#pin-base-image-versions",
        judge=_no_digest,
    ),
)

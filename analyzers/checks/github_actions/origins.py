"""Checks of actions, images and scripts that a workflow takes from elsewhere."""

import re
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile.downloads import runs_what_it_fetches
from analyzers.checks.dockerfile.shell import read
from analyzers.checks.github_actions._check import SECURE_USE, SYNTAX, at, check
from analyzers.checks.github_actions.model import Part, Workflow
from analyzers.documents import table, text
from analyzers.severity import Severity

_COMMIT = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")
_BRANCHES = {"main", "master", "develop", "dev", "trunk", "latest", "head", "HEAD"}
_OWN = {"actions", "github"}


def _uses(workflow: Workflow) -> Iterator[tuple[Part, str, str]]:
    """Yield each job or step that uses what is in another repository, with name and reference."""
    for part in workflow.parts():
        use = part.text("uses")
        if use and not use.startswith(("./", "docker://")):
            name, _, reference = use.partition("@")
            yield part, name, reference


def _unpinned(workflow: Workflow) -> Iterator[Cause]:
    for part, name, reference in _uses(workflow):
        if name.partition("/")[0].lower() not in _OWN and not _COMMIT.fullmatch(reference):
            yield at(part, "uses", f"{name:.100} is used by {reference!r:.60}, expected a commit")


def _moving(workflow: Workflow) -> Iterator[Cause]:
    for part, name, reference in _uses(workflow):
        if reference in _BRANCHES or not reference:
            yield at(part, "uses", f"{name:.100} is used by {reference!r:.60}, expected a release or commit")


def _images(workflow: Workflow) -> Iterator[tuple[Part, str, str]]:
    for part in workflow.parts():
        if part.text("uses").startswith("docker://"):
            yield part, "uses", part.text("uses").removeprefix("docker://")
    for job in workflow.jobs:
        container = job.part.mapping.get("container")
        yield job.part, "container", text(container) or text(table(container).get("image"))
        for service in table(job.part.mapping.get("services")).values():
            yield job.part, "services", text(table(service).get("image"))


def _moving_images(workflow: Workflow) -> Iterator[Cause]:
    for part, key, image in _images(workflow):
        tag = image.rpartition("/")[2].partition(":")[2]
        if image and "@" not in image and "${{" not in image and tag in {"", "latest"}:
            yield at(part, key, f"the image {image!r:.100} has no fixed tag", image)


def _fetched(workflow: Workflow) -> Iterator[Cause]:
    for step in workflow.steps():
        if runs_what_it_fetches(tuple(read(step.text("run")))):
            yield at(step, "run", "what is fetched is run at once, expected a checksum before it", "curl")


CHECKS = (
    check(
        "CB-G0001",
        "Action not pinned by a commit",
        Severity.MEDIUM,
        why="Tags and branches can be moved: whoever takes the repository over runs code in the workflow.",
        mend="Use the commit's full hash, with the release as a comment, and let a program update it.",
        link=f"{SECURE_USE}#using-third-party-actions",
        judge=_unpinned,
    ),
    check(
        "CB-G0009",
        "Scripts are run as they are fetched",
        Severity.MEDIUM,
        why="Whoever controls the address decides what runs in the workflow, with its token.",
        mend="Fetch into a file, compare its checksum, then run it; or use an action that does.",
        link="https://slsa.dev/spec/v1.0/threats",
        judge=_fetched,
    ),
    check(
        "CB-G0013",
        "Action used by a branch",
        Severity.MEDIUM,
        why="A branch moves with every commit, tested or not.",
        mend="Use a release or, better, a commit.",
        link=f"{SECURE_USE}#using-third-party-actions",
        judge=_moving,
    ),
    check(
        "CB-G0016",
        "Image without a fixed tag",
        Severity.LOW,
        why="Without a tag, or by 'latest', the job may run in another image each time.",
        mend="Name the release, or better a digest.",
        link=f"{SYNTAX}#jobsjob_idcontainer",
        judge=_moving_images,
    ),
)

"""What policies leave out of the answer to where a vulnerability is."""

from collections.abc import Callable, Iterator
from functools import cache

from msgspec.structs import replace

from analyzers.ignore.candidate import Candidate, FindingKind
from analyzers.ignore.decision import Decision
from reports.affected import Answer, ImageFound, LayerFound, PackageFound, SuppressedFound, in_order
from reports.coverage import UNDECIDED

Decide = Callable[[str, Candidate], Decision | None]
"""(repository with its registry's host, finding) → what policies say about it there."""


def without_suppressed(answer: Answer, decide: Decide, *, shown: bool) -> Answer:
    """Return the answer without the findings that are suppressed, each in the repositories where it is.

    An image counts as affected as long as one of its repositories has a finding that is not suppressed.

    Args:
        answer: where a vulnerability is.
        decide: the policies.
        shown: whether what is left out is to be listed.
    """
    judging = _Judging(decide)
    layers = [left for layer in answer.layers for left in judging.left_of(layer)]
    if not judging.by_finding:
        return replace(answer, expired=tuple(judging.expired))
    affected = {image.digest for layer in layers for image in layer.images}
    before = {image.digest for layer in answer.layers for image in layer.images}
    return replace(
        answer,
        layers=in_order(layers),
        images_affected=len(affected),
        images_suppressed=len(before - affected),
        undecided=sum(each.status == UNDECIDED for layer in layers for each in layer.packages),
        suppressed=tuple(judging.suppressed()) if shown else (),
        expired=tuple(judging.expired),
    )


class _Judging:
    """Judges findings, each once for each repository, and remembers what was suppressed where."""

    def __init__(self, decide: Decide) -> None:
        self.expired: dict[str, None] = {}
        self.by_finding: dict[tuple[PackageFound, Decision], dict[ImageFound, None]] = {}
        self._decide = decide
        self._judged = cache(self._judge)

    def left_of(self, layer: LayerFound) -> Iterator[LayerFound]:
        """Yield the layer once for each choice of its packages that is left in images."""
        by_packages: dict[tuple[PackageFound, ...], list[ImageFound]] = {}
        for image in layer.images:
            left = []
            for package in layer.packages:
                kept, decision = self._judged(_repository(image), package)
                if decision:
                    self.by_finding.setdefault((package, decision), {})[image] = None
                if kept:
                    left.append(kept)
            by_packages.setdefault(tuple(left), []).append(image)
        for packages, images in by_packages.items():
            if packages:
                yield replace(layer, packages=packages, images=tuple(images))

    def suppressed(self) -> Iterator[SuppressedFound]:
        """Yield what was suppressed, with the images that it was suppressed in."""
        for (package, decision), images in self.by_finding.items():
            yield SuppressedFound(
                package=package.name,
                installed_version=package.installed_version,
                vulnerability_id=package.vulnerability_id,
                severity=package.severity,
                status=decision.status.value,
                statement=decision.statement,
                source=decision.origin,
                images=tuple(images),
            )

    def _judge(self, repository: str, package: PackageFound) -> tuple[PackageFound | None, Decision | None]:
        """Return the finding in those of its files where it is not suppressed, and what suppresses it."""
        left: list[str] = []
        held: Decision | None = None
        for path in package.paths or ("",):
            decision = self._decide(repository, _candidate(package, path))
            if decision and decision.suppresses:
                held = held or decision
                continue
            if decision and decision.expired:
                self.expired[f"{decision.source} ({package.vulnerability_id})"] = None
            left.append(path)
        if not left:
            return None, held
        return replace(package, paths=tuple(filter(None, left))), held


def _candidate(package: PackageFound, path: str) -> Candidate:
    return Candidate(
        kind=FindingKind.VULNERABILITY,
        ids=(package.vulnerability_id, *package.aliases),
        paths=(path,) if path else (),
        purls=tuple(filter(None, (package.purl, package.source_purl))),
        severity=package.severity,
    )


def _repository(image: ImageFound) -> str:
    """Return the name that globs of policies are about; "" for what was scanned without a tag."""
    host = image.registry.rpartition("://")[2].rstrip("/")
    return f"{host}/{image.repository}" if image.repository else ""

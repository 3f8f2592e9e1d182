"""What an image holds besides packages, as it is remembered for counts and events."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from analyzers.catalogue import catalogue
from analyzers.contents import Contents, contents
from analyzers.ignore.candidate import FindingKind
from analyzers.inventory import LayerInventory, Problem, Scanner
from analyzers.squash import Squashed
from reports.contents import (
    StatedLicense,
    misconfiguration_findings,
    of_configuration,
    secret_findings,
    stated_licenses,
    with_licenses,
)
from reports.document import Component, MisconfigurationFinding, SecretFinding
from store.content_sets import CONFIGURATION, ContentFinding, ContentsByKind, ContentSet

KINDS = {
    Scanner.SECRET: FindingKind.SECRET,
    Scanner.MISCONFIG: FindingKind.MISCONFIGURATION,
    Scanner.LICENSE: FindingKind.LICENSE,
    Scanner.LICENSE_TEXT: FindingKind.LICENSE,
}
FORM = 1
"""Raised when the same inventories would give other contents."""
_Placed = tuple[int, ContentFinding | Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSearch:
    """What of an image is remembered."""

    scanners: frozenset[Scanner] = frozenset()
    """What is looked for in files."""
    config_scanners: frozenset[Scanner] = frozenset()
    """What is looked for in the image's configuration."""
    secret_config: bytes = b""
    """Of the search for secrets, packed; empty for the built-in one."""

    @property
    def fingerprint(self) -> str:
        """What tells by what it was made, but for the versions of analyzers that read files."""
        rules = sorted(
            (each.id, each.version) for each in catalogue() if each.scanner in self.config_scanners
        )
        asked = [FORM, sorted(self.scanners), sorted(self.config_scanners), self.secret_config, rules]
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:16]

    def contents_of(
        self, inventories: Sequence[LayerInventory], squashed: Squashed, config: bytes
    ) -> ContentsByKind:
        """Return what an image has, of every kind that is looked for.

        Args:
            inventories: of its layers, lowest first.
            squashed: what these come to.
            config: its configuration, JSON as the registry has it.
        """
        found: dict[FindingKind, dict[int, ContentSet]] = {}
        in_config = dict(self._of_config(config))
        for kind in dict.fromkeys(KINDS.values()):
            if scanners := {each for each, its in KINDS.items() if its is kind and self._wants(each)}:
                in_files = _of_files(kind, _only(inventories, scanners & self.scanners), squashed)
                found[kind] = _by_position((*in_files, *in_config.get(kind, ())))
        return found

    def _wants(self, scanner: Scanner) -> bool:
        return scanner in self.scanners or scanner in self.config_scanners

    def _of_config(self, config: bytes) -> Iterator[tuple[FindingKind, list[_Placed]]]:
        if not self.config_scanners:
            return
        # Also where nobody asks for secrets there are stars over them.
        found = of_configuration(config, {*self.config_scanners, Scanner.SECRET}, self.secret_config)
        noted: dict[Scanner, list[ContentFinding | Problem]] = {
            Scanner.SECRET: [*map(_secret, found.secrets)],
            Scanner.MISCONFIG: [*failed_checks(found.misconfigurations)],
        }
        noted[min(self.config_scanners)] += found.problems
        for scanner in self.config_scanners:
            yield KINDS[scanner], [(CONFIGURATION, each) for each in noted[scanner]]


def failed_checks(found: Iterable[MisconfigurationFinding]) -> list[ContentFinding]:
    """Return the checks that fail, as they are remembered."""
    return [_check(each) for each in found if not each.outcome.passed]


def remembered_by(analysed_with: str) -> str:
    """Return the word of a fingerprint that images share whose contents were found in the same way."""
    return next((each for each in analysed_with.split() if each.startswith("contents:")), "")


def _only(inventories: Iterable[LayerInventory], scanners: Collection[Scanner]) -> list[LayerInventory]:
    """Return the inventories with what these scanners found; none when they found nothing."""
    ids = {each.id for each in catalogue() if each.scanner in scanners}
    cut = [
        msgspec.structs.replace(each, found={key: found for key, found in each.found.items() if key in ids})
        for each in inventories
    ]
    return cut if any(each.found for each in cut) else []


def _of_files(
    kind: FindingKind, inventories: Sequence[LayerInventory], squashed: Squashed
) -> Iterator[_Placed]:
    if not inventories and kind is not FindingKind.LICENSE:
        return
    found = contents(inventories)
    match kind:
        case FindingKind.SECRET:
            yield from ((each.layer, _secret(each)) for each in secret_findings(found))
        case FindingKind.MISCONFIGURATION:
            outcomes = misconfiguration_findings(found.outcomes)
            yield from ((each.layer, _check(each)) for each in outcomes if not each.outcome.passed)
        case _:
            yield from ((each.layer, _license(each)) for each in _licenses(squashed, found))
    yield from ((each.layer, Problem(each.path, each.reason)) for each in found.problems)


def _licenses(squashed: Squashed, found: Contents) -> tuple[StatedLicense, ...]:
    components = [
        Component(package=each.package, purl="", path=each.path, layer=each.layer)
        for each in squashed.components
    ]
    return stated_licenses(with_licenses(components, found), found)


def _by_position(placed: Iterable[_Placed]) -> dict[int, ContentSet]:
    findings: Mapping[int, list[ContentFinding]] = defaultdict(list)
    problems: Mapping[int, list[Problem]] = defaultdict(list)
    for position, each in placed:
        if isinstance(each, Problem):
            problems[position].append(each)
        else:
            findings[position].append(each)
    return {
        position: ContentSet(tuple(findings.get(position, ())), tuple(problems.get(position, ())))
        for position in sorted({*findings, *problems})
    }


def _secret(found: SecretFinding) -> ContentFinding:
    secret = found.secret
    return ContentFinding(
        id=secret.rule,
        title=secret.title,
        severity=secret.severity,
        path=found.path,
        line=secret.start_line,
        message=secret.match,
    )


def _check(found: MisconfigurationFinding) -> ContentFinding:
    outcome = found.outcome
    return ContentFinding(
        id=outcome.check,
        title=found.title,
        severity=found.severity.name,
        path=found.path,
        line=outcome.start_line,
        message=outcome.message,
        ignored=outcome.ignored,
    )


def _license(found: StatedLicense) -> ContentFinding:
    # How bad it is depends on the settings, so that is judged when it is asked for.
    return ContentFinding(id=found.name, path=found.path, package=found.package)

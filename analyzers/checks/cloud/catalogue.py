"""All checks of cloud resources, and their outcomes."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules

import msgspec

from analyzers.checks import cloud as family
from analyzers.checks.check import Check, ignored_by, own_checks, run_one
from analyzers.checks.cloud.model import Cloud, Resource, Subject
from analyzers.checks.cloud.rules import About
from analyzers.checks.cloud.secrets_shown import without_secrets
from analyzers.inventory import Outcome, Problem

_PROVIDERS = ("aws_", "azure_", "google_")


def _collected() -> Iterator[Check[Subject]]:
    for module in iter_modules(family.__path__):
        if module.name.startswith(_PROVIDERS):
            yield from import_module(f"{family.__name__}.{module.name}").CHECKS


CHECKS: tuple[Check[Subject], ...] = tuple(_collected())
"""Those of each module that is named after a provider."""


def _by_kind() -> dict[str, list[Check[Subject]]]:
    kinds: dict[str, list[Check[Subject]]] = {}
    for check in CHECKS:
        for kind in check.applies.kinds if isinstance(check.applies, About) else ():
            kinds.setdefault(kind, []).append(check)
    return kinds


_BY_KIND = _by_kind()
KINDS = frozenset(_BY_KIND)
"""Of the resources that any check is about."""


def judge(
    cloud: Cloud, lines: Mapping[str, Sequence[str]], file_type: str
) -> Iterator[tuple[str, Outcome | Problem]]:
    """Yield each outcome with the file of its resource, and which checks of it could not be judged.

    Args:
        cloud: all resources that are deployed together.
        lines: of each file, without their ends.
        file_type: see `Outcome.file_type`.
    """
    lines = without_secrets(lines, cloud.resources)
    for resource in cloud.resources:
        for fact in _facts(resource, cloud, lines.get(resource.file, ()), file_type):
            yield resource.file, fact


def _facts(
    resource: Resource, cloud: Cloud, lines: Sequence[str], file_type: str
) -> Iterator[Outcome | Problem]:
    checks = _BY_KIND.get(resource.kind, ())
    doubted: dict[str, list[str]] = {}
    for check in (*checks, *own_checks(Subject(resource=resource, cloud=cloud))):
        subject = Subject(resource=resource, cloud=cloud)
        found = list(run_one(check, subject, lines, file_type=file_type, resource=resource.name))
        if subject.doubts and all(each.passed for each in found):
            doubted.setdefault(", ".join(dict.fromkeys(subject.doubts)), []).append(check.id)
        else:
            yield from (_ignored_above(each, resource, lines) for each in found)
    if doubted:
        yield Problem(resource.file, _undecided(resource, doubted))


def _undecided(resource: Resource, doubted: Mapping[str, Sequence[str]]) -> str:
    """Return which checks are not judged, and what is not known."""
    line = resource.attributes.lines[0]
    parts = (f"{', '.join(checks)} ({what})" for what, checks in doubted.items())
    where = f"{resource.name}, line {line}" if line else resource.name
    return f"{where}: known at deployment only, so these are not judged: {'; '.join(parts)}"


def _ignored_above(outcome: Outcome, resource: Resource, lines: Sequence[str]) -> Outcome:
    """Heed a comment above the resource, too, for a cause within it."""
    first, last = resource.attributes.lines
    if outcome.ignored or outcome.passed or not first <= outcome.start_line <= last:
        return outcome
    return msgspec.structs.replace(outcome, ignored=ignored_by(lines, first, outcome.check))

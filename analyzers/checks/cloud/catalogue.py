"""All checks of cloud resources, and their outcomes."""

import re
from collections import Counter
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

_PROVIDERS = (
    *("aws_", "azure_", "google_"),
    *("cloudstack_", "digitalocean_", "github_", "nifcloud_", "openstack_", "oracle_"),
)


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
_KNOWN = frozenset({each.partition("_")[0] for each in KINDS} | {"kubernetes"})
"""Providers, by the first word of their kinds, that checks are about."""
_DEPLOY_NOTHING = frozenset(
    {"archive", "cloudinit", "external", "http", "local", "null", "random", "template", "terraform", "time"}
    | {"data", "tls"}
)
"""Those whose resources are values, files or steps of Terraform itself, and what is looked up only."""
_MOST_KINDS = 10
"""Of those that no check judges, named in a sentence."""


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


def unjudged(cloud: Cloud) -> Iterator[Problem]:
    """Yield, as one problem, how many resources are of providers that no check is about.

    Kinds of the others that have no check are none: there is nothing to be said of them.
    """
    found = [each for each in cloud.resources if not _is_known(each, cloud)]
    if found:
        kinds = Counter(each.kind for each in found).most_common()
        named = [f"{kind} ({number})" for kind, number in kinds[:_MOST_KINDS]]
        named += [f"{len(kinds) - _MOST_KINDS} more kinds"] if len(kinds) > _MOST_KINDS else []
        what = f"{len(found)} resource{'s' * (len(found) > 1)} of providers that no check judges"
        yield Problem(found[0].file, f"{what}: {', '.join(named)}")


def _is_known(resource: Resource, cloud: Cloud) -> bool:
    provider = re.split(r"[_.]", resource.kind, maxsplit=1)[0]
    if provider in _KNOWN or provider in _DEPLOY_NOTHING:
        return True
    subject = Subject(resource=resource, cloud=cloud)
    return any(not each.applies or each.applies(subject) for each in own_checks(subject))


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
            yield from (heeding_comments_above(each, resource, lines) for each in found)
    if doubted:
        yield Problem(resource.file, _undecided(resource, doubted))


def _undecided(resource: Resource, doubted: Mapping[str, Sequence[str]]) -> str:
    """Return which checks are not judged, and what is not known."""
    line = resource.attributes.lines[0]
    parts = (f"{', '.join(checks)} ({what})" for what, checks in doubted.items())
    where = f"{resource.name}, line {line}" if line else resource.name
    return f"{where}: known at deployment only, so these are not judged: {'; '.join(parts)}"


def heeding_comments_above(outcome: Outcome, resource: Resource, lines: Sequence[str]) -> Outcome:
    """Return an outcome that heeds a comment above its resource, too, for a cause within it."""
    first, last = resource.attributes.lines
    if outcome.ignored or outcome.passed or not first <= outcome.start_line <= last:
        return outcome
    return msgspec.structs.replace(outcome, ignored=ignored_by(lines, first, outcome.check))

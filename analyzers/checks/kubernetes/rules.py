"""Rules of roles, as checks see them.

Reference: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.node import Node
from analyzers.checks.kubernetes.objects import Manifest
from analyzers.checks.kubernetes.writing import RBAC, Words, cause, of_kinds, of_objects
from analyzers.severity import Severity

_ROLES = ("Role", "ClusterRole")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a role."""

    node: Node
    groups: frozenset[str]
    resources: frozenset[str]
    verbs: frozenset[str]
    names: frozenset[str]

    def gives(self, resources: frozenset[str], verbs: frozenset[str], group: str | None = None) -> bool:
        """Tell whether it names one of the resources, with one of the verbs, in an API group."""
        in_group = group is None or bool(self.groups & {group, "*"})
        return in_group and bool(self.resources & resources) and bool(self.verbs & verbs)


def _rules(manifest: Manifest) -> Iterator[Rule]:
    for node in manifest.node.at("rules"):
        yield Rule(
            node,
            *(
                frozenset(each.lower() for each in node.at(key).texts)
                for key in ("apiGroups", "resources", "verbs", "resourceNames")
            ),
        )


def of_rules(
    check_id: str,
    severity: Severity,
    words: tuple[str, str, str],
    wrong: Callable[[Rule], bool],
    *,
    kinds: tuple[str, ...] = _ROLES,
) -> Check[Manifest]:
    """Return a check of each rule of a role; `words` are title, why and how to mend."""
    title, why, mend = words

    def judge(manifest: Manifest) -> Iterator[Cause]:
        for rule in _rules(manifest):
            if wrong(rule):
                yield cause(rule.node, f"{manifest.label} should not {_said(rule)}")

    return of_objects(check_id, severity, Words(title, why, mend, RBAC), judge, applies=of_kinds(*kinds))


def _said(rule: Rule) -> str:
    return f"allow {_listed(rule.verbs)} of {_listed(rule.resources)}"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(repr(each[:60]) for each in sorted(names)[:8]) or "nothing"

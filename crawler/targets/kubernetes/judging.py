"""What the checks say of a cluster's own objects: its workloads and roles as their API has them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from analyzers.checks.check import canonical
from analyzers.errors import ParseError
from analyzers.inventory import Outcome
from analyzers.misconfig.kubernetes import outcomes_of_object
from crawler.targets.kubernetes.objects import Metadata
from crawler.targets.kubernetes.workloads import Identity
from reports.cluster_object import ObjectReport, Packer, judged_document
from reports.document import Document

ROLES, NETWORKS, CORE = "apis/rbac.authorization.k8s.io/v1", "apis/networking.k8s.io/v1", "api/v1"
OTHERS = {
    "Role": ROLES,
    "ClusterRole": ROLES,
    "RoleBinding": ROLES,
    "ClusterRoleBinding": ROLES,
    "Namespace": CORE,
    "ServiceAccount": CORE,
    "Service": CORE,
    "ConfigMap": CORE,
    "LimitRange": CORE,
    "ResourceQuota": CORE,
    "NetworkPolicy": NETWORKS,
    "Ingress": NETWORKS,
}
"""Kind → group of what runs nothing; checks say what it permits, lets in, or leaves out."""


class Listed(msgspec.Struct, frozen=True):
    """An object of which only the name matters here."""

    metadata: Metadata = Metadata()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """An object as the API has it."""

    group: str
    """Such as "apis/apps/v1"; the items of a list do not say it themselves."""
    kind: str
    body: bytes


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks say of an object."""

    report: ObjectReport
    problem: str = ""
    """Why they could not say, or not all; empty when they could."""


UNREAD = "its manifest could not be read, so no check has judged it"


def identity_of(kind: str, metadata: Metadata, known: Iterable[str]) -> Identity | None:
    """Return what an object's manifest speaks for: itself, or an owner of another kind than the known ones.

    None is for what an object of a known kind was made by: that has a manifest of its own. What runs nothing
    speaks for itself, whatever made it.
    """
    owner = None if kind in OTHERS else metadata.controller
    if owner is None:
        return Identity(namespace=metadata.namespace, kind=kind, name=metadata.name)
    if owner.kind in known:
        return None
    return Identity(namespace=metadata.namespace, kind=owner.kind, name=owner.name)


def judged_by(checks: Collection[str]) -> frozenset[str]:
    """Return those of `OTHERS` that any of these checks, by `canonical` ids, has something to say of."""
    return frozenset(
        kind
        for kind, group in OTHERS.items()
        if any(
            canonical(outcome.check) in checks
            for outcome in _outcomes(Manifest(group=group, kind=kind, body=b"{}"))[0]
        )
    )


class Judge:
    """Says what checks have against objects, and why they could not say it of some.

    Args:
        filtered: takes what is ignored, or not asked for, out of what is said of one object.
        others: which of `OTHERS` are judged besides workloads.
    """

    def __init__(
        self, filtered: Callable[[Document], Document], *, others: Collection[str] = frozenset(OTHERS)
    ) -> None:
        self._filtered, self._packer = filtered, Packer()
        self.others = others

    def judged(self, manifests: Mapping[Identity, Manifest]) -> dict[Identity, Judgement]:
        """Return what the checks say of each object. For a thread: thousands of objects take seconds."""
        return {identity: self._judged(identity, each) for identity, each in manifests.items()}

    def _judged(self, identity: Identity, manifest: Manifest) -> Judgement:
        outcomes, problem = _outcomes(manifest)
        name = "/".join(filter(None, (identity.namespace, identity.kind, identity.name)))
        document = self._filtered(judged_document(name, outcomes))
        return Judgement(report=self._packer.pack(document), problem=problem)


def _outcomes(manifest: Manifest) -> tuple[list[Outcome], str]:
    """Return what the checks say of an object, and why they could not say all."""
    version = manifest.group.removeprefix("apis/").removeprefix("api/")
    found: list[Outcome] = []
    try:
        value = msgspec.json.decode(manifest.body, type=dict[str, Any])
        found.extend(outcomes_of_object(value | {"apiVersion": version, "kind": manifest.kind}))
    except (ParseError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return found, f"its manifest: {error}"
    return found, ""

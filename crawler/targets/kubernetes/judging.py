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

ROLES = "apis/rbac.authorization.k8s.io/v1"
ROLE_KINDS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
"""They run nothing; checks say what they permit."""


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

    None is for what an object of a known kind was made by: that has a manifest of its own.
    """
    owner = metadata.controller
    if owner is None:
        return Identity(namespace=metadata.namespace, kind=kind, name=metadata.name)
    if owner.kind in known:
        return None
    return Identity(namespace=metadata.namespace, kind=owner.kind, name=owner.name)


def are_about_roles(checks: Collection[str]) -> bool:
    """Tell whether any of these checks, by their `canonical` ids, judges roles or bindings."""
    return any(
        canonical(outcome.check) in checks
        for kind in ROLE_KINDS
        for outcome in _outcomes(Manifest(group=ROLES, kind=kind, body=b"{}"))[0]
    )


class Judge:
    """Says what checks have against objects, and why they could not say it of some.

    Args:
        filtered: takes what is ignored, or not asked for, out of what is said of one object.
        with_roles: whether roles and bindings are judged besides workloads.
    """

    def __init__(self, filtered: Callable[[Document], Document], *, with_roles: bool = True) -> None:
        self._filtered, self._packer = filtered, Packer()
        self.with_roles = with_roles

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

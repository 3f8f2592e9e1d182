"""What the checks say of a cluster's own objects: its workloads and roles as their API has them."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from analyzers.errors import ParseError
from analyzers.inventory import Outcome
from analyzers.misconfig.kubernetes import outcomes_of_object
from crawler.targets.kubernetes.objects import Metadata
from crawler.targets.kubernetes.workloads import Identity

ROLES = "apis/rbac.authorization.k8s.io/v1"


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

    outcomes: tuple[Outcome, ...] = ()
    """Also of those that passed."""
    problem: str = ""
    """Why they could not say, or not all; empty when they could."""


UNREAD = Judgement(problem="its manifest could not be read, so no check has judged it")


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


def judge(manifests: Mapping[Identity, Manifest]) -> dict[Identity, Judgement]:
    """Return what the checks say of each object. For a thread: thousands of objects take seconds."""
    return {identity: _judged(each) for identity, each in manifests.items()}


def _judged(manifest: Manifest) -> Judgement:
    version = manifest.group.removeprefix("apis/").removeprefix("api/")
    found: list[Outcome] = []
    try:
        value = msgspec.json.decode(manifest.body, type=dict[str, Any])
        found.extend(outcomes_of_object(value | {"apiVersion": version, "kind": manifest.kind}))
    except (ParseError, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return Judgement(outcomes=tuple(found), problem=f"its manifest: {error}")
    return Judgement(outcomes=tuple(found))

"""Objects of Kubernetes that Terraform declares, as the manifests that the checks of Kubernetes read.

Reference: https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from analyzers.checks.cloud.catalogue import heeding_comments_above
from analyzers.checks.cloud.model import Block, Lines, Resource, Unknown, Value, items
from analyzers.checks.kubernetes.objects import objects_of
from analyzers.checks.kubernetes.secrets import secrets_of
from analyzers.documents import Value as Document
from analyzers.documents import yaml
from analyzers.errors import ParseError
from analyzers.inventory import Outcome, Problem
from analyzers.misconfig.kubernetes import judge_manifest, without_secrets

_PREFIX = "kubernetes_"
_VERSION = re.compile(r"_v\d\w*$")
_APPS, _BATCH, _RBAC, _NETWORK = "apps/v1", "batch/v1", "rbac.authorization.k8s.io/v1", "networking.k8s.io/v1"
_OBJECTS = {
    "cluster_role": (_RBAC, "ClusterRole"),
    "cluster_role_binding": (_RBAC, "ClusterRoleBinding"),
    "config_map": ("v1", "ConfigMap"),
    "cron_job": (_BATCH, "CronJob"),
    "daemon_set": (_APPS, "DaemonSet"),
    "daemonset": (_APPS, "DaemonSet"),
    "default_service_account": ("v1", "ServiceAccount"),
    "deployment": (_APPS, "Deployment"),
    "ingress": (_NETWORK, "Ingress"),
    "job": (_BATCH, "Job"),
    "limit_range": ("v1", "LimitRange"),
    "namespace": ("v1", "Namespace"),
    "network_policy": (_NETWORK, "NetworkPolicy"),
    "pod": ("v1", "Pod"),
    "replication_controller": ("v1", "ReplicationController"),
    "resource_quota": ("v1", "ResourceQuota"),
    "role": (_RBAC, "Role"),
    "role_binding": (_RBAC, "RoleBinding"),
    "secret": ("v1", "Secret"),
    "service": ("v1", "Service"),
    "service_account": ("v1", "ServiceAccount"),
    "stateful_set": (_APPS, "StatefulSet"),
}
_PLURALS = {
    "container": "containers",
    "image_pull_secret": "imagePullSecrets",
    "init_container": "initContainers",
    "limit": "limits",
    "path": "paths",
    "port": "ports",
    "rule": "rules",
    "subject": "subjects",
    "sysctl": "sysctls",
    "toleration": "tolerations",
    "volume": "volumes",
    "volume_claim_template": "volumeClaimTemplates",
    "volume_device": "volumeDevices",
    "volume_mount": "volumeMounts",
}
"""Blocks of which there may be several, and the lists that they are in manifests."""
_LISTS = frozenset(
    {"egress", "env", "env_from", "from", "host_aliases", "ingress", "items", "ports", "tls", "to"}
)
"""As `_PLURALS`, of the same name in both."""
_RAW = frozenset(
    {"annotations", "binary_data", "data", "default", "default_request", "hard", "labels", "limits"}
    | {"manifest", "match_labels", "max", "min", "node_selector", "requests", "string_data"}
)
"""Maps whose keys are not the provider's."""
_CAPITALS = {
    "cluster_ip": "clusterIP",
    "external_ips": "externalIPs",
    "host_ip": "hostIP",
    "host_ipc": "hostIPC",
    "host_pid": "hostPID",
    "load_balancer_ip": "loadBalancerIP",
    "non_resource_urls": "nonResourceURLs",
}
_ELSEWHERE = "${unknown}"
"""A value that does not stand in the file, as manifests write one."""
_STRICT: dict[str, Document] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "readOnlyRootFilesystem": True,
    "runAsGroup": 65532,
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_LAX: dict[str, Document] = {
    "add": ["ALL"],
    "capabilities": {"add": ["ALL"]},
    "containerPort": 22,
    "hostPath": {"path": "/"},
    "hostPort": 22,
    "image": "web",
    "privileged": True,
    "runAsUser": 0,
    "securityContext": {"privileged": True, "runAsUser": 0},
}
_GUESSES: tuple[Document, ...] = (None, True, False, 0, 65532, "web:1", ["ALL"], _STRICT, _LAX, [_LAX])
"""What a value that is not known may be: a check that says the same of all of them does not need it."""

_Fact = tuple[str, Outcome | Problem]
_Failure = tuple[str, int, int]


def judged(
    resources: Sequence[Resource], lines: Mapping[str, Sequence[str]], file_type: str
) -> Iterator[_Fact]:
    """Yield what the checks of Kubernetes say of the objects among some resources, each with its file.

    Args:
        resources: of any kind.
        lines: of each file.
        file_type: see `Outcome.file_type`.
    """
    for each in resources:
        if each.kind.startswith(_PREFIX):
            for fact in _facts(each, lines.get(each.file, ()), file_type):
                yield each.file, fact


def _facts(resource: Resource, lines: Sequence[str], file_type: str) -> Iterator[Outcome | Problem]:
    manifest = _Manifest(resource=resource)
    document = manifest.document()
    if document is None:
        if manifest.unknown:
            yield Problem(resource.file, f"{_where(resource)}: known at deployment only, so it is not judged")
        return
    try:
        shown = without_secrets(
            list(lines), [each for one in objects_of(document) for each in secrets_of(one)]
        )
        found = list(judge_manifest(document, shown, file_type=file_type))
        if manifest.unknown:
            others = (_Manifest(resource=resource, guess=each).document() for each in _GUESSES[1:])
            guessed = [list(judge_manifest(each, file_type=file_type)) for each in others]
            facts = _agreed(resource, found, guessed, manifest.unknown)
        else:
            facts = iter(found)
    except ParseError as error:
        yield Problem(resource.file, f"{_where(resource)}: {error}")
        return
    for fact in facts:
        yield fact if isinstance(fact, Problem) else _named(fact, resource, lines)


def _agreed(
    resource: Resource,
    found: Sequence[Outcome],
    guessed: Sequence[Sequence[Outcome]],
    unknown: Mapping[str, None],
) -> Iterator[Outcome | Problem]:
    """Yield what is said whatever the unknown values are, and which checks need them."""
    failures = [_failures(each) for each in (found, *guessed)]
    sure = set.intersection(*failures)
    maybe = {check for check, *_ in set.union(*failures)}
    for each in found:
        if _failure(each) in sure or (each.passed and each.check not in maybe):
            yield each
    undecided = sorted({check for check, *_ in set.union(*failures) - sure})
    if undecided:
        what = f"{', '.join(undecided)} ({', '.join(unknown)})"
        reason = f"known at deployment only, so these are not judged: {what}"
        yield Problem(resource.file, f"{_where(resource)}: {reason}")


def _failures(found: Sequence[Outcome]) -> set[_Failure]:
    return {_failure(each) for each in found if not each.passed}


def _failure(outcome: Outcome) -> _Failure:
    return outcome.check, outcome.start_line, outcome.end_line


def _where(resource: Resource) -> str:
    line = resource.attributes.lines[0]
    return f"{resource.name}, line {line}" if line else resource.name


def _named(outcome: Outcome, resource: Resource, lines: Sequence[str]) -> Outcome:
    named = msgspec.structs.replace(outcome, resource=resource.name)
    return heeding_comments_above(named, resource, lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    """Makes a resource's manifest."""

    resource: Resource
    guess: Document = None
    """What values that are not known are taken for; None leaves them out."""
    unknown: dict[str, None] = field(default_factory=dict)
    """Paths of the values that are not known."""

    def document(self) -> Document:
        """Return the manifest, None when the resource is no object or it is not known which."""
        attributes = self.resource.attributes
        sort = _VERSION.sub("", self.resource.kind.removeprefix(_PREFIX))
        if sort == "manifest":
            value = attributes.get("manifest")
            if isinstance(value, Block):
                return self._mapping(value, "manifest", attributes.lines, raw=True)
            self.unknown["manifest"] = None
            return None
        if sort not in _OBJECTS:
            return None
        version, kind = _OBJECTS[sort]
        found = self._mapping(attributes, "", attributes.lines, raw=False)
        for key, word in (("apiVersion", version), ("kind", kind)):
            found[key] = word
            found.lines[key] = attributes.lines
        return found

    def _mapping(self, block: Block, path: str, within: Lines, *, raw: bool) -> yaml.Mapping:
        own = block.lines if block.lines[0] else within
        found = yaml.Mapping()
        for name, value in block.values.items():
            inner = f"{path}.{name}" if path else name
            key = name if raw else _key(name, value)
            made = self._member(name, value, inner, own, raw=raw)
            if made is not None:
                found[key] = made
                found.lines[key] = block.attribute_lines.get(name, own)
        return found

    def _member(self, name: str, value: Value, path: str, own: Lines, *, raw: bool) -> Document:
        if raw or name in _RAW:
            return self._value(value, path, own, raw=True)
        parts = [each for each in items(value) if isinstance(each, Block)]
        if not parts:
            return self._value(value, path, own, raw=False)
        made: list[Document] = [self._mapping(each, path, own, raw=False) for each in parts]
        return made if name in _LISTS or name in _PLURALS else made[0]

    def _value(self, value: Value, path: str, own: Lines, *, raw: bool) -> Document:
        match value:
            case Unknown():
                return self._unknown(value, path)
            case Block():
                return self._mapping(value, path, own, raw=raw)
            case tuple():
                found = (self._value(each, path, own, raw=raw) for each in value)
                return [each for each in found if each is not None]
            case _:
                return value

    def _unknown(self, value: Unknown, path: str) -> Document:
        if value.refers:
            return value.written or _ELSEWHERE
        # Checks of these look for what stands in the file.
        if re.search(r"\benv\.value$|(?:^|\.)(?:binary_|string_)?data\b", path):
            return _ELSEWHERE
        self.unknown[path] = None
        return self.guess


def _key(name: str, value: Value) -> str:
    if name in _PLURALS and not isinstance(value, str | bool | int | float):
        return _PLURALS[name]
    first, *others = name.split("_")
    return _CAPITALS.get(name) or first + "".join(each.capitalize() for each in others)

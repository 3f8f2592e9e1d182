"""An API server of Kubernetes on 127.0.0.1 that can be filled by hand and told to misbehave."""

import base64
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml
from aiohttp import web

from tests.fakes.serving import serving

TOKEN = "the bearer's token"
KINDS = {
    "pods": ("api/v1", "Pod"),
    "namespaces": ("api/v1", "Namespace"),
    "nodes": ("api/v1", "Node"),
    "secrets": ("api/v1", "Secret"),
    "serviceaccounts": ("api/v1", "ServiceAccount"),
    "replicationcontrollers": ("api/v1", "ReplicationController"),
    "deployments": ("apis/apps/v1", "Deployment"),
    "replicasets": ("apis/apps/v1", "ReplicaSet"),
    "statefulsets": ("apis/apps/v1", "StatefulSet"),
    "daemonsets": ("apis/apps/v1", "DaemonSet"),
    "jobs": ("apis/batch/v1", "Job"),
    "cronjobs": ("apis/batch/v1", "CronJob"),
    "roles": ("apis/rbac.authorization.k8s.io/v1", "Role"),
    "clusterroles": ("apis/rbac.authorization.k8s.io/v1", "ClusterRole"),
    "rolebindings": ("apis/rbac.authorization.k8s.io/v1", "RoleBinding"),
    "clusterrolebindings": ("apis/rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    "services": ("api/v1", "Service"),
    "configmaps": ("api/v1", "ConfigMap"),
    "limitranges": ("api/v1", "LimitRange"),
    "resourcequotas": ("api/v1", "ResourceQuota"),
    "networkpolicies": ("apis/networking.k8s.io/v1", "NetworkPolicy"),
    "ingresses": ("apis/networking.k8s.io/v1", "Ingress"),
}
RESOURCES = {kind: (group, resource) for resource, (group, kind) in KINDS.items()}
Object = dict[str, Any]


def owner(kind: str, name: str, *, uid: str = "", api_version: str = "apps/v1") -> Object:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": name,
        "uid": uid or f"uid-{kind}-{name}",
        "controller": True,
        "blockOwnerDeletion": True,
    }


def pod_spec(*images: str, init: Sequence[str] = (), **more: object) -> Object:
    """Return a specification with containers c0, c1 … and init containers i0, i1 …"""
    return {
        "containers": [{"name": f"c{number}", "image": image} for number, image in enumerate(images)],
        "initContainers": [{"name": f"i{number}", "image": image} for number, image in enumerate(init)],
        "restartPolicy": "Always",
        "serviceAccountName": "default",
    } | more


def statuses(ids: Mapping[str, str]) -> list[Object]:
    """Return what a node says of containers, name → imageID."""
    return [
        {"name": name, "image": "", "imageID": image_id, "ready": True, "restartCount": 0}
        for name, image_id in ids.items()
    ]


@dataclass(slots=True)
class Faults:
    """What goes wrong; everything is off at first."""

    forbidden: set[str] = field(default_factory=set)
    """Paths; "/api/v1/pods" forbids the list of the whole cluster only."""
    forbidden_resources: set[str] = field(default_factory=set)
    missing_resources: set[str] = field(default_factory=set)
    """What the server has never heard of."""
    next_answers: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    """Status and headers of the next answers, one each."""
    expire: int = 0
    """How many requests for further pages are answered by 410."""
    bodies: dict[str, bytes] = field(default_factory=dict)
    """Path → body given with status 200."""
    endless: bool = False
    """Each page leads to itself."""


class FakeCluster:
    """Holds objects in memory and serves them; "async with" runs it in this loop, `running` in a thread."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, token: str = TOKEN) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        """(resource, namespace, name) → object."""
        self.faults = Faults()
        self.token = token
        self.requests: list[str] = []
        self.page_objects = 500
        self._tls = tls
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def add(self, kind: str, namespace: str, name: str, **parts: object) -> Object:
        """Store an object; parts are "spec", "status", "data", "owner" …"""
        resource = RESOURCES[kind][1]
        meta: Object = {"name": name, "uid": f"uid-{kind}-{name}", "resourceVersion": "7"}
        if namespace:
            meta["namespace"] = namespace
            if kind != "Namespace" and ("namespaces", "", namespace) not in self.objects:
                self.add("Namespace", "", namespace, status={"phase": "Active"})
                self.add("ServiceAccount", namespace, "default")
        if "owner" in parts:
            meta["ownerReferences"] = [parts.pop("owner")]
        value = {"metadata": meta} | parts
        self.objects[resource, namespace, name] = value
        return value

    def pod(self, namespace: str, name: str, spec: Object, ids: Mapping[str, str], **more: object) -> Object:
        """Store a pod whose nodes says these image ids, container → imageID."""
        named = {each["name"] for each in spec.get("initContainers", ())}
        status = {
            "phase": "Running",
            "containerStatuses": statuses({key: each for key, each in ids.items() if key not in named}),
            "initContainerStatuses": statuses({key: each for key, each in ids.items() if key in named}),
        }
        return self.add("Pod", namespace, name, spec=spec, status=status, **more)

    def deployment(self, namespace: str, name: str, spec: Object, ids: Mapping[str, str]) -> None:
        """Store a deployment, its replica set and one pod."""
        template = {"metadata": {"labels": {"app": name}}, "spec": spec}
        self.add("Deployment", namespace, name, spec={"replicas": 1, "template": template})
        replicas = f"{name}-5d8f"
        self.add(
            "ReplicaSet",
            namespace,
            replicas,
            spec={"replicas": 1, "template": template},
            owner=owner("Deployment", name),
        )
        self.pod(namespace, f"{replicas}-x7", spec, ids, owner=owner("ReplicaSet", replicas))

    def pull_secret(self, namespace: str, name: str, auths: Mapping[str, tuple[str, str]]) -> None:
        """Store logins as kubectl does: host → (username, password)."""
        entries = {
            host: {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}
            for host, (user, password) in auths.items()
        }
        body = base64.b64encode(json.dumps({"auths": entries}).encode()).decode()
        self.add(
            "Secret",
            namespace,
            name,
            type="kubernetes.io/dockerconfigjson",
            data={".dockerconfigjson": body},
        )

    def kubeconfig(
        self, folder: Path, *, user: Mapping[str, object] | None = None, **cluster: object
    ) -> Path:
        """Write a file with the contexts "main" (the current one) and "nobody", which may do nothing."""
        own = dict(user) if user is not None else {"token": self.token}
        value = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "main",
            "clusters": [{"name": "fake", "cluster": {"server": self.url, **cluster}}],
            "users": [{"name": "admin", "user": own}, {"name": "nobody", "user": {"token": "unknown"}}],
            "contexts": [
                {"name": "main", "context": {"cluster": "fake", "user": "admin"}},
                {"name": "nobody", "context": {"cluster": "fake", "user": "nobody"}},
            ],
        }
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(value), encoding="utf-8")
        return file

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Run in a thread with a loop of its own."""
        with serving(self):
            yield self

    async def _handle(self, request: web.Request) -> web.Response:
        path = request.path
        self.requests.append(path + (f"?{request.query_string}" if request.query_string else ""))
        if self.faults.next_answers:
            status, headers = self.faults.next_answers.pop(0)
            return _status(status, "made up", headers)
        if request.headers.get("Authorization", "") != f"Bearer {self.token}":
            return _status(401, "Unauthorized")
        if path in self.faults.bodies:
            return web.Response(body=self.faults.bodies[path], content_type="application/json")
        if path == "/version":
            return web.json_response({"major": "1", "minor": "34", "gitVersion": "v1.34.2"})
        return self._resource(request, path)

    def _resource(self, request: web.Request, path: str) -> web.Response:
        parts = path.strip("/").split("/")
        group = "/".join(parts[: 2 if parts[0] == "api" else 3])
        rest = parts[2 if parts[0] == "api" else 3 :]
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        resource, name = rest[0], rest[1] if len(rest) > 1 else ""
        if KINDS.get(resource, ("",))[0] != group or resource in self.faults.missing_resources:
            return _status(404, "the server could not find the requested resource")
        if path in self.faults.forbidden or resource in self.faults.forbidden_resources:
            verb = "get" if name else "list"
            return _status(403, f'{resource} is forbidden: User "test" cannot {verb} resource "{resource}"')
        if name:
            found = self.objects.get((resource, namespace, name))
            if found is None:
                return _status(404, f'{resource} "{name}" not found')
            return web.json_response({"apiVersion": group, "kind": KINDS[resource][1]} | found)
        return self._list(request, resource, namespace)

    def _list(self, request: web.Request, resource: str, namespace: str) -> web.Response:
        items = [
            value
            for (kind, space, _), value in sorted(self.objects.items(), key=lambda item: item[0])
            if kind == resource and namespace in {"", space}
        ]
        first = int(request.query.get("continue", "0"))
        if first and self.faults.expire:
            self.faults.expire -= 1
            return _status(410, "The provided continue parameter is too old", reason="Expired")
        limit = min(int(request.query.get("limit", "0")) or len(items), self.page_objects)
        if "limit" not in request.query:
            limit = len(items)
        end = first + limit
        meta: Object = {"resourceVersion": "42"}
        if end < len(items) or self.faults.endless:
            meta |= {"continue": str(end if not self.faults.endless else 1), "remainingItemCount": 1}
        group, kind = KINDS[resource]
        body = {
            "kind": f"{kind}List",
            "apiVersion": group.removeprefix("apis/").removeprefix("api/"),
            "metadata": meta,
            "items": items[first:end] or None,
        }
        return web.json_response(body)


def _status(
    code: int, message: str, headers: Mapping[str, str] | None = None, *, reason: str = ""
) -> web.Response:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return web.json_response(body, status=code, headers=headers)

"""Checks of Google Kubernetes Engine.

Guidance: https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody
from analyzers.checks.cloud.model import Subject, may_be_anything, texts, truth
from analyzers.checks.cloud.rules import (
    HIGH,
    LOW,
    MEDIUM,
    Judge,
    Service,
    among,
    cause,
    is_empty,
    not_among,
    off,
    on,
    present,
)

_GKE = Service("google", "gke")
_CLUSTER, _POOL = "google_container_cluster", "google_container_node_pool"
_OPEN = "A flaw in the API server or a leaked token can be used from the whole internet."


def _service(name: str, says: str) -> Judge:
    """Return a judge of where a cluster sends what it notices: nowhere, or to what is there no more."""
    current = f"{name}.googleapis.com/kubernetes"
    return among(f"{name}_service", (current,), says, default=current)


def _has_nodes(subject: Subject) -> bool:
    has_no_pool = truth(subject.resource.get("remove_default_node_pool")) is True
    return subject.resource.kind == _POOL or not has_no_pool


def _exposed(subject: Subject) -> Iterator[Cause]:
    path = "node_config.workload_metadata_config.mode|node_metadata"
    refused = ("expose", "unspecified", "gce_metadata", "mode_unspecified")
    cluster = subject.cloud.named(_CLUSTER, subject.resource.get("cluster"))
    if subject.resource.kind == _CLUSTER:
        cluster = subject.resource
    # Nodes of a cluster with identities for workloads hide their own, unless told otherwise.
    is_hidden = cluster is not None and (
        not is_empty(cluster.get("workload_identity_config")) or truth(cluster.get("enable_autopilot"))
    )
    default = "GKE_METADATA" if is_hidden else "GCE_METADATA"
    found = [*not_among(path, refused, "metadata are exposed to pods", default=default)(subject)]
    if found and cluster is None and subject.resource.get(path) is None:
        subject.doubt("cluster")
    else:
        yield from found


def _nobody_restricted(subject: Subject) -> Iterator[Cause]:
    yield from present("master_authorized_networks_config", "every address may connect to the API server")(
        subject
    )


def _everybody_authorized(subject: Subject) -> Iterator[Cause]:
    path = "master_authorized_networks_config.cidr_blocks.cidr_block"
    for place in subject.resource.places(path):
        if may_be_anything(place.value):
            subject.doubt(path)
        elif any(map(is_everybody, texts(place.value))):
            yield cause("every address may connect to the API server", place.lines)


def _network_policy(subject: Subject) -> Iterator[Cause]:
    resource = subject.resource
    if resource.get("datapath_provider") == "ADVANCED_DATAPATH" or truth(resource.get("enable_autopilot")):
        return
    found = [*on("network_policy.enabled", "network policies are not enforced")(subject)]
    if found and subject.knows("datapath_provider") and subject.knows("enable_autopilot"):
        yield from found


def _account(subject: Subject) -> Iterator[Cause]:
    if truth(subject.resource.get("remove_default_node_pool")):
        return
    found = [*present("node_config.service_account", "nodes use the default service account")(subject)]
    if found and subject.knows("remove_default_node_pool"):
        yield from found


CHECKS = (
    _GKE.check(
        "GCP-0048",
        HIGH,
        _CLUSTER,
        _POOL,
        title="Nodes answer at old metadata addresses",
        why="A server that can be made to fetch addresses gives the node's credentials away.",
        mend='Set disable-legacy-endpoints in node_config.metadata to "true".',
        judge=on("node_config.metadata.disable-legacy-endpoints", "old addresses answer", default=True),
    ),
    _GKE.check(
        "GCP-0049",
        LOW,
        _CLUSTER,
        title="Pods have no addresses of the network",
        why="Firewall rules for pods are not possible.",
        mend="Have an ip_allocation_policy.",
        judge=present("ip_allocation_policy", "pods have no alias addresses"),
    ),
    _GKE.check(
        "GCP-0050",
        MEDIUM,
        _CLUSTER,
        _POOL,
        title="Nodes use the default service account",
        why="The default account may edit all of the project.",
        mend="Name a service account that may do what nodes need only.",
        judge=_account,
    ),
    _GKE.check(
        "GCP-0051",
        LOW,
        _CLUSTER,
        title="Cluster has no labels",
        why="Nobody knows whose it is when something is wrong.",
        mend="Set resource_labels.",
        judge=present("resource_labels", "the cluster has no labels"),
    ),
    _GKE.check(
        "GCP-0052",
        LOW,
        _CLUSTER,
        title="Cluster is not monitored",
        why="What is odd in the cluster is not noticed.",
        mend="Leave monitoring_service as it is by default.",
        judge=_service("monitoring", "monitoring is off"),
    ),
    _GKE.check(
        "GCP-0053",
        HIGH,
        _CLUSTER,
        title="API server answers every address",
        why=_OPEN,
        mend="Name the addresses that may connect in master_authorized_networks_config.",
        judge=_everybody_authorized,
    ),
    _GKE.check(
        "GCP-0054",
        LOW,
        _CLUSTER,
        _POOL,
        title="Nodes run a system that is not made for containers",
        why="More programs mean more flaws, and fewer protections are on.",
        mend='Set node_config.image_type to "COS_CONTAINERD".',
        judge=among(
            "node_config.image_type",
            ("cos", "cos_containerd"),
            "it is another system",
            default="COS_CONTAINERD",
        ),
    ),
    _GKE.check(
        "GCP-0055",
        HIGH,
        _CLUSTER,
        title="Nodes are not shielded",
        why="Whoever takes over a pod can pretend to be a node.",
        mend="Leave enable_shielded_nodes on.",
        judge=on("enable_shielded_nodes", "nodes are not shielded", default=True),
    ),
    _GKE.check(
        "GCP-0056",
        MEDIUM,
        _CLUSTER,
        title="Network policies are not enforced",
        why="A container that was broken into reaches all others.",
        mend='Set network_policy.enabled, or datapath_provider to "ADVANCED_DATAPATH".',
        judge=_network_policy,
    ),
    _GKE.check(
        "GCP-0057",
        HIGH,
        _CLUSTER,
        _POOL,
        title="Pods can read the node's metadata",
        why="Every pod can take the node's credentials.",
        mend='Set node_config.workload_metadata_config.mode to "GKE_METADATA".',
        judge=_exposed,
        only=_has_nodes,
    ),
    _GKE.check(
        "GCP-0058",
        LOW,
        _POOL,
        title="Nodes are not upgraded",
        why="Known flaws stay open.",
        mend="Set management.auto_upgrade.",
        judge=on("management.auto_upgrade", "nodes are not upgraded", default=True),
    ),
    _GKE.check(
        "GCP-0059",
        MEDIUM,
        _CLUSTER,
        title="Nodes have public addresses",
        why="Every open port of a node is reachable for the whole internet.",
        mend="Set private_cluster_config.enable_private_nodes.",
        judge=on("private_cluster_config.enable_private_nodes", "nodes have public addresses"),
    ),
    _GKE.check(
        "GCP-0060",
        LOW,
        _CLUSTER,
        title="Cluster keeps no logs",
        why="Without logs nobody can tell later who did what.",
        mend="Leave logging_service as it is by default.",
        judge=_service("logging", "logging is off"),
    ),
    _GKE.check(
        "GCP-0061",
        HIGH,
        _CLUSTER,
        title="Cluster has no authorised networks",
        why=_OPEN,
        mend="Name the addresses that may connect in master_authorized_networks_config.",
        judge=_nobody_restricted,
    ),
    _GKE.check(
        "GCP-0062",
        HIGH,
        _CLUSTER,
        title="Cluster heeds attributes instead of roles",
        why="Rights by attributes are wide, and given without a trace.",
        mend="Set enable_legacy_abac to false.",
        judge=off("enable_legacy_abac", "access is controlled by attributes"),
    ),
    _GKE.check(
        "GCP-0063",
        LOW,
        _POOL,
        title="Nodes are not repaired",
        why="A node that fails its checks goes on running.",
        mend="Set management.auto_repair.",
        judge=on("management.auto_repair", "nodes are not repaired", default=True),
    ),
    _GKE.check(
        "GCP-0064",
        HIGH,
        _CLUSTER,
        title="Cluster takes passwords or certificates",
        why="Neither can be withdrawn when it leaked.",
        mend="Set master_auth.client_certificate_config.issue_client_certificate to false.",
        judge=off(
            "master_auth.client_certificate_config.issue_client_certificate", "client certificates are issued"
        ),
    ),
)

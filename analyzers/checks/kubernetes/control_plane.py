"""Checks of the control plane's own pods: API server, controller manager, scheduler, etcd.

Guidance: https://kubernetes.io/docs/tasks/administer-cluster/securing-a-cluster/
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.arguments import (
    Demand,
    absent,
    at_least,
    equal,
    excluding,
    given,
    including,
    running,
    runs,
    unequal,
)
from analyzers.checks.kubernetes.objects import Manifest
from analyzers.checks.kubernetes.writing import Words, cause, of_objects
from analyzers.severity import Severity

_API, _MANAGER, _SCHEDULER, _ETCD = "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"
_REFERENCE = "https://kubernetes.io/docs/reference/command-line-tools-reference/"
_LINKS = {_ETCD: "https://etcd.io/docs/latest/op-guide/security/"}
_PLUGINS, _NO_PLUGINS = "enable-admission-plugins", "disable-admission-plugins"
_LISTENERS = "Profiles and metrics are then given to all who reach the node, without signing in."
_PROFILES = "Profiles tell of the inside of the program, and making them slows it down."
_AUDIT = "Without a record that is kept long enough, nobody can tell later who did what."
_PEERS = "Without certificates, whoever reaches etcd's port joins the cluster's memory or reads it."

_Row = tuple[str, str, str, str, Demand]
"""Number, program, title, why, and what its arguments have to be."""
_ROWS: tuple[_Row, ...] = (
    (
        "0001",
        _API,
        "Anonymous requests are let in",
        "Requests without any account then reach authorisation, and what it leaves open.",
        equal("anonymous-auth", "false"),
    ),
    (
        "0002",
        _API,
        "Tokens come from a file",
        "Tokens in a file do not expire and need a restart to be taken back.",
        absent("token-auth-file"),
    ),
    (
        "0004",
        _API,
        "Kubelets are spoken to without TLS",
        "Without TLS, who is on the way reads and changes what is sent to nodes.",
        unequal("kubelet-https", "false"),
    ),
    (
        "0005",
        _API,
        "Kubelets cannot tell the API server",
        "Without a client certificate, kubelets have to take anonymous requests.",
        given("kubelet-client-certificate", "kubelet-client-key"),
    ),
    (
        "0006",
        _API,
        "Certificates of kubelets are not verified",
        "Without an authority to verify by, anybody can answer for a node.",
        given("kubelet-certificate-authority"),
    ),
    (
        "0007",
        _API,
        "Everything is allowed",
        "AlwaysAllow gives all rights to all who are let in.",
        excluding("authorization-mode", "AlwaysAllow"),
    ),
    (
        "0008",
        _API,
        "Nodes are not held to their own objects",
        "The Node authorizer lets kubelets read what their pods need only.",
        including("authorization-mode", "Node"),
    ),
    (
        "0009",
        _API,
        "RBAC is not used",
        "Without RBAC, rights cannot be given by role.",
        including("authorization-mode", "RBAC"),
    ),
    (
        "0010",
        _API,
        "Events are not limited",
        "One source of events can fill etcd and keep the API server busy.",
        including(_PLUGINS, "EventRateLimit"),
    ),
    (
        "0011",
        _API,
        "Everything is admitted",
        "AlwaysAdmit is the absence of admission control.",
        excluding(_PLUGINS, "AlwaysAdmit"),
    ),
    (
        "0012",
        _API,
        "Images of others are used from the node",
        "Without AlwaysPullImages, a pod runs a private image that another one has pulled.",
        including(_PLUGINS, "AlwaysPullImages"),
    ),
    (
        "0014",
        _API,
        "Admission plugin ServiceAccount is off",
        "The plugin gives pods their accounts and holds them to those of their namespace.",
        excluding(_NO_PLUGINS, "ServiceAccount"),
    ),
    (
        "0015",
        _API,
        "Admission plugin NamespaceLifecycle is off",
        "The plugin keeps objects out of namespaces that do not exist or are being removed.",
        excluding(_NO_PLUGINS, "NamespaceLifecycle"),
    ),
    (
        "0016",
        _API,
        "Nodes may change others' objects",
        "The plugin NodeRestriction holds kubelets to their own node and its pods.",
        including(_PLUGINS, "NodeRestriction"),
    ),
    (
        "0017",
        _API,
        "The port with TLS is off",
        "With port 0 nothing is served with authentication.",
        unequal("secure-port", "0"),
    ),
    ("0018", _API, "API server makes profiles", _PROFILES, equal("profiling", "false")),
    ("0019", _API, "No audit log", _AUDIT, given("audit-log-path")),
    ("0020", _API, "Audit logs are kept for few days", _AUDIT, at_least("audit-log-maxage", 30)),
    ("0021", _API, "Few audit logs are kept", _AUDIT, at_least("audit-log-maxbackup", 10)),
    ("0022", _API, "Audit logs are small", _AUDIT, at_least("audit-log-maxsize", 100)),
    (
        "0024",
        _API,
        "Tokens of removed service accounts are good",
        "Without the look-up, a token is good after its account was removed.",
        unequal("service-account-lookup", "false"),
    ),
    (
        "0025",
        _API,
        "Tokens are verified by the key of TLS",
        "A key of their own lets tokens' key be changed alone.",
        given("service-account-key-file"),
    ),
    (
        "0026",
        _API,
        "API server has no certificate for etcd",
        "etcd then has to serve whoever connects.",
        given("etcd-certfile", "etcd-keyfile"),
    ),
    (
        "0027",
        _API,
        "API server makes its own certificate",
        "Nobody can verify a certificate that the server signs itself.",
        given("tls-cert-file", "tls-private-key-file"),
    ),
    (
        "0028",
        _API,
        "Client certificates are not verified",
        "Without an authority, nobody can sign in by certificate.",
        given("client-ca-file"),
    ),
    (
        "0029",
        _API,
        "etcd's certificate is not verified",
        "Without an authority to verify by, anybody can answer for etcd.",
        given("etcd-cafile"),
    ),
    (
        "0030",
        _API,
        "Secrets are not encrypted in etcd",
        "Who reads etcd's disk or backup reads all secrets.",
        given("encryption-provider-config"),
    ),
    (
        "0033",
        _MANAGER,
        "Ended pods are not collected",
        "Without a threshold of one's own, thousands of ended pods are kept.",
        given("terminated-pod-gc-threshold"),
    ),
    ("0034", _MANAGER, "Controller manager makes profiles", _PROFILES, equal("profiling", "false")),
    (
        "0135",
        _MANAGER,
        "Controllers share one account",
        "With accounts of their own, each controller has the rights it needs only.",
        equal("use-service-account-credentials", "true"),
    ),
    (
        "0036",
        _MANAGER,
        "Tokens have no key of their own",
        "A key of their own lets tokens' key be changed alone.",
        given("service-account-private-key-file"),
    ),
    (
        "0037",
        _MANAGER,
        "Pods are not given the cluster's authority",
        "Without it, pods cannot verify the API server.",
        given("root-ca-file"),
    ),
    (
        "0038",
        _MANAGER,
        "Kubelets' certificates are not renewed",
        "A certificate that is never renewed is good for whoever got it, or runs out.",
        excluding("feature-gates", "RotateKubeletServerCertificate=false"),
    ),
    ("0039", _MANAGER, "Controller manager listens outside", _LISTENERS, equal("bind-address", "127.0.0.1")),
    ("0040", _SCHEDULER, "Scheduler makes profiles", _PROFILES, equal("profiling", "false")),
    ("0041", _SCHEDULER, "Scheduler listens outside", _LISTENERS, equal("bind-address", "127.0.0.1")),
    ("0042", _ETCD, "etcd serves without TLS", _PEERS, given("cert-file", "key-file")),
    ("0043", _ETCD, "etcd lets in all clients", _PEERS, equal("client-cert-auth", "true")),
    ("0044", _ETCD, "etcd makes its own certificate", _PEERS, unequal("auto-tls", "true")),
    ("0045", _ETCD, "etcd's peers speak without TLS", _PEERS, given("peer-cert-file", "peer-key-file")),
    ("0046", _ETCD, "etcd lets in all peers", _PEERS, equal("peer-client-cert-auth", "true")),
    ("0047", _ETCD, "etcd's peers make their own certificates", _PEERS, unequal("peer-auto-tls", "true")),
)
_MEDIUM = frozenset({"0001"})


def _check(row: _Row) -> Check[Manifest]:
    number, program, title, why, demand = row
    severity = Severity.MEDIUM if number in _MEDIUM else Severity.LOW
    mend = f"{demand.advice[0].upper()}{demand.advice[1:]} in the arguments of {program}."
    link = _LINKS.get(program, f"{_REFERENCE}{program}/")

    def judge(manifest: Manifest) -> Iterator[Cause]:
        for container, arguments in running(manifest, program):
            if not demand.is_met(arguments):
                yield cause(container.node, f"{container.label}, {program}: {demand.advice}")

    return of_objects(f"KCV-{number}", severity, Words(title, why, mend, link), judge, applies=runs(program))


CHECKS: tuple[Check[Manifest], ...] = tuple(map(_check, _ROWS))

"""Checks of what roles allow.

Guidance: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from collections.abc import Callable

from analyzers.checks.check import Check
from analyzers.checks.kubernetes.objects import Manifest
from analyzers.checks.kubernetes.rules import Rule, of_rules
from analyzers.severity import Severity

_CHANGE = frozenset({"create", "update", "patch", "delete", "deletecollection", "impersonate", "*"})
_READ = frozenset({"get", "list", "watch", "*"})
_DELETE = frozenset({"delete", "deletecollection", "*"})
_WORKLOADS = frozenset(
    {
        "pods",
        "deployments",
        "jobs",
        "cronjobs",
        "statefulsets",
        "daemonsets",
        "replicasets",
        "replicationcontrollers",
    }
)
_NETWORK = frozenset({"services", "endpoints", "endpointslices", "networkpolicies", "ingresses"})
_WEBHOOKS = frozenset({"mutatingwebhookconfigurations", "validatingwebhookconfigurations"})
_RBAC_GROUP = "rbac.authorization.k8s.io"


def _given(
    resources: frozenset[str], verbs: frozenset[str], group: str | None = None
) -> Callable[[Rule], bool]:
    return lambda rule: rule.gives(resources, verbs, group)


def _impersonates(rule: Rule) -> bool:
    return rule.gives(
        frozenset({"users", "groups", "serviceaccounts", "userextras", "uids", "*"}),
        frozenset({"impersonate", "*"}),
    ) and bool(rule.groups & {"", "*", "authentication.k8s.io"})


def _is_all(rule: Rule) -> bool:
    return "*" in rule.resources and "*" in rule.verbs


def _any_verb(rule: Rule) -> bool:
    return "*" in rule.verbs and bool(rule.resources) and "*" not in rule.resources


def _manages_all(rule: Rule) -> bool:
    return "*" in rule.resources and bool(rule.verbs & _CHANGE)


def _reads_all(rule: Rule) -> bool:
    return "*" in rule.resources and bool(rule.groups & {"", "*"}) and bool(rule.verbs & _READ)


def _changes_aws_auth(rule: Rule) -> bool:
    changes = rule.verbs & (_CHANGE - {"impersonate"})
    return "configmaps" in rule.resources and "aws-auth" in rule.names and bool(changes)


def _escalates(rule: Rule) -> bool:
    """Tell whether it lets its holder give rights that they do not have."""
    return rule.gives(frozenset({"roles", "clusterroles", "*"}), frozenset({"escalate", "bind"}), _RBAC_GROUP)


_C, _H, _M, _L = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
_SECRETS = frozenset({"secrets"})
_EXEC = frozenset({"create", "get", "*"})

CHECKS: tuple[Check[Manifest], ...] = (
    of_rules(
        "KSV-0041",
        _C,
        (
            "Cluster role reads or changes secrets",
            "Secrets of all namespaces hold the passwords, keys and tokens of everything that runs.",
            "Remove 'secrets' from the rule, or use roles in the namespaces that need it.",
        ),
        _given(_SECRETS, _CHANGE | _READ),
        kinds=("ClusterRole",),
    ),
    of_rules(
        "KSV-0042",
        _M,
        (
            "Role deletes logs of pods",
            "Who can delete logs can cover up what was done.",
            "Remove the verbs that delete from the rule for 'pods/log'.",
        ),
        _given(frozenset({"pods/log"}), _DELETE),
    ),
    of_rules(
        "KSV-0043",
        _C,
        (
            "Role acts as other users or groups",
            "Impersonation has all rights of the other, up to those of 'system:masters'.",
            "Remove the verb 'impersonate'.",
        ),
        _impersonates,
    ),
    of_rules(
        "KSV-0044",
        _C,
        (
            "Role allows everything",
            "A rule with any verb on any resource is cluster-admin by another name.",
            "List the verbs and resources that are used.",
        ),
        _is_all,
    ),
    of_rules(
        "KSV-0045",
        _C,
        (
            "Role allows any verb",
            "'*' includes 'impersonate', 'escalate' and 'bind', and verbs that are added later.",
            "List the verbs that are used.",
        ),
        _any_verb,
    ),
    of_rules(
        "KSV-0046",
        _C,
        (
            "Cluster role changes any resource",
            "A rule for all resources covers secrets, roles and webhooks in the whole cluster.",
            "List the resources that are used.",
        ),
        _manages_all,
        kinds=("ClusterRole",),
    ),
    of_rules(
        "KSV-0047",
        _H,
        (
            "Role speaks to kubelets through the node proxy",
            "The kubelet's API runs commands in every pod of its node, past admission and audit.",
            "Remove 'nodes/proxy' from the rule.",
        ),
        _given(frozenset({"nodes/proxy"}), frozenset({"get", "create", "*"})),
    ),
    of_rules(
        "KSV-0048",
        _M,
        (
            "Role changes workloads",
            "Who can create a pod can mount any secret and use any service account of its namespace.",
            "Remove the verbs that change workloads, or bind the role in one namespace only.",
        ),
        _given(_WORKLOADS, _CHANGE),
    ),
    of_rules(
        "KSV-0049",
        _M,
        (
            "Role changes ConfigMaps",
            "Programs do what their configuration says: who changes it changes what they do.",
            "Remove the verbs that change ConfigMaps, or name the ones meant in resourceNames.",
        ),
        _given(frozenset({"configmaps"}), _CHANGE),
    ),
    of_rules(
        "KSV-0050",
        _C,
        (
            "Role changes roles and bindings",
            "Who changes RBAC's own objects can hand out rights, to themselves as well.",
            "Remove the verbs that change roles and rolebindings.",
        ),
        _given(frozenset({"roles", "rolebindings"}), _CHANGE, _RBAC_GROUP),
    ),
    of_rules(
        "KSV-0051",
        _H,
        (
            "Role creates role bindings and binds roles",
            "Together the two verbs give any role of the namespace to anyone.",
            "Remove 'bind', or 'create' of rolebindings.",
        ),
        _given(frozenset({"rolebindings"}), frozenset({"bind"}), _RBAC_GROUP),
    ),
    of_rules(
        "KSV-0052",
        _H,
        (
            "Role creates cluster role bindings",
            "A binding for the whole cluster gives its subjects the role in every namespace.",
            "Remove the verbs that create and change clusterrolebindings.",
        ),
        _given(
            frozenset({"clusterrolebindings"}),
            frozenset({"create", "update", "patch", "bind", "*"}),
            _RBAC_GROUP,
        ),
    ),
    of_rules(
        "KSV-0053",
        _H,
        (
            "Role runs commands in pods",
            "A shell in a pod has its files, secrets and service account.",
            "Remove 'pods/exec' from the rule.",
        ),
        _given(frozenset({"pods/exec"}), _EXEC),
    ),
    of_rules(
        "KSV-0054",
        _H,
        (
            "Role attaches to processes of pods",
            "Who attaches to a shell or program types into it and reads what it writes.",
            "Remove 'pods/attach' from the rule.",
        ),
        _given(frozenset({"pods/attach"}), _EXEC),
    ),
    of_rules(
        "KSV-0055",
        _L,
        (
            "Role adds subjects to role bindings",
            "Who can change bindings can let others have the rights that these give.",
            "Remove 'update' and 'patch' of rolebindings.",
        ),
        _given(frozenset({"rolebindings"}), frozenset({"update", "patch", "*"}), _RBAC_GROUP),
    ),
    of_rules(
        "KSV-0056",
        _H,
        (
            "Role changes the network",
            "Services, ingresses and policies decide where traffic goes, and what of it gets in.",
            "Remove the verbs that change these resources.",
        ),
        _given(_NETWORK, _CHANGE),
    ),
    of_rules(
        "KSV-0112",
        _C,
        (
            "Role allows all resources of its namespace",
            "A rule for all resources covers the namespace's secrets, roles and pods.",
            "List the resources that are used.",
        ),
        _manages_all,
        kinds=("Role",),
    ),
    of_rules(
        "KSV-0113",
        _M,
        (
            "Role reads or changes secrets of its namespace",
            "Secrets of a namespace hold the passwords, keys and tokens of what runs there.",
            "Name the secrets meant in resourceNames, or remove the rule.",
        ),
        _given(_SECRETS, _CHANGE | _READ),
        kinds=("Role",),
    ),
    of_rules(
        "KSV-0114",
        _C,
        (
            "Role changes admission webhooks",
            "A webhook sees all objects that are written, secrets too; a mutating one changes them.",
            "Remove the verbs that change webhook configurations.",
        ),
        _given(_WEBHOOKS, _CHANGE),
    ),
    of_rules(
        "KSV-0115",
        _C,
        (
            "Role changes aws-auth",
            "The ConfigMap says which AWS identities are administrators of an EKS cluster.",
            "Remove the rule for the ConfigMap 'aws-auth', or the verbs that change it.",
        ),
        _changes_aws_auth,
    ),
    of_rules(
        "CB-K8S-0006",
        _H,
        (
            "Role escalates or binds roles",
            "The verbs 'escalate' and 'bind' lift the rule that nobody gives rights they do not have.",
            "Remove the verbs 'escalate' and 'bind'.",
        ),
        _escalates,
    ),
    of_rules(
        "CB-K8S-0007",
        _H,
        (
            "Role makes tokens of service accounts",
            "With 'serviceaccounts/token' its holder signs in as any service account it reaches.",
            "Remove 'create' of 'serviceaccounts/token', or name the account in resourceNames.",
        ),
        lambda rule: (
            not rule.names and rule.gives(frozenset({"serviceaccounts/token"}), frozenset({"create", "*"}))
        ),
    ),
    of_rules(
        "CB-K8S-0008",
        _H,
        (
            "Role approves certificates",
            "Who approves signing requests makes certificates for other users and for nodes.",
            "Remove the verbs that change 'certificatesigningrequests/approval' and 'approve' of signers.",
        ),
        lambda rule: (
            rule.gives(
                frozenset({"certificatesigningrequests/approval"}), frozenset({"update", "patch", "*"})
            )
            or rule.gives(frozenset({"signers"}), frozenset({"approve", "sign", "*"}))
        ),
    ),
    of_rules(
        "CB-K8S-0009",
        _M,
        (
            "Role creates persistent volumes",
            "A persistent volume may be a directory of the node: its creator reads the node's files.",
            "Remove 'create' of 'persistentvolumes'; claims do without.",
        ),
        _given(frozenset({"persistentvolumes"}), frozenset({"create", "*"})),
    ),
    of_rules(
        "CB-K8S-0010",
        _H,
        (
            "Role reads any resource of the core group",
            "A rule that reads all resources reads secrets.",
            "List the resources that are used.",
        ),
        _reads_all,
    ),
)

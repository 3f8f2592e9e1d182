"""Checks of networks, namespaces, quotas and stored configuration."""

import re
from collections.abc import Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.node import Node
from analyzers.checks.kubernetes.objects import Manifest
from analyzers.checks.kubernetes.secrets import is_secret, is_value
from analyzers.checks.kubernetes.writing import Words, cause, of_kinds, of_objects
from analyzers.severity import Severity

_POLICIES = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
_SERVICES = "https://kubernetes.io/docs/concepts/services-networking/service/"
_INGRESSES = "https://kubernetes.io/docs/concepts/services-networking/ingress/"
_ADMISSION = "https://kubernetes.io/docs/concepts/security/pod-security-admission/"
_SECRETS = "https://kubernetes.io/docs/concepts/configuration/secret/"
_QUOTAS = "https://kubernetes.io/docs/concepts/policy/resource-quotas/"
_RANGES = "https://kubernetes.io/docs/concepts/policy/limit-range/"
_ENFORCE = "pod-security.kubernetes.io/enforce"
_SYSTEM_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_PERSONAL = re.compile(r"(?:^|[_.-])(?:e-?mail|phone|user_?name|credit_?card|ssn)(?:$|[_.-])", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_MOST_SHOWN = 5
_QUOTA_NAMES = frozenset({"requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "cpu", "memory"})


def _open_rules(manifest: Manifest) -> Iterator[Cause]:
    for key, peers in (("ingress", "from"), ("egress", "to")):
        for rule in manifest.node.at("spec", key):
            if not any(True for _ in rule.at(peers)) and not any(True for _ in rule.at("ports")):
                message = f"{manifest.label} should select peers or ports in each rule of {key}"
                yield cause(rule, message)


def _from_anywhere(manifest: Manifest) -> Iterator[Cause]:
    for rule in manifest.node.at("spec", "ingress"):
        for peer in rule.at("from"):
            block = peer.at("ipBlock", "cidr")
            if block.text in _ANYWHERE and not any(True for _ in peer.at("ipBlock", "except")):
                yield cause(block, f"{manifest.label} should not let in {block.text!r}")


def _lacks_limits(manifest: Manifest) -> Iterator[Cause]:
    limits = list(manifest.node.at("spec", "limits"))
    if not any(each.at("default").is_set or each.at("max").is_set for each in limits):
        yield cause(manifest.node.at("spec"), f"{manifest.label} should set default or max in limits")


def _lacks_quota(manifest: Manifest) -> Iterator[Cause]:
    hard = manifest.node.at("spec", "hard")
    if not _QUOTA_NAMES & {*hard.keys}:
        yield cause(hard, f"{manifest.label} should set CPU and memory in spec.hard")


def _external_addresses(manifest: Manifest) -> Iterator[Cause]:
    for key in ("externalIPs", "externalName"):
        setting = manifest.node.at("spec", key)
        if setting.text or any(setting.texts):
            yield cause(setting, f"{manifest.label} should not set spec.{key}")


def _node_port(manifest: Manifest) -> Iterator[Cause]:
    sort = manifest.node.at("spec", "type")
    if sort.text == "NodePort":
        yield cause(sort, f"{manifest.label} should not be of type 'NodePort'")


def _open_balancer(manifest: Manifest) -> Iterator[Cause]:
    spec = manifest.node.at("spec")
    if spec.at("type").text != "LoadBalancer" or _is_internal(manifest.node.at("metadata", "annotations")):
        return
    ranges = spec.at("loadBalancerSourceRanges")
    if not any(ranges.texts) or _ANYWHERE & {*ranges.texts}:
        yield cause(spec.at("type"), f"{manifest.label} should limit loadBalancerSourceRanges")


def _is_internal(annotations: Node) -> bool:
    """Tell whether an annotation of a cloud keeps a balancer inside its network."""
    return any(
        ("internal" in key.lower() and annotations.at(key).flag is not False)
        or annotations.at(key).text.lower() == "internal"
        for key in annotations.keys
    )


def _without_tls(manifest: Manifest) -> Iterator[Cause]:
    spec = manifest.node.at("spec")
    if spec.is_set and not any(True for _ in spec.at("tls")):
        yield cause(spec, f"{manifest.label} should set spec.tls")


def _snippets(manifest: Manifest) -> Iterator[Cause]:
    annotations = manifest.node.at("metadata", "annotations")
    for key in annotations.keys:
        if key.startswith("nginx.ingress.kubernetes.io/") and key.endswith("-snippet"):
            yield cause(annotations.at(key), f"{manifest.label} should not have annotation {key!r:.100}")


def _no_standard(manifest: Manifest) -> Iterator[Cause]:
    labels = manifest.node.at("metadata", "labels")
    if manifest.name not in _SYSTEM_NAMESPACES and not labels.at(_ENFORCE).is_set:
        yield cause(manifest.node.at("metadata"), f"{manifest.label} should have label {_ENFORCE!r}")


def _no_protection(manifest: Manifest) -> Iterator[Cause]:
    label = manifest.node.at("metadata", "labels").at(_ENFORCE)
    if label.text == "privileged":
        yield cause(label, f"{manifest.label} should enforce 'baseline' or 'restricted', not 'privileged'")


def _secret_entries(manifest: Manifest) -> Iterator[Cause]:
    data = manifest.node.at("data")
    found = [key for key in data.keys if is_secret(key, data.at(key).text)]
    if found:
        yield cause(
            data.at(found[0]), f"{manifest.label} should not hold secrets, it does in {_listed(found)}"
        )


def _personal_entries(manifest: Manifest) -> Iterator[Cause]:
    data = manifest.node.at("data")
    found = [key for key in data.keys if _is_personal(key, data.at(key).text.strip())]
    if found:
        message = f"{manifest.label} should not hold users' names and addresses, it does in {_listed(found)}"
        yield cause(data.at(found[0]), message)


def _is_personal(key: str, text: str) -> bool:
    named = _PERSONAL.search(key) and is_value(text) and "\n" not in text
    return bool(named or _ADDRESS.fullmatch(text))


def _written_secret(manifest: Manifest) -> Iterator[Cause]:
    for key in ("data", "stringData"):
        entries = manifest.node.at(key)
        found = [name for name in entries.keys if is_value(entries.at(name).text)]
        if found:
            yield cause(
                entries, f"{manifest.label} should not have its values in a file, {_listed(found)} are"
            )


def _in_file(manifest: Manifest) -> bool:
    """Tell whether a Secret stands in a file: in a cluster is where it belongs."""
    sort = manifest.node.at("type").text
    return manifest.kind == "Secret" and bool(manifest.lines[0]) and not sort.startswith("helm.sh/")


def _listed(names: list[str]) -> str:
    return ", ".join(repr(each[:60]) for each in names[:_MOST_SHOWN])


CHECKS: tuple[Check[Manifest], ...] = (
    of_objects(
        "KSV-0038",
        Severity.MEDIUM,
        Words(
            "Network policy restricts nothing",
            "A rule without peers and ports lets all traffic through: the policy then only looks like one.",
            "Select pods, namespaces, address ranges or ports in each rule.",
            _POLICIES,
        ),
        _open_rules,
        applies=of_kinds("NetworkPolicy"),
    ),
    of_objects(
        "KSV-0039",
        Severity.LOW,
        Words(
            "Limit range without limits",
            "A limit range holds containers that set no limits themselves only if it has defaults or maxima.",
            "Set default or max for containers.",
            _RANGES,
        ),
        _lacks_limits,
        applies=of_kinds("LimitRange"),
    ),
    of_objects(
        "KSV-0040",
        Severity.LOW,
        Words(
            "Quota without CPU or memory",
            "Without a quota on both, one namespace can take what the cluster has.",
            "Set requests and limits of CPU and memory in spec.hard.",
            _QUOTAS,
        ),
        _lacks_quota,
        applies=of_kinds("ResourceQuota"),
    ),
    of_objects(
        "KSV-0108",
        Severity.HIGH,
        Words(
            "Service with external addresses",
            "externalIPs draws traffic to any address into the cluster (CVE-2020-8554); externalName sends "
            "it out.",
            "Remove externalIPs and externalName.",
            "https://nvd.nist.gov/vuln/detail/CVE-2020-8554",
        ),
        _external_addresses,
        applies=of_kinds("Service"),
    ),
    of_objects(
        "KSV-0109",
        Severity.HIGH,
        Words(
            "ConfigMap holds secrets",
            "ConfigMaps are neither encrypted at rest nor kept from those who may only look around.",
            "Put these entries into a Secret.",
            _SECRETS,
        ),
        _secret_entries,
        applies=of_kinds("ConfigMap"),
    ),
    of_objects(
        "KSV-01010",
        Severity.MEDIUM,
        Words(
            "ConfigMap holds personal data",
            "Names and addresses of people are seen by all who may read the configuration.",
            "Keep them out of the ConfigMap.",
            "https://kubernetes.io/docs/concepts/configuration/configmap/",
        ),
        _personal_entries,
        applies=of_kinds("ConfigMap"),
    ),
    of_objects(
        "CB-K8S-0013",
        Severity.MEDIUM,
        Words(
            "Network policy lets in all addresses",
            "A block of all addresses is the Internet, where the cluster is reachable from there.",
            "Name the ranges that have to get in.",
            _POLICIES,
        ),
        _from_anywhere,
        applies=of_kinds("NetworkPolicy"),
    ),
    of_objects(
        "CB-K8S-0014",
        Severity.LOW,
        Words(
            "Service opens a port on every node",
            "The port is reached at each node's address, past balancers and ingress.",
            "Use type ClusterIP behind an Ingress, or LoadBalancer.",
            _SERVICES,
        ),
        _node_port,
        applies=of_kinds("Service"),
    ),
    of_objects(
        "CB-K8S-0015",
        Severity.LOW,
        Words(
            "Balancer is open to all addresses",
            "Without ranges a cloud's balancer takes connections from the whole Internet.",
            "Set loadBalancerSourceRanges, or the annotation that makes the balancer internal.",
            _SERVICES,
        ),
        _open_balancer,
        applies=of_kinds("Service"),
    ),
    of_objects(
        "CB-K8S-0016",
        Severity.MEDIUM,
        Words(
            "Ingress without TLS",
            "Without TLS, everyone on the way reads and changes what is sent.",
            "Set spec.tls with the hosts and the secret of their certificate.",
            _INGRESSES,
        ),
        _without_tls,
        applies=of_kinds("Ingress"),
    ),
    of_objects(
        "CB-K8S-0017",
        Severity.HIGH,
        Words(
            "Ingress with a snippet of nginx's configuration",
            "Snippets run as the controller, which can read the cluster's secrets (CVE-2021-25742).",
            "Remove the annotation, and switch snippets off in the controller.",
            "https://nvd.nist.gov/vuln/detail/CVE-2021-25742",
        ),
        _snippets,
        applies=of_kinds("Ingress"),
    ),
    of_objects(
        "CB-K8S-0018",
        Severity.LOW,
        Words(
            "Namespace enforces no Pod Security Standard",
            "Without the label, pods with any privileges are let in.",
            "Label the namespace with pod-security.kubernetes.io/enforce: baseline or restricted.",
            _ADMISSION,
        ),
        _no_standard,
        applies=of_kinds("Namespace"),
    ),
    of_objects(
        "CB-K8S-0019",
        Severity.MEDIUM,
        Words(
            "Namespace enforces the privileged standard",
            "'privileged' lets in every pod: privileged ones, with the node's files and network.",
            "Enforce 'baseline' or 'restricted', and move what needs more to a namespace of its own.",
            _ADMISSION,
        ),
        _no_protection,
        applies=of_kinds("Namespace"),
    ),
    of_objects(
        "CB-K8S-0020",
        Severity.MEDIUM,
        Words(
            "Secret's values stand in a file",
            "Base64 hides nothing: who reads the repository reads the secret, also after it was deleted "
            "there.",
            "Keep the values in a store of secrets, or encrypt the file.",
            _SECRETS,
        ),
        _written_secret,
        applies=_in_file,
    ),
)

"""Checks of images, resources, tokens and places of workloads."""

import re
from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause, Check
from analyzers.checks.kubernetes.objects import Container, Manifest
from analyzers.checks.kubernetes.secrets import is_secret
from analyzers.checks.kubernetes.writing import Words, cause, of_containers, of_kinds, of_objects, of_pods
from analyzers.severity import Severity

_IMAGES = "https://kubernetes.io/docs/concepts/containers/images/#image-names"
_RESOURCES = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
_NAMESPACES = "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"
_TOKENS = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"
_TILLER = re.compile(r"(?:^|/)tiller(?:$|[:@])")
_SECRETS = "https://kubernetes.io/docs/concepts/configuration/secret/"


def _untagged(container: Container) -> str:
    image = container.node.at("image").text
    if not image or "@" in image:
        return ""
    tag = image.rpartition("/")[2].partition(":")[2]
    return "" if tag and tag != "latest" else "should name the version of its image by a tag or digest"


def _lacks(*keys: str) -> Callable[[Container], str]:
    def wrong(container: Container) -> str:
        if container.is_ephemeral or container.node.at("resources", *keys).is_set:
            return ""
        return f"should set resources.{'.'.join(keys)}"

    return wrong


def _mounts_token(manifest: Manifest) -> Iterator[Cause]:
    setting = manifest.pod.at("automountServiceAccountToken")
    if setting.flag is True:
        yield cause(setting, f"{manifest.label} should set automountServiceAccountToken of its pod to false")


def _account_mounts_token(manifest: Manifest) -> Iterator[Cause]:
    setting = manifest.node.at("automountServiceAccountToken")
    if setting.flag is True:
        yield cause(setting, f"{manifest.label} should set automountServiceAccountToken to false")


def _in_namespace(namespace: str) -> Callable[[Manifest], Iterator[Cause]]:
    def judge(manifest: Manifest) -> Iterator[Cause]:
        if (
            manifest.namespace == namespace
            and manifest.node.at("metadata", "labels", "tier").text != "control-plane"
        ):
            place = manifest.node.at("metadata", "namespace")
            yield cause(place, f"{manifest.label} should not be in namespace {namespace!r}")

    return judge


def _tiller(container: Container) -> str:
    if not _TILLER.search(container.node.at("image").text):
        return ""
    return "should not run Tiller, the server of Helm 2"


def _secret_in_environment(container: Container) -> str:
    for each in container.node.at("env"):
        name = each.at("name").text
        if is_secret(name, each.at("value").text):
            return f"should take {name!r:.100} from a Secret rather than have it in env"
    return ""


CHECKS: tuple[Check[Manifest], ...] = (
    of_containers(
        "KSV-0011",
        Severity.LOW,
        Words(
            "No limit of CPU",
            "Without a limit, one container can take the CPU of all others on its node.",
            "Set resources.limits.cpu.",
            _RESOURCES,
        ),
        _lacks("limits", "cpu"),
    ),
    of_containers(
        "KSV-0013",
        Severity.MEDIUM,
        Words(
            "Image without a version",
            "'latest', or no tag at all, is another image each time it is pulled: nobody knows what runs, "
            "nor what to go back to.",
            "Name a version or, better, a digest in image.",
            _IMAGES,
        ),
        _untagged,
    ),
    of_containers(
        "KSV-0015",
        Severity.LOW,
        Words(
            "CPU is not requested",
            "The scheduler places pods by what they request; without it a node is given more than it can "
            "run.",
            "Set resources.requests.cpu.",
            _RESOURCES,
        ),
        _lacks("requests", "cpu"),
    ),
    of_containers(
        "KSV-0016",
        Severity.LOW,
        Words(
            "Memory is not requested",
            "The scheduler places pods by what they request; without it pods are evicted when memory runs "
            "out.",
            "Set resources.requests.memory.",
            _RESOURCES,
        ),
        _lacks("requests", "memory"),
    ),
    of_containers(
        "KSV-0018",
        Severity.LOW,
        Words(
            "No limit of memory",
            "Without a limit, one container can take the memory of its node and have others killed.",
            "Set resources.limits.memory.",
            _RESOURCES,
        ),
        _lacks("limits", "memory"),
    ),
    of_pods(
        "KSV-0036",
        Severity.MEDIUM,
        Words(
            "Token of the service account is mounted",
            "With the token, who breaks into the container speaks to the cluster's API as its service "
            "account.",
            "Set automountServiceAccountToken to false where the program does not use the API.",
            _TOKENS,
        ),
        _mounts_token,
    ),
    of_pods(
        "KSV-0037",
        Severity.MEDIUM,
        Words(
            "Workload in kube-system",
            "Whoever may change things in that namespace may change the cluster's own parts.",
            "Move the workload to a namespace of its own.",
            _NAMESPACES,
        ),
        _in_namespace("kube-system"),
    ),
    of_containers(
        "KSV-0102",
        Severity.CRITICAL,
        Words(
            "Tiller runs in the cluster",
            "Tiller takes commands from anyone in the cluster's network, and mostly is cluster-admin; it "
            "has had no updates since 2020.",
            "Use Helm 3 or later, which needs no server.",
            "https://helm.sh/docs/faq/changes_since_helm2/#removal-of-tiller",
        ),
        _tiller,
    ),
    of_pods(
        "KSV-0110",
        Severity.LOW,
        Words(
            "Workload in the default namespace",
            "What lies in one namespace shares quotas, roles and network policies; 'default' is where "
            "unrelated things meet.",
            "Set metadata.namespace to a namespace of the application.",
            _NAMESPACES,
        ),
        _in_namespace("default"),
    ),
    of_containers(
        "CB-K8S-0004",
        Severity.HIGH,
        Words(
            "Secret in an environment variable's value",
            "What stands in a manifest is read by all who read the repository or may look at the workload.",
            "Put the value into a Secret, and name it in valueFrom.secretKeyRef.",
            _SECRETS,
        ),
        _secret_in_environment,
    ),
    of_objects(
        "CB-K8S-0005",
        Severity.LOW,
        Words(
            "Service account gives its token to all its pods",
            "Each pod of the account then can speak to the cluster's API, whether it needs to or not.",
            "Set automountServiceAccountToken of the account to false, and to true in the pods that use the"
            " API.",
            _TOKENS,
        ),
        _account_mounts_token,
        applies=of_kinds("ServiceAccount"),
    ),
)

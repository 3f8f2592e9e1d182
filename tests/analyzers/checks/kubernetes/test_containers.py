from collections.abc import Iterator

import pytest

from analyzers.checks.kubernetes import kernel, privileges, users, workloads
from analyzers.documents import yaml
from analyzers.inventory import Outcome
from analyzers.misconfig.kubernetes import judge_manifest

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: app
    image: example.com/app:1.2
"""
FIRST = 7
"""Line of the container."""


def outcomes(text: str, check: str) -> list[Outcome]:
    lines = text.split("\n")
    values = yaml.load_all(text.encode(), "a.yaml")
    return [each for value in values for each in judge_manifest(value, lines) if each.check == check]


def failures(text: str, check: str) -> list[Outcome]:
    found = outcomes(text, check)
    assert found, f"{check} was not asked"
    return [each for each in found if not each.passed]


def container(settings: str) -> str:
    return POD + "".join(f"    {line}\n" for line in settings.splitlines())


CONTAINERS = {
    "KSV-0001": ("", "securityContext: {allowPrivilegeEscalation: false}"),
    "KSV-0003": (
        "securityContext: {capabilities: {drop: [NET_RAW]}}",
        "securityContext: {capabilities: {drop: [all]}}",
    ),
    "KSV-0005": (
        "securityContext: {capabilities: {add: [CAP_SYS_ADMIN]}}",
        "securityContext: {capabilities: {add: [SYS_TIME]}}",
    ),
    "KSV-0011": ("resources: {limits: {memory: 1Gi}}", "resources: {limits: {cpu: 500m}}"),
    "KSV-0012": ("securityContext: {runAsNonRoot: false}", "securityContext: {runAsNonRoot: true}"),
    "KSV-0014": (
        "securityContext: {readOnlyRootFilesystem: no}",
        "securityContext: {readOnlyRootFilesystem: yes}",
    ),
    "KSV-0015": ("resources: {requests: {memory: 1Gi}}", "resources: {requests: {cpu: 1}}"),
    "KSV-0016": ("resources: {requests: {cpu: 1}}", "resources: {requests: {memory: 1Gi}}"),
    "KSV-0017": ("securityContext: {privileged: true}", "securityContext: {privileged: false}"),
    "KSV-0018": ("resources: {limits: {cpu: 1, memory: null}}", "resources: {limits: {memory: 1Gi}}"),
    "KSV-0020": ("securityContext: {runAsUser: 10000}", "securityContext: {runAsUser: 10001}"),
    "KSV-0021": ("securityContext: {runAsGroup: 0}", "securityContext: {runAsGroup: 20000}"),
    "KSV-0022": (
        "securityContext: {capabilities: {add: [SYS_TIME]}}",
        "securityContext: {capabilities: {add: [CHOWN, NET_BIND_SERVICE]}}",
    ),
    "KSV-0027": ("securityContext: {procMount: Unmasked}", "securityContext: {procMount: Default}"),
    "KSV-0030": (
        "securityContext: {seccompProfile: {type: Unconfined}}",
        "securityContext: {seccompProfile: {type: RuntimeDefault}}",
    ),
    "KSV-0104": ("", "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a.json}}"),
    "KSV-0105": ("securityContext: {runAsUser: 0}", "securityContext: {runAsUser: 1}"),
    "KSV-0106": (
        "securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}",
        "securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}",
    ),
    "KSV-0118": ("securityContext: {}", "securityContext: {privileged: false}"),
    "KSV-0119": (
        "securityContext: {capabilities: {add: [NET_RAW]}}",
        "securityContext: {capabilities: {drop: [NET_RAW]}}",
    ),
    "KSV-0120": (
        "securityContext: {capabilities: {add: [ALL]}}",
        "securityContext: {capabilities: {add: [CHOWN]}}",
    ),
    "CB-K8S-0001": (
        "securityContext: {capabilities: {add: [SYS_PTRACE]}}",
        "securityContext: {capabilities: {add: [KILL]}}",
    ),
    "CB-K8S-0004": (
        "env: [{name: DB_PASSWORD, value: hunter2}]",
        "env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]",
    ),
}


@pytest.mark.parametrize("check", CONTAINERS)
def test_containers(check: str) -> None:
    bad, good = map(container, CONTAINERS[check])
    (failure,) = failures(bad, check)
    assert (failure.start_line, failure.end_line) == (FIRST, bad.count("\n"))
    assert [line.number for line in failure.code] == list(range(FIRST, bad.count("\n") + 1))
    assert failure.resource == "Pod/web"
    assert failure.message.startswith("container 'app' of Pod 'web' ")
    assert failures(good, check) == []


@pytest.mark.parametrize(
    ("image", "wrong"),
    [
        ("nginx", True),
        ("nginx:latest", True),
        ("localhost:5000/nginx", True),
        ("localhost:5000/nginx:1", False),
        ("nginx@sha256:" + "0" * 64, False),
        ("nginx:latest@sha256:" + "0" * 64, False),
        ("nginx:1.27", False),
    ],
)
def test_images_name_their_version(image: str, wrong: bool) -> None:  # noqa: FBT001 - a column
    assert bool(failures(POD.replace("example.com/app:1.2", image), "KSV-0013")) == wrong


def test_tiller_by_its_image() -> None:
    assert failures(POD.replace("example.com/app", "ghcr.io/helm/tiller"), "KSV-0102")
    assert not failures(POD.replace("example.com/app", "example.com/instiller"), "KSV-0102")


@pytest.mark.parametrize("check", ["KSV-0012", "KSV-0020", "KSV-0030", "KSV-0104"])
def test_a_pods_setting_is_its_containers(check: str) -> None:
    context = "{runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}"
    assert failures(POD + f"  securityContext: {context}\n", check) == []
    own = "{runAsNonRoot: false, runAsUser: 1, seccompProfile: {type: Unconfined}}"
    assert failures(container(f"securityContext: {own}") + f"  securityContext: {context}\n", check)


@pytest.mark.parametrize("check", ["KSV-0001", "KSV-0003", "KSV-0030", "KSV-0104", "KSV-0106"])
def test_windows_has_none_of_linux(check: str) -> None:
    assert outcomes(POD + "  os: {name: windows}\n", check) == []


def test_all_sorts_of_containers_are_judged() -> None:
    text = POD + "  initContainers: [{name: first}]\n  ephemeralContainers: [{name: debug}]\n"
    found = [each.message.split("'")[1] for each in failures(text, "KSV-0001")]
    assert found == ["first", "app", "debug"]
    assert len(failures(text, "KSV-0011")) == 2


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("API_KEY", "abc123", True),
        ("apiKey", "abc123", True),
        ("githubToken", "abc", True),
        ("DB_PASSWORD", "$(OTHER)", False),
        ("PASSWORD_FILE", "/run/secrets/x", False),
        ("DB_PASSWORD", "/run/secrets/x", False),
        ("TOKENIZER", "fast", False),
        ("DB_PASSWORD", "", False),
        ("DISABLE_TOKEN", "true", False),
        ("PATH", "/usr/bin", False),
    ],
)
def test_secrets_in_env(name: str, value: str, wrong: bool) -> None:  # noqa: FBT001 - a column
    text = container(f"env:\n- name: {name}\n  value: '{value}'")
    assert bool(failures(text, "CB-K8S-0004")) == wrong


def annotated(annotation: str) -> str:
    return POD.replace("  name: web\n", f"  name: web\n  annotations:\n    {annotation}\n")


def test_annotations_from_before_fields() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/app"
    (failure,) = failures(annotated(f"{key}: unconfined"), "KSV-0002")
    assert failure.start_line == 6
    assert not failures(annotated(f"{key}: runtime/default"), "KSV-0002")
    assert not failures(annotated("seccomp.security.alpha.kubernetes.io/pod: runtime/default"), "KSV-0104")


PARTS = {
    "KSV-0002": ("  securityContext: {appArmorProfile: {type: Unconfined}}", ""),
    "KSV-0025": (
        "  securityContext: {seLinuxOptions: {user: root}}",
        "  securityContext: {seLinuxOptions: {type: container_t}}",
    ),
    "KSV-0026": (
        "  securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}",
        "  securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}",
    ),
    "KSV-0103": ("  securityContext: {windowsOptions: {hostProcess: true}}", ""),
    "KSV-0116": (
        "  securityContext: {supplementalGroups: [0]}",
        "  securityContext: {supplementalGroups: [20]}",
    ),
}


@pytest.mark.parametrize("check", PARTS)
def test_pods(check: str) -> None:
    bad, good = PARTS[check]
    (failure,) = failures(f"{POD}{bad}\n", check)
    assert (failure.start_line, failure.end_line) == (9, 9)
    assert failures(f"{POD}{good}\n", check) == []


def test_every_check_of_containers_has_a_sample() -> None:
    def ids() -> Iterator[str]:
        for module in (kernel, privileges, users):
            yield from (check.id for check in module.CHECKS)

    assert {*ids()} <= {*CONTAINERS, *PARTS}
    others = {"KSV-0013", "KSV-0036", "KSV-0037", "KSV-0102", "KSV-0110", "CB-K8S-0005"}
    assert {check.id for check in workloads.CHECKS} <= {*CONTAINERS, *others}

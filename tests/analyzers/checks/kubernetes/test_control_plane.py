import json

import pytest

from analyzers.checks.kubernetes.control_plane import CHECKS
from analyzers.documents import yaml
from analyzers.inventory import Outcome
from analyzers.misconfig.kubernetes import judge_manifest

GOOD = {
    "kube-apiserver": [
        "--anonymous-auth=false",
        "--kubelet-client-certificate=/pki/a.crt",
        "--kubelet-client-key=/pki/a.key",
        "--kubelet-certificate-authority=/pki/ca.crt",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction,EventRateLimit,AlwaysPullImages",
        "--profiling=false",
        "--audit-log-path=/var/log/audit.log",
        "--audit-log-maxage=30",
        "--audit-log-maxbackup=10",
        "--audit-log-maxsize",
        "100",
        "--service-account-key-file=/pki/sa.pub",
        "--etcd-certfile=/pki/e.crt",
        "--etcd-keyfile=/pki/e.key",
        "--tls-cert-file=/pki/t.crt",
        "--tls-private-key-file=/pki/t.key",
        "--client-ca-file=/pki/ca.crt",
        "--etcd-cafile=/pki/e-ca.crt",
        "--encryption-provider-config=/etc/enc.yaml",
    ],
    "kube-controller-manager": [
        "--terminated-pod-gc-threshold=10",
        "--profiling=false",
        "--use-service-account-credentials",
        "--service-account-private-key-file=/pki/sa.key",
        "--root-ca-file=/pki/ca.crt",
        "--bind-address=127.0.0.1",
    ],
    "kube-scheduler": ["--profiling=false", "--bind-address=127.0.0.1"],
    "etcd": [
        "--cert-file=/pki/a.crt",
        "--key-file=/pki/a.key",
        "--client-cert-auth=true",
        "--peer-cert-file=/pki/p.crt",
        "--peer-key-file=/pki/p.key",
        "--peer-client-cert-auth=true",
    ],
}
WORSE = {
    "kube-apiserver": [
        "--token-auth-file=/a",
        "--kubelet-https=false",
        "--authorization-mode=AlwaysAllow",
        "--enable-admission-plugins=AlwaysAdmit",
        "--disable-admission-plugins=ServiceAccount,NamespaceLifecycle",
        "--secure-port=0",
        "--service-account-lookup=false",
        "--audit-log-maxage=seven",
        "--audit-log-maxsize=99",
    ],
    "kube-controller-manager": ["--feature-gates=A=true,RotateKubeletServerCertificate=false"],
    "kube-scheduler": ["--profiling", "--bind-address=0.0.0.0"],
    "etcd": ["--auto-tls", "--peer-auto-tls=true"],
}


def judged(command: list[str]) -> list[Outcome]:
    text = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: part, namespace: kube-system}}
spec:
  containers:
  - name: part
    command: {json.dumps(command)}
"""
    value = yaml.load(text.encode(), "a.yaml")
    return [each for each in judge_manifest(value, text.split("\n")) if each.check.startswith("KCV-")]


@pytest.mark.parametrize("program", GOOD)
def test_arguments_as_they_should_be(program: str) -> None:
    outcomes = judged([program, *GOOD[program]])
    assert outcomes
    assert [each.check for each in outcomes if not each.passed] == []
    shell = judged(["/bin/sh", "-c", f"exec /usr/local/bin/{program} {' '.join(GOOD[program])} 2>&1"])
    assert [each.check for each in shell if not each.passed] == []


def test_each_check_fails_somewhere() -> None:
    failed = [each for program, more in WORSE.items() for each in judged([program, *more]) if not each.passed]
    assert {each.check for each in failed} == {check.id for check in CHECKS}
    assert {(each.start_line, each.end_line) for each in failed} == {(6, 7)}


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("KCV-0001", "container 'part' of Pod 'part', kube-apiserver: set --anonymous-auth to false"),
        ("KCV-0009", "container 'part' of Pod 'part', kube-apiserver: list RBAC in --authorization-mode"),
        ("KCV-0020", "container 'part' of Pod 'part', kube-apiserver: set --audit-log-maxage to 30 or more"),
    ],
)
def test_messages_say_what_to_set(check: str, message: str) -> None:
    outcomes = judged(["kube-apiserver", "--advertise-address=192.0.2.1"])
    assert [each.message for each in outcomes if each.check == check] == [message]


@pytest.mark.parametrize("command", [[], ["nginx"], ["etcdctl", "snapshot"], ["--kube-apiserver=x"]])
def test_other_programs_are_not_asked(command: list[str]) -> None:
    assert judged(command) == []


def test_the_last_of_equal_arguments_counts() -> None:
    found = judged(["kube-scheduler", "--profiling=true", "--bind-address=127.0.0.1", "--profiling=false"])
    assert all(each.passed for each in found)

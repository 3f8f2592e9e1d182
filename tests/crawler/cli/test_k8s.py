import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from crawler.cli.options import INCOMPLETE, NOTHING, USAGE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes import images as made
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.kubernetes import FakeCluster, owner, pod_spec
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import PASSWORD, USERNAME, FakeRegistry
from tests.fakes.secrets import env_file, token

pytest.importorskip("kubernetes_asyncio", reason="the extra k8s is not installed")

HIGH = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]
TIME = "2024-01-01T00:00:00Z"
WHEEL = "lib/python3/site-packages/{}-1.0.dist-info/METADATA"
OLD = layer(debian(), dpkg(openssl="3.0.11-1"))
NEW = layer(debian(), dpkg(openssl="3.0.12-1"))


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with FakeRegistry().running() as registry:
        yield registry


@pytest.fixture
def private() -> Iterator[FakeRegistry]:
    with FakeRegistry(auth="basic").running() as registry:
        yield registry


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with FakeCluster().running() as cluster:
        cluster.add(
            "Node", "", "n1", status={"nodeInfo": {"architecture": "amd64", "operatingSystem": "linux"}}
        )
        yield cluster


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    mirror = Mirror()
    mirror.put(
        "Debian", record("CVE-2024-1", TIME, ("Debian:12", "openssl"), fixed="3.0.12-1", severity=HIGH)
    )
    mirror.write(tmp_path / "osv")
    file = tmp_path / "settings.toml"
    file.write_text(f'[advisories]\nosv.url = "{(tmp_path / "osv").as_uri()}"\n')
    return file


def scan(settings: Path, cluster: FakeCluster, *args: str, env: Mapping[str, str] | None = None) -> Ran:
    """Scan with a kubeconfig of the cluster."""
    file = cluster.kubeconfig(settings.parent)
    return cleanbill(
        settings.parent / "cache",
        "--config",
        str(settings),
        "k8s",
        *args,
        env={"KUBECONFIG": str(file)} | dict(env or {}),
    )


def metadata(name: str, license_expression: str) -> bytes:
    head = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n"
    return f"{head}License-Expression: {license_expression}\n\n".encode()


def resources(ran: Ran) -> dict[str, Any]:
    report = json.loads(ran.out)
    return {
        f"{each.get('Namespace')}/{each['Kind']}/{each['Name']}": each
        for each in (*report.get("Resources", ()), *report.get("Findings", ()))
    }


def found(resource: dict[str, Any]) -> list[str]:
    results = resource.get("Results", [])
    return sorted(each["VulnerabilityID"] for part in results for each in part.get("Vulnerabilities") or [])


def test_each_workload_has_what_its_images_have(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    old, new = push(registry, "team/app", "1", OLD), push(registry, "team/app", "2", NEW)
    name = f"{registry.host}/team/app"
    # The tag has moved on since the pod was started.
    cluster.deployment("shop", "web", pod_spec(f"{name}:2"), {"c0": f"{name}@{old.digest}"})
    cluster.pod("shop", "alone", pod_spec(f"{name}:2"), {"c0": f"docker-pullable://{name}@{new.digest}"})
    cluster.add(
        "CronJob",
        "batch",
        "nightly",
        spec={"jobTemplate": {"spec": {"template": {"spec": pod_spec(f"{name}:1")}}}},
    )
    ran = scan(settings, cluster, "--format", "json")
    by_name = resources(ran)
    assert (ran.code, ran.err) == (0, "")
    assert {key: found(each) for key, each in by_name.items()} == {
        "batch/CronJob/nightly": ["CVE-2024-1"],
        "shop/Deployment/web": ["CVE-2024-1"],
        "shop/Pod/alone": [],
    }
    report = json.loads(ran.out)
    assert (report["SchemaVersion"], report["ClusterName"]) == (2, "fake")
    assert report["Cleanbill"]["ServerVersion"] == "v1.34.2"
    web = by_name["shop/Deployment/web"]
    assert web["Metadata"][0]["ImageID"] == old.config_digest
    assert web["Results"][0]["Packages"]
    blobs = [path for path in registry.paths() if "/blobs/" in path]
    assert len(blobs) == len(set(blobs))


def test_what_is_known_costs_nothing(settings: Path, registry: FakeRegistry, cluster: FakeCluster) -> None:
    old = push(registry, "app", "1", OLD)
    name = f"{registry.host}/app"
    cluster.deployment("shop", "web", pod_spec(f"{name}:1"), {"c0": f"{name}@{old.digest}"})
    cluster.pull_secret("shop", "pull", {registry.host: ("a", "b")})
    first = scan(settings, cluster, "--report", "summary")
    registry.requests.clear()
    cluster.requests.clear()
    again = scan(settings, cluster, "--report", "summary")
    assert (first.code, first.out) == (0, again.out)
    assert registry.requests == []
    assert not [path for path in cluster.requests if "secrets" in path or "serviceaccounts" in path]


def test_a_table_of_everything_and_one_of_a_line_each(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    old = push(registry, "app", "1", OLD)
    name = f"{registry.host}/app:1"
    for each in ("web", "worker"):
        cluster.deployment("shop", each, pod_spec(name), {"c0": f"{registry.host}/app@{old.digest}"})
    everything = scan(settings, cluster, "--exit-code", "7")
    assert everything.code == 7
    assert everything.out.count("3.0.12-1") == 1
    assert "as in shop/Deployment/web" in everything.out
    summary = scan(settings, cluster, "--report", "summary", "-s", "CRITICAL", "--exit-code", "7")
    assert summary.code == 0
    assert re.search(r"shop +Deployment/web +1 +0 +0 +0 +0 +0 +0 +checked", summary.out)
    assert "CVE-2024-1" not in summary.out
    left_out = (
        "No known vulnerabilities that were asked for in 1 image; no secrets; 1 finding not asked for.\n"
    )
    assert summary.out.endswith(left_out)
    as_json = scan(settings, cluster, "--report", "summary", "-f", "json")
    findings = json.loads(as_json.out)["Findings"]
    assert [found(each) for each in findings] == [["CVE-2024-1"]] * 2
    assert "Packages" not in findings[0]["Results"][0]


def failed(resource: dict[str, Any]) -> list[str]:
    results = resource.get("Results", [])
    return sorted({each["ID"] for part in results for each in part.get("Misconfigurations") or []})


def fill(cluster: FakeCluster, name: str) -> None:
    """Put a workload, a pod of somebody's controller, and a role that may do everything."""
    cluster.deployment("shop", "web", pod_spec(name, hostNetwork=True), {})
    rollout = owner("Rollout", "canary", api_version="argoproj.io/v1alpha1")
    template = {"spec": pod_spec(name)}
    cluster.add("ReplicaSet", "shop", "canary-1", spec={"template": template}, owner=rollout)
    cluster.pod("shop", "canary-1-x", pod_spec(name), {}, owner=owner("ReplicaSet", "canary-1"))
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    cluster.add("ClusterRole", "", "god", rules=[everything])
    cluster.add(
        "Role", "shop", "reader", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    )


def test_secrets_of_images_count_for_their_workloads(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "app", "1", NEW, layer({"srv/.env": env_file()}), layer(made.whiteout("srv/.env")))
    cluster.pod("shop", "alone", pod_spec(f"{registry.host}/app:1"), {})
    ran = scan(settings, cluster, "-f", "json", "--exit-code", "7")
    (alone,) = resources(ran).values()
    (secret,) = (each for part in alone["Results"] if part["Class"] == "secret" for each in part["Secrets"])
    assert (ran.code, secret["RuleID"], secret["Deleted"]) == (7, "github-pat", True)
    assert (alone["Cleanbill"]["Secrets"]["CRITICAL"], alone["Cleanbill"]["Severities"]["CRITICAL"]) == (1, 0)
    findings = json.loads(scan(settings, cluster, "-f", "json", "--report", "summary").out)["Findings"]
    assert "secret" in {part["Class"] for part in findings[0]["Results"]}
    summary = scan(settings, cluster, "--report", "summary")
    assert re.search(r"shop +Pod/alone +1 +0 +0 +0 +0 +0 +1C +checked", summary.out)
    assert "No known vulnerabilities in 1 image; 1 secret." in summary.out
    assert token().decode() not in ran.out
    assert scan(settings, cluster, "--scanners", "vuln", "--exit-code", "7").code == 0


def test_workloads_and_roles_are_judged_without_reading_an_image(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    fill(cluster, f"{registry.host}/app:1")
    ran = scan(settings, cluster, "--scanners", "misconfig", "-f", "json", "--exit-code", "7")
    by_name = resources(ran)
    assert (ran.code, ran.err, registry.requests) == (7, "", [])
    assert list(by_name) == [
        "None/ClusterRole/god",
        "None/Namespace/shop",
        "shop/Deployment/web",
        "shop/Role/reader",
        "shop/Rollout/canary",
        "shop/ServiceAccount/default",
    ]
    assert "KSV-0009" in failed(by_name["shop/Deployment/web"])
    assert "KSV-0009" not in failed(by_name["shop/Rollout/canary"])
    assert failed(by_name["shop/Rollout/canary"])
    assert failed(by_name["None/ClusterRole/god"])
    assert failed(by_name["shop/Role/reader"]) == []
    (part,) = by_name["shop/Deployment/web"]["Results"]
    assert (part["Target"], part["Class"], part["Type"]) == ("shop/Deployment/web", "config", "kubernetes")
    assert part["MisconfSummary"]["Failures"] == len(failed(by_name["shop/Deployment/web"]))
    table = scan(settings, cluster, "--scanners", "misconfig")
    assert "shop/Deployment/web: " in table.out
    assert "KSV-0009" in table.out
    assert "Images were not asked for; " in table.out
    summary = scan(settings, cluster, "--scanners", "misconfig", "--report", "summary")
    assert "KSV-0009" not in summary.out
    assert "Role/reader" not in summary.out
    assert "4 objects (2 without failed checks, not listed)" in summary.out
    passed = scan(
        settings, cluster, "--scanners", "misconfig", "--report", "summary", "--include-non-failures"
    )
    assert re.search(r"shop +Role/reader +0 +checked", passed.out)
    assert re.search(r"shop +Deployment/web +(\d+[CHML] ?)+ +checked", summary.out)


def test_licences_of_images_count_for_their_workloads(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    packages = {"a": "MIT", "b": "MIT", "c": "GPL-3.0-only"}
    push(
        registry,
        "app",
        "1",
        NEW,
        layer(
            {
                f"{folder}/{WHEEL.format(name)}": metadata(name, said)
                for folder in ("usr", "opt")
                for name, said in packages.items()
            }
        ),
    )
    for each in ("web", "worker"):
        cluster.pod("shop", each, pod_spec(f"{registry.host}/app:1"), {})
    ran = scan(settings, cluster, "--scanners", "license", "-f", "json", "--exit-code", "7")
    listed = {
        name: [each["Severity"] for part in own["Results"] for each in part.get("Licenses", ())]
        for name, own in resources(ran).items()
    }
    counts = json.loads(ran.out)["Cleanbill"]["Licenses"]
    assert ran.code == 7
    assert {name: Counter(each) for name, each in listed.items()} == {
        f"shop/Pod/{name}": {each: number for each, number in counts.items() if number}
        for name in ("web", "worker")
    }
    assert (counts["HIGH"], counts["LOW"]) == (2, 4)
    table = scan(settings, cluster, "--scanners", "license").out
    assert table.count("\nTotal 6 findings   CRITICAL 0   HIGH 2   MEDIUM 0   LOW 4   UNKNOWN 0\n") == 2
    for each in ("web", "worker"):
        assert re.search(rf"shop +Pod/{each} +1 +2H 4L +read", table)
    assert table.endswith(
        "\nVulnerabilities were not asked for; 2 licences in 6 findings; 1 package states no licence.\n"
    )
    without = scan(settings, cluster, "--scanners", "license", "-s", "HIGH", "--report", "summary").out
    assert without.endswith(
        "; 1 licence in 2 findings; 1 package states no licence; 4 findings not asked for.\n"
    )
    plain = scan(settings, cluster, "-f", "json")
    assert "Licenses" not in json.loads(plain.out)["Cleanbill"]


def test_what_is_left_out_of_images_and_objects_is_told_once(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "app", "1", OLD, layer({"srv/.env": env_file()}))
    for each in ("web", "worker"):
        cluster.pod("shop", each, pod_spec(f"{registry.host}/app:1"), {})
    args = ("--scanners", "vuln,secret,misconfig", "--report", "summary")
    numbers = [
        sum(json.loads(scan(settings, cluster, *args, "-f", "json", *more).out)["Cleanbill"][each].values())
        for more in ((), ("-s", "CRITICAL"))
        for each in ("Severities", "Secrets", "Misconfigurations")
    ]
    before, after = sum(numbers[:3]), sum(numbers[3:])
    assert numbers[:2] == [1, 1]
    assert 0 < after < before
    shown = scan(settings, cluster, *args, "-s", "CRITICAL").out
    assert f"; {before - after} findings not asked for.\n" in shown
    assert "No known vulnerabilities that were asked for in 1 image; 1 secret; " in shown
    assert "not asked for" not in scan(settings, cluster, *args).out


def test_an_image_that_could_not_be_read_is_not_shown_as_clean(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "app", "1", OLD)
    good, gone = f"{registry.host}/app:1", f"{registry.host}/gone:1"
    cluster.pod("shop", "both", pod_spec(good, gone), {})
    cluster.pod("shop", "gone", pod_spec(gone), {})
    cluster.pod("shop", "good", pod_spec(good), {})
    ran = scan(settings, cluster, "--scanners", "vuln,secret,license", "--report", "summary")
    assert ran.code == INCOMPLETE
    assert re.search(r"shop +Pod/both +2 +\? +1 +\? +\? +\? +\? +\? +incomplete", ran.out)
    assert re.search(r"shop +Pod/gone +1 +\? +\? +\? +\? +\? +\? +\? +incomplete", ran.out)
    assert re.search(r"shop +Pod/good +1 +0 +1 +0 +0 +0 +0 +0 +checked", ran.out)


OTHERS: dict[str, dict[str, Any]] = {
    "Service": {"spec": {"type": "NodePort"}},
    "Ingress": {"spec": {"rules": []}},
    "NetworkPolicy": {
        "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}
    },
    "ConfigMap": {"data": {"password": "correct horse battery"}},
    "LimitRange": {"spec": {"limits": [{"type": "Pod"}]}},
    "ResourceQuota": {"spec": {"hard": {"pods": "4"}}},
}


def test_what_runs_nothing_is_judged_as_well(settings: Path, cluster: FakeCluster) -> None:
    for kind, parts in OTHERS.items():
        for namespace in ("shop", "hidden"):
            made = owner("Rollout", "canary", api_version="argoproj.io/v1alpha1")
            cluster.add(kind, namespace, "it", owner=made, **parts)
    args = ("--scanners", "misconfig", "-f", "json")
    ran = scan(settings, cluster, *args, "--exclude-namespaces", "hidden")
    by_name = resources(ran)
    assert by_name.keys() == {
        "None/Namespace/shop",
        "shop/ServiceAccount/default",
        *(f"shop/{kind}/it" for kind in OTHERS),
    }
    assert [key for key, each in by_name.items() if not failed(each)] == ["shop/ServiceAccount/default"]
    own = json.loads(ran.out)["Cleanbill"]
    assert (own.get("Workloads"), own["Objects"]) == (0, 8)
    assert "CB-K8S-0014" in failed(by_name["shop/Service/it"])
    assert "KSV-0109" in failed(by_name["shop/ConfigMap/it"])
    assert "correct horse" not in ran.out
    assert any("configmaps?limit=50" in path for path in cluster.requests)
    only = scan(settings, cluster, *args, "--include-kinds", "ingress,services")
    assert {each["Kind"] for each in resources(only).values()} == {"Ingress", "Service"}


def test_a_server_that_has_not_all_kinds(settings: Path, cluster: FakeCluster) -> None:
    cluster.add("Service", "shop", "it", **OTHERS["Service"])
    cluster.faults.missing_resources |= {"ingresses"}
    ran = scan(settings, cluster, "--scanners", "misconfig", "-f", "json")
    assert ran.code == 0
    assert "the server knows no ingresses, so that there were none to judge" in ran.out
    cluster.faults.forbidden_resources |= {"services"}
    assert scan(settings, cluster, "--scanners", "misconfig").code == INCOMPLETE


def test_ignored_and_lesser_checks_are_left_out(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster, tmp_path: Path
) -> None:
    fill(cluster, f"{registry.host}/app:1")
    (tmp_path / "ignored").write_text("KSV-0009\n")
    args = ("--scanners", "misconfig", "-f", "json", "--include-kinds", "deployment")
    ran = scan(settings, cluster, *args, "--ignorefile", str(tmp_path / "ignored"))
    (web,) = resources(ran).values()
    assert failed(web)
    assert "KSV-0009" not in failed(web)
    ran = scan(settings, cluster, *args, "-s", "UNKNOWN", "--exit-code", "7")
    assert (ran.code, failed(*resources(ran).values())) == (0, [])
    ran = scan(settings, cluster, *args, "--include-non-failures")
    statuses = {
        each["Status"] for each in resources(ran)["shop/Deployment/web"]["Results"][0]["Misconfigurations"]
    }
    assert statuses == {"PASS", "FAIL"}


def test_policies_hold_for_images_by_repository_and_for_manifests(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    image = push(registry, "ours/app", "1", layer({"srv/.env": env_file()}))
    push(registry, "theirs/app", "1", layer({"srv/.env": env_file(8)}))
    for team in ("ours", "theirs"):
        cluster.pod("shop", team, pod_spec(f"{registry.host}/{team}/app:1", hostNetwork=True), {})
    policy = '[[policies]]\nids = ["github-pat"]\nrepositories = ["ours/*"]\n'
    policy += '[[policies]]\nids = ["KSV-0009"]\n'
    settings.write_text(f"{settings.read_text()}{policy}")

    def secrets() -> dict[str, int]:
        ran = scan(settings, cluster, "--scanners", "secret,misconfig", "-f", "json")
        by_name = resources(ran)
        assert "KSV-0009" not in {each for part in by_name.values() for each in failed(part)}
        pods = (each for each in by_name.values() if each["Kind"] == "Pod")
        return {each["Name"]: each["Cleanbill"]["Secrets"]["CRITICAL"] for each in pods}

    assert secrets() == {"ours": 0, "theirs": 1}
    # The same image under a name that the policy is not about.
    registry.push_manifest("theirs/copy", "1", image.body)
    cluster.pod("shop", "copy", pod_spec(f"{registry.host}/theirs/copy:1"), {})
    assert secrets() == {"copy": 1, "ours": 0, "theirs": 1}
    ran = scan(settings, cluster, "--scanners", "secret", "--report", "summary")
    # There are two images; of the one with two names counts what is left under one of them.
    assert "; 2 secrets." in ran.out
    assert re.search(r"Images +2 distinct", ran.out)
    everything = scan(settings, cluster, "--scanners", "secret", "--show-suppressed").out
    assert everything.count("settings: policies[0]") == 1
    assert "as in " not in everything


@pytest.mark.parametrize(("team", "code"), [("ours", 0), ("theirs", 7)])
def test_a_vex_document_speaks_of_an_image_by_its_name(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster, team: str, code: int
) -> None:
    push(registry, f"{team}/app", "1", OLD)
    cluster.pod("shop", "web", pod_spec(f"{registry.host}/{team}/app:1"), {})
    name = quote(f"{registry.host}/ours/app", safe="")
    statement = {
        "vulnerability": {"name": "CVE-2024-1"},
        "products": [{"@id": f"pkg:oci/app?repository_url={name}"}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    }
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://acme.example/1",
        "author": "a",
        "timestamp": TIME,
        "version": 1,
        "statements": [statement],
    }
    file = settings.parent / "vex.json"
    file.write_text(json.dumps(document))
    assert scan(settings, cluster, "--vex", str(file), "--exit-code", "7").code == code


def controls(ran: Ran) -> dict[str, tuple[int | None, str]]:
    report = json.loads(ran.out)
    return {each["ID"]: (each["TotalFail"], each["Status"]) for each in report["SummaryControls"]}


def test_rules_for_objects_that_have_ended_speak_up(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    fill(cluster, f"{registry.host}/app:1")
    (settings.parent / "ignored").write_text("KSV-0009 exp:2020-01-01\n")
    ignored = ("--ignorefile", str(settings.parent / "ignored"))
    for args in (("--scanners", "misconfig"), ("--scanners", "misconfig", "-f", "json"), PSS):
        ran = scan(settings, cluster, *args, *ignored)
        assert ran.err.count("it ignores nothing any more") == 1
        assert "(KSV-0009): it ignores nothing any more" in ran.err


PSS = ("--compliance", "k8s-pss-baseline-0.1")
SUMMARY_JSON = ("--report", "summary", "-f", "json")


def test_workloads_are_held_against_a_standard(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    fill(cluster, f"{registry.host}/app:1")
    cluster.pod("shop", "alone", pod_spec("x", hostNetwork=True, hostPID=True), {})
    ran = scan(settings, cluster, *PSS, *SUMMARY_JSON, "--exit-code", "7")
    assert (ran.code, ran.err, registry.requests) == (7, "", [])
    assert (json.loads(ran.out)["ID"], len(controls(ran))) == ("k8s-pss-baseline-0.1", 11)
    assert (controls(ran)["2"], controls(ran)["3"]) == ((3, "FAIL"), (0, "PASS"))
    everything = json.loads(scan(settings, cluster, *PSS, "-f", "json").out)
    second = everything["Results"][1]
    assert {
        (part["Target"], each["ID"]) for part in second["Results"] for each in part["Misconfigurations"]
    } == {
        ("shop/Deployment/web", "KSV-0009"),
        ("shop/Pod/alone", "KSV-0009"),
        ("shop/Pod/alone", "KSV-0010"),
    }
    table = scan(settings, cluster, *PSS).out
    assert "Target    cluster fake" in table
    assert re.search(r"^KSV-0010 +shop/Pod/alone +Pod 'alone' should ", table, re.MULTILINE), table
    assert table.count("KSV-0009 The node's network is shared. Remove hostNetwork") == 1
    assert re.search(r"^2 +HIGH +FAIL +3 +Host Namespaces$", table, re.MULTILINE)
    assert "KSV-0009" not in scan(settings, cluster, *PSS, "--report", "summary").out
    assert scan(settings, cluster, *PSS, "-s", "LOW", "--exit-code", "7").code == 0
    only = scan(settings, cluster, *PSS, *SUMMARY_JSON, "--include-kinds", "deployment")
    assert controls(only)["2"] == (1, "FAIL")


def test_what_could_not_be_listed_is_not_passed(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    fill(cluster, f"{registry.host}/app:1")
    cluster.faults.forbidden_resources |= {"clusterroles", "roles"}
    # A standard for pods needs no roles.
    assert scan(settings, cluster, *PSS).code == 0
    assert not [path for path in cluster.requests if "roles" in path]
    cluster.faults.forbidden_resources |= {"cronjobs"}
    ran = scan(settings, cluster, *PSS, *SUMMARY_JSON)
    assert (ran.code, controls(ran)["2"], controls(ran)["3"]) == (
        INCOMPLETE,
        (1, "FAIL"),
        (None, "NOT CHECKED"),
    )
    assert json.loads(ran.out)["SummaryControls"][2]["Reason"] == "1 list could not be checked"
    assert "cronjobs is forbidden" in scan(settings, cluster, *PSS).out


def test_what_is_accepted_passes_a_standard(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    fill(cluster, f"{registry.host}/app:1")
    policy = '[[policies]]\nids = ["KSV-0009"]\nowner = "team-net"\nreason = "proxies"\n'
    settings.write_text(f"{settings.read_text()}{policy}")
    ran = scan(settings, cluster, *PSS, *SUMMARY_JSON)
    assert (ran.code, controls(ran)["2"]) == (0, (0, "PASS"))
    assert json.loads(ran.out)["SummaryControls"][1]["Suppressed"] == 1
    table = scan(settings, cluster, *PSS, "--show-suppressed").out
    assert re.search(r"^2 +HIGH +PASS +0 +1 +Host Namespaces$", table, re.MULTILINE)
    assert "proxies" in table
    assert "team-net" in table
    shown = scan(settings, cluster, "--scanners", "misconfig", "--show-suppressed").out
    assert "proxies" in shown


def test_images_are_read_for_a_standard_that_is_about_them(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "app", "1", OLD, layer({"srv/.env": env_file(), "srv/pod.yaml": b"apiVersion: v1"}))
    push(registry, "clean", "1", NEW, config={"User": "app"})
    for name in ("app", "clean"):
        cluster.pod("shop", name, pod_spec(f"{registry.host}/{name}:1"), {})
    standard = settings.parent / "ours.yaml"
    checks = ["VULN-HIGH", "SECRET-CRITICAL", "CVE-2024-1", "DS-0002", "KSV-0012", "VULN-LOW"]
    lines = [
        f"    - {{id: '{n}', name: n{n}, severity: HIGH, checks: [{{id: {check}}}]}}"
        for n, check in enumerate(checks)
    ]
    standard.write_text("spec:\n  id: ours\n  title: Ours\n  controls:\n" + "\n".join(lines) + "\n")
    args = ("--compliance", f"@{standard}")
    ran = scan(settings, cluster, *args, *SUMMARY_JSON, "--exit-code", "7")
    assert (ran.code, ran.err) == (7, "")
    assert list(controls(ran).values()) == [
        *[(1, "FAIL")] * 4,
        (2, "FAIL"),
        (0, "PASS"),
    ]
    table = scan(settings, cluster, *args).out
    assert f"{registry.host}/app:1: 1 vulnerability" in table
    assert "srv/.env: 1 secret" in table
    (secrets,) = json.loads(scan(settings, cluster, *args, "-f", "json").out)["Results"][1]["Results"]
    assert (secrets["ArtifactName"], secrets["Target"]) == (f"{registry.host}/app:1", "/srv/.env")
    only = scan(settings, cluster, *args, *SUMMARY_JSON, "--scanners", "secret")
    assert [status for _, status in controls(only).values()] == [
        *("NOT CHECKED", "FAIL", "NOT CHECKED", "FAIL", "FAIL", "NOT CHECKED")
    ]
    push(registry, "gone", "1", NEW)
    cluster.pod("shop", "gone", pod_spec(f"{registry.host}/nowhere:1"), {})
    gone = scan(settings, cluster, *args, *SUMMARY_JSON)
    assert (gone.code, controls(gone)["5"]) == (INCOMPLETE, (None, "NOT CHECKED"))
    assert json.loads(gone.out)["SummaryControls"][5]["Reason"] == "1 image could not be checked"


OWN = """
from analyzers.checks.check import Cause, Check
from analyzers.severity import Severity

FAMILY = "kubernetes"


def judge(manifest):
    if not manifest.resource.endswith("-prod"):
        yield Cause("its name should end in -prod")


CHECKS = (
    Check(id="ACME-0001", title="Name of no stage", severity=Severity.CRITICAL, description="So we agreed.",
          resolution="Rename it.", link="https://acme.example/1", judge=judge),
)
"""


def test_own_checks_judge_objects(settings: Path, registry: FakeRegistry, cluster: FakeCluster) -> None:
    fill(cluster, f"{registry.host}/app:1")
    cluster.pod("shop", "web-prod", pod_spec("x"), {})
    own = settings.parent / "own"
    own.mkdir()
    (own / "names.py").write_text(OWN)
    args = ("--scanners", "misconfig", "--config-check", str(own))
    ran = scan(settings, cluster, *args, "-f", "json")
    assert {key for key, each in resources(ran).items() if "ACME-0001" in failed(each)} == {
        "None/ClusterRole/god",
        "None/Namespace/shop",
        "shop/Deployment/web",
        "shop/Role/reader",
        "shop/Rollout/canary",
        "shop/ServiceAccount/default",
    }
    assert "ACME-0001 Name of no stage" in scan(settings, cluster, *args).out
    passed = scan(settings, cluster, *args, "-f", "json", "--include-non-failures", "-s", "CRITICAL")
    (part,) = resources(passed)["shop/Pod/web-prod"]["Results"]
    assert ("ACME-0001", "PASS") in {(each["ID"], each["Status"]) for each in part["Misconfigurations"]}
    standard = settings.parent / "ours.yaml"
    standard.write_text(
        "id: ours\ntitle: Ours\ncontrols: [{id: 1, name: a, severity: LOW, checks: [{id: ACME-1}]}]\n"
    )
    held = scan(settings, cluster, "--compliance", f"@{standard}", *SUMMARY_JSON, "--config-check", str(own))
    assert controls(held) == {"1": (6, "FAIL")}
    held = scan(settings, cluster, "--compliance", f"@{standard}", *SUMMARY_JSON)
    assert json.loads(held.out)["SummaryControls"][0]["Reason"] == "there is no check ACME-0001"


def test_types_of_files_are_chosen_for_objects_and_images(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    pod = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true, containers: []}\n"
    push(registry, "app", "1", NEW, layer({"srv/Dockerfile": b"FROM x\n", "srv/pod.yaml": pod}))
    cluster.pod("shop", "web", pod_spec(f"{registry.host}/app:1", hostNetwork=True), {})

    def targets(*args: str) -> set[str]:
        ran = scan(settings, cluster, "--scanners", "vuln,misconfig", "-f", "json", *args)
        results = resources(ran)["shop/Pod/web"]["Results"]
        return {part["Target"] for part in results if part["Class"] == "config"}

    assert targets() == {"shop/Pod/web", "srv/Dockerfile", "srv/pod.yaml"}
    assert targets("--misconfig-scanners", "kubernetes") == {"shop/Pod/web", "srv/pod.yaml"}
    assert targets("--misconfig-scanners", "dockerfile") == {"srv/Dockerfile"}
    alone = scan(settings, cluster, "--scanners", "misconfig", "--misconfig-scanners", "dockerfile")
    assert (alone.code, alone.out) == (USAGE, "")
    assert "--misconfig-scanners dockerfile: expected kubernetes among them" in alone.err


def test_images_and_manifests_together(settings: Path, registry: FakeRegistry, cluster: FakeCluster) -> None:
    push(registry, "app", "1", OLD)
    cluster.deployment("shop", "web", pod_spec(f"{registry.host}/app:1"), {})
    ran = scan(settings, cluster, "--scanners", "vuln,misconfig", "-f", "json")
    web = resources(ran)["shop/Deployment/web"]
    assert ran.code == 0
    assert found(web) == ["CVE-2024-1"]
    assert failed(web)
    assert next(each["Class"] for each in web["Results"]) == "config"
    assert len(web["Metadata"]) == 1


def test_what_may_not_be_judged_is_told(settings: Path, registry: FakeRegistry, cluster: FakeCluster) -> None:
    fill(cluster, f"{registry.host}/app:1")
    cluster.faults.forbidden_resources |= {"clusterroles", "roles", "deployments"}
    ran = scan(settings, cluster, "--scanners", "misconfig", "-f", "json")
    by_name, problems = resources(ran), json.loads(ran.out)["Cleanbill"]["Problems"]
    assert ran.code == INCOMPLETE
    assert "no check has judged it" in by_name["shop/Deployment/web"]["Error"]
    for kind in ("clusterroles", "roles", "deployments"):
        assert any(f'cannot list resource "{kind}"' in each for each in problems), kind
    # Nobody asked about the rights of others.
    assert scan(settings, cluster, "--scanners", "misconfig", "--include-kinds", "pod").code != INCOMPLETE
    assert not any("roles" in path for path in roleless(settings, cluster))


@pytest.mark.parametrize(
    ("refused", "missing"),
    [
        ({"clusterroles", "services"}, "objects"),
        ({"namespaces"}, "objects"),
        ({"deployments"}, "workloads"),
        ({"deployments", "services"}, "workloads and other objects"),
        ({"pods", "namespaces"}, "workloads and other objects"),
    ],
)
def test_what_may_be_missing_is_called_what_it_is(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster, refused: set[str], missing: str
) -> None:
    push(registry, "app", "1", NEW)
    cluster.pod("shop", "alone", pod_spec(f"{registry.host}/app:1"), {})
    cluster.faults.forbidden_resources |= refused
    ran = scan(settings, cluster, "--scanners", "vuln,misconfig", "--report", "summary")
    assert ran.code == INCOMPLETE
    assert f"; there may be more {missing} than could be listed.\n" in ran.out
    plain = scan(settings, cluster, "--scanners", "vuln", "--report", "summary")
    assert "objects than could be listed" not in plain.out
    assert ("workloads than could be listed" in plain.out) == missing.startswith("workloads")


def roleless(settings: Path, cluster: FakeCluster) -> list[str]:
    """Return what is asked of the API when no manifests are wanted."""
    cluster.requests.clear()
    scan(settings, cluster, "--scanners", "license")
    return cluster.requests


def test_pull_secrets_of_pod_and_service_account_are_for_their_registry_only(
    settings: Path, registry: FakeRegistry, private: FakeRegistry, cluster: FakeCluster
) -> None:
    push(private, "one", "1", OLD)
    push(private, "two", "1", NEW)
    push(registry, "open", "1", NEW)
    login = {private.host: (USERNAME, PASSWORD)}
    cluster.pull_secret("shop", "own", login)
    cluster.pull_secret("shop", "inherited", login)
    cluster.add("ServiceAccount", "shop", "robot", imagePullSecrets=[{"name": "inherited"}])
    cluster.pod("shop", "a", pod_spec(f"{private.host}/one:1", imagePullSecrets=[{"name": "own"}]), {})
    cluster.pod("shop", "b", pod_spec(f"{private.host}/two:1", serviceAccountName="robot"), {})
    cluster.pod("shop", "c", pod_spec(f"{registry.host}/open:1", imagePullSecrets=[{"name": "own"}]), {})
    ran = scan(settings, cluster, "-f", "json", "--report", "summary")
    assert (ran.code, ran.err, len(resources(ran))) == (0, "", 3)
    assert {each.authorization for each in registry.requests} == {""}
    assert PASSWORD not in ran.out


def test_one_image_fails_and_the_others_go_on(
    settings: Path, registry: FakeRegistry, private: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "good", "1", OLD)
    push(private, "secret", "1", OLD)
    made.push_chart(registry, "chart", "1")
    cluster.faults.forbidden_resources.add("secrets")
    spec = pod_spec(
        f"{registry.host}/good:1",
        f"{private.host}/secret:1",
        f"{registry.host}/chart:1",
        "Not/A Name",
        f"{registry.host}/gone:1",
        "127.0.0.1:99999/x:1",
        imagePullSecrets=[{"name": "pull"}],
    )
    cluster.pod("shop", "mixed", spec, {})
    cluster.pod("shop", "other", pod_spec(f"{registry.host}/good:1"), {})
    ran = scan(settings, cluster, "-f", "json")
    mixed, other = resources(ran)["shop/Pod/mixed"], resources(ran)["shop/Pod/other"]
    assert ran.code == INCOMPLETE
    assert found(mixed) == found(other) == ["CVE-2024-1"]
    assert "Error" not in other
    for part in (
        "wants a username and password",
        'secrets is forbidden: User "test" cannot get',
        "not an image but a helm chart",
        "container 'c3': reference 'Not/A Name'",
        "gone",
        "127.0.0.1:99999",
    ):
        assert part in mixed["Error"]


def test_the_image_of_the_nodes_platform(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    arm = push(registry, "multi", "", NEW, architecture="arm64", variant="v8")
    amd = push(registry, "multi", "", OLD)
    index = registry.push_index(
        "multi", "1", [made.entry(arm, "linux/arm64/v8"), made.entry(amd, "linux/amd64")]
    )
    cluster.add("Node", "", "n2", status={"nodeInfo": {"architecture": "arm64", "operatingSystem": "linux"}})
    name = f"{registry.host}/multi"
    cluster.pod("shop", "a", pod_spec(f"{name}:1", nodeName="n2"), {"c0": f"{name}@{index}"})
    assert found(resources(scan(settings, cluster, "-f", "json"))["shop/Pod/a"]) == []
    cluster.pod("shop", "b", pod_spec(f"{name}:1", nodeName="n1"), {"c0": f"{name}@{amd.digest}"})
    cluster.pod("shop", "c", pod_spec(f"{name}:1", nodeName="n1"), {"c0": f"{name}@{index}"})
    cluster.add("CronJob", "shop", "d", spec={"template": {"spec": pod_spec(f"{name}:1")}})
    by_name = resources(scan(settings, cluster, "-f", "json"))
    assert [found(by_name[f"shop/Pod/{each}"]) for each in "abc"] == [[], ["CVE-2024-1"], ["CVE-2024-1"]]
    # Nobody knows where it will run.
    assert len(by_name["shop/CronJob/d"]["Metadata"]) == 2


def test_an_id_that_the_tag_no_longer_has_is_told(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    old, new = push(registry, "app", "1", OLD), push(registry, "app", "1", NEW)
    name = f"{registry.host}/app:1"
    cluster.pod("shop", "same", pod_spec(name), {"c0": f"docker://{new.config_digest}"})
    cluster.pod("shop", "moved", pod_spec(name), {"c0": old.config_digest})
    ran = scan(settings, cluster, "-f", "json")
    by_name = resources(ran)
    assert ran.code == INCOMPLETE
    assert f"what runs is {old.config_digest}" in by_name["shop/Pod/moved"]["Error"]
    assert "Error" not in by_name["shop/Pod/same"]


def test_only_the_workloads_that_are_wanted(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "app", "1", NEW)
    for namespace in ("shop-a", "shop-b", "kube-system"):
        cluster.deployment(namespace, "web", pod_spec(f"{registry.host}/app:1"), {})
        cluster.pod(namespace, "alone", pod_spec(f"{registry.host}/app:1"), {})
    everything = scan(settings, cluster, "-f", "json")
    assert len(resources(everything)) == 6
    ran = scan(
        settings,
        cluster,
        *("-f", "json", "--include-namespaces", "shop-*,other", "--include-namespaces", "kube-*"),
        *("--exclude-namespaces", "shop-b", "--exclude-kinds", "pods"),
    )
    assert list(resources(ran)) == ["kube-system/Deployment/web", "shop-a/Deployment/web"]
    ran = scan(settings, cluster, "-f", "json", "--include-kinds", "Pod", "--include-namespaces", "shop-a")
    assert list(resources(ran)) == ["shop-a/Pod/alone"]


def test_refusals_are_told(settings: Path, registry: FakeRegistry, cluster: FakeCluster) -> None:
    push(registry, "app", "1", NEW)
    cluster.pod("shop", "alone", pod_spec(f"{registry.host}/app:1"), {})
    cluster.faults.forbidden_resources |= {"cronjobs", "namespaces", "nodes"}
    ran = scan(settings, cluster)
    assert ran.code == INCOMPLETE
    assert 'cronjobs is forbidden: User "test" cannot list' in " ".join(ran.out.split())
    assert "there may be more workloads than could be listed" in ran.out
    assert scan(settings, cluster, "--exclude-kinds", "cronjob").code == 0


def test_namespace_by_namespace_when_the_cluster_may_not_be_listed(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "app", "1", NEW)
    for namespace in ("shop", "hidden"):
        cluster.pod(namespace, "alone", pod_spec(f"{registry.host}/app:1"), {})
    cluster.faults.forbidden |= {"/api/v1/pods", "/api/v1/namespaces", "/api/v1/namespaces/hidden/pods"}
    ran = scan(settings, cluster, "--include-namespaces", "shop", "-f", "json")
    assert (ran.code, list(resources(ran))) == (0, ["shop/Pod/alone"])
    assert not [path for path in cluster.requests if path.startswith("/api/v1/pods")]
    cluster.faults.forbidden.remove("/api/v1/namespaces")
    ran = scan(settings, cluster, "-f", "json")
    assert (ran.code, list(resources(ran))) == (INCOMPLETE, ["shop/Pod/alone"])
    problems = json.loads(ran.out)["Cleanbill"]["Problems"]
    assert [("hidden/pods: forbidden" in each) for each in problems] == [True]
    ran = scan(settings, cluster, "--include-namespaces", "shop,typo", "-f", "json")
    assert ran.code == INCOMPLETE
    assert 'namespaces "typo" not found' in json.loads(ran.out)["Cleanbill"]["Problems"][0]


def test_an_owner_of_an_unknown_kind_stays_what_it_is(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "app", "1", NEW)
    rollout = owner("Rollout", "canary", api_version="argoproj.io/v1alpha1")
    cluster.add("ReplicaSet", "shop", "canary-1", spec={}, owner=rollout)
    spec = pod_spec(f"{registry.host}/app:1")
    cluster.pod("shop", "canary-1-x", spec, {}, owner=owner("ReplicaSet", "canary-1"))
    cluster.pod("shop", "static", spec, {}, owner=owner("Node", "n1", api_version="v1"))
    assert list(resources(scan(settings, cluster, "-f", "json"))) == [
        "shop/Pod/static",
        "shop/Rollout/canary",
    ]


def test_an_empty_cluster_is_not_a_clean_one(settings: Path, cluster: FakeCluster) -> None:
    ran = scan(settings, cluster)
    assert ran.code == NOTHING
    assert "No workloads were found" in ran.out


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        (
            ["nobody"],
            NOTHING,
            r"127\.0\.0\.1:\d+/version: the login is refused \(status 401: Unauthorized\)",
        ),
        (["missing"], USAGE, "kubeconfig: no context 'missing'; there is: main"),
        (["--kubeconfig", "/nowhere"], USAGE, "/nowhere: no such kubeconfig; --kubeconfig or KUBECONFIG"),
        (["--compliance", "cis"], USAGE, "'cis': expected one of k8s-pss-baseline-0.1"),
        (["--config-check", "/nowhere"], USAGE, "Directory '/nowhere' does not exist"),
        (["--format", "cyclonedx"], USAGE, "'cyclonedx' is not one of 'table', 'json'"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    settings: Path, cluster: FakeCluster, args: list[str], code: int, sentence: str
) -> None:
    ran = scan(settings, cluster, *args)
    assert (ran.code, ran.out) == (code, "")
    assert re.search(sentence, ran.err), ran.err


def test_without_the_library_the_extra_is_named(
    settings: Path, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes_asyncio.client", None)
    ran = scan(settings, cluster)
    assert (ran.code, ran.out) == (NOTHING, "")
    assert "a cluster needs the extra 'k8s'" in ran.err


def test_no_cluster_gives_orders_to_the_terminal(
    settings: Path, registry: FakeRegistry, cluster: FakeCluster
) -> None:
    push(registry, "app", "1", NEW)
    cluster.pod("shop", "e\x1b[2J", pod_spec(f"{registry.host}/app:1", "\x1b[2J/x"), {})
    for args in ((), ("-f", "json"), ("--report", "summary")):
        ran = scan(settings, cluster, *args)
        assert ran.code == INCOMPLETE
        assert "\x1b" not in ran.out + ran.err

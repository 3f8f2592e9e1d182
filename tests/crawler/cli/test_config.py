import json
import re
from pathlib import Path

import pytest

from crawler.cli.options import DONE, INCOMPLETE, NOTHING, USAGE
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.layouts import write_layout
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.registry import FakeRegistry
from tests.fakes.secrets import env_file, token

TIME = "2024-01-01T00:00:00Z"
STARTED = {"User": "app", "Cmd": ["sh"]}

DOCKERFILE = """FROM alpine:3.20
ADD https://example.org/a.tgz /a.tgz
RUN apk add --no-cache curl
HEALTHCHECK CMD true
"""
POD = """apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: nginx:1.27
      securityContext:
        privileged: {}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "chart/values.yaml": "privileged: true\n",
    "chart/templates/pod.yaml": POD.replace("{}", "{{ .Values.privileged }}"),
}
OWN = """
from analyzers.checks.check import Cause, Check
from analyzers.severity import Severity

FAMILY = "kubernetes"


def judge(manifest):
    if not manifest.resource.endswith("-prod"):
        yield Cause("its name should end in -prod", 4, 4)


CHECKS = (
    Check(id="ACME-0001", title="Name of no stage", severity=Severity.CRITICAL, description="So we agreed.",
          resolution="Rename it.", link="https://acme.example/1", judge=judge),
)
"""


def project(folder: Path, files: dict[str, str]) -> Path:
    root = folder / "project"
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


def config(root: Path, *args: str, command: str = "config", columns: int = 160) -> Ran:
    return cleanbill(root.parent / "cache", command, str(root), *args, columns=columns)


def found(ran: Ran) -> set[tuple[str, str, str]]:
    return {
        (part["Target"], each["ID"], each["Status"])
        for part in json.loads(ran.out).get("Results", [])
        for each in part.get("Misconfigurations", [])
    }


def failed(ran: Ran) -> set[str]:
    return {check for _, check, status in found(ran) if status == "FAIL"}


def controls(ran: Ran) -> dict[str, tuple[int | None, str]]:
    return {
        each["ID"]: (each["TotalFail"], each["Status"]) for each in json.loads(ran.out)["SummaryControls"]
    }


def test_a_project_as_table(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE, "k8s/pod.yaml": POD.format("true")})
    ran = config(root)
    assert (ran.code, ran.err) == (DONE, "")
    for part in ("Dockerfile: ", "DS-0002", "k8s/pod.yaml: ", "KSV-0017", "container 'app' of Pod 'web'"):
        assert part in ran.out
    assert "DS-0026" not in ran.out
    assert re.search(r"\d+ of \d+ checks failed", ran.out)


def test_as_json(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE})
    ran = config(root, "--format", "json")
    (result,) = json.loads(ran.out)["Results"]
    assert (result["Target"], result["Class"], result["Type"]) == ("Dockerfile", "config", "dockerfile")
    assert result["MisconfSummary"]["Failures"] == len({each["ID"] for each in result["Misconfigurations"]})
    assert {each["Status"] for each in result["Misconfigurations"]} == {"FAIL"}
    added = next(each for each in result["Misconfigurations"] if each["CauseMetadata"].get("StartLine") == 2)
    assert added["CauseMetadata"]["Code"]["Lines"][0]["Content"].startswith("ADD https://example.org")


@pytest.mark.parametrize(
    ("comment", "is_left"),
    [
        ("# cleanbill:ignore DS-0002", False),
        ("# trivy:ignore:DS002", False),
        ("# cleanbill:ignore DS-0002 exp:2999-12-31", False),
        ("# trivy:ignore:AVD-DS-0002:exp:2020-01-01", True),
        ("# cleanbill:ignore DS-0026", True),
    ],
)
def test_comments_ignore_until_their_day(tmp_path: Path, comment: str, is_left: bool) -> None:  # noqa: FBT001 - a column
    root = project(tmp_path, {"Dockerfile": f"{comment}\n{DOCKERFILE}"})
    assert ("DS-0002" in failed(config(root, "-f", "json"))) is is_left
    shown = config(root, "--show-suppressed").out
    assert ("Suppressed: 1 finding" in shown) is not is_left


def test_what_passed_is_shown_when_asked_for(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE})
    assert ("Dockerfile", "DS-0026", "PASS") in found(config(root, "-f", "json", "--include-non-failures"))
    assert "passed" in config(root, "--include-non-failures").out


def test_exit_codes(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE, "notes.txt": "nothing"})
    assert config(root, "--exit-code", "9").code == 9
    assert config(root, "--exit-code", "9", "--severity", "CRITICAL").code == DONE
    (root / "Dockerfile").write_text("FRUM alpine\n")
    assert config(root).code == INCOMPLETE
    assert config(root.parent / "absent").code == NOTHING


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--compliance", "cis-1.0"], "'cis-1.0': expected one of k8s-pss-baseline-0.1"),
        (["--compliance", "@absent.yaml"], "absent.yaml: no such file or directory"),
        (["--compliance", "docker-cis-1.6.0", "--format", "cyclonedx"], "is not one of 'table', 'json'"),
        (["--misconfig-scanners", "docker"], "'docker': expected some of azure-arm,cloudformation"),
        (["--misconfig-scanners", ""], "none: expected some of azure-arm"),
        (["--config-check", "absent"], "'absent' does not exist"),
        (["--report", "some"], "'some' is not one of"),
    ],
)
def test_wrong_usage(tmp_path: Path, args: list[str], said: str) -> None:
    ran = config(project(tmp_path, {"Dockerfile": DOCKERFILE}), *args)
    assert ran.code == USAGE
    assert said in " ".join(ran.err.split())


def test_some_types_of_files_only(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE, "pod.yaml": POD.format("true")})
    everything = found(config(root, "-f", "json"))
    some = found(config(root, "-f", "json", "--misconfig-scanners", "dockerfile,terraformplan-json"))
    assert some == {each for each in everything if each[0] == "Dockerfile"}
    assert found(config(root, "-f", "json")) == everything


def test_own_checks(tmp_path: Path) -> None:
    root = project(tmp_path, {"pod.yaml": POD.format("false"), **CHART})
    assert "ACME-0001" not in failed(config(root, "-f", "json"))
    own = tmp_path / "own"
    own.mkdir()
    (own / "names.py").write_text(OWN)
    ran = config(root, "-f", "json", "--config-check", str(own))
    assert {each for each in found(ran) if each[1] == "ACME-0001"} == {
        ("pod.yaml", "ACME-0001", "FAIL"),
        ("chart/templates/pod.yaml", "ACME-0001", "FAIL"),
    }
    entry = next(
        each
        for part in json.loads(ran.out)["Results"]
        for each in part["Misconfigurations"]
        if each["ID"] == "ACME-0001"
    )
    assert (entry["Severity"], entry["Title"]) == ("CRITICAL", "Name of no stage")
    (own / "names.py").write_text(OWN.replace("-prod", "web"))
    assert "ACME-0001" not in failed(
        config(root, "-f", "json", "--config-check", str(own), "--misconfig-scanners", "kubernetes")
    )
    assert "ACME-0001" not in failed(config(root, "-f", "json"))


def test_a_broken_own_check_is_told_in_a_sentence(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "names.py").write_text("CHECKS = (")
    ran = config(project(tmp_path, {"pod.yaml": POD.format("false")}), "--config-check", str(own))
    assert ran.code == NOTHING
    assert ran.err.startswith(f"cleanbill: {own / 'names.py'}: SyntaxError: '(' was never closed")
    assert ran.err.count("\n") == 1


def test_values_of_charts(tmp_path: Path) -> None:
    root = project(tmp_path, CHART)
    assert "KSV-0017" in failed(config(root, "-f", "json"))
    values = tmp_path / "values.yaml"
    values.write_text("privileged: false\n")
    assert "KSV-0017" not in failed(config(root, "-f", "json", "--helm-values", str(values)))
    assert "KSV-0017" not in failed(config(root, "-f", "json", "--helm-set", "privileged=false"))
    both = ("--helm-values", str(values), "--helm-set", "privileged=true")
    assert "KSV-0017" in failed(config(root, "-f", "json", *both))
    assert "KSV-0017" not in failed(
        config(root, "-f", "json", "--scanners", "misconfig", "--helm-set", "privileged=false", command="fs")
    )


def test_a_file_that_no_check_is_for(tmp_path: Path) -> None:
    root = project(tmp_path, {"hostname": "here\n"})
    ran = cleanbill(tmp_path / "cache", "config", str(root / "hostname"))
    assert (ran.code, ran.out) == (NOTHING, "")
    assert "expected a Dockerfile, a manifest or a template; --file-patterns adds names" in ran.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--helm-set", "privileged"], "--helm-set: 'privileged', expected 'name=value'"),
        (["--helm-values"], "values.yaml: text, expected a mapping"),
    ],
)
def test_broken_values_are_told(tmp_path: Path, args: list[str], said: str) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("text\n")
    ran = config(project(tmp_path, CHART), *args, *([str(values)] if args == ["--helm-values"] else []))
    assert (ran.code, ran.out) == (USAGE, "")
    assert said in ran.err


def test_a_standard(tmp_path: Path) -> None:
    root = project(tmp_path, {"pod.yaml": POD.format("true")})
    standard = ("--compliance", "k8s-pss-baseline-0.1", "--exit-code", "7")
    summary = config(root, *standard, "--report", "summary", "-f", "json")
    assert (
        summary.out
        == config(root, "--compliance", "k8s-pss-baseline", "--report", "summary", "-f", "json").out
    )
    assert (summary.code, controls(summary)["3"], controls(summary)["6"]) == (7, (1, "FAIL"), (0, "PASS"))
    everything = json.loads(config(root, *standard, "-f", "json").out)
    third = next(each for each in everything["Results"] if each["ID"] == "3")
    assert [each["ID"] for each in third["Results"][0]["Misconfigurations"]] == ["KSV-0017"]
    assert "SummaryControls" not in everything
    table = config(root, *standard).out
    assert re.search(r"^3 +HIGH +FAIL +1 +Privileged Containers$", table, re.MULTILINE)
    assert "KSV-0017" in table
    assert "KSV-0017" not in config(root, *standard, "--report", "summary").out
    (root / "pod.yaml").write_text("# cleanbill:ignore KSV-0017\n" + POD.format("true"))
    ignored = config(root, *standard, "--report", "summary", "-f", "json")
    assert controls(ignored)["3"] == (0, "PASS")
    assert json.loads(ignored.out)["SummaryControls"][2]["Suppressed"] == 1
    shown = config(root, *standard, "--show-suppressed").out
    assert "3 Privileged Containers\n" in shown
    assert "cleanbill:ignore KSV-0017" in shown


def test_a_standard_of_a_directory_needs_no_scanner_to_be_named(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE})
    ran = config(root, "--compliance", "docker-cis-1.6.0", "--report", "summary", "-f", "json", command="fs")
    assert {key: controls(ran)[key] for key in ("4.1", "4.2", "4.6")} == {
        "4.1": (1, "FAIL"),
        "4.2": (None, "MANUAL"),
        "4.6": (0, "PASS"),
    }


def test_a_standard_of_the_users_own(tmp_path: Path) -> None:
    root = project(tmp_path, {"Dockerfile": DOCKERFILE})
    file = tmp_path / "acme.yaml"
    file.write_text(
        "spec:\n  id: acme\n  title: Acme's\n  version: '1'\n  controls:\n"
        "    - {id: '1', name: users, severity: HIGH, checks: [{id: AVD-DS-0002}]}\n"
        "    - {id: '2', name: probes, severity: LOW, checks: [{id: DS-0026}]}\n"
    )
    ran = config(root, "--compliance", f"@{file}", "--report", "summary", "-f", "json", "-s", "HIGH")
    assert controls(ran) == {"1": (1, "FAIL")}


@pytest.fixture
def image(tmp_path: Path) -> tuple[str, ...]:
    """Return what comes before the arguments of a scan of an image with a vulnerability and a secret."""
    registry = FakeRegistry()
    mirror = Mirror()
    severity = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    bug = record("CVE-2024-1", TIME, ("Debian:12", "bash"), fixed="5.3-1", severity=severity)
    mirror.put("Debian", bug)
    mirror.write(tmp_path / "osv")
    (tmp_path / "settings.toml").write_text(f'[advisories]\nosv.url = "{(tmp_path / "osv").as_uri()}"\n')
    pushed = push(
        registry, "a", "1", layer(debian(), dpkg(bash="5.2-1"), {"srv/.env": env_file()}), config=STARTED
    )
    write_layout(tmp_path / "layout", registry, {"1": pushed})
    return ("--config", str(tmp_path / "settings.toml"), "image", "--input", str(tmp_path / "layout"))


def test_a_standard_of_an_image(tmp_path: Path, image: tuple[str, ...]) -> None:
    args = (*image, "--compliance", "docker-cis-1.6.0", "-f", "json", "--report", "summary")
    ran = cleanbill(tmp_path / "cache", *args)
    assert (ran.code, ran.err) == (DONE, "")
    assert {key: controls(ran)[key] for key in ("4.1", "4.4", "4.5", "4.6", "4.10")} == {
        "4.1": (0, "PASS"),
        "4.4": (1, "FAIL"),
        "4.5": (None, "MANUAL"),
        "4.6": (1, "FAIL"),
        "4.10": (1, "FAIL"),
    }
    table = cleanbill(tmp_path / "cache", *args[:-4]).out
    for part in ("CVE-2024-1", "5.3-1", "github-pat", "DS-0026"):
        assert part in table
    assert token().decode() not in table


def test_a_standard_knows_what_was_not_looked_for(tmp_path: Path, image: tuple[str, ...]) -> None:
    args = (*image, "--compliance", "docker-cis-1.6.0", "-f", "json", "--report", "summary")
    ran = cleanbill(tmp_path / "cache", *args, "--scanners", "secret")
    assert (controls(ran)["4.4"], controls(ran)["4.10"]) == ((None, "NOT CHECKED"), (1, "FAIL"))
    reasons = {each["ID"]: each.get("Reason") for each in json.loads(ran.out)["SummaryControls"]}
    assert reasons["4.4"] == "vulnerabilities were not looked for"
    ran = cleanbill(tmp_path / "cache", *args, "--scanners", "license")
    assert (controls(ran)["4.4"], controls(ran)["4.10"]) == ((None, "NOT CHECKED"),) * 2


def test_what_is_ignored_passes_a_standard(tmp_path: Path, image: tuple[str, ...]) -> None:
    (tmp_path / "ignored").write_text("CVE-2024-1\n")
    args = (*image, "--compliance", "docker-cis-1.6.0", "--report", "summary", "-s", "CRITICAL")
    ran = cleanbill(tmp_path / "cache", *args, "--ignorefile", str(tmp_path / "ignored"))
    assert re.search(r"^4.4 +CRITICAL +PASS +0 +1 +Images are scanned", ran.out, re.MULTILINE)
    assert "2 controls: 1 passed, 1 failed, 1 failure suppressed" in ran.out


@pytest.mark.parametrize(
    "option", [["--scanners", "secret"], ["--license-full"], ["--vex", "x"], ["--format", "cyclonedx"]]
)
def test_what_is_not_done_is_not_accepted(tmp_path: Path, option: list[str]) -> None:
    ran = cleanbill(tmp_path, "config", str(tmp_path), *option)
    assert (ran.code, ran.out) == (USAGE, "")
    assert option[0] in ran.err


def test_no_scanners_are_no_choice(tmp_path: Path) -> None:
    ran = cleanbill(tmp_path, "fs", str(tmp_path), "--scanners", "")
    assert ran.code == USAGE
    assert "empty: expected some of vuln,misconfig,secret,license, or none" in ran.err

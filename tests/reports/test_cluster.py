import json

import msgspec
import pytest

from analyzers.inventory import Outcome, Problem, Scanner
from analyzers.severity import Severity
from reports import cluster, cluster_table
from reports.cluster import ALL, SUMMARY, ClusterReport, Resource, WorkloadImage
from reports.cluster_object import Packer
from reports.context import RenderContext
from reports.document import ArtifactType, Document, MisconfigurationFinding
from tests.reports.documents import CONTEXT, CREATED_AT, debian_image

FULL = debian_image()
CLEAN = msgspec.structs.replace(
    FULL,
    name="clean:1",
    manifest_digest="sha256:" + "c" * 64,
    findings=(),
    problems=(),
    feeds=(),
    components=tuple(msgspec.structs.replace(each, unchecked="") for each in FULL.components),
)


def as_table(value: ClusterReport, style: str, context: RenderContext) -> str:
    return "".join(cluster_table.render(value, style, context))


def render_json(value: ClusterReport, style: str, context: RenderContext) -> str:
    text = "".join(cluster.render_json(value, style, context))
    assert text == msgspec.json.format(text, indent=2) + "\n"
    return text


def image(*documents: Document, problems: tuple[str, ...] = ()) -> WorkloadImage:
    name = documents[0].name if documents else "gone:1"
    return WorkloadImage(name=name, containers=("c0",), documents=documents, problems=problems)


def resource(name: str, *images: WorkloadImage, problems: tuple[str, ...] = ()) -> Resource:
    return Resource(namespace="shop", kind="Deployment", name=name, images=images, problems=problems)


def report(
    *resources: Resource, problems: tuple[str, ...] = (), notes: tuple[str, ...] = ()
) -> ClusterReport:
    return ClusterReport(
        cluster="prod",
        version="v1.34.2",
        created_at=CREATED_AT,
        resources=resources,
        problems=problems,
        notes=notes,
    )


@pytest.mark.parametrize(
    ("value", "incomplete"),
    [
        (report(), False),
        (report(resource("a", image(CLEAN))), False),
        (report(notes=("worth knowing",)), False),
        (report(problems=("pods: forbidden",)), True),
        (report(resource("a", image(problems=("not found",)))), True),
        (report(resource("a", image(CLEAN), problems=("no name",))), True),
        (report(resource("a", image(msgspec.structs.replace(CLEAN, problems=(Problem("x", "y"),))))), True),
    ],
)
def test_what_could_not_be_checked_counts(value: ClusterReport, incomplete: bool) -> None:  # noqa: FBT001
    assert value.is_incomplete == incomplete
    assert json.loads(render_json(value, ALL, CONTEXT))["Cleanbill"]["Incomplete"] == incomplete


def test_each_image_counts_once() -> None:
    value = report(resource("a", image(FULL), image(CLEAN)), resource("b", image(FULL)))
    written = json.loads(render_json(value, ALL, CONTEXT))
    own = written["Cleanbill"]
    assert (own["Workloads"], own["Images"]) == (2, 2)
    assert sum(own["Severities"].values()) == len(FULL.findings)
    a, b = written["Resources"]
    assert (len(a["Metadata"]), len(b["Metadata"])) == (2, 1)
    assert a["Cleanbill"]["Severities"] == b["Cleanbill"]["Severities"] == own["Severities"]


def test_the_keys_are_those_of_trivy() -> None:
    value = report(resource("a", image(FULL), image(problems=("denied",))))
    everything = json.loads(render_json(value, ALL, CONTEXT))
    summary = json.loads(render_json(value, SUMMARY, CONTEXT))
    assert list(everything) == ["SchemaVersion", "CreatedAt", "ClusterName", "Resources", "Cleanbill"]
    assert list(summary) == ["SchemaVersion", "CreatedAt", "ClusterName", "Findings", "Cleanbill"]
    keys = ["Namespace", "Kind", "Name", "Metadata", "Results", "Error", "Cleanbill"]
    assert list(everything["Resources"][0]) == list(summary["Findings"][0]) == keys
    assert everything["Resources"][0]["Error"] == "gone:1: denied"
    assert all("Packages" in result for result in everything["Resources"][0]["Results"])
    for result in summary["Findings"][0]["Results"]:
        assert result["Vulnerabilities"]
        assert "Packages" not in result


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_of_the_summary_is_wider_than_the_terminal(width: int) -> None:
    value = report(
        resource("a", image(FULL)),
        resource("b" * 50, image(problems=("registry.test/gone:1: " + "x" * 200,))),
        problems=("pods: forbidden " * 20,),
    )
    context = msgspec.structs.replace(CONTEXT, width=width)
    text = as_table(value, SUMMARY, context)
    assert max(map(len, text.split("\n"))) <= width
    assert " ".join(text.split()).endswith(
        "2 workloads could not be checked completely; there may be more workloads than could be listed."
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (report(), "No workloads were found, so there was nothing to check."),
        (report(resource("a", image(CLEAN))), "No known vulnerabilities in 1 image."),
        (
            report(resource("a", image(problems=("denied",)))),
            (
                "No image could be read, so there was nothing to check;"
                " 1 workload could not be checked completely."
            ),
        ),
        (
            report(resource("a", image(msgspec.structs.replace(CLEAN, vulnerabilities_asked=False)))),
            "Vulnerabilities were not asked for.",
        ),
    ],
)
def test_the_last_sentence_claims_no_more_than_is_known(value: ClusterReport, sentence: str) -> None:
    text = as_table(value, SUMMARY, msgspec.structs.replace(CONTEXT, width=160))
    assert text.split("\n")[-2] == sentence
    assert ("  checked\n" in text) == (sentence == "No known vulnerabilities in 1 image.")


def test_strangers_names_are_harmless() -> None:
    evil = "e\x1b[2J\nx\u202e"
    bad = Resource(namespace=evil, kind=evil, name=evil, problems=(evil,), images=(image(problems=(evil,)),))
    value = msgspec.structs.replace(report(bad, problems=(evil,), notes=(evil,)), cluster=evil, version=evil)
    for text in (
        as_table(value, ALL, CONTEXT),
        render_json(value, ALL, CONTEXT),
        render_json(value, SUMMARY, CONTEXT),
    ):
        assert not {"\x1b", "\u202e"} & set(text)


def test_an_image_of_two_workloads_is_shown_once() -> None:
    value = report(resource("a", image(FULL)), resource("b", image(FULL)))
    text = as_table(value, ALL, msgspec.structs.replace(CONTEXT, width=160))
    assert text.count(FULL.manifest_digest) == 1
    assert "as in shop/Deployment/a" in text


def judged(name: str, *severities: Severity) -> Document:
    """Return what checks say of an object: one that passed, and failed ones of these severities."""
    outcomes = [Outcome(check="KSV-0001", passed=True, file_type="kubernetes")]
    outcomes += [Outcome(check=f"KSV-{each}", message="m", file_type="kubernetes") for each in severities]
    return Document(
        name=name,
        artifact_type=ArtifactType.FILESYSTEM,
        created_at=CREATED_AT,
        manifest_digest="",
        config_digest="",
        scanners=frozenset({Scanner.MISCONFIG}),
        vulnerabilities_asked=False,
        misconfigurations=tuple(
            MisconfigurationFinding(
                outcome=outcome,
                title="",
                severity=severity,
                description="",
                resolution="",
                link="",
                path=name,
                layer=-1,
            )
            for outcome, severity in zip(outcomes, (Severity.LOW, *severities), strict=True)
        ),
    )


@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_failed_checks_of_each_object_have_a_column(width: int) -> None:
    packer = Packer()
    failed = packer.pack(judged("shop/Deployment/a", Severity.HIGH, Severity.HIGH))
    web = msgspec.structs.replace(resource("a", image(CLEAN)), judged=failed)
    passed = packer.pack(judged("ClusterRole/god"))
    role = Resource(namespace="", kind="ClusterRole", name="god", judged=passed)
    value = msgspec.structs.replace(
        report(role, web), scanners=frozenset({Scanner.PACKAGES, Scanner.SECRET, Scanner.MISCONFIG})
    )
    assert value.has_findings
    assert not msgspec.structs.replace(value, resources=(role,)).has_findings
    text = as_table(value, SUMMARY, msgspec.structs.replace(CONTEXT, width=width))
    assert max(map(len, text.split("\n"))) <= width
    said = " ".join(text.split())
    assert said.endswith("No known vulnerabilities in 1 image; no secrets; 2 failed checks.")
    shown = "0 0 0 0 0 2H 0 checked" if width == 160 else "UNKNOWN 0 failed checks 2H secrets 0 checked"
    assert shown in said
    written = json.loads(render_json(value, ALL, CONTEXT))
    assert written["Cleanbill"]["Misconfigurations"]["HIGH"] == 2
    assert [each["Cleanbill"]["Misconfigurations"]["HIGH"] for each in written["Resources"]] == [0, 2]
    assert written["Resources"][1]["Results"][0]["Class"] == "config"

import json
import re

import msgspec
import pytest

from analyzers.inventory import Outcome, Problem, Scanner
from analyzers.severity import Severity
from reports import cluster, cluster_table
from reports.cluster import ALL, SUMMARY, ClusterReport, Resource, WorkloadImage
from reports.cluster_object import Packer
from reports.context import RenderContext
from reports.document import ArtifactType, Document, MisconfigurationFinding
from tests.reports.contents_documents import license_of
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


EMPTY = msgspec.structs.replace(CLEAN, name="empty:1", manifest_digest="sha256:" + "e" * 64, components=())


def unmatched(document: Document) -> Document:
    """Return an image for none of whose packages there were advisories."""
    return msgspec.structs.replace(
        document,
        components=tuple(
            msgspec.structs.replace(each, unchecked="no advisories") for each in document.components
        ),
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
def test_what_could_not_be_checked_counts(
    value: ClusterReport,
    incomplete: bool,  # noqa: FBT001 - a column
) -> None:
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
    said = " ".join(text.split())
    assert said.endswith(
        "2 workloads could not be checked completely; there may be more workloads than could be listed."
    )
    assert "CRITICAL ? HIGH ? MEDIUM ? LOW ? UNKNOWN ?, incomplete" in said or width > 40


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
            msgspec.structs.replace(
                report(resource("a", image(msgspec.structs.replace(CLEAN, vulnerabilities_asked=False)))),
                asks_vulnerabilities=False,
            ),
            "Vulnerabilities were not asked for.",
        ),
        (
            report(resource("a", image(msgspec.structs.replace(CLEAN, left_out=2)))),
            "No known vulnerabilities that were asked for in 1 image; 2 findings not asked for.",
        ),
        (
            report(resource("a", image(unmatched(CLEAN)))),
            "No package could be checked for vulnerabilities; 1 workload could not be checked completely.",
        ),
        (
            report(resource("a", image(unmatched(CLEAN)), image(EMPTY))),
            "No known vulnerabilities in 1 image; 1 workload could not be checked completely.",
        ),
    ],
)
def test_the_last_sentence_claims_no_more_than_is_known(value: ClusterReport, sentence: str) -> None:
    text = as_table(value, SUMMARY, msgspec.structs.replace(CONTEXT, width=160))
    assert text.split("\n")[-2] == sentence
    is_checked = sentence.startswith("No known") and "could not be" not in sentence
    assert ("  checked\n" in text) == is_checked


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
    shown = "0 0 0 0 0 2H 0 checked" if width == 160 else "UNKNOWN 0, failed checks 2H, secrets 0, checked"
    assert shown in said
    written = json.loads(render_json(value, ALL, CONTEXT))
    assert written["Cleanbill"]["Misconfigurations"]["HIGH"] == 2
    assert [each["Cleanbill"]["Misconfigurations"]["HIGH"] for each in written["Resources"]] == [0, 2]
    assert written["Resources"][1]["Results"][0]["Class"] == "config"


def row_of(text: str, name: str) -> list[str]:
    return next(line for line in text.split("\n") if f"/{name} " in line).split()[2:]


def licensed(*severities: Severity) -> Document:
    """Return an image with a package for each severity, and one that states no licence."""
    (silent,) = (each for each in CLEAN.components if each.package.name == "werkzeug")
    found = [
        license_of("GPL-3.0-only" if each is Severity.HIGH else "MIT", each, package=f"p{number}")
        for number, each in enumerate(severities)
    ]
    return msgspec.structs.replace(
        CLEAN,
        components=(silent,),
        licenses=tuple(found),
        scanners=frozenset({Scanner.LICENSE}),
        vulnerabilities_asked=False,
    )


def license_report(*resources: Resource) -> ClusterReport:
    return msgspec.structs.replace(
        report(*resources), scanners=frozenset({Scanner.LICENSE}), asks_vulnerabilities=False
    )


@pytest.mark.parametrize("width", [60, 80, 120, 160])
def test_licences_count_as_the_table_of_their_image_counts_them(width: int) -> None:
    shown = licensed(Severity.LOW, Severity.LOW, Severity.HIGH)
    value = license_report(resource("a", image(shown)), resource("b", image(shown)))
    context = msgspec.structs.replace(CONTEXT, width=width)
    everything = as_table(value, ALL, context)
    totals = [each for each in everything.split("\n") if each.startswith("Total ")]
    assert totals == [totals[0]] * 2
    assert totals[0].split()[:3] == ["Total", "3", "findings"]
    assert "\nLicences: 2 in 3 findings\n" in everything
    text = as_table(value, SUMMARY, context)
    assert [row_of(text, each) for each in "ab"] == [["1", "1H", "2L", "read"]] * 2
    assert " ".join(text.split()).endswith(
        "Vulnerabilities were not asked for; 2 licences in 3 findings; 1 package states no licence."
    )


def test_licences_are_counted_in_json_when_they_were_asked_for() -> None:
    value = license_report(resource("a", image(licensed(Severity.LOW, Severity.HIGH))))
    written = json.loads(render_json(value, ALL, CONTEXT))
    (own,) = written["Resources"]
    assert written["Cleanbill"]["Licenses"] == own["Cleanbill"]["Licenses"]
    listed = [each["Severity"] for part in own["Results"] for each in part.get("Licenses", ())]
    assert own["Cleanbill"]["Licenses"] == {
        name: listed.count(name) for name in ("CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN")
    }
    assert sorted(listed) == ["HIGH", "LOW"]
    unasked = msgspec.structs.replace(value, scanners=frozenset({Scanner.PACKAGES}))
    assert "Licenses" not in json.loads(render_json(unasked, SUMMARY, CONTEXT))["Cleanbill"]
    assert "Licences" not in as_table(unasked, SUMMARY, CONTEXT)


def test_no_licences_are_not_all_there_is_to_say() -> None:
    text = as_table(license_report(resource("a", image(licensed()))), SUMMARY, CONTEXT)
    assert "; no licences; 1 package states no licence.\n" in text


def test_what_was_not_asked_for_has_no_column() -> None:
    text = as_table(license_report(resource("a", image(licensed()))), SUMMARY, CONTEXT)
    assert re.search("^Namespace +Workload +Images +Licences +State$", text, re.MULTILINE)
    alone = msgspec.structs.replace(
        report(msgspec.structs.replace(resource("a"), judged=Packer().pack(judged("x")))),
        scanners=frozenset({Scanner.MISCONFIG}),
        asks_images=False,
        asks_vulnerabilities=False,
    )
    text = as_table(alone, SUMMARY, CONTEXT)
    assert re.search("^Namespace +Workload +Failed checks +State$", text, re.MULTILINE)
    assert "Images  " not in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (resource("a", image(CLEAN)), "1 0 0 0 0 0 0 0 0 checked"),
        (resource("a", image(problems=("denied",))), "1 ? ? ? ? ? ? ? ? incomplete"),
        (resource("a", image(CLEAN), image(problems=("denied",))), "2 ? ? ? ? ? ? ? ? incomplete"),
        (resource("a", image(FULL), image(problems=("denied",))), "2 2 2 2 ? 2 ? ? ? incomplete"),
        (resource("a", image(CLEAN, problems=("another runs",))), "1 ? ? ? ? ? ? ? ? incomplete"),
        (resource("a", problems=("container 'c': no name",)), "0 ? ? ? ? ? ? ? ? incomplete"),
        (resource("a", image(unmatched(CLEAN))), "1 ? ? ? ? ? 0 0 0 incomplete"),
        (resource("a", image(FULL), image(unmatched(CLEAN))), "2 2 2 2 ? 2 0 0 0 incomplete"),
        (
            Resource(namespace="", kind="Role", name="a", is_workload=False, problems=("its manifest",)),
            "? incomplete",
        ),
    ],
)
def test_nothing_found_in_what_could_not_be_read_is_no_zero(value: Resource, shown: str) -> None:
    scanners = frozenset({Scanner.PACKAGES, Scanner.SECRET, Scanner.MISCONFIG, Scanner.LICENSE})
    whole = msgspec.structs.replace(report(value), scanners=scanners)
    text = as_table(whole, SUMMARY, msgspec.structs.replace(CONTEXT, width=160))
    assert " ".join(text.split("/a ")[1].split("\n")[0].split()) == shown
    assert ("\n? is not known: nothing was found, but" in text) == ("?" in shown)


def test_what_nobody_asked_for_is_counted_once() -> None:
    partly = msgspec.structs.replace(FULL, left_out=3)
    packed = Packer().pack(msgspec.structs.replace(judged("ClusterRole/god"), left_out=4))
    role = Resource(namespace="", kind="ClusterRole", name="god", is_workload=False, judged=packed)
    value = msgspec.structs.replace(
        report(role, resource("a", image(partly)), resource("b", image(partly))),
        scanners=frozenset({Scanner.PACKAGES, Scanner.MISCONFIG}),
    )
    assert value.left_out == 7
    text = as_table(value, SUMMARY, msgspec.structs.replace(CONTEXT, width=160))
    assert "8 known vulnerabilities in 1 image; no failed checks; 7 findings not asked for; " in text
    assert "1 object (1 without failed checks that were asked for, not listed)" in text


@pytest.mark.parametrize(
    ("workloads", "others", "shown"),
    [
        (True, False, "workloads"),
        (False, True, "objects"),
        (True, True, "workloads and other objects"),
    ],
)
def test_what_may_be_missing_is_said(
    workloads: bool,  # noqa: FBT001 - a column
    others: bool,  # noqa: FBT001 - a column
    shown: str,
) -> None:
    value = msgspec.structs.replace(
        report(resource("a", image(CLEAN)), problems=("roles: forbidden",)),
        may_miss_workloads=workloads,
        may_miss_others=others,
    )
    said = " ".join(as_table(value, SUMMARY, CONTEXT).split())
    assert said.endswith(f"; there may be more {shown} than could be listed.")


def test_objects_are_no_workloads() -> None:
    role = Resource(namespace="", kind="Role", name="a", is_workload=False, problems=("its manifest",))
    context = msgspec.structs.replace(CONTEXT, width=160)
    text = as_table(report(role, resource("a", image(CLEAN))), SUMMARY, context)
    assert text.endswith("; 1 object could not be checked completely.\n")
    text = as_table(report(role, resource("a", problems=("no name",))), SUMMARY, context)
    assert text.endswith("; 1 workload and 1 object could not be checked completely.\n")

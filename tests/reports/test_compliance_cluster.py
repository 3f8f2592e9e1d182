import json

import msgspec
import pytest

from analyzers.checks.compliance import Control, Spec, Status
from analyzers.inventory import Outcome
from analyzers.severity import Severity
from reports.cluster import ClusterReport, Resource, WorkloadImage
from reports.cluster_object import Packer, judged_document
from reports.compliance import render
from reports.compliance_cluster import compliance_of_cluster
from reports.document import Document
from tests.reports.contents_documents import with_contents
from tests.reports.documents import CONTEXT, CREATED_AT, debian_image

EVERY = tuple(severity.name for severity in Severity)
IMAGE = msgspec.structs.replace(debian_image(), problems=())
SECRETS = msgspec.structs.replace(with_contents(), manifest_digest="sha256:" + "d" * 64, misconfigurations=())
WIDE = msgspec.structs.replace(CONTEXT, width=120)


def resource(name: str, *checks: str, images: tuple[Document, ...] = (), problem: str = "") -> Resource:
    """Return a pod that fails these checks, and passes KSV-0001."""
    outcomes = [Outcome(check=check, message="no", file_type="kubernetes") for check in checks]
    passed = Outcome(check="KSV-0001", passed=True, file_type="kubernetes")
    return Resource(
        namespace="shop",
        kind="Pod",
        name=name,
        images=tuple(WorkloadImage(name=each.name, containers=("c",), documents=(each,)) for each in images),
        problems=(problem,) if problem else (),
        judged=None if problem else Packer().pack(judged_document(f"shop/Pod/{name}", [*outcomes, passed])),
    )


def report(*resources: Resource, problems: tuple[str, ...] = ()) -> ClusterReport:
    return ClusterReport(
        cluster="prod", version="", created_at=CREATED_AT, resources=resources, problems=problems
    )


def spec(*checks: str) -> Spec:
    control = Control(id="1", name="All of it", severity=Severity.HIGH, checks=checks)
    return Spec(id="a", title="A", version="1", link="", controls=(control,))


@pytest.mark.parametrize(
    ("value", "checks", "expected"),
    [
        (report(resource("a"), resource("b")), ("KSV-0001",), (Status.PASS, 2, 0, ())),
        (report(resource("a", "KSV-0017"), resource("b")), ("KSV017",), (Status.FAIL, 0, 1, ())),
        (
            report(resource("a")),
            ("KSV-0017",),
            (Status.NOT_CHECKED, 0, 0, ("there was nothing that its checks are about",)),
        ),
        (
            report(resource("a"), resource("b", problem="not read")),
            ("KSV-0001",),
            (Status.NOT_CHECKED, 1, 0, ("1 object could not be checked",)),
        ),
        (
            report(resource("a"), problems=("pods: forbidden", "jobs: forbidden")),
            ("KSV-0001",),
            (Status.NOT_CHECKED, 1, 0, ("2 lists could not be checked",)),
        ),
        (
            report(resource("a", images=(SECRETS,)), resource("b", images=(SECRETS,))),
            ("SECRET-CRITICAL",),
            (Status.FAIL, 0, 2, ()),
        ),
    ],
)
def test_what_a_control_comes_to(
    value: ClusterReport, checks: tuple[str, ...], expected: tuple[Status, int, int, tuple[str, ...]]
) -> None:
    (found,) = compliance_of_cluster(spec(*checks), value, EVERY, is_summary=True).results
    assert (found.status, found.passed, found.failed, found.reasons) == expected


def test_an_image_that_could_not_be_read_is_not_passed_by_any_check_of_images() -> None:
    gone = WorkloadImage(name="gone:1", containers=("c",), problems=("not found",))
    value = report(msgspec.structs.replace(resource("a"), images=(gone,)))
    for check in ("DS-0002", "VULN-LOW", "SECRET-LOW"):
        (found,) = compliance_of_cluster(spec(check), value, EVERY, is_summary=True).results
        assert found.status is Status.NOT_CHECKED
    held = compliance_of_cluster(spec("KSV-0001"), value, EVERY, is_summary=True)
    assert held.results[0].status is Status.PASS
    assert held.gaps == ("shop/Pod/a: gone:1: not found",)
    assert "could not be checked: shop/Pod/a: gone:1: not found\n" in render(held, "table", WIDE)


def test_what_fails_is_shown_where_it_is() -> None:
    value = report(resource("a", "KSV-0017", images=(IMAGE, SECRETS)), resource("b", "KSV-0009"))
    held = compliance_of_cluster(
        spec("KSV-0017", "SECRET-CRITICAL", "CVE-2024-6119"), value, EVERY, is_summary=False
    )
    text = render(held, "table", WIDE)
    for part in ("Target    cluster prod", "KSV-0017  shop/Pod/a  no\n", f"{IMAGE.name}: 2 vulnerabilities"):
        assert part in text
    assert f"\n{SECRETS.name}\n\nimage configuration: 1 secret" in text
    narrow = render(held, "table", msgspec.structs.replace(CONTEXT, width=60))
    assert "shop/Pod/a: 1 failure" in narrow
    assert "KSV-0009" not in text
    assert "shop/Pod/b" not in text
    (control,) = json.loads(render(held, "json", CONTEXT))["Results"]
    assert [each["ArtifactName"] for each in control["Results"]] == [
        "shop/Pod/a",
        IMAGE.name,
        SECRETS.name,
        SECRETS.name,
    ]


def test_what_passed_is_shown_when_asked_for() -> None:
    value = msgspec.structs.replace(report(resource("a"), resource("b")), include_passed=True)
    held = compliance_of_cluster(spec("KSV-0001"), value, EVERY, is_summary=False)
    (control,) = json.loads(render(held, "json", CONTEXT))["Results"]
    assert [each["Target"] for each in control["Results"]] == ["shop/Pod/a", "shop/Pod/b"]

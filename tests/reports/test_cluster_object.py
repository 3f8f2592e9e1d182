import json
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.ignore.decision import Decision, Status
from analyzers.inventory import Outcome
from analyzers.misconfig.kubernetes import outcomes_of_object
from analyzers.severity import Severity
from reports import trivy_json
from reports.cluster_object import Packer, judged_document
from reports.document import Document, MisconfigurationFinding, Suppressed
from tests.fakes.kubernetes import pod_spec
from tests.reports.documents import CONTEXT, CREATED_AT

CHECKS = ("KSV-0001", "KSV-0009", "KSV-0012", "KSV-0017")


def outcome(check: str, message: str) -> Outcome:
    return Outcome(check=check, message=message, passed=not message, resource="Pod/a", file_type="kubernetes")


OUTCOMES = st.lists(st.builds(outcome, st.sampled_from(CHECKS), st.text(max_size=5)), max_size=8)
IGNORED = Decision(status=Status.IGNORED, statement="so be it", source="file .trivyignore:1")


@given(OUTCOMES, OUTCOMES)
def test_what_is_packed_comes_out_again(outcomes: list[Outcome], accepted: list[Outcome]) -> None:
    made = judged_document("shop/Pod/a", outcomes)
    found: list[MisconfigurationFinding] = []
    passed: set[str] = set()
    for each in made.misconfigurations:  # a check passes an object once
        if not (each.outcome.passed and each.outcome.check in passed):
            found.append(each)
        passed |= {each.outcome.check} if each.outcome.passed else set()
    others = judged_document("shop/Pod/a", [each for each in accepted if not each.passed]).failures
    document = msgspec.structs.replace(
        made,
        misconfigurations=tuple(found),
        suppressed=tuple(
            Suppressed(kind="misconfiguration", finding=each, decision=IGNORED) for each in others
        ),
        expired=("file .trivyignore:2 (KSV-0009)",),
        left_out=2,
        created_at=CREATED_AT,
        include_passed=True,
        show_suppressed=True,
    )
    report = Packer().pack(document)
    unpacked = report.document(CREATED_AT, include_passed=True, show_suppressed=True)
    key = repr
    assert sorted(unpacked.misconfigurations, key=key) == sorted(document.misconfigurations, key=key)
    assert msgspec.structs.replace(unpacked, misconfigurations=()) == msgspec.structs.replace(
        document, misconfigurations=()
    )
    assert sum(number for _, number in report.failed) == len(document.failures) == report.failures.total()
    assert sum(number for _, number in report.suppressed) == len(document.suppressed)


def workload(number: int) -> Document:
    spec = pod_spec(f"app:{number}", "side:1", hostNetwork=True)
    value = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"web-{number}"}, "spec": spec}
    return judged_document(f"shop/Pod/web-{number}", outcomes_of_object(value))


def test_a_report_has_what_the_document_had() -> None:
    document = msgspec.structs.replace(workload(1), created_at=CREATED_AT)
    report = Packer().pack(document)
    unpacked = report.document(CREATED_AT, include_passed=False, show_suppressed=False)
    assert json.loads(trivy_json.render(unpacked, CONTEXT)) == json.loads(
        trivy_json.render(document, CONTEXT)
    )
    assert report.failures[Severity.HIGH] > 0
    assert (report.name, report.resource) == ("shop/Pod/web-1", "Pod/web-1")


def test_thousands_of_objects_take_little_room() -> None:
    packer = Packer()
    first = packer.pack(workload(0))
    tracemalloc.start()
    try:
        kept = [packer.pack(workload(number)) for number in range(1, 301)]
        size_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(workload(0).misconfigurations) > 30
    assert all(each.passed is first.passed and each.failed is first.failed for each in kept)
    assert size_bytes / len(kept) < 2_000


@pytest.mark.parametrize("outcomes", [[], [outcome("ACME-1", "gone")]])
def test_odd_objects(outcomes: list[Outcome]) -> None:
    report = Packer().pack(judged_document("a", outcomes))
    assert report.document("", include_passed=True, show_suppressed=True).failures == (
        judged_document("a", outcomes).failures
    )

import pytest

from analyzers.checks.check import Cause, Check, canonical, ignored_by, run
from analyzers.inventory import CodeLine, Outcome
from analyzers.severity import Severity


def check_of(*causes: Cause, applies: bool = True) -> Check[str]:
    return Check(
        id="DS-0002",
        title="Title",
        severity=Severity.HIGH,
        description="Why.",
        resolution="How.",
        link="https://example.org/",
        judge=lambda _: causes,
        applies=lambda _: applies,
    )


def test_a_check_without_causes_passed() -> None:
    outcomes = list(run([check_of()], "", [], file_type="dockerfile", resource="web"))
    assert outcomes == [Outcome(check="DS-0002", passed=True, resource="web", file_type="dockerfile")]


def test_a_check_that_is_about_something_else_says_nothing() -> None:
    assert list(run([check_of(Cause("wrong"), applies=False)], "", [], file_type="x")) == []


def test_each_cause_is_an_outcome_with_its_code() -> None:
    causes = (Cause("first", 1, 2), Cause("second", 3, 0, resource="db"))
    first, second = run([check_of(*causes)], "", ["a", "b", "c # trivy:ignore:DS002"], file_type="x")
    assert first.code == (CodeLine(1, "a", is_cause=True), CodeLine(2, "b", is_cause=True))
    assert (first.start_line, first.end_line, first.ignored) == (1, 2, "")
    assert second.code == (CodeLine(3, "c # trivy:ignore:DS002", is_cause=True),)
    assert (second.resource, second.ignored) == ("db", "# trivy:ignore:DS002")


@pytest.mark.parametrize(("start", "end"), [(7, 9), (0, 0)])
def test_a_cause_without_lines_in_the_file_has_no_code(start: int, end: int) -> None:
    (outcome,) = run([check_of(Cause("wrong", start, end))], "", ["a"], file_type="x")
    assert outcome.code == ()


def test_long_lines_and_many_are_cut() -> None:
    (outcome,) = run([check_of(Cause("wrong", 1, 100))], "", ["x" * 900] * 100, file_type="x")
    assert len(outcome.code) == 20
    assert {len(line.content) for line in outcome.code} == {500}


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# cleanbill:ignore DS-0002", "# cleanbill:ignore DS-0002"),
        ("# cleanbill:ignore DS-0002 exp:2026-12-31", "# cleanbill:ignore DS-0002 exp:2026-12-31"),
        ("#trivy:ignore:AVD-DS-0002:exp:2026-12-31", "#trivy:ignore:AVD-DS-0002:exp:2026-12-31"),
        ("// trivy:ignore:ds002", "// trivy:ignore:ds002"),
        ("# trivy:ignore:DS001 trivy:ignore:DS002", "trivy:ignore:DS002"),
        ("# trivy:ignore:DS001 # cleanbill:ignore DS-0002", "# cleanbill:ignore DS-0002"),
        ("# trivy:ignore:DS002 # trivy:ignore:DS001", "# trivy:ignore:DS002"),
        ("# cleanbill:ignore *", "# cleanbill:ignore *"),
        ("# trivy:ignore:AVD-DS-*", "# trivy:ignore:AVD-DS-*"),
        ("# trivy:ignore:KSV-*", ""),
        ("# trivy:ignore:DS003", ""),
        ("echo trivy:ignore:DS002", ""),
        ("# this is not cleanbill:ignore DS-0002", ""),
    ],
)
def test_comments_that_ignore(comment: str, said: str) -> None:
    assert ignored_by(["FROM x", comment, "USER root"], 3, "DS-0002") == said


@pytest.mark.parametrize(
    ("comment", "is_ignored"),
    [
        ("#trivy:ignore:aws-s3-enable-versioning", True),
        ("# trivy:ignore:enable-versioning", True),
        ("# trivy:ignore:aws-s3-*", True),
        ("# tfsec:ignore:aws-s3-enable-versioning", True),
        ("#tfsec:ignore:AWS-0090 tfsec:ignore:aws-s3-enable-logging", True),
        ("//tfsec:ignore:aws-s3-enable-versioning:exp:2030-01-01", True),
        ("# cleanbill:ignore aws-s3-enable-versioning exp:2030-01-01", True),
        ("# tfsec:ignore:*", True),
        ("# trivy:ignore:aws-s3-enable-logging", False),
        ("# trivy:ignore:aws-ec2-*", False),
        ("# trivy:ignore:enable-versioning-of-all", False),
        ("# trivy:ignore:aws-s3-enable-versioning[name=other]", False),
        ("# trivy:ignore:aws-s3-enable-versioning:ws:test", False),
    ],
)
def test_comments_with_long_names(comment: str, is_ignored: bool) -> None:  # noqa: FBT001 - what is said of it
    assert bool(ignored_by([comment, 'resource "aws_s3_bucket" "a" {}'], 2, "AWS-0090")) is is_ignored


def test_comments_of_the_first_lines_are_for_the_whole_file() -> None:
    lines = ["# syntax=x", "# trivy:ignore:DS002", "FROM x", "", "USER root"]
    assert ignored_by(lines, 5, "DS-0002") == ignored_by(lines, 0, "DS-0002") == "# trivy:ignore:DS002"


def test_comments_elsewhere_ignore_nothing() -> None:
    assert ignored_by(["FROM x", "# trivy:ignore:DS002", "RUN y", "USER root"], 4, "DS-0002") == ""


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("AVD-DS-0002", "DS-0002"),
        ("DS002", "DS-0002"),
        ("ds-2", "DS-0002"),
        ("AVD-AWS-0086", "AWS-0086"),
        ("CB-D0001", "CB-D0001"),
        ("KSV117", "KSV-0117"),
        ("aws-0086", "AWS-0086"),
        ("aws-s3-enable-versioning", "AWS-0090"),
        ("aws-vpc-no-public-ingress-sgr", "AWS-0107"),
        ("no-such-name", "NO-SUCH-NAME"),
    ],
)
def test_spellings_of_ids(written: str, same: str) -> None:
    assert canonical(written) == same

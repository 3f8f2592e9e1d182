from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.ignore.candidate import Artifact, Candidate, FindingKind, oci_purl
from analyzers.ignore.decision import Decision, Status
from analyzers.ignore.naming import ranged
from analyzers.ignore.policy import Policy
from analyzers.ignore.rule import Rule, rule
from analyzers.ignore.statement import Statement

TODAY = date(2026, 11, 23)
DIGEST = "sha256:" + "ab" * 32
IMAGE = Artifact(
    purls=(oci_purl("ghcr.io/team/app", DIGEST),), names=("ghcr.io/team/app:1",), digests=(DIGEST,)
)
GIT = Candidate(
    kind=FindingKind.VULNERABILITY,
    ids=("CVE-2024-32002", "GHSA-8h77-4q3w-gfgv"),
    paths=("lib/apk/db/installed",),
    purls=("pkg:apk/alpine/git@2.45.0-r0?arch=x86_64&distro=3.20",),
    within=("pkg:golang/example.org/tool@v1.0.0",),
    artifact=IMAGE,
    severity="HIGH",
)
ROOT = Candidate(kind=FindingKind.MISCONFIGURATION, ids=("DS-0002",), paths=("docs/Dockerfile",))
KEY = Candidate(kind=FindingKind.SECRET, ids=("aws-access-key-id",), paths=("foo/aws.secret",))
GPL = Candidate(
    kind=FindingKind.LICENSE, ids=("GPL-3.0-only",), paths=("a/LICENSE",), purls=("pkg:npm/left-pad@1.0.0",)
)
MANY = Candidate(kind=FindingKind.LICENSE, ids=("MIT AND (GPL-2.0 WITH Classpath-exception-2.0 OR Zlib)",))


def vex(status: Status, *product: str, time_s: float = 0.0, **more: object) -> Statement:
    return Statement(
        vulnerabilities=("CVE-2024-32002",),
        product=product,
        status=status,
        source=f"{status} {time_s:.0f}",
        time_s=time_s,
        **more,  # type: ignore[arg-type]  # any of Statement's
    )


@pytest.mark.parametrize(
    ("written", "candidate", "is_ignored"),
    [
        (Rule(id="CVE-2024-32002"), GIT, True),
        (Rule(id="ghsa-8H77-4q3w-gfgv"), GIT, True),
        (Rule(id="CVE-2024-3200"), GIT, False),
        (Rule(id="CVE-2024-32002", kind=FindingKind.SECRET), GIT, False),
        (Rule(id="CVE-2024-32002", kind=FindingKind.VULNERABILITY), GIT, True),
        (Rule(id="CVE-2024-32002", paths=("lib/**",)), GIT, True),
        (Rule(id="CVE-2024-32002", paths=("usr/**", "lib/apk/db/installed")), GIT, True),
        (Rule(id="CVE-2024-32002", paths=("usr/**",)), GIT, False),
        (Rule(id="CVE-2024-32002", purls=("pkg:apk/alpine/git",)), GIT, True),
        (Rule(id="CVE-2024-32002", purls=("pkg:apk/alpine/git@2.44",)), GIT, False),
        (Rule(id="CVE-2024-32002", purls=("pkg:apk/alpine/git",), paths=("usr/*",)), GIT, False),
        (Rule(id="CVE-2024-32002", severities=("LOW", "HIGH")), GIT, True),
        (Rule(id="CVE-2024-32002", severities=("LOW",)), GIT, False),
        (Rule(id="AVD-DS-0002"), ROOT, True),
        (Rule(id="DS002"), ROOT, True),
        (Rule(id="ds-0002", paths=("**/Dockerfile",)), ROOT, True),
        (Rule(id="DS-0001"), ROOT, False),
        (Rule(id="aws-access-key-id"), KEY, True),
        (Rule(id="aws-access-key-id", purls=("pkg:npm/a",)), KEY, False),
        (Rule(id="gpl-3.0-only", kind=FindingKind.LICENSE), GPL, True),
        (rule("*", paths=["foo/**"]), KEY, True),
        (rule("*", paths=["bar/**"]), KEY, False),
        (rule("*", kind=FindingKind.LICENSE, purls=["pkg:npm/left-pad"]), GPL, True),
        (rule("*", severities=["high"]), GIT, True),
    ],
)
def test_a_rule_ignores_what_fits_all_of_it(
    written: Rule,
    candidate: Candidate,
    is_ignored: bool,  # noqa: FBT001 - a column
) -> None:
    decision = Policy([written]).decide(candidate, TODAY)
    assert (decision is not None) is is_ignored
    assert decision is None or decision.suppresses


@pytest.mark.parametrize(
    ("ids", "is_ignored"),
    [
        (["MIT", "Zlib", "GPL-2.0 with Classpath-exception-2.0"], True),
        (["MIT", "Zlib"], False),
        (["MIT", "Zlib", "GPL-2.0"], False),
        (["MIT AND (GPL-2.0 WITH Classpath-exception-2.0 OR Zlib)"], True),
    ],
)
def test_an_expression_is_ignored_with_each_of_its_licences(
    ids: list[str],
    is_ignored: bool,  # noqa: FBT001 - a column
) -> None:
    decision = Policy([Rule(id=each) for each in ids]).decide(MANY, TODAY)
    assert (decision is not None) is is_ignored


def test_a_decision_tells_why_where_and_who() -> None:
    written = Rule(id="CVE-2024-32002", statement="no submodules", owner="team", source="file f:1")
    assert Policy([written, Rule(id="CVE-2024-32002")]).decide(GIT, TODAY) == Decision(
        status=Status.IGNORED, statement="no submodules", source="file f:1", owner="team"
    )


def test_a_rule_ends_on_its_day() -> None:
    over = Rule(id="CVE-2024-32002", expires=TODAY, source="a")
    policy = Policy([over, Rule(id="CVE-9", expires=TODAY + timedelta(1))])
    assert policy.decide(GIT, TODAY - timedelta(1)) == Decision(status=Status.IGNORED, source="a")
    assert policy.decide(GIT, TODAY) == Decision(status=Status.UNKNOWN, source="a", expired=True)
    assert policy.expired(TODAY) == (over,)


def test_another_rule_goes_on_where_one_ended() -> None:
    rules = [Rule(id="CVE-2024-32002", expires=TODAY, source="a"), Rule(id="CVE-2024-32002", source="b")]
    assert Policy(rules).decide(GIT, TODAY) == Decision(status=Status.IGNORED, source="b")


@pytest.mark.parametrize(
    ("product", "subcomponents", "applies"),
    [
        (("pkg:apk/alpine/git",), (), True),
        (("pkg:apk/alpine/git@2.44.0-r0",), (), False),
        (("pkg:apk/alpine/git", "pkg:apk/wolfi/git"), (), True),
        (("pkg:oci/app?repository_url=ghcr.io%2Fteam%2Fapp",), (), True),
        (("pkg:oci/app?repository_url=ghcr.io%2Fteam%2Fapp",), (("pkg:apk/alpine/git",),), True),
        (("pkg:oci/app?repository_url=ghcr.io%2Fteam%2Fapp",), (("pkg:apk/alpine/bash",),), False),
        (("pkg:oci/app?repository_url=ghcr.io%2Fother%2Fapp",), (("pkg:apk/alpine/git",),), False),
        (("ghcr.io/team/app:1",), (("pkg:apk/alpine/bash",), ("pkg:apk/alpine/git",)), True),
        ((DIGEST.replace("sha256", "SHA-256").upper(),), (), True),
        (("pkg:golang/example.org/tool",), (("pkg:apk/alpine/git",),), True),
        (("pkg:apk/alpine/git",), (("pkg:npm/a",),), False),
        ((), (), False),
        (("",), (), False),
    ],
)
def test_a_statement_speaks_of_a_product_and_packages_in_it(
    product: tuple[str, ...],
    subcomponents: tuple[tuple[str, ...], ...],
    applies: bool,  # noqa: FBT001 - a column
) -> None:
    said = vex(Status.NOT_AFFECTED, *product, subcomponents=subcomponents)
    decision = Policy(vex=[[said]]).decide(GIT, TODAY)
    assert (decision is not None and decision.suppresses) is applies


@pytest.mark.parametrize(
    ("status", "suppresses"),
    [
        (Status.NOT_AFFECTED, True),
        (Status.FIXED, True),
        (Status.AFFECTED, False),
        (Status.UNDER_INVESTIGATION, False),
        (Status.UNKNOWN, False),
    ],
)
def test_only_two_statuses_suppress(status: Status, suppresses: bool) -> None:  # noqa: FBT001 - a column
    decision = Policy(vex=[[vex(status, "pkg:apk/alpine/git")]]).decide(GIT, TODAY)
    assert decision is not None
    assert (decision.status, decision.suppresses) == (status, suppresses)


@pytest.mark.parametrize(
    ("groups", "source"),
    [
        ([[(Status.AFFECTED, 1), (Status.FIXED, 2)]], "fixed 2"),
        ([[(Status.FIXED, 2), (Status.AFFECTED, 1)]], "fixed 2"),
        ([[(Status.FIXED, 2), (Status.AFFECTED, 2)]], "affected 2"),
        ([[(Status.FIXED, 0), (Status.AFFECTED, 1)]], "affected 1"),
        ([[(Status.AFFECTED, 1)], [(Status.FIXED, 2)]], "affected 1"),
    ],
)
def test_the_last_statement_of_the_weightiest_group_counts(
    groups: list[list[tuple[Status, float]]], source: str
) -> None:
    said = [
        [vex(status, "pkg:apk/alpine/git", time_s=time_s) for status, time_s in group] for group in groups
    ]
    decision = Policy(vex=said).decide(GIT, TODAY)
    assert decision is not None
    assert decision.source == source


def test_a_rule_comes_before_statements_and_one_that_ended_after_them() -> None:
    said = [[vex(Status.AFFECTED, "pkg:apk/alpine/git")]]
    for expires, status in ((None, Status.IGNORED), (TODAY, Status.AFFECTED)):
        decision = Policy([Rule(id="CVE-2024-32002", expires=expires)], said).decide(GIT, TODAY)
        assert decision is not None
        assert decision.status is status


@pytest.mark.parametrize(("scope", "applies"), [((DIGEST,), True), (("sha256:" + "cd" * 32,), False)])
def test_an_attestation_speaks_of_its_subjects_only(
    scope: tuple[str, ...],
    applies: bool,  # noqa: FBT001 - a column
) -> None:
    said = vex(Status.NOT_AFFECTED, "pkg:apk/alpine/git", scope=scope)
    assert (Policy(vex=[[said]]).decide(GIT, TODAY) is not None) is applies


def test_a_bom_link_names_a_package_of_one_bill_of_materials() -> None:
    said = vex(Status.NOT_AFFECTED, "urn:cdx:3e67/1#pkg%3Anpm%2Fa")
    for link, applies in (("urn:cdx:3E67/1#pkg:npm/a", True), ("urn:cdx:3e67/2#pkg:npm/a", False)):
        asked = Candidate(kind=FindingKind.VULNERABILITY, ids=("CVE-2024-32002",), purls=(link,))
        assert (Policy(vex=[[said]]).decide(asked, TODAY) is not None) is applies


@pytest.mark.parametrize(
    ("product", "applies"),
    [
        (ranged("pkg:apk/alpine/git", "vers:apk/<2.45.1-r0"), True),
        (ranged("pkg:apk/alpine/git", "vers:apk/<2.45.0-r0"), False),
        (ranged("pkg:apk/alpine/git?arch=x86_64", "vers:alpine/>=2.40.0|<3.0.0"), True),
        (ranged("pkg:golang/example.org/tool", "vers:golang/<1.0.1"), True),
    ],
)
def test_a_statement_speaks_of_a_range_of_versions(
    product: str,
    applies: bool,  # noqa: FBT001 - a column
) -> None:
    decision = Policy(vex=[[vex(Status.NOT_AFFECTED, product)]]).decide(GIT, TODAY)
    assert (decision is not None and decision.suppresses) is applies


def test_a_statement_whose_versions_cannot_be_told_holds_for_nothing_and_is_told() -> None:
    unread = vex(Status.FIXED, ranged("pkg:apk/alpine/git", "<5.0.0"))
    problem = vex(Status.NOT_AFFECTED, "pkg:apk/alpine/git", problem="no idea")
    policy = Policy(vex=[[unread, unread, problem]])
    assert policy.decide(GIT, TODAY) is None
    wanted = "expected a range of versions such as vers:npm/>=1.2.0|<2.0.0"
    assert policy.unread == (
        f"fixed 0: '<5.0.0': {wanted}; 2 statements with it hold for nothing",
        "not_affected 0: no idea; the statement holds for nothing",
    )
    many = [vex(Status.FIXED, "pkg:npm/a", problem=str(number)) for number in range(25)]
    assert Policy(vex=[many]).unread[-2:] == (
        "fixed 0: 19; the statement holds for nothing",
        "and 5 more reasons for which statements hold for nothing",
    )


def test_vex_speaks_of_vulnerabilities_only() -> None:
    said = Statement(vulnerabilities=("GPL-3.0-only",), product=("pkg:npm/left-pad",), status=Status.FIXED)
    assert Policy(vex=[[said]]).decide(GPL, TODAY) is None


def test_a_rule_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ParseError, match=r"^f:1: paths"):
        Policy([Rule(id="a", paths=("[",), source="f:1")])


IDS = st.sampled_from(["CVE-1", "CVE-2", "CVE-3"])
RULES = st.builds(
    Rule,
    id=IDS,
    kind=st.sampled_from([None, *FindingKind]),
    paths=st.sampled_from([(), ("a/*",), ("b",)]),
    expires=st.sampled_from([None, TODAY - timedelta(1), TODAY, TODAY + timedelta(1)]),
    source=st.sampled_from("abc"),
)
CANDIDATES = st.builds(
    Candidate,
    kind=st.sampled_from(list(FindingKind)),
    ids=st.lists(IDS, min_size=1, max_size=2).map(tuple),
    paths=st.sampled_from([(), ("a/x",), ("b",)]),
)


@given(st.lists(RULES, max_size=6), CANDIDATES, st.data())
def test_the_order_of_unrelated_rules_says_nothing(
    rules: list[Rule], candidate: Candidate, data: st.DataObject
) -> None:
    related = [each for each in rules if each.id in candidate.ids]
    unrelated = [each for each in rules if each.id not in candidate.ids]
    mixed = list(related)
    for each in data.draw(st.permutations(unrelated)):
        mixed.insert(data.draw(st.integers(0, len(mixed))), each)
    assert Policy(mixed).decide(candidate, TODAY) == Policy(related).decide(candidate, TODAY)


@given(st.lists(RULES, max_size=6), CANDIDATES)
def test_an_ended_rule_suppresses_nothing(rules: list[Rule], candidate: Candidate) -> None:
    ended = [each for each in rules if each.is_expired(TODAY)]
    decision = Policy(ended).decide(candidate, TODAY)
    assert decision is None or (decision.expired and not decision.suppresses)
    held = [each for each in rules if not each.is_expired(TODAY)]
    with_all, without = (Policy(each).decide(candidate, TODAY) for each in (rules, held))
    assert (with_all is not None and with_all.suppresses) is (without is not None and without.suppresses)


def test_ten_thousand_findings_meet_two_thousand_rules() -> None:
    rules = [Rule(id=f"CVE-{each}", paths=("a/**",), purls=("pkg:npm/x",)) for each in range(2000)]
    said = [vex(Status.FIXED, f"pkg:npm/x{each}", subcomponents=(("pkg:npm/y",),)) for each in range(2000)]
    policy = Policy(rules, [said])
    asked = [
        Candidate(
            kind=FindingKind.VULNERABILITY,
            ids=(f"CVE-{each % 4000}", "CVE-2024-32002"),
            paths=("a/b",),
            purls=(f"pkg:npm/x@{each % 100}",),
            artifact=IMAGE,
        )
        for each in range(10_000)
    ]
    assert sum(policy.decide(each, TODAY) is not None for each in asked) == 6000

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import severity
from analyzers.osv import Affected, Record, Score
from analyzers.severity import Rating, Severity

V2 = Score("CVSS_V2", "AV:N/AC:L/Au:N/C:C/I:C/A:C")
V3 = Score("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
V4 = Score("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:P/PR:H/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")
BROKEN = Score("CVSS_V4", "CVSS:4.0/AV:N")


def record(*scores: Score, summary: str = "", **specific: object) -> Record:
    return Record(id="X-1", modified="", severity=scores, summary=summary, database_specific=specific)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([V2], Rating(Severity.HIGH, 10.0, V2.score, "X-1 CVSS_V2")),
        ([V2, V3], Rating(Severity.CRITICAL, 9.8, V3.score, "X-1 CVSS_V3")),
        ([V3, V4], Rating(Severity.HIGH, 7.5, V4.score, "X-1 CVSS_V4")),
        ([BROKEN, V3], Rating(Severity.CRITICAL, 9.8, V3.score, "X-1 CVSS_V3")),
        ([Score("CVSS_V3", "9.8"), V2], Rating(Severity.HIGH, 10.0, V2.score, "X-1 CVSS_V2")),
        ([Score("Ubuntu", "negligible")], Rating(Severity.LOW, None, "", "X-1 Ubuntu")),
        ([BROKEN, Score("New", "?")], Rating()),
        ([Score("CVSS_V3", V3.score + "/E:X" * 200)], Rating()),
        ([], Rating()),
    ],
)
def test_the_newest_readable_vector_counts(scores: list[Score], expected: Rating) -> None:
    assert severity.of_record(record(*scores)) == expected


def test_the_packages_own_severity_goes_first() -> None:
    low = Score("CVSS_V3", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N")

    assert severity.of_record(record(V3), Affected(severity=(low,))).severity is Severity.LOW


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("LOW", Severity.LOW),
        ("MODERATE", Severity.MEDIUM),
        ("Medium", Severity.MEDIUM),
        ("High", Severity.HIGH),
        ("important", Severity.HIGH),
        ("CRITICAL", Severity.CRITICAL),
        ("medium**", Severity.MEDIUM),
        ("unimportant", Severity.LOW),
        ("not yet assigned", Severity.UNKNOWN),
        ("", Severity.UNKNOWN),
        (3, Severity.UNKNOWN),
        (None, Severity.UNKNOWN),
    ],
)
def test_words(word: object, expected: Severity) -> None:
    assert severity.of_record(record(severity=word)).severity is expected
    assert severity.of_record(record(), Affected(ecosystem_specific={"urgency": word})).severity is expected
    assert severity.of_record(record(), Affected(database_specific={"severity": word})).severity is expected


def test_the_title_of_an_erratum_says_it() -> None:
    rating = severity.of_record(record(summary="Moderate: podman security update"))

    assert rating == Rating(Severity.MEDIUM, None, "", "X-1 summary")


def test_the_best_of_an_alias_cluster() -> None:
    word = Rating(Severity.CRITICAL, None, "", "A database_specific.severity")
    v3 = Rating(Severity.CRITICAL, 9.8, V3.score, "B CVSS_V3")
    v4 = Rating(Severity.HIGH, 7.5, V4.score, "C CVSS_V4")

    assert severity.best([word, v3]) == v3
    assert severity.best([v3, v4, word]) == v4
    assert severity.best([Rating(), word]) == word
    assert severity.best([]) == Rating()


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.0, 1), (0.1, 1), (3.9, 1), (4.0, 2), (6.9, 2), (7.0, 3), (8.9, 3), (9.0, 4), (10.0, 4)],
)
def test_scores(score: float, expected: int) -> None:
    assert severity.of_score(score) == expected


@given(
    st.sampled_from(["CVSS_V2", "CVSS_V3", "CVSS_V4"]),
    st.text(max_size=30)
    | st.sampled_from([V2.score, V3.score, V4.score]).flatmap(
        lambda vector: st.integers(0, len(vector)).map(lambda cut: vector[:cut] + vector[cut + 1 :])
    ),
)
def test_any_vector_is_scored_or_passed_over(method: str, vector: str) -> None:
    rating = severity.of_record(record(Score(method, vector), severity="LOW"))

    assert rating.score is None or 0.0 <= rating.score <= 10.0
    assert rating.severity is not Severity.UNKNOWN

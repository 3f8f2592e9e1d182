from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.ignore.candidate import FindingKind
from analyzers.ignore.rule import Rule, rule
from analyzers.ignore.trivyignore import read_trivyignore, read_trivyignore_yaml

PLAIN = b"""\xef\xbb\xbf# Accept the risk
# for now
CVE-2018-14618
CVE-2018-14619

# Accept the risk until 2023-01-01
  CVE-2019-14697   exp:2023-01-01\r
CVE-2019-1543 no impact here
AVD-DS-0002	# the image needs root exp:2030-01-01

aws-account-id
"""


def test_the_plain_file_has_ids_of_all_kinds() -> None:
    rules = read_trivyignore(PLAIN, "file .trivyignore")
    assert [(each.id, each.expires, each.statement, each.source) for each in rules] == [
        ("CVE-2018-14618", None, "Accept the risk for now", "file .trivyignore:3"),
        ("CVE-2018-14619", None, "Accept the risk for now", "file .trivyignore:4"),
        ("CVE-2019-14697", date(2023, 1, 1), "Accept the risk until 2023-01-01", "file .trivyignore:7"),
        ("CVE-2019-1543", None, "no impact here", "file .trivyignore:8"),
        ("AVD-DS-0002", date(2030, 1, 1), "the image needs root", "file .trivyignore:9"),
        ("aws-account-id", None, "", "file .trivyignore:11"),
    ]
    assert {each.kind for each in rules} == {None}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"CVE-1\nCVE-2 exp:2023-13-01", r"^file x:2: 'exp:2023-13-01', expected a day"),
        (b"CVE-2 exp:tomorrow", "^file x:1: 'exp:tomorrow'"),
        (b"CVE-2 exp:20230101", "^file x:1: 'exp:20230101'"),
        (b"CVE-2 exp:", "^file x:1: 'exp:'"),
        (b"CVE-\xff", "^file x: byte 4: expected UTF-8"),
        (b"a\n" * 100_001, "more than 100000 rules"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read_trivyignore(data, "file x")


YAML = b"""\
vulnerabilities:
  - id: CVE-2022-40897
    paths:
      - "usr/local/lib/python3.9/site-packages/setuptools-58.1.0.dist-info/METADATA"
    statement: Accept the risk
  - id: CVE-2023-3817
    purls: ["pkg:deb/debian/libssl1.1"]
  - id: CVE-2023-29491
    expired_at: 2023-09-01
    owner: platform
misconfigurations:
  - id: AVD-DS-0002
    paths: ["docs/Dockerfile"]
secrets:
licenses:
  - id: GPL-3.0 # License name is used as ID
    expired_at: 2030-1-2T00:00:00Z
"""


def test_the_yaml_file_has_rules_by_kind() -> None:
    rules = read_trivyignore_yaml(YAML.replace(b"2030-1-2T", b"2030-01-02T"), "f")
    assert rules == (
        Rule(
            id="CVE-2022-40897",
            kind=FindingKind.VULNERABILITY,
            paths=("usr/local/lib/python3.9/site-packages/setuptools-58.1.0.dist-info/METADATA",),
            statement="Accept the risk",
            source="f:2",
        ),
        Rule(
            id="CVE-2023-3817",
            kind=FindingKind.VULNERABILITY,
            purls=("pkg:deb/debian/libssl1.1",),
            source="f:6",
        ),
        Rule(
            id="CVE-2023-29491",
            kind=FindingKind.VULNERABILITY,
            expires=date(2023, 9, 1),
            owner="platform",
            source="f:8",
        ),
        Rule(id="AVD-DS-0002", kind=FindingKind.MISCONFIGURATION, paths=("docs/Dockerfile",), source="f:12"),
        Rule(id="GPL-3.0", kind=FindingKind.LICENSE, expires=date(2030, 1, 2), source="f:16"),
    )


@pytest.mark.parametrize("data", [b"", b"# nothing yet\n", b"~", b"vulnerabilities:\nsecrets: null\n"])
def test_an_empty_yaml_file_has_no_rules(data: bytes) -> None:
    assert read_trivyignore_yaml(data, "f") == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"- id: CVE-1", "^f: expected a mapping"),
        (b"vulnerability: []", "^f: unknown key 'vulnerability'"),
        (b"vulnerabilities: CVE-1", "^f: vulnerabilities: expected a list"),
        (b"vulnerabilities: [CVE-1]", r"^f: vulnerabilities\[0\]: expected a mapping"),
        (b"secrets: [{path: [a]}]", r"^f: secrets\[0\]: unknown key 'path'"),
        (b"secrets: [{paths: [a]}]", r"^f: secrets\[0\].id: missing"),
        (b"secrets: [{id: [a]}]", r"^f: secrets\[0\].id: expected text"),
        (b"secrets: [{id: a, paths: b}]", r"^f: secrets\[0\].paths: expected a list"),
        (b"secrets: [{id: a, paths: ['']}]", r"^f: secrets\[0\].paths\[0\]: empty"),
        (b"secrets: [{id: a, paths: ['[x']}]", r"^f:1: paths\[0\]: glob '\[x'"),
        (
            b"vulnerabilities: [{id: a, purls: [lodash]}]",
            r"^f:1: purls\[0\]: 'lodash', expected a package URL",
        ),
        (b"secrets: [{id: a, expired_at: soon}]", r"^f: secrets\[0\].expired_at: 'soon'"),
        (b"secrets: [{id: a, expired_at: 2023-02-30}]", r"^f: secrets\[0\].expired_at: '2023-02-30'"),
        (b"secrets: {", "^f: line 2, column 1: did not find expected node content, expected YAML"),
        (b"licenses: &a [{id: x}, *a]", "holds itself"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read_trivyignore_yaml(data, "f")


@pytest.mark.parametrize(
    ("id_", "parts", "words"),
    [
        (" ", {}, "^settings: id: ' '"),
        ("*", {"kind": FindingKind.SECRET}, "^settings: id: '\\*', expected paths, purls or severities"),
        ("a", {"paths": ["{"]}, r"^settings: paths\[0\]"),
        ("a", {"purls": ["pkg:"]}, r"^settings: purls\[0\]"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(id_: str, parts: dict[str, object], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        rule(id_, source="settings", **parts)  # type: ignore[arg-type]  # columns of the table


WORDS = st.sampled_from(
    [
        b"CVE-1",
        b" exp:",
        b"2023-01-01",
        b"#",
        b"\n",
        b"id: ",
        b"- ",
        b"  ",
        b"secrets:\n",
        b"paths: [a]",
        b"\xff",
    ]
)


@given(st.binary(max_size=100) | st.lists(WORDS, max_size=12).map(b"".join))
def test_any_bytes_are_rules_or_an_error(data: bytes) -> None:
    for read in (read_trivyignore, read_trivyignore_yaml):
        try:
            rules = read(data, "f")
        except ParseError as error:
            assert str(error).startswith("f")  # noqa: PT017 - both outcomes are fine
        else:
            assert all(each.id and each.source for each in rules)

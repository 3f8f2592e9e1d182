import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import Secret
from analyzers.secrets._config import SecretConfig
from analyzers.secrets._engine import SecretScanner
from analyzers.secrets._go_pattern import translated
from analyzers.secrets._image_config import examine_image_config
from analyzers.secrets._samples import ALNUM, BASE32, text, word
from analyzers.secrets._trivy_config import load_trivy_secret_yaml

WHOLE = rb"""
rules:
  - id: own-token
    category: Own
    title: Our token
    severity: high
    regex: (?i)own_(?P<secret>[[:xdigit:]]{8})\b
    keywords: [own_]
    path: \.env$
    allow-rules: [{id: zero, regex: own_0+}]
    secret-group-name: secret
    exclude-block: {description: none, regexes: ["#.*"]}
enable-builtin-rules: [aws-access-key-id]
disable-rules: [jwt-token]
allow-rules: [{id: docs, description: our docs, path: ^docs/}]
disable-allow-rules: [tests]
exclude-block: {description: comments, regexes: ["--- .* ---"]}
skip-paths: [\.snap$]
"""


def test_all_fields() -> None:
    config = load_trivy_secret_yaml(WHOLE, "trivy-secret.yaml")
    (rule,) = config.rules
    assert (rule.id, rule.category, rule.severity, rule.keywords) == ("own-token", "Own", "HIGH", ("own_",))
    assert config.disable_allow_rules == ("tests",)
    scanner = SecretScanner(config)

    def found(path: str, data: bytes) -> list[str]:
        return [secret.match for secret in scanner.scan(path, data)]

    assert found("a/.env", b"X=OWN_12ab34cd\n") == ["X=OWN_********"]
    assert found("a/env", b"X=OWN_12ab34cd\n") == []
    assert found("a/.env", b"X=own_00000000\n# own_12ab34cd\n--- own_12ab34cd ---") == []


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"{}"])
def test_an_empty_file_changes_nothing(data: bytes) -> None:
    assert load_trivy_secret_yaml(data, "a.yaml") == SecretConfig()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[]", "a.yaml: a list, expected a mapping"),
        (b"rule: []", "unknown key 'rule'"),
        (b"rules: [{id: x, regex: '(', name: y}]", "rules[0] ('x'): unknown key 'name'"),
        (b"rules: [{id: x, regex: '('}]", "rules[0] ('x'): regex: '(': missing )"),
        (b"rules: [{id: x, regex: 'a(?=b)'}]", "rules[0] ('x'): regex"),
        (b"rules: [{id: x}]", "rules[0] ('x'): regex: missing"),
        (b"rules: [{regex: x}]", "rules[0]: id: missing"),
        (b"rules: [{id: x, regex: y, severity: bad}]", "severity: 'BAD', expected one of"),
        (b"rules: x", "rules: 'x', expected a list"),
        (b"rules: [{id: x, regex: y, keywords: z}]", "keywords: 'z', expected a list of texts"),
        (b"allow-rules: [{id: x, path: '['}]", "allow-rules[0] ('x'): path: '[': missing ]"),
        (b"exclude-block: {regexes: ['*']}", "exclude-block[0]: regexes: '*'"),
        (b"a: [", "a.yaml"),
    ],
)
def test_errors_name_the_rule_and_the_field(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=re.escape(words)):
        load_trivy_secret_yaml(data, "a.yaml")


@pytest.mark.parametrize(
    ("go", "matching", "others"),
    [
        (r"(?i)abc", ["abc", "ABC"], ["abd"]),
        (r"a(b(?i)c)d", ["abcd", "abCd"], ["aBcd", "abcD"]),
        (r"a|b(?i)c|d", ["a", "bC", "D"], ["A", "BC"]),
        (r"(?i)(?-i:a)b", ["aB"], ["AB"]),
        (r"[[:alnum:]_]+", ["aZ0_"], ["-", ""]),
        (r"\Qa.b*\E", ["a.b*"], ["aXb*"]),
        (r"(?<name>a)\z", ["a"], ["a\n"]),
        (r"a\x{41}[\x{42}]", ["aAB"], ["a41"]),
        (r"[^]a]", ["b"], ["]", "a"]),
        (r"(?s).", ["\n"], [""]),
        (r"(?:a|b){2,3}", ["ab", "bab"], ["a"]),
        (r"\d\.", ["1."], ["1x"]),
    ],
)
def test_go_patterns(go: str, matching: list[str], others: list[str]) -> None:
    pattern = re.compile(translated(go).encode())
    assert all(pattern.fullmatch(each.encode()) for each in matching)
    assert not any(pattern.fullmatch(each.encode()) for each in others)


@pytest.mark.parametrize(
    "go",
    [
        "(?U)a",
        "(?U:a)",
        "(?!a)",
        "a++",
        "(",
        ")",
        "[a",
        r"\pL",
        r"[\pL]",
        r"\C",
        "[[:^digit:]]",
        r"\x{263A}",
        "[ä]",
        "*",
    ],
)
def test_what_has_no_counterpart_is_an_error(go: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        translated(go)


@given(st.text(alphabet="ab(|)[]?*+{}1,\\^$.:ixP<>-Q", max_size=14))
def test_any_pattern_ends_in_one_or_an_error(go: str) -> None:
    try:
        re.compile(translated(go).encode())
    except ValueError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right


def test_image_configurations() -> None:
    made = [text("AKIA", word(16, BASE32))(Random(seed)) for seed in range(5)]
    password = word(20, ALNUM)(Random(9))
    config = {
        "config": {
            "Env": [f"AWS_ACCESS_KEY_ID={made[0]}", "PATH=/bin", f"DB_PASSWORD={password}"],
            "Labels": {"key": made[1]},
            "Cmd": ["run", made[2]],
            "Healthcheck": {"Test": ["CMD", made[3]]},
        },
        "history": [{"created_by": f"|1 TOKEN={made[4]} /bin/sh -c make"}, {"empty_layer": True}],
    }
    found = [each for each in examine_image_config(config) if isinstance(each, Secret)]
    assert [secret.rule for secret in found].count("aws-access-key-id") == 5
    assert "generic-password" in [secret.rule for secret in found]
    assert not any(each in str(found) for each in (*made, password))


@pytest.mark.parametrize(
    "config",
    [{}, {"config": None}, {"config": {"Env": "x", "Labels": []}, "history": {}}, {"history": [1, {}]}],
)
def test_image_configurations_that_are_odd(config: dict[str, object]) -> None:
    assert examine_image_config(config) == []

import re
from random import Random

import pytest

from analyzers.secrets._engine import SecretScanner
from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, word
from analyzers.secrets._verify import entropy, has_base62_crc32, is_basic, is_jwt, is_key_body, looks_random
from analyzers.secrets.rules import RULES

SCANNER = SecretScanner()
PATH = "srv/app/settings.xml"
PATHS = {"pgpass-password": "home/app/.pgpass"}
SEEDS = range(8)
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def samples(rule: Rule) -> list[bytes]:
    return [f"first line\n{rule.sample(Random(seed))}last line\n".encode() for seed in SEEDS]


def secret_in(rule: Rule, text: bytes) -> bytes:
    match = re.search(rule.pattern.encode(), text)
    assert match
    groups = match.groupdict()
    return groups.get("secret") or match[0]


def test_there_is_a_rule_for_each_kind_and_none_twice() -> None:
    assert len(RULES) >= 105
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert len({rule.category for rule in RULES}) >= 65
    assert {rule.severity for rule in RULES} == {"CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"}


@every_rule
def test_a_sample_is_found_and_not_shown(rule: Rule) -> None:
    for text in samples(rule):
        found = {secret.rule: secret for secret in SCANNER.scan(PATHS.get(rule.id, PATH), text)}
        assert rule.id in found
        told = found[rule.id]
        assert told.severity == rule.severity
        assert told.title == rule.title
        value = secret_in(rule, text)
        assert text[told.offset :].startswith(value) or value in text[told.offset :]
        shown = "\n".join((told.match, *(line.content for line in told.code)))
        assert not any(part.decode() in shown for part in value.split() if len(part) > 5)
        assert "*" in shown


@every_rule
def test_a_sample_is_found_as_all_there_is_in_a_file(rule: Rule) -> None:
    for seed in SEEDS:
        text = rule.sample(Random(seed)).strip().encode()
        assert rule.id in {secret.rule for secret in SCANNER.scan(PATHS.get(rule.id, PATH), text)}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("password = Xk93#mQ!zr8Lw", "ini-password"),
        ("  db.passwd: Xk93#mQ!zr8Lw", "ini-password"),
        ("ENV DB_PASSWORD q7Xz91LmP0aTb3Ks", "dockerfile-env-secret"),
    ],
)
@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("", "\n"), ("", "\r\n"), ("a\n", ""), ("a\r\n", "\r\n")]
)
def test_a_rule_of_whole_lines_knows_the_first_and_the_last(
    line: str, rule: str, before: str, after: str
) -> None:
    (found,) = SCANNER.scan("srv/app.cfg", f"{before}{line}{after}".encode())
    assert (found.rule, found.start_line) == (rule, 1 + before.count("\n"))


@every_rule
def test_a_near_miss_is_none(rule: Rule) -> None:
    for seed in SEEDS:
        text = f"first line\n{rule.near_miss(Random(seed))}".encode()
        assert rule.id not in {secret.rule for secret in SCANNER.scan(PATHS.get(rule.id, PATH), text)}


@every_rule
def test_keywords_and_widths_hold(rule: Rule) -> None:
    assert rule.keywords
    assert all(keyword == keyword.lower() for keyword in rule.keywords)
    for text in samples(rule):
        match = re.search(rule.pattern.encode(), text)
        assert match
        assert len(match[0]) <= rule.width
        assert any(keyword.encode() in match[0].lower() for keyword in rule.keywords)
        assert re.search((rule.anchor or rule.pattern).encode(), text)
        before = [match[0].lower().find(keyword.encode()) for keyword in rule.keywords]
        assert rule.lead is None or min(each for each in before if each >= 0) <= rule.lead


def test_which_rules_are_told_in_installed_packages() -> None:
    silent = {rule.id for rule in RULES if rule.rank is Rank.FORM and not rule.in_packages}
    assert silent == {
        "crates-io-token",
        "discord-bot-token",
        "gcp-service-account",
        "mailgun-token",
        "mapbox-api-token",
        "new-relic-browser-api-token",
        "stripe-publishable-token",
        "symfony-default-secret",
    }
    told = {rule.id for rule in RULES if rule.rank > Rank.FORM and rule.in_packages}
    assert told == {
        "docker-registry-auth",
        "maven-settings-passphrase",
        "maven-settings-password",
        "netrc-password",
        "npm-registry-credentials",
        "npmrc-basic-auth",
        "pgpass-password",
    }


@every_rule
def test_installed_packages(rule: Rule) -> None:
    path = f"srv/node_modules/a/{PATHS.get(rule.id, PATH)}"
    found = {secret.rule for secret in SCANNER.scan(path, samples(rule)[0])}
    assert (rule.id in found) is rule.in_packages


@pytest.mark.parametrize(
    ("path", "is_told"),
    [
        ("usr/share/nginx/html/app.js", True),
        ("usr/share/logstash/config/logstash.yml", True),
        ("usr/share/elasticsearch/conf/a.yml", True),
        ("usr/share/nginx/app.js", False),
        ("usr/share/perl/config/a.pm", False),
        ("srv/site-packages/config/a.py", False),
        ("srv/app.js", True),
    ],
)
def test_what_passes_by_its_place(path: str, is_told: bool) -> None:  # noqa: FBT001 - a table
    line = f'client_secret = "{word(32, ALNUM)(Random(4))}"'.encode()
    assert bool(list(SCANNER.scan(path, line))) is is_told


@pytest.mark.parametrize("prefix", ["ghp_", "gho_", "ghs_", "npm_"])
def test_a_token_whose_checksum_is_wrong_is_told_as_one_that_opens_nothing(prefix: str) -> None:
    body = word(36, ALNUM)(Random(1))
    (found,) = SCANNER.scan("a.txt", f"x = {prefix}{body}\n".encode())
    assert found.severity == "LOW"
    assert found.title.endswith("(its checksum is wrong)")


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + b"000000", False),
        (b"", False),
        (b"short", False),
    ],
)
def test_checksums(value: bytes, right: bool) -> None:  # noqa: FBT001 - a table
    assert has_base62_crc32(b"ghp_" + value) is right


def test_a_published_checksum_is_right() -> None:
    # CRC-32 of "123456789" is 0xcbf43926 (the algorithm's check value): 3421780262 in base 62.
    assert has_base62_crc32(b"x_" + b"123456789" + b"3jZRME")


@pytest.mark.parametrize(
    ("judge", "value", "expected"),
    [
        (is_jwt, b"eyJhbGciOiJub25lIn0.e30.", True),
        (is_jwt, b"e30.e30.", False),
        (is_jwt, b"!!.e30", False),
        (is_jwt, b"\xff", False),
        (is_basic, b"bmFtZTpwYXNz", True),
        (is_basic, b"bmFtZQ==", False),
        (is_basic, b"!", False),
        (is_key_body, b"A" * 100, False),
        (is_key_body, b"MIIE", False),
        (looks_random, b"kubernetes_service_account_1", False),
        (looks_random, b"q7Xz91LmP0aTb3Ks", True),
    ],
)
def test_inner_forms(judge: object, value: bytes, expected: bool) -> None:  # noqa: FBT001 - a table
    assert callable(judge)
    assert judge(value) is expected


def test_entropy_is_in_bits_for_each_byte() -> None:
    assert entropy(b"aaaa") == 0
    assert entropy(b"abab") == 1
    assert entropy(bytes(range(256))) == 8


@pytest.mark.parametrize(
    "line",
    [
        "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7" + "EXAMPLE",
        "token: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "password = '${DB_PASSWORD}'",
        "api_key: <your api key goes here>",
        "postgres://user:password@localhost/db",
        f"AccountKey=Eby8vdM02xNOcqFlqUwJPLlm{'EtlCDXJ1OUzFT50uSRZ6' * 3}q/==;",
        'client_secret = "your_client_secret_123"',
        "service_account_token: V1ServiceAccountTokenProjection",
        "private_key = MLKEM768X25519PrivateKey",
        "secret = os.environ.get('SECRET_2')",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        '"integrity": "sha512-9PClWLtNgAlPzAvwrBbOHtCBfpXiiNEuXvtSfdKyLJLxo5SjgLE0McwYEYlpxNQHZBkuw2Zd8u=="',
        "request id 123e4567-e89b-12d3-a456-426614174000",
        "\n  password = var.db_password_15\n",
        '# METHOD can be "md5", "password", "scram-sha-256", "ldap"',
        "<dbPassword>${db.password1!}</dbPassword>",
        "curl -u user:password https://api.internal/v2",
        "machine git.internal login ci password <password>",
        "\npassword: str | None\n",
        "\nENV TOKEN_FILE /run/secrets/token1\n",
        "kind: Secret\nmetadata:\n  name: a\nstringData:\n  name: short\n",
    ],
)
def test_what_only_looks_like_a_secret_is_none(line: str) -> None:
    assert list(SCANNER.scan("srv/app.txt", f"{line}\n".encode())) == []

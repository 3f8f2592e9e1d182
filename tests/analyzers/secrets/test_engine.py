import importlib.util
import itertools
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import File, Problem, Secret
from analyzers.secrets import _engine, _first_filter, _patience
from analyzers.secrets._allowed import BUILTIN, AllowRule
from analyzers.secrets._config import CustomRule, ExcludeBlock, SecretConfig
from analyzers.secrets._engine import MOST_FINDINGS, SecretScanner
from analyzers.secrets._first_filter import FirstFilter, by_hyperscan
from analyzers.secrets._keywords import by_keywords
from analyzers.secrets._samples import ALNUM, BASE32, text, word
from analyzers.secrets.content import ANALYZER, SKIPPED_EXTENSIONS
from analyzers.secrets.rules import RULES

FILTERS: dict[str, FirstFilter] = {"keywords": by_keywords(RULES)}
if importlib.util.find_spec("hyperscan"):
    FILTERS["hyperscan"] = by_hyperscan(RULES)
SCANNERS = {name: SecretScanner(first=first) for name, first in FILTERS.items()}
SCANNER = SecretScanner()
KEY = text("AKIA", word(16, BASE32))
PIECES = st.one_of(
    st.builds(lambda rule, seed: rule.sample(Random(seed)), st.sampled_from(RULES), st.integers(0, 9)),
    st.builds(lambda rule, seed: rule.near_miss(Random(seed)), st.sampled_from(RULES), st.integers(0, 9)),
    st.text(max_size=20),
    st.sampled_from(
        ["secret = ", "://", "\n", '"', "-----BEGIN PRIVATE KEY-----", "eyJ", "_", "A3T", "\r\n"]
    ),
)


def key(seed: int = 1) -> str:
    return KEY(Random(seed))


def rules(scanner: SecretScanner, path: str, data: bytes) -> list[str]:
    return [secret.rule for secret in scanner.scan(path, data)]


@given(st.lists(PIECES, max_size=12))
@settings(max_examples=150, deadline=None)
def test_all_first_filters_end_in_the_same_secrets(pieces: list[str]) -> None:
    data = "".join(pieces).encode(errors="replace")
    found = [list(scanner.examine("settings.xml", data)) for scanner in SCANNERS.values()]
    assert all(each == found[0] for each in found)


@pytest.mark.parametrize("seed", range(2))
def test_they_do_in_a_long_text_as_well(seed: int) -> None:
    random = Random(seed)
    pieces = [piece(random) for rule in RULES for piece in (rule.sample, rule.near_miss) for _ in range(3)]
    random.shuffle(pieces)
    data = "".join(pieces).encode()
    found = [list(scanner.examine("settings.xml", data)) for scanner in SCANNERS.values()]
    assert all(each == found[0] for each in found)
    assert len({secret.rule for secret in found[0] if isinstance(secret, Secret)}) > len(RULES) * 0.8
    for name, first in FILTERS.items():
        places = first(data)
        spans = [span for of in places.values() for span in of]
        assert all(0 <= low <= high <= min(far, len(data)) for low, high, far in spans), name
        assert all(a[1] < b[0] for of in places.values() for a, b in itertools.pairwise(of)), name


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"-----BEGIN PRIVATE KEY-----"])
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_values(data: bytes, head: bytes) -> None:
    found = list(ANALYZER.parse(File("a.txt", head + data)))
    assert all(isinstance(each, Secret | Problem) for each in found)


def test_a_secret_has_its_place_and_the_lines_around_it() -> None:
    data = f"one\ntwo\nthree\nkey = 'ä' {key()}\r\nfive\nsix\nseven\n".encode()
    (found,) = SCANNER.scan("srv/a.txt", data)
    assert (found.rule, found.category, found.severity) == ("aws-access-key-id", "AWS", "CRITICAL")
    assert (found.start_line, found.end_line, found.column) == (4, 4, 11)
    assert found.offset == data.index(b"AKIA")
    assert found.match == "key = 'ä' " + "*" * 20
    assert [(line.number, line.content, line.is_cause) for line in found.code] == [
        (2, "two", False),
        (3, "three", False),
        (4, found.match, True),
        (5, "five", False),
        (6, "six", False),
    ]


def test_a_secret_at_the_edges_of_a_file() -> None:
    (found,) = SCANNER.scan("a", key().encode())
    assert (found.start_line, found.column, found.offset, len(found.code)) == (1, 1, 0, 1)
    (found,) = SCANNER.scan("a", b"\n\n" + key().encode() + b"\n")
    assert (found.start_line, [line.number for line in found.code]) == (3, [1, 2, 3])


def test_no_shown_line_has_another_secret_also_without_its_name() -> None:
    first, second = key(1), key(2)
    value = word(32, ALNUM)(Random(3))
    data = f"a={first}\nb={second}\nclient_secret = '{value}'\n# {value} again\n".encode()
    found = list(SCANNER.scan("a.txt", data))
    assert len(found) == 3
    shown = "\n".join(line.content for secret in found for line in secret.code)
    assert not any(each in shown for each in (first, second, value))


def test_a_private_key_is_shown_by_its_edges() -> None:
    rule = next(rule for rule in RULES if rule.id == "private-key")
    body = rule.sample(Random(5))
    (found,) = SCANNER.scan("id_rsa", f"x\n{body}y\n".encode())
    assert (found.start_line, found.end_line) == (2, 14)
    assert found.match == "-----BEGIN RSA PRIVATE KEY-----"
    assert not any(part in str(found) for part in body.splitlines()[1:-1])


def test_a_long_line_is_cut_around_the_secret() -> None:
    data = f"{'a ' * 5000}{key()}{' b' * 5000}".encode()
    (found,) = SCANNER.scan("a.min.js", data)
    assert len(found.match) == 200
    assert "*" * 20 in found.match
    assert found.column == 10_001


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_utf_16_is_read_and_offsets_are_those_of_the_file(encoding: str, mark: str) -> None:
    data = f"{mark}line ä\r\nkey={key()}\r\n{'plain text ' * 5}".replace("ä", "ä" if mark else "a").encode(
        encoding
    )
    (found,) = SCANNER.scan("a.reg", data)
    assert (found.start_line, found.column) == (2, 5)
    assert data[found.offset :].decode(encoding).startswith("AKIA")


def test_binary_files_are_left_out_but_for_strings_of_compiled_python() -> None:
    data = b"\0\1\2" + key().encode() + b"\0\3"
    assert rules(SCANNER, "program", data) == []
    (found,) = SCANNER.scan("a/__pycache__/b.cpython-311.pyc", data)
    assert found.match == "*" * 20
    assert found.offset == 3


def test_a_secret_over_the_edge_of_chunks_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_engine, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(_engine, "OVERLAP_BYTES", 1024)
    for place in range(3000, 4200, 37):
        data = b"- " * (place // 2) + f"\n{key()}\n".encode() + b"- " * 3000
        for scanner in SCANNERS.values():
            (found,) = scanner.scan("a.txt", data)
            assert data[found.offset :].startswith(key().encode())


def test_more_secrets_than_are_told_are_a_problem() -> None:
    data = "\n".join(key(seed) for seed in range(MOST_FINDINGS + 5)).encode()
    found = list(SCANNER.examine("a.txt", data))
    assert len(found) == MOST_FINDINGS + 1
    assert isinstance(found[-1], Problem)
    assert "MOST_FINDINGS" in found[-1].reason


def test_secrets_come_in_their_order_and_the_surest_rule_tells() -> None:
    data = f"secret_key = 'sk_{'live'}_{word(24, ALNUM)(Random(2))}'\nk={key()}\n".encode()
    assert rules(SCANNER, "a.py", data) == ["stripe-secret-token", "aws-access-key-id"]


@pytest.mark.parametrize(
    ("path", "allowance"),
    [
        ("srv/tests/a.py", "tests"),
        ("a/test_keys.py", "tests"),
        ("examples/a.py", "examples"),
        ("vendor/github.com/a/b.go", "vendor"),
        ("usr/share/doc/a/README", "usr-dirs"),
        ("usr/include/a.h", "usr-dirs"),
        ("opt/app/locale/de.po", "locale-dir"),
        ("app/node_modules/a/README.md", "markdown"),
        ("usr/lib/python3.11/ssl.py", "python"),
        ("a/b-1.dist-info/METADATA", "python"),
        ("usr/src/wordpress/a.php", "wordpress"),
        ("var/log/anaconda/x.log", "anaconda-log"),
        ("etc/ssl/private/ssl-cert-snakeoil.key", "snakeoil"),
    ],
)
def test_places_that_are_let_pass_can_be_looked_at(path: str, allowance: str) -> None:
    data = key().encode()
    assert rules(SCANNER, path, data) == []
    open_eyed = SecretScanner(SecretConfig(disable_allow_rules=(allowance,)))
    assert rules(open_eyed, path, data) == ["aws-access-key-id"]


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "usr/lib/app/a.conf",
        "usr/lib/python3/dist-packages/a.py",
        "latest/a.txt",
        "contest/a.txt",
        "etc/a",
    ],
)
def test_other_places_are_looked_at(path: str) -> None:
    assert rules(SCANNER, path, key().encode()) == ["aws-access-key-id"]


@pytest.mark.parametrize(
    "folder",
    [
        "app/node_modules/a/",
        "usr/lib/python3/dist-packages/",
        "v/lib/site-packages/",
        "var/gems/a/",
        "root/go/pkg/mod/a/",
        "usr/share/nmap/",
    ],
)
def test_packages_of_others_speak_of_tokens_only(folder: str) -> None:
    weak = b'engine("postgres://scott:w7Yq02LmXs@db/a")\ndb_password = "w7Yq-02LmXs81!"\n'
    data = weak + key().encode()
    open_eyed = SecretScanner(SecretConfig(disable_allow_rules=("third-party",)))
    own = ["database-url-password", "generic-password", "aws-access-key-id"]
    assert rules(SCANNER, f"{folder}b.txt", data) == ["aws-access-key-id"]
    assert rules(open_eyed, f"{folder}b.txt", data) == own
    assert rules(SCANNER, "srv/app/b.txt", data) == own


def test_rules_and_allowances_of_the_user() -> None:
    custom = CustomRule(
        id="mine",
        category="Own",
        title="Mine",
        severity="HIGH",
        regex=r"mine_(?P<v>[0-9]+)",
        secret_group="v",
    )
    scanner = SecretScanner(SecretConfig(rules=(custom,), disable_rules=("aws-access-key-id",)))
    (found,) = scanner.scan("a", f"mine_1234567\n{key()}".encode())
    assert (found.rule, found.match, found.column) == ("mine", "mine_*******", 6)
    only = SecretScanner(SecretConfig(enable_builtin_rules=("github-pat",)))
    assert rules(only, "a", key().encode()) == []
    allowing = SecretScanner(SecretConfig(allow_rules=(AllowRule(id="ours", regex="^AKIA"),)))
    assert rules(allowing, "a", key().encode()) == []
    here = SecretScanner(SecretConfig(allow_rules=(AllowRule(id="ours", regex="^AKIA", path="^b/"),)))
    assert (rules(here, "b/a", key().encode()), rules(here, "a", key().encode())) == (
        [],
        ["aws-access-key-id"],
    )
    skipping = SecretScanner(SecretConfig(skip_paths=(r"\.lock$",)))
    assert rules(skipping, "a.lock", key().encode()) == []
    block = SecretScanner(SecretConfig(exclude_block=ExcludeBlock(regexes=(r"(?s)<!--.*?-->",))))
    assert rules(block, "a", f"<!-- {key(1)} --> {key(2)}".encode()) == ["aws-access-key-id"]


def test_a_rule_of_the_user_may_have_no_keywords_and_lookarounds() -> None:
    custom = CustomRule(id="mine", regex=r"(?<=pin=)(?P<secret>\d{6})(?!\d)")
    assert rules(SecretScanner(SecretConfig(rules=(custom,))), "a", b"pin=123456 pin=1234567") == ["mine"]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"DataDog\n" + b"-\n" * 4000 + b"1234567", 1),
        (b"1234567 # datadog", 1),
        (b"1234567 # dogdata", 0),
    ],
)
def test_a_users_keyword_is_anywhere_in_the_file(
    monkeypatch: pytest.MonkeyPatch, data: bytes, told: int
) -> None:
    config = SecretConfig(rules=(CustomRule(id="own", regex=r"\d{7}", keywords=("Datadog", "dd-")),))
    for first in (_first_filter.installed, lambda rules, _cache=None: by_keywords(rules)):
        monkeypatch.setattr(_engine, "installed", first)
        assert len(list(SecretScanner(config, first=FILTERS["keywords"]).scan("a", data))) == told


OWN_PATTERNS = [
    r"a[ab]*c",
    r"a.*?b",
    r"(?:a|ab)(?:c|bcd)",
    r"\bab\b",
    r"(?m:^)a+(?m:$)",
    r"a{2,3}(?!b)",
    r"(?<!c)b+",
    r"(a+)b\1",
    r"[abc]{1,300}d",
    r"(?i:ab)+$",
]


@given(
    st.sampled_from(OWN_PATTERNS),
    st.text("abcdAB \n", max_size=60),
    st.sampled_from(["", " " * 600, "abcd \n" * 100]),
)
@settings(max_examples=200, deadline=None)
def test_a_users_pattern_finds_what_re_finds(pattern: str, text: str, before: str) -> None:
    data = (before + text).encode()
    scanner = SecretScanner(SecretConfig(rules=(CustomRule(id="own", regex=pattern),)))
    found = {secret.offset for secret in scanner.scan("a.txt", data)}
    expected = {match.start() for match in re.finditer(pattern.encode(), data) if match[0]}
    assert found >= expected if len(expected) < MOST_FINDINGS else found


SLOW = r"(a|aa)+\1z"
"""With a group that has to come again, so that Hyperscan knows nothing of it."""


@pytest.mark.parametrize(
    ("config", "told", "name"),
    [
        (SecretConfig(rules=(CustomRule(id="slow", regex=SLOW),)), 1, "rule 'slow'"),
        (SecretConfig(rules=(CustomRule(id="x", regex="AKIA", path=SLOW),)), 1, "rule 'x'"),
        (SecretConfig(allow_rules=(AllowRule(id="slow", path=SLOW),)), 1, "path of allow rule 'slow'"),
        (SecretConfig(allow_rules=(AllowRule(id="slow", regex=f"AKIA|{SLOW}"),)), 0, ""),
        (SecretConfig(allow_rules=(AllowRule(id="slow", regex="B", path=SLOW),)), 1, "allow rule 'slow'"),
        (SecretConfig(skip_paths=(SLOW,)), 1, "skip_paths: "),
        (SecretConfig(exclude_block=ExcludeBlock(regexes=(SLOW,))), 1, "exclude_block"),
    ],
)
def test_a_pattern_that_takes_too_long_is_stopped_and_named(
    monkeypatch: pytest.MonkeyPatch, config: SecretConfig, told: int, name: str
) -> None:
    monkeypatch.setattr(_patience, "OWN_SECONDS", 0.02)
    scanner = SecretScanner(config)
    reasons = []
    for _ in range(_patience.OWN_TIMES + 1):
        found = list(scanner.examine("a" * 60, f"{'a' * 60} {key()}".encode()))
        assert len([each for each in found if isinstance(each, Secret)]) == told
        reasons += [each.reason for each in found if isinstance(each, Problem)]
    expected = [f"secrets/content: {name}"] * (_patience.OWN_TIMES + 1) if name else []
    assert [reason[: len(head)] for reason, head in zip(reasons, expected, strict=True)] == expected
    if name:
        assert "stopped after 0.02 s" in reasons[0]
        assert "not searched with any more" in reasons[-1]


def test_fingerprints_tell_configurations_apart() -> None:
    configs = [
        SecretConfig(),
        SecretConfig(disable_rules=("jwt-token",)),
        SecretConfig(enable_builtin_rules=("jwt-token",)),
        SecretConfig(skip_paths=("a",)),
        SecretConfig(rules=(CustomRule(id="a", regex="b"),)),
    ]
    found = [config.fingerprint() for config in configs]
    assert len(set(found)) == len(configs)
    assert found == [config.fingerprint() for config in configs]
    assert all(0 <= each < 2**64 for each in found)


def test_compiled_rules_are_remembered(tmp_path: Path) -> None:
    pytest.importorskip("hyperscan")
    cache = tmp_path / "new" / "rules.hs"
    few = RULES[:3]
    data = key().encode()
    found = by_hyperscan(few, cache)(data)
    assert found == by_hyperscan(few, cache)(data) != {}
    stored = cache.read_bytes()
    cache.write_bytes(stored[:100])
    assert by_hyperscan(few, cache)(data) == found
    assert cache.read_bytes() == stored
    assert by_hyperscan(RULES[:2], cache)(data) == found


def test_allowances_have_names_and_the_analyzer_leaves_media_out() -> None:
    assert len({rule.id for rule in BUILTIN}) == len(BUILTIN)
    assert all(rule.description for rule in BUILTIN)
    assert {f"!**/*.{extension}" for extension in SKIPPED_EXTENSIONS} == set(ANALYZER.globs)
    assert not SKIPPED_EXTENSIONS & {"py", "pyc", "pem", "key", "json", "svg", "log", "sql"}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (SecretConfig(rules=(CustomRule(id="a", regex="("),)), "a: regex"),
        (SecretConfig(rules=(CustomRule(id="a", regex="b", path="["),)), "a: path"),
        (SecretConfig(allow_rules=(AllowRule(id="c", path="*"),)), "c: path"),
        (SecretConfig(exclude_block=ExcludeBlock(regexes=("+",))), "exclude_block"),
        (SecretConfig(skip_paths=("(?<n",)), "skip_paths"),
    ],
)
def test_patterns_that_are_none_are_named(config: SecretConfig, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        SecretScanner(config)


def test_imprints_tell_secrets_apart_and_little_of_them() -> None:
    made = [next(SCANNER.scan("a", f"k={key(seed)}".encode())) for seed in range(40)]
    assert len({secret.match for secret in made}) == 1
    assert len({secret.imprint for secret in made}) >= 38
    assert all(1 <= secret.imprint <= 4096 for secret in made)
    (again,) = SCANNER.scan("b", f"\ufeffother = '{key(0)}'\n".encode("utf-16-le"))
    assert again.imprint == made[0].imprint

import pytest

from analyzers.languages.github_actions import ANALYZER
from tests.analyzers.languages.locks import read_one, read_sample, reasons

GO = "0a12ed9d6a96ab950c8f026ed9f722fe0da7ef32"
FILES = "0e58ed8671d6b60d0890c21b07f8835ace038e67"
CACHE = "2cdf405574d6ef1f33a1d12acccd3ae82f47b3f2"


@pytest.mark.parametrize(
    ("folder", "path", "packages"),
    [
        (
            "good",
            ".github/workflows/ci.yml",
            [
                ("octo-org/shared", "main", [18], ""),
                ("actions/checkout", "v4.1.1", [7, 14], ""),
                ("actions/setup-go", "v5.0.2", [9], f"comment beside commit {GO}"),
                ("github/codeql-action", "v3", [13], ""),
            ],
        ),
        ("good", "action.yml", [("tj-actions/changed-files", FILES, [5], "")]),
        (
            "odd",
            ".github/workflows/odd.yaml",
            [
                ("Azure/setup-kubectl", "", [5], "tag 4"),
                ("actions/cache", CACHE, [6], ""),
                ("actions/cache", "v4.1.0-beta.1", [7], f"comment beside commit {CACHE}"),
                ("actions/upload-artifact", "v3.1.3", [8], ""),
            ],
        ),
        ("odd", "app/action.yaml", []),
    ],
)
def test_samples(folder: str, path: str, packages: list[tuple[str, str, list[int], str]]) -> None:
    found = read_sample(ANALYZER, folder)[path].packages
    assert [
        (each.name, each.version, [first for first, _ in each.lines], each.evidence) for each in found
    ] == packages


@pytest.mark.parametrize(
    ("comment", "version"),
    [
        ("# v4.1.1", "v4.1.1"),
        ("#v4.1.1", "v4.1.1"),
        ("# tag=v4.1.1", "v4.1.1"),
        ("# pin@v4.1.1", "v4.1.1"),
        ("# ratchet:actions/cache@v4.1.1", "v4.1.1"),
        ("# 4.1.1 (2024)", "4.1.1"),
        ("# v2.13", "v2.13"),
        ("# v4", CACHE),
        ("# main", CACHE),
        ("", CACHE),
    ],
)
def test_releases_in_comments(comment: str, version: str) -> None:
    data = f"runs:\n  steps:\n  - uses: actions/cache@{CACHE} {comment}\n".encode()
    assert [each.version for each in read_one(ANALYZER, "action.yml", data).packages] == [version]


@pytest.mark.parametrize("end", ["\r\n", "\r", "\x85", "\u2028", "\u2029", "\r\n\r"])
def test_lines_end_as_yaml_has_it(end: str) -> None:
    text = end.join(["runs:", " steps:", f" - uses: actions/cache@{CACHE} # v4.1.0"])
    (package,) = read_one(ANALYZER, "action.yml", text.encode()).packages
    assert package.version == "v4.1.0"


@pytest.mark.parametrize("comment", ["#" * 200_000, "# " + "1.1-" * 50_000 + "_"])
def test_long_comments_cost_their_length(comment: str) -> None:
    data = f"runs:\n  steps:\n  - uses: actions/cache@{CACHE} {comment}\n"
    (package,) = read_one(ANALYZER, "action.yml", data.encode()).packages
    assert package.version == CACHE


def test_other_encodings_have_no_comments() -> None:
    text = f"{chr(0x2028) * 9}runs: {{steps: [uses: actions/cache@{CACHE}]}} # v4.1.0"
    (package,) = read_one(ANALYZER, "action.yml", text.encode("utf-16")).packages
    assert package.version == CACHE


def test_a_comment_beside_a_tag_is_only_a_comment() -> None:
    data = b"runs:\n  steps:\n  - uses: actions/cache@v4 # not v3.0.1\n"
    assert [each.version for each in read_one(ANALYZER, "action.yml", data).packages] == ["v4"]


@pytest.mark.parametrize("use", ["./a", "docker://alpine@sha256:00", "''"])
def test_what_is_no_package(use: str) -> None:
    found = read_one(ANALYZER, "action.yml", f"runs: {{steps: [{{uses: {use}}}]}}".encode())
    assert (found.packages, found.problems) == ((), ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty, expected a mapping"),
        (b"- a", "a list, expected a mapping"),
        (b"{}\n---\n{}", "2 documents, expected one"),
        (b"{", "expected YAML"),
        (b"jobs:\n  a:\n    uses: checkout\n", "line 3: uses 'checkout', expected 'owner/name@ref'"),
        (b"runs: {steps: [{uses: a/b}]}", "line 1: uses 'a/b', expected 'owner/name@ref'"),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, ".github/workflows/a.yml", data))
    assert reason in told


def test_one_use_that_cannot_be_read_hides_no_other() -> None:
    found = read_one(ANALYZER, "action.yml", b"runs: {steps: [{uses: a}, {uses: a/b@v1.0}]}")
    assert [each.version for each in found.packages] == ["v1.0"]
    assert reasons(found) == ["line 1: uses 'a', expected 'owner/name@ref'"]


@pytest.mark.parametrize("data", [b"", b"- name: a task of something else\n", b"uses: nothing"])
def test_an_action_of_another_program(data: bytes) -> None:
    found = read_one(ANALYZER, "app/action.yml", data)
    assert (found.packages, found.problems) == ((), ())

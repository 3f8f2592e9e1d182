import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry.errors import InvalidReferenceError
from crawler.registry.reference import (
    Reference,
    algorithm_of,
    is_repository,
    is_tag,
    parse_digest,
    parse_reference,
)

SHA256 = "sha256:" + "0a" * 32
SHA512 = "sha512:" + "0a" * 64


@pytest.mark.parametrize(
    ("text", "canonical", "host"),
    [
        ("debian", "docker.io/library/debian:latest", "registry-1.docker.io"),
        ("debian:12-slim", "docker.io/library/debian:12-slim", "registry-1.docker.io"),
        ("grafana/loki:3", "docker.io/grafana/loki:3", "registry-1.docker.io"),
        ("index.docker.io/debian", "docker.io/library/debian:latest", "registry-1.docker.io"),
        ("localhost/a", "localhost/a:latest", "localhost"),
        ("localhost:5000/a/b:1", "localhost:5000/a/b:1", "localhost:5000"),
        ("127.0.0.1:5000/a", "127.0.0.1:5000/a:latest", "127.0.0.1:5000"),
        ("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000"),
        ("quay.io/a/b_c/d__e/f--g.h", "quay.io/a/b_c/d__e/f--g.h:latest", "quay.io"),
        ("MyHost/a", "MyHost/a:latest", "MyHost"),
        (f"debian@{SHA256}", f"docker.io/library/debian@{SHA256}", "registry-1.docker.io"),
        (f"quay.io/a:1@{SHA512}", f"quay.io/a:1@{SHA512}", "quay.io"),
    ],
)
def test_names(text: str, canonical: str, host: str) -> None:
    reference = parse_reference(text)
    assert str(reference) == canonical
    assert reference.host == host
    assert reference.target == (reference.digest or reference.tag)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a repository name"),
        ("Debian", "upper-case"),
        ("quay.io/Team/app", "upper-case"),
        ("a//b", "'a//b' is not a repository name"),
        ("_a", "'_a' is not a repository name"),
        ("a/../b", "is not a repository name"),
        ("a:", "is not a tag"),
        ("a:-1", "is not a tag"),
        ("a:" + "x" * 129, "is not a tag"),
        ("a" * 256, "is not a repository name"),
        ("-host.example/a", "is not a host"),
        ("host.example:port/a", "is not a host"),
        ("a@md5:00", "unknown algorithm 'md5'"),
        ("a@sha256:00", "expected 64 lower-case hex digits"),
        ("a@" + SHA256.upper(), "unknown algorithm"),
        ("a@sha256", "expected algorithm:hex"),
        ("a\n", "is not a repository name"),
    ],
)
def test_names_outside_the_grammar(text: str, words: str) -> None:
    with pytest.raises(InvalidReferenceError, match=words):
        parse_reference(text)


component = st.from_regex(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*", fullmatch=True)
references = st.builds(
    Reference,
    registry=st.sampled_from(["docker.io", "quay.io", "localhost", "localhost:5000", "[::1]:80", "A:1"]),
    repository=st.lists(component, min_size=2, max_size=4).map("/".join).filter(is_repository),
    tag=st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}", fullmatch=True).filter(is_tag),
    digest=st.sampled_from([None, SHA256, SHA512]),
)


@given(references)
def test_spelling_parses_to_the_same_value(reference: Reference) -> None:
    assert parse_reference(str(reference)) == reference


@given(st.text())
def test_any_text_ends_in_a_value_or_an_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except InvalidReferenceError:
        return
    assert parse_reference(str(reference)) == reference


def test_algorithm() -> None:
    assert algorithm_of(parse_digest(SHA512)) == "sha512"

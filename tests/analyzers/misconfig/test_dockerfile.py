import pytest

from analyzers.catalogue import compile_glob
from analyzers.errors import ParseError
from analyzers.inventory import File, Outcome, Scanner, View
from analyzers.misconfig.dockerfile import ANALYZER


def outcomes(text: str) -> dict[str, Outcome]:
    facts = ANALYZER.parse(File("Dockerfile", text.encode()))
    return {fact.check: fact for fact in facts if isinstance(fact, Outcome)}


def is_wanted(path: str) -> bool:
    wanted = [glob for glob in ANALYZER.globs if not glob.startswith("!")]
    left_out = [glob[1:] for glob in ANALYZER.globs if glob.startswith("!")]
    matches = [any(compile_glob(glob).fullmatch(path) for glob in globs) for globs in (wanted, left_out)]
    return matches == [True, False]


@pytest.mark.parametrize(
    "path", ["Dockerfile", "a/Dockerfile.dev", "web.Dockerfile", "a.dockerfile", "Containerfile"]
)
def test_files_that_it_wants(path: str) -> None:
    assert is_wanted(path)


@pytest.mark.parametrize(
    "path", ["Dockerfile.dockerignore", "Dockerfile.md", "dockerfile.py", "MyDockerfile"]
)
def test_files_that_it_leaves(path: str) -> None:
    assert not is_wanted(path)


def test_it_is_asked_when_misconfigurations_are_looked_for() -> None:
    assert (ANALYZER.scanner, ANALYZER.views) == (
        Scanner.MISCONFIG,
        frozenset({View.DECLARED, View.INSTALLED}),
    )


def test_failed_and_passed_checks_with_their_lines() -> None:
    found = outcomes("FROM debian\r\nUSER root\r\n")
    assert (found["DS-0001"].start_line, found["DS-0002"].start_line) == (1, 2)
    assert [line.content for line in found["DS-0002"].code] == ["USER root"]
    assert (found["DS-0004"].passed, found["DS-0004"].file_type) == (True, "dockerfile")


@pytest.mark.parametrize(
    "comment", ["# cleanbill:ignore DS-0010", "#trivy:ignore:AVD-DS-0010:exp:2030-01-01"]
)
def test_comments_ignore_the_instruction_below(comment: str) -> None:
    found = outcomes(f"FROM debian:12\n{comment}\nRUN sudo make\n")
    assert found["DS-0010"].ignored == comment
    assert found["DS-0002"].ignored == ""


@pytest.mark.parametrize("written", ["hunter2", '"hunter2"', "'hun\\ter2'", "hun\\\nter2"])
def test_secrets_are_not_repeated(written: str) -> None:
    found = outcomes(f"FROM debian:12\nENV DB_PASSWORD={written}\n")
    assert found["DS-0031"].start_line == 2
    assert "hunter2" not in str(found)
    assert "ter2" not in str(found)


def test_an_empty_file_says_nothing() -> None:
    assert outcomes("\n") == {}


def test_another_file_is_an_error() -> None:
    with pytest.raises(ParseError, match="expected a Dockerfile instruction"):
        outcomes("{{ template }}\n")

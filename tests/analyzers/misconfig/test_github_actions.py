import pytest

from analyzers.catalogue import compile_glob
from analyzers.inventory import File, Outcome, Scanner
from analyzers.misconfig.github_actions import ANALYZER


@pytest.mark.parametrize(
    ("path", "wanted"),
    [(".github/workflows/ci.yml", True), ("a/.github/workflows/x.yaml", True), ("workflows/ci.yml", False)],
)
def test_files_that_it_wants(path: str, *, wanted: bool) -> None:
    assert any(compile_glob(glob).fullmatch(path) for glob in ANALYZER.globs) == wanted


def test_comments_ignore_what_stands_beside() -> None:
    text = b"on: push\njobs:\n  a:\n    permissions: write-all # trivy:ignore:CB-G0004\n"
    facts = ANALYZER.parse(File(".github/workflows/ci.yml", text))
    found = {fact.check: fact for fact in facts if isinstance(fact, Outcome)}
    assert found["CB-G0004"].ignored == "# trivy:ignore:CB-G0004"
    assert (found["CB-G0004"].resource, found["CB-G0005"].passed) == ("a", True)
    assert ANALYZER.scanner is Scanner.MISCONFIG

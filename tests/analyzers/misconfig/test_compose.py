import pytest

from analyzers.catalogue import compile_glob
from analyzers.inventory import File, Outcome, Scanner
from analyzers.misconfig.compose import ANALYZER


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("compose.yaml", True),
        ("a/docker-compose.override.yml", True),
        ("docker-compose.yaml", True),
        ("compose.prod.yml", True),
        ("decompose.yaml", False),
    ],
)
def test_files_that_it_wants(path: str, *, wanted: bool) -> None:
    assert any(compile_glob(glob).fullmatch(path) for glob in ANALYZER.globs) == wanted


def test_comments_ignore_what_stands_below() -> None:
    text = b"services:\n  web:\n    image: a:1\n    # cleanbill:ignore CB-C0001\n    privileged: true\n"
    facts = ANALYZER.parse(File("compose.yaml", text))
    found = {fact.check: fact for fact in facts if isinstance(fact, Outcome)}
    assert found["CB-C0001"].ignored == "# cleanbill:ignore CB-C0001"
    assert (found["CB-C0001"].resource, found["CB-C0002"].passed) == ("web", True)
    assert ANALYZER.scanner is Scanner.MISCONFIG

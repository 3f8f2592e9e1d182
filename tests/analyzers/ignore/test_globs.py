import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.ignore.globs import compiled


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("docs/Dockerfile", "docs/Dockerfile", True),
        ("docs/Dockerfile", "other/docs/Dockerfile", False),
        ("docs", "docs/Dockerfile", False),
        ("./docs/*", "docs/Dockerfile", True),
        ("/docs/*", "docs/Dockerfile", True),
        ("docs/*", "docs/a/Dockerfile", False),
        ("**/Dockerfile", "Dockerfile", True),
        ("**/Dockerfile", "a/b/Dockerfile", True),
        ("tests/**", "tests/a/b.py", True),
        ("tests/**", "tests", True),
        ("tests/**", "mytests/a", False),
        ("a/**/b/**/c", "a/b/x/b/c", True),
        ("a/**/b/**/c", "a/x/c", False),
        ("**", "any/thing", True),
        ("a**c", "a-b-c", True),
        ("a**c", "a/c", False),
        ("a*b*c", "aXbYc", True),
        ("a*b*c", "aXcYb", False),
        ("a*bc", "abbc", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("*.{yml,yaml}", "x.yaml", True),
        ("{a,b/{c,d}}/x", "b/d/x", True),
        ("{a,b/{c,d}}/x", "b/x", False),
        ("{,src/}main.py", "main.py", True),
        ("[a-c]x", "bx", True),
        ("[a-c]x", "dx", False),
        ("[!a-c]x", "dx", True),
        ("[^a]x", "ax", False),
        ("[a-c-]x", "-x", True),
        (r"[\]]x", "]x", True),
        (r"\*", "*", True),
        (r"\*", "x", False),
        ("a.b", "axb", False),
        ("a\nb*", "a\nbc", True),
    ],
)
def test_a_glob_fits_whole_paths(glob: str, path: str, fits: bool) -> None:  # noqa: FBT001 - a column
    assert compiled(glob).matches(path) is fits


@pytest.mark.parametrize("glob", ["", "./", "[a", "a\\", "{a,b", "a}", "[z-a]", "{a,b}" * 20, "x" * 5000])
def test_what_is_no_glob_is_said(glob: str) -> None:
    with pytest.raises(ParseError, match="glob"):
        compiled(glob)


@pytest.mark.parametrize(
    ("glob", "path"), [("*a" * 1000 + "b", "a" * 4000), ("**/a/" * 500 + "b", "a/" * 2000 + "c")]
)
def test_many_stars_end(glob: str, path: str) -> None:
    assert not compiled(glob).matches(path)


@given(st.text(alphabet="ab/*?[]{},\\!-^", max_size=30), st.text(alphabet="ab/", max_size=20))
def test_any_text_is_a_glob_or_none(glob: str, path: str) -> None:
    try:
        found = compiled(glob)
    except ParseError:
        return
    assert found.matches(path) in (True, False)


@given(st.text(alphabet="ab*?/.", min_size=1, max_size=20).filter(lambda path: path.strip("./")))
def test_an_escaped_path_fits_itself_only(path: str) -> None:
    if path.startswith(("/", "./")):
        return
    glob = compiled("".join(f"\\{each}" if each in "*?" else each for each in path))
    assert glob.matches(path)
    assert not glob.matches(f"{path}x")

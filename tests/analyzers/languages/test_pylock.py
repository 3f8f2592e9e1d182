import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File
from analyzers.languages.pylock import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, reasons, rows


def test_what_uv_exports() -> None:
    found = read_sample(ANALYZER, "good/uv")["pylock.toml"]
    assert len(found.packages) == 19
    assert {"requests@2.31.0", "urllib3@2.6.3", "urllib3@2.8.0"} < set(rows(found))
    assert found.packages[0].lines == ((7, 12),)
    assert reasons(found) == []


def test_odd_entries() -> None:
    found = read_sample(ANALYZER, "odd")["pylock.dev.toml"]
    assert rows(found) == ["a@1.0", "archived@2.0", "b@1.0 dev", "c@1.0"]
    assert graph(found) == {"a@1.0": {"b@1.0"}}
    assert reasons(found) == ["no exact version, so not checked: 'lost'"]


@pytest.mark.parametrize(
    ("marker", "usual", "dev"),
    [
        ("'dev' in dependency_groups", "", True),
        ("'dev' in dependency_groups", "'dev'", False),
        ("'dev' not in dependency_groups", "", False),
        ("'dev' in dependency_groups or 'x' in extras", "", False),
        ("python_version < '4'", "", False),
    ],
)
def test_groups_that_are_not_usual_are_for_development(marker: str, usual: str, *, dev: bool) -> None:
    lock = f'lock-version = "1.0"\ndefault-groups = [{usual}]\n[[packages]]\nname = "a"\nversion = "1"\n'
    found = read_one(ANALYZER, "pylock.toml", f'{lock}marker = "{marker}"\n'.encode())
    assert [each.dev for each in found.packages] == [dev]


def test_a_later_version_is_read_and_doubted() -> None:
    found = read_one(ANALYZER, "pylock.toml", b'lock-version = "2.0"\n[[packages]]\nname="a"\nversion="1"\n')
    assert rows(found) == ["a@1"]
    assert reasons(found) == ["lock-version '2.0', expected '1.0'"]


def test_what_is_no_toml() -> None:
    with pytest.raises(ParseError, match=r"^pylock\.toml: .*expected TOML"):
        list(ANALYZER.parse(File(path="pylock.toml", data=b"[[packages]")))

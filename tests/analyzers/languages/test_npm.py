import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File, View
from analyzers.languages.npm import ANALYZER
from tests.analyzers.languages.locks import TESTDATA, graph, read_one, read_sample, reasons, rows

PROJECT = [
    "@types/ms@0.7.34 direct dev",
    "debug@4.3.4 direct",
    "fsevents@2.3.3 direct",
    "is-number@6.0.0 indirect dev",
    "is-odd@3.0.1 direct dev",
    "js-tokens@4.0.0 indirect",
    "left-pad@1.3.0 direct",
    "loose-envify@1.4.0 indirect",
    "minimist@1.2.8 indirect dev",
    "mkdirp@0.5.6 direct dev",
    "ms@2.0.0 direct",
    "ms@2.1.2 indirect",
    "react@18.2.0 direct",
    "sample-app@1.0.0 root",
    "sample-util@0.1.0 workspace",
    "use-sync-external-store@1.2.0 direct",
]


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_what_npm_writes(version: str) -> None:
    found = read_sample(ANALYZER, f"good/{version}")["package-lock.json"]
    assert rows(found) == PROJECT
    needs = graph(found)
    assert needs["sample-util@0.1.0"] == {"ms@2.0.0", "is-odd@3.0.1"}
    assert needs["debug@4.3.4"] == {"ms@2.1.2"}
    assert needs["use-sync-external-store@1.2.0"] == {"react@18.2.0"}
    assert {"left-pad@1.3.0", "sample-util@0.1.0", "mkdirp@0.5.6"} < needs["sample-app@1.0.0"]
    (left,) = (each for each in found.packages if each.name == "left-pad")
    assert (left.licenses, left.lines) == (("WTFPL",), ((89, 94),))


def test_version_1_does_not_say_what_is_direct() -> None:
    found = read_sample(ANALYZER, "good/v1")["package-lock.json"]
    assert rows(found) == [
        "@types/ms@0.7.34 dev",
        "debug@4.3.4",
        "fsevents@2.3.3",
        "is-number@6.0.0 dev",
        "is-odd@3.0.1 dev",
        "js-tokens@4.0.0",
        "left-pad@1.3.0",
        "loose-envify@1.4.0",
        "minimist@1.2.8 dev",
        "mkdirp@0.5.6 dev",
        "ms@2.0.0",
        "ms@2.1.2",
        "react@18.2.0",
        "sample-app@1.0.0 root",
        "use-sync-external-store@1.2.0",
    ]
    assert graph(found)["debug@4.3.4"] == {"ms@2.1.2"}
    (nested,) = (each for each in found.packages if each.version == "2.0.0")
    assert nested.lines == ((83, 86),)


def test_odd_entries_of_version_1() -> None:
    found = read_sample(ANALYZER, "odd/old")["package-lock.json"]
    assert rows(found) == [
        "a@1.0.0",
        "b@1.1.0 dev",
        "b@2.0.0 dev",
        "git@git+ssh://git@example.org/git.git#0f1e",
        "tar@file:tar-1.0.0.tgz",
    ]
    assert graph(found) == {"a@1.0.0": {"b@1.1.0"}}
    assert reasons(found) == ["no exact version, so not checked: 'none'"]


def test_odd_entries() -> None:
    found = read_sample(ANALYZER, "odd/new")["npm-shrinkwrap.json"]
    assert rows(found) == [
        "@s/b@1.0.0 direct",
        "@s/b@2.0.0 indirect",
        "a@1.0.0 direct",
        "c@3.0.0 direct",
        "lib@0.0.1 workspace",
    ]
    assert graph(found) == {"a@1.0.0": {"@s/b@2.0.0"}, "@s/b@1.0.0": {"a@1.0.0"}, "lib@0.0.1": {"c@3.0.0"}}
    assert [each.lines for each in found.packages if each.name == "c"] == [((6, 6), (7, 7))]
    assert reasons(found) == ["no exact version, so not checked: 'lost'"]


def test_a_later_version_is_read_and_doubted() -> None:
    lock = b'{"lockfileVersion": 4, "packages": {"node_modules/a": {"version": "1.0.0"}}}'
    found = read_one(ANALYZER, "package-lock.json", lock)
    assert rows(found) == ["a@1.0.0 indirect"]
    assert reasons(found) == ["lockfileVersion 4, expected 1, 2 or 3"]


def test_what_needs_a_package_that_is_only_linked() -> None:
    lock = b"""{"lockfileVersion": 3, "packages": {"": {"dependencies": {"lib": "*"}}, "lib": {"name": "lib"},
    "node_modules/lib": {"resolved": "lib", "link": true}, "node_modules/x": {"version": "1"}}}"""
    found = read_one(ANALYZER, "package-lock.json", lock)
    assert (rows(found), graph(found), reasons(found)) == (["x@1 indirect"], {}, [])


def test_a_project_without_packages_is_no_error() -> None:
    found = read_one(ANALYZER, "package-lock.json", b'{"name": "a", "lockfileVersion": 1}')
    assert (rows(found), reasons(found)) == ([], [])


def test_no_value_is_too_deep_to_speak_of() -> None:
    for depth in range(300, 1000, 20):
        deep = b"[" * depth + b"]" * depth
        reason = reasons(
            read_one(ANALYZER, "package-lock.json", b'{"lockfileVersion": %b, "packages": 1}' % deep)
        )
        assert len(reason) == 1
        assert len(reason[0]) < 200


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"packages"', b'{"lockfileVersion": 99}'])
def test_what_npm_would_not_write(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"^package-lock\.json: .*, expected"):
        list(ANALYZER.parse(File(path="package-lock.json", data=data)))


def test_it_is_no_matter_of_installed_systems() -> None:
    assert ANALYZER.views == {View.DECLARED}


def test_lock_files_that_came_with_a_package_are_nobodys() -> None:
    data = (TESTDATA / "npm/good/v3/package-lock.json").read_bytes()
    found = read_one(ANALYZER, "node_modules/a/package-lock.json", data)
    assert (found.packages, found.problems) == ((), ())

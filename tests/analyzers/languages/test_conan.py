import pytest

from analyzers.languages._conan_reference import Reference, parse_reference
from analyzers.languages.conan import ANALYZER
from tests.analyzers.languages.locks import graph, read_one, read_sample, read_tree, reasons, rows


def test_version_1_has_a_graph() -> None:
    lock = read_sample(ANALYZER, "good/one")["conan.lock"]
    assert rows(lock) == ["cmake@3.25.0 direct dev", "openssl@3.1.0 direct", "zlib@1.2.13 indirect"]
    assert graph(lock) == {"openssl@3.1.0": {"zlib@1.2.13"}}
    assert {each.name: each.lines for each in lock.packages} == {
        "openssl": ((15, 23),),
        "zlib": ((24, 29),),
        "cmake": ((30, 35),),
    }


def test_version_2_says_what_is_direct_with_conanfile_only() -> None:
    found = read_sample(ANALYZER, "good/two")
    assert found.keys() == {"conan.lock"}
    assert rows(found["conan.lock"]) == [
        "cmake@3.25.0 direct dev",
        "openssl@3.1.0 direct",
        "zlib@1.2.13 indirect",
    ]
    assert [each.lines for each in found["conan.lock"].packages] == [((4, 4),), ((5, 5),), ((8, 8),)]
    alone = read_one(ANALYZER, "conan.lock", b'{"version": "0.5", "requires": ["zlib/1.3#0%1"]}')
    assert rows(alone) == ["zlib@1.3"]


def test_odd_forms_of_version_1() -> None:
    lock = read_sample(ANALYZER, "odd/one")["conan.lock"]
    assert rows(lock) == [
        "app@1.0 root",
        "b2@4.9.6 indirect dev",
        "sqlite3@3.38.1 direct",
        "zlib@ indirect",
    ]
    assert graph(lock) == {
        "app@1.0": {"sqlite3@3.38.1"},
        "sqlite3@3.38.1": {"zlib@"},
        "zlib@": {"b2@4.9.6"},
    }


def test_a_package_for_both_machines_is_one() -> None:
    root = b'"0": {"path": "", "requires": ["1"], "build_requires": ["2"]}'
    nodes = root + b', "1": {"ref": "a/1"}, "2": {"ref": "a/1"}'
    lock = read_one(ANALYZER, "conan.lock", b'{"graph_lock": {"nodes": {' + nodes + b"}}}")
    assert rows(lock) == ["a@1 direct"]


def test_conanfile_alone() -> None:
    found = read_sample(ANALYZER, "odd/alone")["conanfile.txt"]
    assert rows(found) == ["gtest@1.14.0 direct dev", "poco@1.9.4 direct", "zlib@ direct"]
    assert [each.evidence for each in found.packages if each.evidence] == ["recipe of pocoproject/stable"]


def test_a_broken_lock_file_hides_no_conanfile() -> None:
    found = read_tree(ANALYZER, {"conan.lock": b"{", "conanfile.txt": b"[requires]\nzlib/1.3\n"})
    assert rows(found["conanfile.txt"]) == ["zlib@1.3 direct"]
    assert reasons(found["conan.lock"])


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("zlib/1.2.13", Reference("zlib", "1.2.13", "")),
        (" zlib/1.2.13@ ", Reference("zlib", "1.2.13", "")),
        ("zlib/1.2.13@_/_", Reference("zlib", "1.2.13", "")),
        ("zlib/1.2.13#09cc%1795421934.06", Reference("zlib", "1.2.13", "")),
        ("zlib/1.2.13:5ab84", Reference("zlib", "1.2.13", "")),
        ("sqlite3/3.38.1@user/stable#0:6dc3#0", Reference("sqlite3", "3.38.1", "user/stable")),
        ("lib++/cci.20200101+x", Reference("lib++", "cci.20200101+x", "")),
        ("zlib/[>=1.2 <2, include_prerelease]", Reference("zlib", "", "")),
        ("zlib", None),
        ("zlib/", None),
        ("zlib/1 2", None),
        ("", None),
    ],
)
def test_references(text: str, reference: Reference | None) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("conan.lock", b"", "expected JSON"),
        ("conan.lock", b'{"version": "0.9"}', "version '0.9', expected graph_lock or requires"),
        ("conan.lock", b'{"requires": [7]}', "7, expected a reference such as 'zlib/1.2.13'"),
        ("conan.lock", b'{"graph_lock": {"nodes": {"1": {}}}}', "a node without ref, expected one"),
        ("conan.lock", b'{"graph_lock": {"nodes": {"1": {"ref": "a"}}}}', "'a', expected a reference"),
        ("conanfile.txt", b"[requires]\nzlib\n", "'zlib', expected a reference"),
    ],
)
def test_what_cannot_be_read(name: str, data: bytes, reason: str) -> None:
    (told,) = reasons(read_one(ANALYZER, name, data))
    assert reason in told

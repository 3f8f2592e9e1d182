import runpy
from pathlib import Path

import pytest

from analyzers.catalogue import Dispatch
from analyzers.inventory import File, Found, Package
from analyzers.languages.cargo import ANALYZER
from analyzers.layer import read_file

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/cargo/make.py"))["SAMPLES"]
GOOD = {name: data for name, data in SAMPLES.items() if name.startswith("good/")}


def combined(files: dict[str, bytes]) -> dict[str, Found]:
    assert ANALYZER.combine
    read = [read_file(ANALYZER, File(path, files[path]), Dispatch([ANALYZER])) for path in sorted(files)]
    return {found.path: found for found in ANALYZER.combine(read)}


def told(found: Found) -> dict[str, str]:
    return {
        f"{one.name}@{one.version}": one.relationship + (" dev" if one.dev else "") for one in found.packages
    }


def test_a_workspace() -> None:
    found = combined(GOOD)
    assert set(found) == {"good/srv/Cargo.lock"}
    assert told(found["good/srv/Cargo.lock"]) == {
        "aho-corasick@1.1.5": "direct dev",
        "app@0.1.0": "workspace",
        "autocfg@1.5.1": "direct",
        "cfg-if@0.1.10": "direct",
        "cfg-if@1.0.5": "direct",
        "itoa@1.0.19": "direct",
        "lib@0.2.0": "workspace",
        "matches@0.1.10": "direct dev",
        "memchr@2.8.3": "direct",
    }


def test_lines_and_dependencies() -> None:
    packages = combined(GOOD)["good/srv/Cargo.lock"].packages
    assert packages[0].lines == ((5, 12),)
    assert packages[1].lines == ((14, 23),)
    assert packages[1].depends_on == (
        "autocfg@1.5.1",
        "cfg-if@1.0.5",
        "itoa@1.0.19",
        "lib@0.2.0",
        "matches@0.1.10",
    )


def test_without_manifests_nothing_is_for_development() -> None:
    found = combined({"Cargo.lock": SAMPLES["good/srv/Cargo.lock"]})["Cargo.lock"]
    assert not any(one.dev for one in found.packages)


def test_the_first_version_of_the_format() -> None:
    found = combined({"Cargo.lock": SAMPLES["odd/srv/old/Cargo.lock"]})["Cargo.lock"]
    needs = "libc@0.2.1"
    assert found.packages == (
        Package(kind="cargo", name="libc", version="0.2.1", relationship="direct", lines=((10, 13),)),
        Package(
            kind="cargo",
            name="log",
            version="0.3.1",
            relationship="direct",
            lines=((15, 21),),
            depends_on=(needs,),
        ),
        Package(
            kind="cargo",
            name="old",
            version="0.1.0",
            relationship="root",
            depends_on=(needs, "log@0.3.1"),
        ),
    )


LOCK = b"""
[[package]]
name = "top"
version = "1.0.0"
dependencies = ["a", "b", "c"]
[[package]]
name = "a"
version = "1.0.0"
source = "registry"
dependencies = ["d"]
[[package]]
name = "b"
version = "1.0.0"
source = "registry"
dependencies = ["d", "e"]
[[package]]
name = "c"
version = "1.0.0"
[[package]]
name = "d"
version = "1.0.0"
source = "registry"
[[package]]
name = "e"
version = "1.0.0"
source = "registry"
"""


@pytest.mark.parametrize(
    ("manifest", "dev"),
    [
        ("[dev-dependencies]\nb = '1'\n", {"b", "e"}),
        ("[dev_dependencies]\nb = '1'\n", {"b", "e"}),
        ("[dev-dependencies]\nb = '1'\n[dependencies]\nb = '1'\n", set()),
        ("[dev-dependencies]\nb = '1'\n[build-dependencies]\nb = '1'\n", set()),
        ("[target.x86.dev-dependencies]\nb = '1'\n", {"b", "e"}),
        ("[dev-dependencies]\nlocal = {package = 'b'}\n", {"b", "e"}),
        ("[dev-dependencies]\na = '1'\nb = '1'\n", {"a", "b", "d", "e"}),
        ("[dev-dependencies]\nc = {path = 'c'}\n", set()),
        ("[dev-dependencies]\nb = 7\n[target]\nx = 1\n", {"b", "e"}),
        ("[dependencies]\n", set()),
    ],
)
def test_what_only_tests_need(manifest: str, dev: set[str]) -> None:
    found = combined({"Cargo.lock": LOCK, "Cargo.toml": f"[package]\nname = 'top'\n{manifest}".encode()})
    packages = found["Cargo.lock"].packages
    assert {one.name for one in packages if one.dev} == dev
    assert {one.name: one.relationship for one in packages} == {
        "top": "root",
        "a": "direct",
        "b": "direct",
        "c": "workspace",
        "d": "indirect",
        "e": "indirect",
    }


def test_manifests_of_other_projects_have_no_say() -> None:
    manifest = b"[package]\nname = 'top'\n[dev-dependencies]\nb = '1'\n"
    found = combined({"x/Cargo.lock": LOCK, "xy/Cargo.toml": manifest})
    assert not any(one.dev for one in found["x/Cargo.lock"].packages)


def test_the_manifest_nearest_to_the_lock_counts() -> None:
    near = b"[package]\nname = 'top'\n"
    far = near + b"[dev-dependencies]\nb = '1'\n"
    found = combined({"x/Cargo.lock": LOCK, "x/t/d/Cargo.toml": far, "x/t/Cargo.toml": near})
    assert not any(one.dev for one in found["x/Cargo.lock"].packages)


def test_a_package_of_the_registry_may_have_the_project_s_name() -> None:
    lock = LOCK.replace(b'name = "a"', b'name = "top"').replace(b'["a", ', b'["top 1.0.1", ')
    rest = b'\nsource = "registry"\ndependencies = ["d"]'
    lock = lock.replace(b'version = "1.0.0"' + rest, b'version = "1.0.1"' + rest)
    manifest = b"[package]\nname = 'top'\n[dev-dependencies]\nd = '1'\nb = '1'\n"
    packages = combined({"Cargo.lock": lock, "Cargo.toml": manifest})["Cargo.lock"].packages
    assert {f"{one.name}@{one.version}" for one in packages if one.dev} == {"b@1.0.0", "e@1.0.0"}


def test_what_nothing_needs_is_not_for_development() -> None:
    lock = LOCK + b'[[package]]\nname = "stray"\nversion = "1.0.0"\nsource = "registry"\n'
    found = combined({"Cargo.lock": lock, "Cargo.toml": b"[package]\nname = 'top'\n"})["Cargo.lock"]
    assert not any(one.dev for one in found.packages)


def test_a_table_that_only_looks_like_a_package_costs_the_lines() -> None:
    lock = LOCK + b'[metadata]\nnote = """\n[[package]]\n"""\n'
    assert {one.lines for one in combined({"Cargo.lock": lock})["Cargo.lock"].packages} == {()}


@pytest.mark.parametrize(
    ("files", "paths"),
    [
        ({"a/Cargo.lock": b"[["}, ["a/Cargo.lock"]),
        ({"a/Cargo.lock": b"[[package]]\nversion = '1'"}, ["a/Cargo.lock"]),
        ({"a/Cargo.lock": LOCK, "a/b/Cargo.toml": b"[["}, ["a/b/Cargo.toml"]),
        ({"a/Cargo.lock": LOCK, "b/Cargo.toml": b"[["}, []),
    ],
)
def test_what_cannot_be_read_is_told_where_it_matters(files: dict[str, bytes], paths: list[str]) -> None:
    assert [path for path, found in combined(files).items() if found.problems] == paths

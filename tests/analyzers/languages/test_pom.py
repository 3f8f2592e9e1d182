import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File, Found, Note, Package
from analyzers.languages._pom_model import parse_pom
from analyzers.languages._pom_tree import Tree
from analyzers.languages.pom import ANALYZER, Gathering

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/pom/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]
pom, dependency, managed, name = (MAKE[key] for key in ("pom", "dependency", "managed", "name"))
ABSENT = ": not among the files, so what they add is not known"
UNKNOWN = ": what they need themselves is not known offline"


def sample(kind: str) -> dict[str, bytes]:
    prefix = f"{kind}/"
    return {path.removeprefix(prefix): data for path, data in SAMPLES.items() if path.startswith(prefix)}


def combined(files: Mapping[str, bytes]) -> dict[str, Found]:
    found = []
    for path in sorted(files):
        (note,) = ANALYZER.parse(File(path=path, data=files[path]))
        assert isinstance(note, Note)
        found.append(Found(path, note=note.data))
    assert ANALYZER.combine
    return {one.path: one for one in ANALYZER.combine(found)}


def reasons(found: Found) -> list[str]:
    return [one.reason for one in found.problems]


def versions(found: Found) -> dict[str, str]:
    return {one.name: one.version for one in found.packages if one.relationship != "root"}


def test_projects_that_inherit_import_and_need_each_other() -> None:
    found = combined(sample("good"))
    slf4j = "org.slf4j:slf4j-api"
    needs = (
        "org.example:core@1.0",
        "org.postgresql:postgresql@42.2.5",
        f"{slf4j}@1.7.30",
        "junit:junit@4.12",
    )
    servlet = "javax.servlet:servlet-api"
    direct = [
        Package(
            kind="pom",
            name="org.example:app",
            version="1.0",
            relationship="root",
            depends_on=(*needs, f"{servlet}@2.5"),
        ),
        Package(
            kind="pom",
            name="org.example:core",
            version="1.0",
            relationship="direct",
            lines=((7, 7),),
            depends_on=("com.google.guava:guava@31.1-jre", f"{slf4j}@1.7.30"),
        ),
        Package(
            kind="pom",
            name="org.postgresql:postgresql",
            version="42.2.5",
            relationship="direct",
            lines=((9, 12),),
        ),
        Package(kind="pom", name=slf4j, version="1.7.30", relationship="direct"),
    ]
    indirect = Package(kind="pom", name="com.google.guava:guava", version="31.1-jre", relationship="indirect")
    dev = [
        Package(
            kind="pom", name=known, version=version, relationship="direct", dev=True, lines=((line, line),)
        )
        for known, version, line in (("junit:junit", "4.12", 8), (servlet, "2.5", 13))
    ]
    assert list(found["app/pom.xml"].packages) == [*direct, indirect, *dev]
    unknown = "com.google.guava:guava, org.postgresql:postgresql, org.slf4j:slf4j-api"
    assert reasons(found["app/pom.xml"]) == [f"{unknown}{UNKNOWN}"]
    assert found["pom.xml"].packages[0].licenses == ("MIT License",)
    assert versions(found["core/pom.xml"])["commons-io:commons-io"] == "2.7"
    assert [one.name for one in found["bom/pom.xml"].packages] == ["org.example:bom"]
    assert reasons(found["bom/pom.xml"]) == []


def test_what_is_not_known_is_said() -> None:
    found = combined(sample("odd"))["boot/pom.xml"]
    assert versions(found) == {
        "org.springframework.boot:spring-boot-starter-web": "",
        "a:range": "",
        "a:exact": "1.5",
        "a:latest": "",
        "b": "1",
        "a:profiled": "7",
    }
    assert reasons(found) == [
        f"org.springframework.boot:spring-boot-starter-parent:2.6.1{ABSENT}",
        f"a:exact, a:latest, a:profiled, a:range, b and 1 more{UNKNOWN}",
        "a:${unknown}: names with properties that no file here sets",
    ]


def test_projects_that_name_themselves_have_an_end() -> None:
    found = combined(sample("odd"))["self/pom.xml"]
    assert versions(found) == {"g:self": "1", "g:loop": ""}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([dependency("a:b:${project.version}")], "3"),
        ([dependency("a:b:${pom.version}")], "3"),
        ([dependency("a:b:1"), dependency("a:b:2", type="test-jar")], "1"),
        ([dependency("a:b:${x.y}-z")], "7-z"),
        ([dependency("a:b:${x.missing}")], ""),
        ([dependency("a:b:(,1]")], ""),
        ([dependency("a:b:[1],[2]")], ""),
        ([dependency("a:b")], "9"),
        ([dependency("a:b", classifier="x")], ""),
    ],
)
def test_versions(parts: list[str], expected: str) -> None:
    data = pom(
        name("g:p:3"),
        "<properties><x.y>7</x.y></properties>",
        managed(dependency("a:b:9")),
        "<dependencies>",
        *parts,
        "</dependencies>",
    )
    assert versions(combined({"pom.xml": data})["pom.xml"]) == {"a:b": expected}


@pytest.mark.parametrize(
    ("fields", "dev"),
    [
        ({}, False),
        ({"scope": "runtime"}, False),
        ({"scope": "compile", "optional": "false"}, False),
        ({"scope": "test"}, True),
        ({"scope": "provided"}, True),
        ({"scope": "system"}, True),
        ({"optional": "true"}, False),
        ({"scope": "provided", "optional": "true"}, True),
    ],
)
def test_scopes(fields: dict[str, str], *, dev: bool) -> None:
    data = pom(name("g:p:3"), "<dependencies>", dependency("a:b:1", **fields), "</dependencies>")
    (_, package) = combined({"pom.xml": data})["pom.xml"].packages
    assert package.dev is dev


def test_what_is_needed_for_tests_and_more_is_not_for_tests_only() -> None:
    library = pom(name("g:l:1"), "<dependencies>", dependency("a:b:1"), "</dependencies>")
    data = pom(
        name("g:p:3"),
        "<dependencies>",
        dependency("a:b:2", scope="test"),
        dependency("g:l:1"),
        "</dependencies>",
    )
    packages = combined({"l/pom.xml": library, "p/pom.xml": data})["p/pom.xml"].packages
    assert {one.name: (one.dev, one.relationship) for one in packages[1:]} == {
        "g:l": (False, "direct"),
        "a:b": (False, "direct"),
    }


def test_the_project_that_needs_manages_versions_of_what_others_need() -> None:
    library = pom(name("g:l:1"), "<dependencies>", dependency("a:b:1"), "</dependencies>")
    data = pom(
        name("g:p:3"), managed(dependency("a:b:5")), "<dependencies>", dependency("g:l:1"), "</dependencies>"
    )
    found = combined({"l/pom.xml": library, "p/pom.xml": data})
    assert versions(found["p/pom.xml"]) == {"g:l": "1", "a:b": "5"}
    assert versions(found["l/pom.xml"]) == {"a:b": "1"}


def test_a_parent_is_found_by_folder_or_by_name() -> None:
    parent = pom(name("g:parent:1"), managed(dependency("a:b:5")))
    above = (
        "<parent>" + name("g:parent:1") + "<relativePath>{}</relativePath></parent><artifactId>c</artifactId>"
    )
    needs = ("<dependencies>", dependency("a:b"), "</dependencies>")
    files = {
        "build/parent/pom.xml": parent,
        "x/pom.xml": pom(above.format("../build/parent"), *needs),
        "y/pom.xml": pom(above.format(""), *needs),
        "z/pom.xml": pom(above.format("../../../elsewhere/pom.xml"), *needs),
    }
    found = combined(files)
    assert [versions(found[path]) for path in ("x/pom.xml", "y/pom.xml", "z/pom.xml")] == [{"a:b": "5"}] * 3


def test_absent_imports_are_problems() -> None:
    data = pom(name("g:p:3"), managed(dependency("g:bom:1", type="pom", scope="import")))
    assert reasons(combined({"pom.xml": data})["pom.xml"]) == [f"g:bom:1{ABSENT}"]


def test_long_chains_of_projects() -> None:
    files = {}
    for number in range(90):
        above = "<parent>" + name(f"g:p{number + 1}:1") + "<relativePath/></parent>"
        bom = managed(dependency(f"g:p{number + 1}:1", type="pom", scope="import"))
        needs = ("<dependencies>", dependency(f"g:p{number + 1}:1"), "</dependencies>")
        files[f"{number:02}/pom.xml"] = pom(above, name(f"g:p{number}:1"), bom, *needs)
    found = combined(files)
    assert len(found["00/pom.xml"].packages) == 91
    assert "not among the files" in reasons(found["00/pom.xml"])[0]


def test_following_dependencies_has_an_end() -> None:
    needs = ("<dependencies>", dependency("a:b:1"), dependency("c:d:1"), "</dependencies>")
    tree = Tree({"pom.xml": parse_pom(pom(name("g:p:1"), *needs), "pom.xml")})
    gathered = Gathering(steps=1).gather(tree, tree.project("pom.xml"))
    assert (list(gathered.entries), gathered.is_cut) == (["a:b"], True)


def test_files_that_are_no_projects_stay_as_they_are() -> None:
    with pytest.raises(ParseError, match="'settings', expected a project with an artifactId"):
        list(ANALYZER.parse(File(path="pom.xml", data=SAMPLES["broken/b/pom.xml"])))
    assert ANALYZER.combine
    assert list(ANALYZER.combine([Found("pom.xml")])) == [Found("pom.xml")]

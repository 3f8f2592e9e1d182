import io
import runpy
import struct
import zipfile
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.identity import identify
from analyzers.inventory import Fact, File, Package, Problem
from analyzers.languages._jar_names import split_file_name
from analyzers.languages._zip import Archive, Budget
from analyzers.languages.jar import ANALYZER

MAKE: dict[str, Any] = runpy.run_path(str(Path(__file__).parent / "testdata/jar/make.py"))
SAMPLES: dict[str, bytes] = MAKE["SAMPLES"]
archive, manifest, properties, project = (
    MAKE[name] for name in ("archive", "manifest", "properties", "project")
)
CORE: bytes = MAKE["CORE"]
MANIFEST, NAME, TABLE = "manifest of the archive", "name of the file", "well-known name of the file"
APACHE = "https://www.apache.org/licenses/LICENSE-2.0.txt"


def read(path: str, data: bytes) -> list[Fact]:
    return list(ANALYZER.parse(File(path=path, data=data)))


def packages(path: str, data: bytes) -> list[Package]:
    return [fact for fact in read(path, data) if isinstance(fact, Package)]


def reasons(path: str, data: bytes) -> list[str]:
    return [fact.reason for fact in read(path, data) if isinstance(fact, Problem)]


def names(path: str, members: dict[str, bytes]) -> list[tuple[str, str, str]]:
    return [(one.name, one.version, one.evidence) for one in packages(path, archive(members))]


def jar(name: str, version: str, **fields: Any) -> Package:  # noqa: ANN401 - any of Package's
    return Package(kind="jar", name=name, version=version, **fields)


LOG4J = "org.apache.logging.log4j:log4j-core"


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("good/usr/share/java/log4j-core-2.14.1.jar", [jar(LOG4J, "2.14.1", licenses=(APACHE,))]),
        (
            "good/app/app.jar",
            [
                jar("org.example:demo", "0.1"),
                jar(LOG4J, "2.14.1", licenses=(APACHE,), inner_path="BOOT-INF/lib/log4j-core-2.14.1.jar"),
                jar(
                    "org.springframework:spring-core",
                    "5.3.17",
                    inner_path="BOOT-INF/lib/spring-core-5.3.17.jar",
                    evidence=TABLE,
                ),
            ],
        ),
        (
            "good/srv/shop.ear",
            [
                jar("shop", "", evidence=NAME),
                jar("org.example:shop", "3", inner_path="shop-3.war"),
                jar(
                    LOG4J,
                    "2.14.1",
                    licenses=(APACHE,),
                    inner_path="shop-3.war/WEB-INF/lib/log4j-core-2.14.1.jar",
                ),
            ],
        ),
        (
            "good/opt/shaded-1.0.jar",
            [
                jar("org.example:shaded", "1.0", licenses=("Apache License, Version 2.0",)),
                jar("com.google.guava:guava", "31.1-jre"),
                jar("org.ow2.asm:asm", "9", licenses=("Apache License, Version 2.0",)),
            ],
        ),
        ("odd/a/empty.jar", []),
        ("odd/a/none.jar", []),
        ("odd/a/module.nar", []),
        (
            "odd/a/scala-xml_2.12-2.1.0.jar",
            [
                jar(
                    "org.scala-lang.modules:scala-xml_2.12",
                    "2.1.0",
                    licenses=("https://www.apache.org/licenses/LICENSE-2.0", "MIT"),
                    evidence=MANIFEST,
                )
            ],
        ),
        ("odd/a/unknown-1.0.jar", [jar("unknown", "1.0", evidence=NAME)]),
        ("odd/a/git.hpi", [jar("org.jenkins-ci.plugins:git", "4.0", evidence=MANIFEST)]),
    ],
)
def test_samples(sample: str, expected: list[Package]) -> None:
    assert read(sample.partition("/")[2], SAMPLES[sample]) == expected


@pytest.mark.parametrize(
    ("stem", "artifact", "version"),
    [
        ("log4j-core-2.14.1", "log4j-core", "2.14.1"),
        ("log4j-1.2-api-2.17.2", "log4j-1.2-api", "2.17.2"),
        ("scala-xml_2.12-2.1.0", "scala-xml_2.12", "2.1.0"),
        ("netty-transport-4.1.74.Final-linux-x86_64", "netty-transport", "4.1.74.Final"),
        ("guava-31.1-jre", "guava", "31.1-jre"),
        ("stax-api-1.0-2", "stax-api", "1.0-2"),
        ("a-1.0-20230101.123456-7", "a", "1.0-20230101.123456-7"),
        ("a-1.0-SNAPSHOT", "a", "1.0-SNAPSHOT"),
        ("a-1.0-beta-2-sources", "a", "1.0-beta-2"),
        ("json4s-ast_2.12-3.7.0-M11", "json4s-ast_2.12", "3.7.0-M11"),
        ("mesos-1.4.3-shaded-protobuf", "mesos", "1.4.3"),
        ("org.eclipse.core.runtime_3.7.0.v2011", "org.eclipse.core.runtime", "3.7.0.v2011"),
        ("spring-boot", "spring-boot", ""),
        ("commons-lang3", "commons-lang3", ""),
        ("app", "app", ""),
        ("-1", "", "1"),
        ("", "", ""),
    ],
)
def test_file_names(stem: str, artifact: str, version: str) -> None:
    assert split_file_name(stem) == (artifact, version)


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        (
            "a/ivy-2.5.1.jar",
            {"Implementation_Title": "org.apache.ivy", "Implementation_Vendor_Id": "org.apache"},
            ("org.apache.ivy:ivy", "2.5.1", TABLE),
        ),
        (
            "a/httpclient-4.5.jar",
            {"Implementation_Title": "httpclient", "Implementation_Vendor_Id": "org.apache"},
            ("httpclient", "4.5", NAME),
        ),
        (
            "a/cats-kernel_2.12-2.1.1.jar",
            {"Implementation_Title": "Cats kernel", "Implementation_Vendor_Id": "org.typelevel"},
            ("org.typelevel:cats-kernel_2.12", "2.1.1", MANIFEST),
        ),
        (
            "a/snappy-java.jar",
            {
                "Bundle_SymbolicName": "org.xerial.snappy.snappy-java;singleton:=true",
                "Bundle_Version": "1.1.9.1",
            },
            ("org.xerial.snappy:snappy-java", "1.1.9.1", MANIFEST),
        ),
        ("a/objenesis-3.2.jar", {"Bundle_SymbolicName": "org.objenesis"}, ("objenesis", "3.2", NAME)),
        (
            "a/x.jar",
            {"Implementation_Title": "io.micrometer#micrometer-core;1.9.0"},
            ("io.micrometer:micrometer-core", "1.9.0", MANIFEST),
        ),
        (
            "lib/catalina.jar",
            {"Implementation_Title": "Apache Tomcat", "Implementation_Version": "9.0.56"},
            ("org.apache.tomcat:tomcat-catalina", "9.0.56", TABLE),
        ),
        ("lib/catalina.jar", {}, ("catalina", "", NAME)),
        (
            "app.jar",
            {"Implementation_Title": "demo", "Implementation_Version": "${version}", "Bundle_Version": "2"},
            ("demo", "2", MANIFEST),
        ),
        ("APP.JAR", {"Specification_Version": "1.5"}, ("APP", "1.5", NAME)),
        (
            "a/folded-name.jar",
            {"Implementation_Version": "1.\r\n 2", "implementation_version": "3"},
            ("folded-name", "1.2", NAME),
        ),
    ],
)
def test_what_manifests_and_names_tell(
    path: str, headers: dict[str, str], expected: tuple[str, str, str]
) -> None:
    assert names(path, manifest(**headers)) == [expected]


GUAVA = properties("com.google.guava", "guava", "31.1-jre")


@pytest.mark.parametrize(
    ("path", "members", "expected"),
    [
        ("app.jar", GUAVA, [("com.google.guava:guava", "31.1-jre", "")]),
        ("guava-31.1-jre-shaded.jar", GUAVA, [("com.google.guava:guava", "31.1-jre", "")]),
        ("bundle_31.1.0.jre.jar", GUAVA, [("com.google.guava:guava", "31.1-jre", "")]),
        (
            "other-1.0.jar",
            GUAVA,
            [("other", "1.0", NAME), ("com.google.guava:guava", "31.1-jre", "")],
        ),
        (
            "other.jar",
            GUAVA | manifest(Bundle_Version="1.0"),
            [("other", "1.0", NAME), ("com.google.guava:guava", "31.1-jre", "")],
        ),
        (
            "app.jar",
            GUAVA | properties("g", "a", "1") | manifest(Implementation_Title="a"),
            [("com.google.guava:guava", "31.1-jre", ""), ("g:a", "1", "")],
        ),
        ("a-1.jar", {"pom.properties": b"artifactId=a\nversion=1"}, [("a", "1", "")]),
        ("a-1.jar", {"pom.properties": b"version=1"}, [("a", "1", NAME)]),
        (
            "a.jar",
            {"META-INF/maven/g/a/pom.properties": b"artifactId = ${x}\nversion = ${y}"},
            [("g:a", "", "")],
        ),
    ],
)
def test_descriptors_say_what_an_archive_is(
    path: str, members: dict[str, bytes], expected: list[tuple[str, str, str]]
) -> None:
    assert names(path, members) == expected


def test_a_package_without_a_group_is_unchecked() -> None:
    (package,) = packages("a/unknown-1.0.jar", SAMPLES["odd/a/unknown-1.0.jar"])
    assert identify(package, None).unchecked == "the package's group id is not known"
    assert identify(package, None).purl == "pkg:maven/unknown@1.0"
    (package,) = packages("a/a.jar", CORE)
    assert identify(package, None).unchecked == ""


def test_inner_archives_that_cannot_be_read_are_problems() -> None:
    data = SAMPLES["odd/a/outer.war"]
    assert [(one.name, one.version) for one in packages("a/outer.war", data)] == [("outer", "")]
    assert reasons("a/outer.war", data) == [
        "languages/jar: WEB-INF/lib/text.jar: begins with 'no archive', expected a zip"
    ]


def test_archives_in_each_other_have_an_end() -> None:
    data = archive({"x.class": b""})
    for _ in range(12):
        data = archive({"inner.jar": data})
    assert len(packages("a.jar", data)) == 9
    assert [reason.rpartition(": ")[2] for reason in reasons("a.jar", data)] == [
        "more than 8 archives in each other"
    ]


def test_a_bomb_is_not_inflated() -> None:
    data = bytearray(archive({"lib/b.jar": b"x" * 1000, "c.jar": CORE}))
    place = data.index(b"PK\1\2")
    struct.pack_into("<L", data, place + 24, 2**31)
    assert [one.inner_path for one in packages("a.jar", bytes(data))] == ["", "c.jar"]
    assert "expected at most 536870912" in reasons("a.jar", bytes(data))[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((8, 1, "H"), "lib/b.jar: encrypted or of compression 8"),
        ((10, 14, "H"), "lib/b.jar: encrypted or of compression 14"),
        ((16, 7, "L"), "lib/b.jar: other bytes than its checksum"),
        ((24, 5, "L"), "lib/b.jar: other bytes than its checksum"),
        ((42, 5, "L"), "lib/b.jar: not where the directory says"),
        ((42, 2**31, "L"), "lib/b.jar: at byte 2147483648"),
        ((20, 2**20, "L"), "lib/b.jar: not where the directory says"),
        ((10, 0, "H"), "bytes stored, expected"),
        ((46 + 2, 0, "L"), "b'PK\\x03\\x04'"),
    ],
)
def test_broken_members_are_problems(change: tuple[int, int, str], reason: str) -> None:
    data = bytearray(archive({"lib/b.jar": CORE, "c.jar": CORE}))
    offset, value, kind = change
    if offset > 46:
        data[data.index(b"PK\3\4") + 4 :] = b""
        with pytest.raises(ParseError, match=r"^a.jar: begins with"):
            read("a.jar", bytes(data))
        return
    struct.pack_into(f"<{kind}", data, data.rindex(b"lib/b.jar") - 46 + offset, value)
    assert packages("a.jar", bytes(data))[-1].inner_path == "c.jar"
    assert reason in reasons("a.jar", bytes(data))[0]


def test_a_directory_that_ends_too_early_is_a_problem() -> None:
    data = bytearray(archive({"a.jar": CORE, "b.jar": CORE, "c.jar": CORE}))
    data[data.rindex(b"b.jar") - 46] = 0
    assert [one.inner_path for one in packages("x.jar", bytes(data))] == ["", "a.jar"]
    assert reasons("x.jar", bytes(data)) == ["languages/jar: no member at byte 51 of a directory of 153"]


def test_limits_of_one_file() -> None:
    data = memoryview(archive({"a.jar": CORE, "b.jar": CORE}))
    with pytest.raises(ParseError, match="more members than may be read"):
        Archive(data, Budget(directory_bytes=50))
    with pytest.raises(ParseError, match="more members that matter than may be read"):
        list(Archive(data, Budget(wanted=1)).members((b".jar",)))
    budget = Budget(inflated_bytes=len(CORE))
    first, second = Archive(data, budget).members((b".jar",))
    assert bytes(Archive(data, budget).read(first, 10_000)) == CORE
    with pytest.raises(ParseError, match=r"b.jar: more bytes than may be inflated"):
        Archive(data, budget).read(second, 10_000)


def test_members_that_claim_the_whole_file_cost_no_more_than_they_have() -> None:
    file, padding = io.BytesIO(), 30_000_000
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        for number in range(1000):
            told = f"groupId=g\nartifactId=a{number}\nversion=1\n"
            writer.writestr(f"META-INF/maven/g/a{number}/pom.properties", told)
        writer.writestr("padding", bytes(padding), zipfile.ZIP_STORED)
    data = file.getvalue()
    head, mark, directory = data.partition(b"PK\1\2")
    records = [b"PK\1\2" + record for record in (mark + directory).split(b"PK\1\2")[1:]]
    lies = [record[:20] + struct.pack("<L", padding) + record[24:] for record in records[:-1]]
    started_s = process_time()
    found = packages("app.jar", b"".join((head, *lies, records[-1])))
    assert process_time() - started_s < 2
    assert {each.name for each in found} >= {f"g:a{number}" for number in range(1000)}


def test_zip64() -> None:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
        target.open("lib/a.jar", "w", force_zip64=True) as member,
    ):
        member.write(CORE)
    data = bytearray(stream.getvalue())
    start, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    packed, size = struct.unpack_from("<2L", data, start + 20)
    name = b"lib/a.jar"
    extra = struct.pack("<2H3Q", 1, 24, size, packed, 0)
    central = bytearray(data[start : start + 46]) + name + extra
    struct.pack_into("<2L2H", central, 20, 2**32 - 1, 2**32 - 1, len(name), len(extra))
    struct.pack_into("<L", central, 42, 2**32 - 1)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(central), start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, start + len(central), 1)
    tail = bytearray(data[end:])
    struct.pack_into("<2H2L", tail, 8, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1)
    whole = bytes(data[:start] + central + record + locator + tail)
    for prefix in (b"", b"#!/bin/sh\n"):
        assert [one.name for one in packages("x-1.jar", prefix + whole)] == ["x", LOG4J]


def test_a_comment_may_look_like_an_end() -> None:
    stream = io.BytesIO(CORE)
    with zipfile.ZipFile(stream, "a") as target:
        target.comment = b"PK\5\6" + bytes(30)
    assert [one.name for one in packages("a.jar", stream.getvalue())] == [LOG4J]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    members=st.dictionaries(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1), st.binary()),
    stored=st.booleans(),
)
def test_members_read_as_the_standard_library_does(members: dict[str, bytes], *, stored: bool) -> None:
    data = archive(members, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    mine = Archive(memoryview(data), Budget())
    assert {one.name: bytes(mine.read(one, 10_000)) for one in mine.members((b"",))} == members
    assert all(mine.read_start(one, 3) == members[one.name][:3] for one in mine.members((b"",)))

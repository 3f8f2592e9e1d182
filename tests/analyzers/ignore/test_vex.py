import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.ignore.decision import Status
from analyzers.ignore.statement import Statement
from analyzers.ignore.vex import read_attestation, read_vex

HEX = "ab" * 32
OPENVEX: dict[str, Any] = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex-1",
    "author": "Example Security",
    "timestamp": "2023-01-09T09:08:42.853479631-06:00",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "CVE-2023-12345", "aliases": ["GHSA-jfh8-c2jp-5v3q"]},
            "products": [
                {
                    "@id": "pkg:oci/app?repository_url=ghcr.io%2Fteam%2Fapp",
                    "identifiers": {"cpe23": "cpe:2.3:a:example:app:1:*:*:*:*:*:*:*"},
                    "hashes": {"sha-256": HEX.upper()},
                    "subcomponents": [{"@id": "pkg:apk/alpine/git"}, {"identifiers": {"purl": "pkg:npm/a"}}],
                },
                {"@id": "pkg:apk/wolfi/git@2.39.0-r1?arch=armv7"},
            ],
            "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
            "impact_statement": "git is never run",
        },
        {
            "vulnerability": {"name": "CVE-2023-12345"},
            "products": [{"@id": "pkg:apk/wolfi/git", "subcomponents": None}],
            "status": "affected",
            "action_statement": "update",
            "timestamp": "2023-01-10T00:00:00Z",
        },
    ],
}


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


def changed(document: dict[str, Any], **parts: object) -> bytes:
    """Return an OpenVEX document whose first statement has other parts; None takes one away."""
    first = {key: each for key, each in (document["statements"][0] | parts).items() if each is not None}
    return dumped(document | {"statements": [first]})


def test_openvex_is_read_product_by_product() -> None:
    author, source = "Example Security", "file v.json"
    assert read_vex(dumped(OPENVEX), source) == (
        Statement(
            vulnerabilities=("CVE-2023-12345", "GHSA-jfh8-c2jp-5v3q"),
            product=(
                "pkg:oci/app?repository_url=ghcr.io%2Fteam%2Fapp",
                "cpe:2.3:a:example:app:1:*:*:*:*:*:*:*",
                f"sha256:{HEX}",
            ),
            subcomponents=(("pkg:apk/alpine/git",), ("pkg:npm/a",)),
            status=Status.NOT_AFFECTED,
            statement="vulnerable_code_not_in_execute_path: git is never run",
            author=author,
            source=source,
            time_s=1673276922.853479,
        ),
        Statement(
            vulnerabilities=("CVE-2023-12345", "GHSA-jfh8-c2jp-5v3q"),
            product=("pkg:apk/wolfi/git@2.39.0-r1?arch=armv7",),
            status=Status.NOT_AFFECTED,
            statement="vulnerable_code_not_in_execute_path: git is never run",
            author=author,
            source=source,
            time_s=1673276922.853479,
        ),
        Statement(
            vulnerabilities=("CVE-2023-12345",),
            product=("pkg:apk/wolfi/git",),
            status=Status.AFFECTED,
            statement="update",
            author=author,
            source=source,
            time_s=1673308800.0,
        ),
    )


def test_openvex_of_the_first_versions_has_plain_strings() -> None:
    parts = {"vulnerability": "CVE-1", "products": ["pkg:npm/a", "pkg:npm/b"], "subcomponents": ["pkg:npm/c"]}
    said = read_vex(changed(OPENVEX | {"@context": ["https://openvex.dev/ns"]}, **parts), "f")
    assert [(each.vulnerabilities, each.product, each.subcomponents) for each in said] == [
        (("CVE-1",), ("pkg:npm/a",), (("pkg:npm/c",),)),
        (("CVE-1",), ("pkg:npm/b",), (("pkg:npm/c",),)),
    ]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"status": "maybe"}, r"^f: statements\[0\].status: 'maybe', expected one of"),
        ({"status": None}, r"^f: statements\[0\].status: ''"),
        ({"status": 1}, r"^f: statements\[0\].status: expected text, got a whole number"),
        ({"vulnerability": None}, r"^f: statements\[0\].vulnerability: no name"),
        ({"vulnerability": {"aliases": []}}, r"^f: statements\[0\].vulnerability: no name"),
        ({"products": None}, r"^f: statements\[0\].products: none"),
        ({"products": [{}]}, r"^f: statements\[0\].products\[0\]: no name"),
        ({"products": [""]}, r"^f: statements\[0\].products\[0\]: no name"),
        (
            {"products": [{"@id": "a", "subcomponents": [{}]}]},
            r"^f: statements\[0\].products\[0\].subcomponents\[0\]: no name",
        ),
        ({"products": [{"@id": "a", "subcomponents": [None]}]}, r"subcomponents\[0\]: expected"),
        ({"products": [{"@id": "a", "subcomponents": "b"}]}, r"subcomponents: expected a list"),
        ({"timestamp": "yesterday"}, r"^f: statements\[0\].timestamp: 'yesterday'"),
        (
            {"products": [f"pkg:npm/a{each}" for each in range(800)], "subcomponents": ["b"] * 800},
            "more than",
        ),
    ],
)
def test_an_openvex_statement_that_is_incomplete_is_named(parts: dict[str, object], words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read_vex(changed(OPENVEX, **parts), "f")


def cyclonedx(affects: object, analysis: object = None, **parts: object) -> bytes:
    """Return a document with one vulnerability."""
    vulnerability = {
        "id": "CVE-2020-8911",
        "references": [{"id": "GHSA-f5pg-7wfw-84q9", "source": {"name": "GitHub"}}],
        "analysis": analysis
        or {"state": "not_affected", "justification": "code_not_reachable", "detail": "never"},
        "affects": affects,
    }
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    return dumped(head | {"vulnerabilities": [vulnerability]} | parts)


LINK = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:golang/github.com/aws/aws-sdk-go@v1.44.234"
EMBEDDED = {
    "serialNumber": "urn:uuid:3E671687-395B-41F5-A30F-A58921A69B79",
    "version": 2,
    "metadata": {
        "timestamp": "2024-01-01T00:00:00Z",
        "supplier": {"name": "Example"},
        "component": {"bom-ref": "root", "name": "app", "version": "1", "purl": "pkg:oci/app"},
    },
    "components": [
        {
            "bom-ref": "a",
            "name": "a",
            "version": "1.0",
            "components": [{"bom-ref": "b", "purl": "pkg:npm/b@2"}],
        }
    ],
}
OWN = ("pkg:oci/app", "app:1", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/2")


def test_a_cyclonedx_vex_points_to_another_bill() -> None:
    assert read_vex(cyclonedx([{"ref": LINK}]), "f") == (
        Statement(
            vulnerabilities=("CVE-2020-8911", "GHSA-f5pg-7wfw-84q9"),
            product=(LINK,),
            status=Status.NOT_AFFECTED,
            statement="code_not_reachable: never",
            source="f",
        ),
    )


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("resolved", Status.FIXED),
        ("resolved_with_pedigree", Status.FIXED),
        ("exploitable", Status.AFFECTED),
        ("in_triage", Status.UNDER_INVESTIGATION),
        ("false_positive", Status.NOT_AFFECTED),
        ("not_affected", Status.NOT_AFFECTED),
        ("whatever", Status.UNKNOWN),
    ],
)
def test_each_state_has_a_status(state: str, status: Status) -> None:
    (said,) = read_vex(cyclonedx([{"ref": "pkg:npm/a"}], {"state": state}), "f")
    assert said.status is status


@pytest.mark.parametrize(
    ("affects", "places"),
    [
        ([{"ref": "root"}], [(OWN, ())]),
        ([], [(OWN, ())]),
        ([{"ref": "b"}], [(OWN, (("pkg:npm/b@2", f"{OWN[2]}#b"),))]),
        ([{"ref": f"{OWN[2]}#b"}], [(OWN, (("pkg:npm/b@2", f"{OWN[2]}#b"),))]),
        ([{"ref": "a"}], [(OWN, ((f"{OWN[2]}#a",),))]),
        ([{"ref": "a", "versions": [{"version": "1.0"}]}], [(OWN, ((f"{OWN[2]}#a",),))]),
        ([{"ref": "a", "versions": [{"version": "1.1"}]}], []),
        ([{"ref": "root", "versions": [{"version": "1.1"}]}], []),
        ([{"ref": "pkg:npm/c"}], [(("pkg:npm/c",), ())]),
        ([{"ref": "pkg:npm/c?x=y", "versions": [{"version": "1"}]}], [(("pkg:npm/c@1?x=y",), ())]),
        ([{"ref": "pkg:npm/c@1", "versions": [{"version": "1"}]}], [(("pkg:npm/c@1",), ())]),
        ([{"ref": "pkg:npm/c@1", "versions": [{"version": "2"}]}], []),
        (
            [{"ref": "pkg:npm/c", "versions": [{"range": "vers:npm/<2"}]}],
            [(("pkg:npm/c?vers=vers%3Anpm%2F%3C2",), ())],
        ),
        ([{"ref": "pkg:npm/c@1", "versions": [{"range": "vers:npm/<2"}]}], [(("pkg:npm/c@1",), ())]),
        ([{"ref": "pkg:npm/c@2", "versions": [{"range": "vers:npm/<2"}]}], []),
        ([{"ref": "pkg:npm/c@1", "versions": [{"range": "vers:pypi/<2"}]}], []),
        ([{"ref": "pkg:npm/c@one", "versions": [{"range": "vers:npm/<2"}]}], []),
        ([{"ref": "pkg:deb/debian/c@1?epoch=2", "versions": [{"range": "vers:deb/>=0|<2"}]}], []),
        (
            [{"ref": "pkg:deb/debian/c@1?epoch=2", "versions": [{"range": "vers:deb/>=2:0|<3:0"}]}],
            [(("pkg:deb/debian/c@1?epoch=2",), ())],
        ),
        (
            [{"ref": "b", "versions": [{"range": "vers:npm/>=2|<3"}]}],
            [(OWN, (("pkg:npm/b@2", f"{OWN[2]}#b"),))],
        ),
        ([{"ref": "b", "versions": [{"range": "vers:npm/<2"}]}], []),
        ([{"ref": "b", "versions": [{"version": "2", "range": "vers:npm/<2"}]}], []),
        ([{"ref": "b", "versions": [{}]}], []),
        ([{"ref": "root", "versions": [{"range": "vers:semver/<2"}]}], [(OWN, ())]),
        ([{"ref": LINK, "versions": [{"range": "vers:golang/>=v1.44.0|<v1.45.0"}]}], [((LINK,), ())]),
        ([{"ref": LINK, "versions": [{"range": "vers:golang/<v1.44.0"}]}], []),
        ([{"ref": LINK, "versions": [{"version": "2"}]}], []),
        ([{"ref": LINK, "versions": [{"version": "v1.44.234", "status": "affected"}]}], [((LINK,), ())]),
        ([{"ref": "root", "versions": [{"version": "1"}]}], [(OWN, ())]),
        ([{"ref": "nowhere"}], []),
    ],
)
def test_an_embedded_vex_speaks_within_its_subject(
    affects: object, places: list[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]
) -> None:
    said = read_vex(cyclonedx(affects, **EMBEDDED), "f")
    assert [(each.product, each.subcomponents) for each in said] == places
    assert {(each.author, each.time_s) for each in said} <= {("Example", 1704067200.0)}


def test_a_version_has_a_status_of_its_own() -> None:
    versions = [{"version": str(each), "status": each} for each in ("affected", "unaffected", "unknown", "?")]
    affects = [{"ref": "pkg:npm/a", "versions": versions}]
    said = read_vex(cyclonedx(affects, {"state": "exploitable"}), "f")
    statuses = [Status.AFFECTED, Status.NOT_AFFECTED, Status.UNDER_INVESTIGATION, Status.UNKNOWN]
    assert [each.status for each in said] == statuses


def test_a_range_that_cannot_be_judged_is_a_statement_for_nothing() -> None:
    versions = [{"range": "vers:cpan/<2", "status": "unaffected"}, {"range": "<2", "status": "unaffected"}]
    said = read_vex(cyclonedx([{"ref": "pkg:npm/a@1", "versions": versions}]), "f")
    assert [(each.product, each.status) for each in said] == [((), Status.NOT_AFFECTED)] * 2
    assert said[0].problem == "'vers:cpan/<2': no order of versions is known for 'cpan'"
    assert "expected a range of versions" in said[1].problem


def test_an_empty_reference_names_no_subject() -> None:
    subject = {"metadata": {"component": {"name": "app", "purl": "pkg:oci/app"}}}
    assert read_vex(cyclonedx([{"ref": ""}], **subject), "f") == ()


def test_a_vulnerability_without_analysis_says_nothing() -> None:
    assert read_vex(cyclonedx([{"ref": "pkg:npm/a"}], {"detail": "found by a scanner"}), "f") == ()


XML = b"""<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" serialNumber="urn:uuid:3e67" version="2">
  <metadata><timestamp>2024-01-01T00:00:00Z</timestamp><supplier><name>Example</name></supplier>
    <component bom-ref="root"><name>app</name><version>1</version></component></metadata>
  <components><component bom-ref="a"><name>a</name><version>1</version><purl>pkg:npm/a@1</purl>
    <hashes><hash alg="SHA-256">AB</hash></hashes></component></components>
  <vulnerabilities><vulnerability><id>CVE-1</id><references><reference><id>GHSA-1</id></reference></references>
    <analysis><state>false_positive</state><justification>code_not_present</justification></analysis>
    <affects><target><ref>a</ref><versions><version><version>1</version><status>unaffected</status></version>
    </versions></target></affects></vulnerability></vulnerabilities>
</bom>"""


def test_cyclonedx_is_read_from_xml_too() -> None:
    assert read_vex(XML, "f") == (
        Statement(
            vulnerabilities=("CVE-1", "GHSA-1"),
            product=("app:1", "urn:cdx:3e67/2"),
            subcomponents=(("pkg:npm/a@1", "sha256:ab", "urn:cdx:3e67/2#a"),),
            status=Status.NOT_AFFECTED,
            statement="code_not_present",
            author="Example",
            source="f",
            time_s=1704067200.0,
        ),
    )


def product(product_id: str, purl: str = "", **helper: object) -> dict[str, object]:
    """Return a product of a CSAF document."""
    helper |= {"purl": purl} if purl else {}
    return {"name": product_id, "product_id": product_id, "product_identification_helper": helper}


TREE: dict[str, object] = {
    "branches": [
        {
            "category": "vendor",
            "name": "Example",
            "branches": [
                {"category": "product_name", "name": "app", "product": product("IMAGE", "pkg:oci/app")},
                {
                    "category": "product_version",
                    "name": "git",
                    "product": product("GIT", "pkg:apk/alpine/git"),
                },
                {
                    "category": "product_version",
                    "name": "3",
                    "product": product("OS", cpe="cpe:/o:example:os:9"),
                },
            ],
        }
    ],
    "full_product_names": [product("LIB", "pkg:npm/a@1"), {"name": "?", "product_id": "NAMELESS"}],
    "relationships": [
        {
            "category": "installed_on",
            "product_reference": "GIT",
            "relates_to_product_reference": "IMAGE",
            "full_product_name": {"name": "git on it", "product_id": "GIT-ON-IMAGE"},
        },
        {
            "category": "installed_on",
            "product_reference": "NAMELESS",
            "relates_to_product_reference": "IMAGE",
            "full_product_name": {"name": "?", "product_id": "NAMELESS-ON-IMAGE"},
        },
    ],
    "product_groups": [{"group_id": "ALL", "product_ids": ["GIT-ON-IMAGE", "LIB"]}],
}


def csaf(status: object, tree: object = TREE, **parts: object) -> bytes:
    """Return a document with one vulnerability."""
    head = {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "publisher": {"category": "vendor", "name": "Example", "namespace": "https://example.org"},
        "tracking": {"current_release_date": "2024-01-01T00:00:00.000Z"},
    }
    vulnerability = {
        "cve": "CVE-1",
        "ids": [{"system_name": "bugs", "text": "BUG-1"}],
        "product_status": status,
    }
    return dumped({"document": head, "product_tree": tree, "vulnerabilities": [vulnerability | parts]})


def test_csaf_is_read_product_by_product() -> None:
    said = read_vex(
        csaf(
            {"known_not_affected": ["GIT-ON-IMAGE"], "fixed": ["LIB"], "known_affected": ["OS"]},
            flags=[{"label": "vulnerable_code_not_present", "group_ids": ["ALL"]}],
            threats=[
                {"category": "impact", "details": "built without it", "product_ids": ["GIT-ON-IMAGE"]},
                {"category": "exploit_status", "details": "none", "product_ids": ["GIT-ON-IMAGE"]},
            ],
            remediations=[{"category": "workaround", "details": "switch it off"}],
        ),
        "f",
    )
    assert [(each.product, each.subcomponents, each.status, each.statement) for each in said] == [
        (("pkg:npm/a@1",), (), Status.FIXED, "vulnerable_code_not_present"),
        (
            ("pkg:oci/app",),
            (("pkg:apk/alpine/git",),),
            Status.NOT_AFFECTED,
            "vulnerable_code_not_present: built without it",
        ),
        (("cpe:/o:example:os:9",), (), Status.AFFECTED, "switch it off"),
    ]
    assert {(each.vulnerabilities, each.author, each.time_s) for each in said} == {
        (("CVE-1", "BUG-1"), "Example", 1704067200.0)
    }


@pytest.mark.parametrize(
    ("status", "statuses"),
    [
        ({"known_not_affected": ["LIB"], "known_affected": ["LIB"]}, [Status.NOT_AFFECTED, Status.AFFECTED]),
        ({"under_investigation": ["LIB"]}, [Status.UNDER_INVESTIGATION]),
        ({"first_fixed": ["LIB"], "last_affected": ["LIB"]}, [Status.FIXED, Status.AFFECTED]),
        ({"recommended": ["LIB"]}, []),
        ({"fixed": ["NAMELESS", "NAMELESS-ON-IMAGE"]}, []),
        (None, []),
    ],
)
def test_the_worst_status_comes_last(status: object, statuses: list[Status]) -> None:
    assert [each.status for each in read_vex(csaf(status), "f")] == statuses


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (csaf({"fixed": ["X"]}), r"^f: vulnerabilities\[0\].product_status: product 'X', expected one"),
        (csaf({"fixed": "LIB"}), r"^f: vulnerabilities\[0\].product_status.fixed: expected a list"),
        (csaf({}, tree={"relationships": [{}]}), r"^f: product_tree.relationships\[0\]: object missing"),
        (csaf({}).replace(b'"2.0"', b'"1.2"'), "^f: CSAF '1.2', expected 2.0 or 2.1"),
        (csaf({}).replace(b"2024-01-01T", b"2024-99-01T"), "^f: document.tracking.current_release_date"),
        (csaf({"fixed": ["LIB"] * 300_000}), "^f: more than 500000"),
        (csaf({}, flags=[{"label": "x", "group_ids": ["ALL"] * 300_000}]), "^f: more than 500000"),
        (cyclonedx([]).replace(b'"1.5"', b'"2.0"'), "^f: CycloneDX '2.0', expected 1"),
        (cyclonedx([{}]), r"^f: vulnerabilities\[0\].affects\[0\]: object missing"),
        (
            cyclonedx([], metadata={"timestamp": "x", "component": {"purl": "pkg:npm/a"}}),
            "^f: metadata.timestamp",
        ),
        (b"<html/>", "^f: <html>, expected CycloneDX"),
        (b"<bom", "^f: .*expected XML"),
        (b'<!DOCTYPE x [<!ENTITY e "e">]><bom>&e;</bom>', "^f: .*entity 'e'"),
        (b"{}", "^f: expected OpenVEX, CycloneDX or CSAF"),
        (b'{"spdxVersion": "SPDX-2.3"}', "^f: expected OpenVEX, CycloneDX or CSAF"),
        (b"[]", "^f: a list, expected a JSON object"),
        (b"", "expected JSON"),
        (b"[" * 100_000, "expected JSON"),
        (
            b'{"@context": "https://openvex.dev/ns", "statements": '
            + b'[{"a":' * 900
            + b"1"
            + b"}]" * 900
            + b"}",
            "f",
        ),
    ],
)
def test_what_is_no_vex_is_said(data: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read_vex(data, "f")


def in_toto(predicate: object, subject: object = None) -> dict[str, object]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject or [{"name": "ghcr.io/team/app", "digest": {"sha256": HEX}}],
        "predicateType": "https://openvex.dev/ns/v0.2.0",
        "predicate": predicate,
    }


def dsse(statement: object) -> dict[str, object]:
    payload = base64.b64encode(dumped(statement)).decode()
    return {"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []}


PLAIN = OPENVEX | {"statements": [{"vulnerability": "CVE-1", "products": ["pkg:npm/a"], "status": "fixed"}]}
PROVENANCE = dsse(in_toto({"buildType": "x"}))


@pytest.mark.parametrize(
    "data",
    [
        dumped(in_toto(PLAIN)),
        dumped(dsse(in_toto(PLAIN))),
        dumped(dsse(in_toto({"Data": json.dumps(PLAIN), "Timestamp": "x"}))),
        dumped(dsse(in_toto({"Data": PLAIN}))),
        dumped(
            {
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "dsseEnvelope": dsse(in_toto(PLAIN)),
            }
        ),
        dumped(PROVENANCE) + b"\n" + dumped(dsse(in_toto(PLAIN))) + b"\n",
    ],
)
def test_attestations_are_unwrapped(data: bytes) -> None:
    for read in (read_attestation, read_vex):
        (said,) = read(data, "f")
        assert (said.product, said.scope, said.status) == (("pkg:npm/a",), (f"sha256:{HEX}",), Status.FIXED)


def test_statements_without_products_are_about_the_subjects() -> None:
    bare = OPENVEX | {"statements": [{"vulnerability": "CVE-1", "status": "fixed"}]}
    (said,) = read_attestation(dumped(dsse(in_toto(bare))), "f")
    assert said.product == (f"sha256:{HEX}",)


def test_attestations_of_other_things_say_nothing() -> None:
    assert read_attestation(dumped(PROVENANCE), "f") == ()
    with pytest.raises(ParseError, match=r"^f: expected OpenVEX"):
        read_vex(dumped(PROVENANCE), "f")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (dsse(in_toto(PLAIN)) | {"payload": "*"}, "^f: payload: .*expected base64"),
        (dsse(in_toto(PLAIN)) | {"payload": "é"}, "^f: payload: .*expected base64"),
        (dsse("x"), "^f: payload: text, expected a JSON object"),
        (in_toto(PLAIN, [{"name": "ghcr.io/team/app"}]), r"^f: subject\[0\].digest: none"),
        (in_toto(PLAIN) | {"subject": []}, "^f: subject: none"),
        (in_toto({"Data": "{"}), "^f: Data: .*expected JSON"),
    ],
)
def test_a_broken_attestation_is_said(value: object, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read_attestation(dumped(value), "f")


def test_attestations_in_each_other_have_an_end() -> None:
    value: object = PLAIN
    for _ in range(9):
        value = in_toto(value)
    with pytest.raises(ParseError, match="more than 8 attestations"):
        read_attestation(dumped(value), "f")


SEEDS = [
    dumped(OPENVEX),
    cyclonedx([{"ref": LINK}], **EMBEDDED),
    csaf({"fixed": ["GIT-ON-IMAGE"]}, flags=[]),
    XML,
]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
KEYS = st.sampled_from(["@id", "name", "status", "ref", "products", "subcomponents", "version", "product_id"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2)
)


def places(value: object) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        found += [(value, key), *places(each)]
    return found


def readable(data: bytes) -> None:
    for read in (read_vex, read_attestation):
        try:
            said = read(data, "f")
        except ParseError as error:
            assert str(error).startswith("f")  # noqa: PT017 - both outcomes are fine
        else:
            assert all(isinstance(each, Statement) for each in said)


@given(st.binary(max_size=200))
def test_any_bytes_are_statements_or_an_error(data: bytes) -> None:
    readable(data)


@given(st.sampled_from(SEEDS), st.integers(0, 5000), st.binary(max_size=3))
def test_any_broken_document_is_statements_or_an_error(seed: bytes, place: int, patch: bytes) -> None:
    readable(seed[: place % len(seed)] + patch + seed[place % len(seed) + len(patch) :])


@given(st.sampled_from(SEEDS[:3]), st.data())
def test_any_odd_value_is_statements_or_an_error(seed: bytes, data: st.DataObject) -> None:
    value = json.loads(seed)
    holder, key = data.draw(st.sampled_from(places(value)))
    holder[key] = data.draw(VALUES)
    readable(dumped(value))

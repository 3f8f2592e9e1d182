import base64
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers import sboms
from analyzers.errors import ParseError
from analyzers.inventory import Package, Problem, Release
from analyzers.purl import family_of
from analyzers.sboms.document import Sbom
from analyzers.sboms.listing import Described
from analyzers.sboms.system import system_of

TESTDATA = Path(__file__).parent / "testdata"
LODASH = {"type": "library", "name": "lodash", "version": "4.17.20", "purl": "pkg:npm/lodash@4.17.20"}
SAMPLES = [path.read_bytes() for path in sorted(TESTDATA.iterdir())]


def cyclonedx(*components: object, **fields: object) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list(components), **fields}


def read(document: object) -> Sbom:
    return sboms.read(json.dumps(document).encode(), "sbom.json")


def only(*components: object, **fields: object) -> Package:
    (found,) = read(cyclonedx(*components, **fields)).packages
    return found.package


def component(purl: str, **fields: object) -> dict[str, object]:
    return {"type": "library", "name": "x", "purl": purl, **fields}


def reasons(*components: object, **fields: object) -> list[str]:
    return [each.reason for each in read(cyclonedx(*components, **fields)).problems]


def statement(predicate: object) -> dict[str, object]:
    return {"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "any", "predicate": predicate}


def envelope(payload: object) -> dict[str, object]:
    data = base64.b64encode(json.dumps(payload).encode()).decode()
    return {"payloadType": "application/vnd.in-toto+json", "payload": data, "signatures": []}


@pytest.mark.parametrize(
    "document",
    [
        cyclonedx(LODASH),
        statement(cyclonedx(LODASH)),
        statement({"Data": cyclonedx(LODASH), "Timestamp": ""}),
        statement({"Data": json.dumps(cyclonedx(LODASH))}),
        envelope(statement(cyclonedx(LODASH))),
        {"mediaType": "bundle", "dsseEnvelope": envelope(statement(cyclonedx(LODASH)))},
    ],
)
def test_attestations_are_opened(document: object) -> None:
    (found,) = read(document).packages
    assert (found.package.kind, found.package.name, found.package.version) == (
        "node-pkg",
        "lodash",
        "4.17.20",
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "expected a bill of materials"),
        (statement({"builder": "x"}), "expected a bill of materials"),
        ({"payloadType": "x", "payload": "%%%"}, "expected base64"),
        ({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}, "SPDX 3"),
        ({"bomFormat": "CycloneDX", "specVersion": "2.0"}, "expected 1.0 to 1.6"),
        ([cyclonedx(LODASH)], "expected a bill of materials"),
    ],
)
def test_what_is_none_is_refused(document: object, reason: str) -> None:
    with pytest.raises(ParseError, match=reason):
        read(document)


def test_of_attestations_one_a_line_the_bill_of_materials_is_read() -> None:
    bill, other = (
        json.dumps(envelope(statement(each))).encode() for each in (cyclonedx(LODASH), {"builder": 1})
    )
    assert len(sboms.read(b"\n".join((other, bill, b"")), "lines").packages) == 1
    with pytest.raises(ParseError, match="2 bills of materials in attestations, expected one"):
        sboms.read(b"\n".join((bill, bill)), "lines")


@pytest.mark.parametrize("padded", [True, False])
def test_payloads_may_be_in_either_alphabet(*, padded: bool) -> None:
    data = json.dumps(
        statement(cyclonedx(LODASH | {"name": "lodash", "author": "\u00ff?>~~~"})), ensure_ascii=False
    )
    payload = base64.urlsafe_b64encode(data.encode()).decode()
    assert {"-", "_"} & {*payload}
    document = {"payloadType": "x", "payload": payload if padded else payload.rstrip("=")}
    assert len(read(document).packages) == 1


def test_attestations_in_each_other_end() -> None:
    document: object = cyclonedx(LODASH)
    for _ in range(9):
        document = statement(document)
    with pytest.raises(ParseError, match="more than 8 attestations"):
        read(document)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            component(
                "pkg:deb/debian/login@4.13-1?arch=amd64&epoch=1&upstream=shadow%404.13", version="4.13-1"
            ),
            Package(
                kind="dpkg",
                name="login",
                version="1:4.13-1",
                arch="amd64",
                source_name="shadow",
                source_version="4.13",
            ),
        ),
        (
            component(
                "pkg:rpm/rocky/ssl-libs@3.0.7-6.el9?epoch=1&upstream=ssl-3.0.7-6.el9.src.rpm&rpmmod=a:b"
            ),
            Package(
                kind="rpm",
                name="ssl-libs",
                version="1:3.0.7-6.el9",
                source_name="ssl",
                source_version="3.0.7-6.el9",
                modularity_label="a:b",
            ),
        ),
        (component("pkg:rpm/rocky/a@1-1", version="0:1-1"), Package(kind="rpm", name="a", version="1-1")),
        (
            component("pkg:golang/github.com/burntsushi/toml@v1.3.2", name="github.com/BurntSushi/toml"),
            Package(kind="gobinary", name="github.com/BurntSushi/toml", version="v1.3.2"),
        ),
        (
            component("pkg:golang/stdlib@1.21.4", version="go1.21.4"),
            Package(kind="gobinary", name="stdlib", version="1.21.4"),
        ),
        (
            component("pkg:pypi/zope-event@5", name="zope.event"),
            Package(kind="python-pkg", name="zope.event", version="5"),
        ),
        (
            component("pkg:npm/left-pad@1", name="left_pad"),
            Package(kind="node-pkg", name="left-pad", version="1"),
        ),
        (component("pkg:alien/a/b@1"), Package(kind="alien", name="a/b", version="1")),
        (component("pkg:generic/busybox@1.36"), Package(kind="generic", name="busybox", version="1.36")),
    ],
)
def test_packages_are_what_our_analyzers_call_them(found: object, expected: Package) -> None:
    assert only(found) == expected


@pytest.mark.parametrize(
    ("path", "kind"),
    [("opt/app/package.json", "node-pkg"), ("", "node-pkg")],
)
def test_the_path_tells_the_kind(path: str, kind: str) -> None:
    properties = [{"name": "aquasecurity:trivy:FilePath", "value": path}]
    assert only(LODASH | {"properties": properties}).kind == kind


def test_components_within_components_are_read() -> None:
    inner = component("pkg:npm/b@1", components=[component("pkg:npm/c@1")])
    sbom = read(cyclonedx(component("pkg:npm/a@1", components=[inner]), component("pkg:npm/d@1")))
    assert [each.package.name for each in sbom.packages] == ["a", "b", "c", "d"]


def test_what_the_document_is_about_may_be_a_package() -> None:
    sbom = read(cyclonedx(metadata={"component": component("pkg:npm/app@1.0.0", name="app")}))
    assert [(each.package.name, each.package.relationship) for each in sbom.packages] == [("app", "root")]
    image = {"type": "container", "name": "i", "purl": "pkg:oci/i@sha256:0"}
    assert read(cyclonedx(metadata={"component": image})).packages == ()


def test_circles_end() -> None:
    one, other = ({**component(f"pkg:npm/{name}@1"), "bom-ref": name} for name in "ab")
    file = {"type": "application", "name": "lock", "bom-ref": "f"}
    edges = [{"ref": ref, "dependsOn": [to, ref]} for ref, to in ("ab", "ba", "fa")]
    sbom = read(cyclonedx(one, other, file, dependencies=edges))
    assert [each.needs for each in sbom.packages] == [(1,), (0,)]
    assert {each.path for each in sbom.packages} == {"lock"}


def test_the_same_package_twice_is_one() -> None:
    refs = [LODASH | {"bom-ref": ref} for ref in ("1", "2")]
    sbom = read(cyclonedx(*refs, component("pkg:npm/a@1"), dependencies=[{"ref": "2", "dependsOn": ["1"]}]))
    assert [each.package.name for each in sbom.packages] == ["lodash", "a"]
    assert sbom.packages[0].needs == ()


PROJECT = [
    {"name": f"cleanbill:{name}", "value": value}
    for name, value in (("kind", "gomod"), ("relationship", "root"))
]
DEB = "pkg:deb/debian/a@1?distro=debian-12"


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([LODASH], []),
        ([{"type": "library"}], ["1 component without a name"]),
        ([component("pkg:npm/a")], ["1 component without a version: 'x'"]),
        ([component("pkg:golang/a", properties=PROJECT)], []),
        ([{"name": "a", "version": "1"}], ["1 component without a package URL: 'a'"]),
        (
            [component("npm/a", version="1")],
            ["1 component with a package URL that cannot be read: 'x'"],
        ),
        ([component("pkg:alien/a@1")], ["1 component of a kind without advisories, 'alien': 'a'"]),
        ([component("pkg:deb/debian/a@1")], ["1 component of kind 'dpkg' without an operating system: 'a'"]),
        (
            [component(DEB)],
            ["1 component of kind 'dpkg' without source packages, matched by their own names: 'a'"],
        ),
        ([component(f"{DEB}&upstream=b")], []),
        (
            [
                component("pkg:rpm/rocky/a@1-1?distro=rocky-9.2&upstream=c-1-1.src.rpm"),
                component("pkg:rpm/rocky/b@1-1?distro=rocky-8"),
            ],
            ["several operating systems, of which 'rocky 9.2' is believed: not 'rocky 8'"],
        ),
        ([{"type": "file", "name": "etc/passwd"}], []),
    ],
)
def test_what_is_missing_is_told(components: list[object], expected: list[str]) -> None:
    assert reasons(*components) == expected


def test_many_of_a_sort_are_told_together() -> None:
    told = reasons(*({"name": name, "version": "1"} for name in "abcdefg"))
    assert told == ["7 components without a package URL: 'a', 'b', 'c', 'd', 'e' …"]


def test_what_changes_no_verdict_is_a_remark() -> None:
    sbom = read(cyclonedx(LODASH))
    assert sbom.problems == ()
    assert sbom.remarks == (
        "the document does not tell what depends on what",
        "the document does not tell in which files its packages were found",
    )


def test_a_document_that_calls_itself_incomplete_is_believed() -> None:
    told = reasons(LODASH, compositions=[{"aggregate": "incomplete"}])
    assert told == ["the document calls its list of components incomplete"]
    assert reasons(LODASH, compositions=[{"aggregate": "complete"}]) == []


def test_newer_minor_versions_are_read_with_a_problem() -> None:
    (problem,) = read(cyclonedx(LODASH) | {"specVersion": "1.7"}).problems
    assert problem == Problem("sbom.json", "CycloneDX '1.7': what is new after 1.6 is not known")


@pytest.mark.parametrize(
    ("qualified", "release"),
    [
        ("pkg:apk/alpine/a@1?distro=3.18.3", Release(id="alpine", version_id="3.18.3")),
        ("pkg:apk/alpine/a@1?distro=alpine-3.18.3", Release(id="alpine", version_id="3.18.3")),
        ("pkg:rpm/redhat/a@1?distro=rhel-9.2", Release(id="rhel", version_id="9.2")),
        ("pkg:rpm/amazon/a@1?distro=amazon-2%20(Karoo)", Release(id="amzn", version_id="2")),
        ("pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", Release(id="opensuse-leap", version_id="15.5")),
        ("pkg:apk/wolfi/a@1?distro=wolfi", Release(id="wolfi")),
        ("pkg:deb/debian/a@1", None),
    ],
)
def test_purls_tell_the_system(qualified: str, release: Release | None) -> None:
    assert read(cyclonedx(component(qualified))).release == release


@pytest.mark.parametrize(
    "name", ["debian", "rhel", "almalinux", "amzn", "ol", "rhcos", "mariner", "azurelinux", "wolfi", "sles"]
)
def test_systems_are_known_by_the_name_that_reports_give_them(name: str) -> None:
    family = family_of(Release(id=name, version_id="1"))
    named = Described(ref="os", type="operating-system", name=family, version="1")
    assert system_of([named], []).release == Release(id=name, version_id="1")


@pytest.mark.parametrize("depth", [900, 100_000])
def test_deep_documents_end_in_an_error(depth: int) -> None:
    data = b'{"bomFormat": "CycloneDX", "components": ' + b'[{"components": ' * depth + b"[" + b"]}" * depth
    with pytest.raises(ParseError):
        sboms.read(data, "deep")


@settings(max_examples=200, deadline=None)
@given(choices=st.data())
def test_any_damage_ends_in_values_or_parse_error(choices: st.DataObject) -> None:
    data = bytearray(choices.draw(st.sampled_from(SAMPLES)))
    place = st.integers(0, len(data) - 1)
    for at, value in choices.draw(st.lists(st.tuples(place, st.integers(0, 255)), max_size=8)):
        data[at] = value
    first, last = sorted((choices.draw(place), choices.draw(place)))
    if choices.draw(st.booleans()):
        del data[first:last]
    try:
        sbom = sboms.read(bytes(data), "damaged")
    except ParseError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
        return
    assert all(0 <= number < len(sbom.packages) for each in sbom.packages for number in each.needs)
    assert all(-1 <= each.layer < len(sbom.layers) for each in sbom.packages)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "purl", "components", "licenses", "properties", "ref"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(
    fields=st.dictionaries(st.sampled_from(["components", "metadata", "dependencies", "compositions"]), JSON)
)
def test_any_json_keeps_what_fits(fields: dict[str, object]) -> None:
    sbom = read(cyclonedx() | fields | {"components": [LODASH, *_listed(fields.get("components"))]})
    assert "lodash" in {each.package.name for each in sbom.packages}


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("supplier", "maintainer"),
    [
        ("Organization: A B (a@example.org)", "A B <a@example.org>"),
        ("Person: A", "A"),
        ("Organization: A <a@example.org>", "A <a@example.org>"),
        ("NOASSERTION", ""),
        ("Organization: " + " " * 200_000 + "x", "x"),
    ],
)
def test_suppliers_are_maintainers(supplier: str, maintainer: str) -> None:
    package = {"SPDXID": "SPDXRef-1", "name": "a", "versionInfo": "1", "supplier": supplier}
    (found,) = read({"spdxVersion": "SPDX-2.3", "packages": [package]}).packages
    assert found.package.maintainer == maintainer


def test_many_lock_files_cost_no_more_than_what_they_hold() -> None:
    refs = [str(number) for number in range(4000)]
    files = [{"type": "application", "name": f"lock{ref}", "bom-ref": f"f{ref}"} for ref in refs]
    libraries = [{**component(f"pkg:npm/a{ref}@1"), "bom-ref": ref} for ref in refs]
    chain = [{"ref": ref, "dependsOn": [after]} for ref, after in itertools.pairwise(refs)]
    chain += [{"ref": f"f{ref}", "dependsOn": ["0"]} for ref in refs]
    sbom = read(cyclonedx(*files, *libraries, dependencies=chain))
    assert {each.path for each in sbom.packages} == {"lock0"}

import json
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import pytest

from analyzers.findings import Finding
from analyzers.ignore.policy import Policy
from analyzers.ignore.vex import read_vex
from analyzers.inventory import Package, Release
from analyzers.purl import purl_of
from reports.document import Advice, Component, ComponentFinding, Document
from reports.suppression import restored, suppressed
from tests.reports.documents import debian_image, empty_image

TODAY = date(2026, 11, 23)
RHEL9 = Release(
    id="rhel",
    version_id="9.4",
    id_like=("fedora",),
    channels=("rhel-9-for-x86_64-baseos-rpms", "rhel-9-for-x86_64-appstream-rpms"),
)
BASEOS9 = msgspec.structs.replace(RHEL9, channels=("rhel-9-for-x86_64-baseos-rpms",))
PLAIN9 = msgspec.structs.replace(RHEL9, channels=())
RHEL8 = Release(id="rhel", version_id="8.10", channels=("rhel-8-for-x86_64-appstream-rpms",))
ROCKY9 = Release(id="rocky", version_id="9.4", id_like=("rhel", "centos", "fedora"))
STREAM = "nodejs:18:8090020240101000000:a75119d5"


def rpm(name: str, version: str, source: str = "", module: str = "") -> Package:
    return Package(
        kind="rpm",
        name=name,
        version=version,
        arch="x86_64",
        source_name=source,
        modularity_label=module,
    )


LIBGCC = rpm("libgcc", "11.4.1-3.el9", "gcc")
KRB5 = rpm("krb5-libs", "1.21.1-2.el9", "krb5")
NPM18 = rpm("npm", "1:9.5.1-1.18.14.2.2", "nodejs", STREAM)
NPM20 = rpm("npm", "1:10.2.4-1.20.11.0.1", "nodejs", "nodejs:20:8090020240301000000:a75119d5")


def branch(category: str, name: str, *inner: object, **helper: str) -> dict[str, object]:
    if not inner:
        product = {"name": name, "product_id": name, "product_identification_helper": helper}
        return {"category": category, "name": name, "product": product}
    return {"category": category, "name": name, "branches": list(inner)}


def within(inner: str, outer: str, category: str = "default_component_of") -> dict[str, object]:
    id_ = f"{outer}:{inner}"
    return {
        "category": category,
        "full_product_name": {"name": f"{inner} as a component of {outer}", "product_id": id_},
        "product_reference": inner,
        "relates_to_product_reference": outer,
    }


def advisory(status: Mapping[str, Sequence[str]]) -> bytes:
    """Return a VEX document as a maker of distributions writes them, about CVE-2026-1."""
    tree = {
        "branches": [
            branch(
                "vendor",
                "Red Hat",
                branch(
                    "product_family",
                    "Red Hat Enterprise Linux",
                    branch("product_name", "rhel-8", cpe="cpe:/o:redhat:enterprise_linux:8"),
                    branch("product_name", "rhel-9", cpe="cpe:/o:redhat:enterprise_linux:9"),
                    branch("product_name", "AppStream-9", cpe="cpe:/a:redhat:enterprise_linux:9::appstream"),
                    branch("product_name", "AppStream-8", cpe="cpe:/a:redhat:enterprise_linux:8::appstream"),
                    branch("product_name", "BaseOS-9.2.EUS", cpe="cpe:/o:redhat:rhel_eus:9.2::baseos"),
                ),
                branch("product_family", "OpenShift", branch("product_name", "ocp", cpe="cpe:/a:x:y:4")),
                branch(
                    "architecture",
                    "src",
                    branch("product_version", "gcc", purl="pkg:rpm/redhat/gcc?arch=src"),
                    branch("product_version", "krb5", purl="pkg:rpm/redhat/krb5?arch=src"),
                    branch(
                        "product_version",
                        "krb5-0:1.21.1-2.el9.src",
                        purl="pkg:rpm/redhat/krb5@1.21.1-2.el9?arch=src",
                    ),
                ),
                branch(
                    "architecture",
                    "x86_64",
                    branch("product_version", "libgcc", purl="pkg:rpm/redhat/libgcc"),
                    branch(
                        "product_version",
                        "krb5-libs-0:1.21.1-2.el9.x86_64",
                        purl="pkg:rpm/redhat/krb5-libs@1.21.1-2.el9?arch=x86_64",
                    ),
                    branch("product_version", "nodejs:18", purl="pkg:rpmmod/redhat/nodejs@18"),
                    branch("product_version", "npm", purl="pkg:rpm/redhat/npm"),
                    branch("product_version", "nodejs-src", purl="pkg:rpm/redhat/nodejs?arch=src"),
                ),
            )
        ],
        "relationships": [
            *(within(inner, outer) for inner in ("gcc", "libgcc", "krb5") for outer in ("rhel-9", "rhel-8")),
            within("gcc", "AppStream-9"),
            within("gcc", "BaseOS-9.2.EUS"),
            within("gcc", "ocp"),
            within("krb5-0:1.21.1-2.el9.src", "rhel-9"),
            within("krb5-libs-0:1.21.1-2.el9.x86_64", "rhel-9"),
            within("nodejs:18", "AppStream-8"),
            within("npm", "AppStream-8:nodejs:18"),
            within("nodejs-src", "AppStream-8:nodejs:18"),
            within("nodejs-src", "AppStream-8"),
        ],
    }
    spared = list(status.get("known_not_affected", ()))
    vulnerability = {
        "cve": "CVE-2026-1",
        "product_status": status,
        "flags": [
            {
                "label": "vulnerable_code_not_present",
                "product_ids": spared,
            }
        ],
        "threats": [{"category": "impact", "details": "Moderate"}],
    }
    head = {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "publisher": {"category": "vendor", "name": "Product Security", "namespace": "https://example.org"},
        "tracking": {"id": "CVE-2026-1", "current_release_date": "2026-01-01T00:00:00+00:00"},
    }
    return json.dumps({"document": head, "product_tree": tree, "vulnerabilities": [vulnerability]}).encode()


def image(release: Release, *packages: Package) -> Document:
    finding = Finding(id="CVE-2026-1", ids=("CVE-2026-1",))
    return msgspec.structs.replace(
        empty_image(),
        release=release,
        components=tuple(
            Component(package=each, purl=purl_of(each, release), path="var/lib/rpm/rpmdb.sqlite", layer=0)
            for each in packages
        ),
        findings=tuple(
            ComponentFinding(component=number, finding=finding, advice=Advice())
            for number in range(len(packages))
        ),
    )


@pytest.mark.parametrize(
    ("product", "release", "package", "is_gone"),
    [
        # the source package of a release, for what was built from it
        ("rhel-9:gcc", RHEL9, LIBGCC, True),
        ("rhel-9:gcc", BASEOS9, LIBGCC, True),
        ("rhel-9:gcc", PLAIN9, LIBGCC, True),
        ("rhel-9:gcc", RHEL8, LIBGCC, False),
        ("rhel-9:gcc", ROCKY9, LIBGCC, False),
        ("rhel-9:gcc", RHEL9, KRB5, False),
        ("rhel-8:gcc", RHEL9, LIBGCC, False),
        # a part of a release
        ("AppStream-9:gcc", RHEL9, LIBGCC, True),
        ("AppStream-9:gcc", PLAIN9, LIBGCC, True),
        ("AppStream-9:gcc", BASEOS9, LIBGCC, False),
        # other products
        ("BaseOS-9.2.EUS:gcc", RHEL9, LIBGCC, False),
        ("ocp:gcc", RHEL9, LIBGCC, False),
        # binary packages
        ("rhel-9:libgcc", RHEL9, LIBGCC, True),
        ("rhel-9:libgcc", RHEL9, rpm("libgomp", "11.4.1-3.el9", "gcc"), False),
        ("rhel-9:krb5-libs-0:1.21.1-2.el9.x86_64", RHEL9, KRB5, True),
        ("rhel-9:krb5-libs-0:1.21.1-2.el9.x86_64", RHEL9, rpm("krb5-libs", "1.21.1-1.el9", "krb5"), False),
        ("rhel-9:krb5-0:1.21.1-2.el9.src", RHEL9, KRB5, True),
        ("rhel-9:krb5-0:1.21.1-2.el9.src", RHEL9, rpm("krb5-libs", "1.21.1-1.el9", "krb5"), False),
        # modules
        ("AppStream-8:nodejs:18:npm", RHEL8, NPM18, True),
        ("AppStream-8:nodejs:18:npm", RHEL8, NPM20, False),
        ("AppStream-8:nodejs:18:npm", RHEL9, NPM18, False),
        ("AppStream-8:nodejs:18:nodejs-src", RHEL8, NPM18, True),
        ("AppStream-8:nodejs:18:nodejs-src", RHEL8, NPM20, False),
        ("AppStream-8:nodejs-src", RHEL8, NPM20, True),
        ("AppStream-8:nodejs:18", RHEL8, NPM18, False),
        # a product or a component alone
        ("rhel-9", RHEL9, LIBGCC, True),
        ("rhel-9", RHEL8, LIBGCC, False),
        ("gcc", RHEL8, LIBGCC, True),
    ],
)
def test_statements_of_a_distribution_hold_where_they_should(
    product: str, release: Release, package: Package, *, is_gone: bool
) -> None:
    said = read_vex(advisory({"known_not_affected": [product]}), "rhsa.json")
    left = suppressed(image(release, package), Policy(vex=[said]), TODAY)
    assert (not left.findings, len(left.suppressed)) == (is_gone, int(is_gone))


def test_the_flag_says_why() -> None:
    said = read_vex(advisory({"known_not_affected": ["rhel-9:gcc"]}), "rhsa.json")
    (gone,) = suppressed(image(RHEL9, LIBGCC), Policy(vex=[said]), TODAY).suppressed
    decision = gone.decision
    assert (decision.status, decision.owner) == ("not_affected", "Product Security")
    assert decision.statement == "vulnerable_code_not_present: Moderate"


@pytest.mark.parametrize(
    ("status", "is_gone"),
    [
        ({"known_not_affected": ["rhel-9:gcc"], "known_affected": ["AppStream-9:gcc"]}, False),
        ({"known_not_affected": ["rhel-9:gcc"], "known_affected": ["rhel-8:gcc"]}, True),
        ({"known_not_affected": ["rhel-9:gcc"], "under_investigation": ["rhel-9:libgcc"]}, False),
        ({"known_affected": ["rhel-9:gcc"]}, False),
        ({"fixed": ["rhel-9:krb5"]}, False),
        ({"recommended": ["rhel-9:gcc"]}, False),
    ],
)
def test_the_worst_that_is_said_of_a_package_counts(status: dict[str, list[str]], *, is_gone: bool) -> None:
    left = suppressed(image(RHEL9, LIBGCC), Policy(vex=[read_vex(advisory(status), "f")]), TODAY)
    assert (not left.findings) is is_gone


def test_what_was_suppressed_can_be_put_back() -> None:
    document = debian_image()
    policy = Policy(vex=[read_vex(OPENVEX, "f")])
    left = suppressed(document, policy, TODAY)
    assert {each.finding.id for each in document.findings} - {each.finding.id for each in left.findings} == {
        "CVE-2024-6119"
    }
    back = restored(left)
    assert sorted(back.findings, key=lambda each: (each.component, each.finding.id)) == sorted(
        document.findings, key=lambda each: (each.component, each.finding.id)
    )
    assert restored(document) is document


OPENVEX = json.dumps(
    {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "author": "somebody",
        "timestamp": "2026-01-01T00:00:00Z",
        "statements": [
            {
                "vulnerability": {"name": "CVE-2024-6119"},
                "products": [{"@id": "pkg:deb/debian/openssl?arch=source"}],
                "status": "not_affected",
                "justification": "vulnerable_code_not_in_execute_path",
            }
        ],
    }
).encode()


def go(name: str, version: str, relationship: str = "") -> Package:
    return Package(kind="gobinary", name=name, version=version, relationship=relationship)


@pytest.mark.parametrize(
    ("product", "subcomponent", "left"),
    [
        ("pkg:golang/example.org/tool", "pkg:golang/golang.org/x/net", ["other"]),
        ("pkg:golang/example.org/tool@v1.0.0", "pkg:golang/golang.org/x/net@v0.1.0", ["other"]),
        ("pkg:golang/example.org/tool", "pkg:golang/golang.org/x/text", ["tool", "other"]),
        ("pkg:golang/example.org/other", "pkg:golang/golang.org/x/net", ["tool", "other"]),
        ("pkg:golang/golang.org/x/net", "", []),
    ],
)
def test_a_statement_may_speak_of_the_program_that_a_package_is_in(
    product: str, subcomponent: str, left: list[str]
) -> None:
    net = go("golang.org/x/net", "v0.1.0")
    packages = [(go("example.org/tool", "v1.0.0", "root"), "tool"), (net, "tool"), (net, "other")]
    # Of two programs in one place nobody knows which of them the package is in.
    packages += [(go("example.org/other", version, "root"), "other") for version in ("v1", "v2")]
    components = tuple(
        Component(package=each, purl=purl_of(each, None), path=path, layer=0) for each, path in packages
    )
    finding = Finding(id="CVE-2026-1", ids=("CVE-2026-1",))
    document = msgspec.structs.replace(
        empty_image(),
        components=components,
        findings=tuple(
            ComponentFinding(component=number, finding=finding, advice=Advice()) for number in (1, 2)
        ),
    )
    inner = {"subcomponents": [{"@id": subcomponent}]} if subcomponent else {}
    statement = {
        "vulnerability": {"name": "CVE-2026-1"},
        "products": [{"@id": product} | inner],
        "status": "not_affected",
        "justification": "component_not_present",
    }
    vex = {"@context": "https://openvex.dev/ns/v0.2.0", "statements": [statement]}
    policy = Policy(vex=[read_vex(json.dumps(vex).encode(), "f")])
    found = suppressed(document, policy, TODAY).findings
    assert [components[each.component].path for each in found] == left

"""Images that the reports' tests render."""

import msgspec

from analyzers.findings import Finding
from analyzers.inventory import Package, Problem, Release
from analyzers.purl import purl_of
from analyzers.severity import Rating, Severity
from reports.context import RenderContext
from reports.crawl_summary import ContentTotals, CrawlSummary, Failure, ImageFindings
from reports.document import Advice, Component, ComponentFinding, Document, Feed, Layer

CONTEXT = RenderContext(version="0.1.0", report_id="019ab4c1-7a00-7abc-8def-0123456789ab", width=80)
CREATED_AT = "2026-11-23T05:00:00Z"
UNCHECKED = "no ecosystem for packages of kind 'conda-pkg'"

_DEBIAN = Release(id="debian", version_id="12", id_like=(), pretty_name="Debian GNU/Linux 12 (bookworm)")
_ROCKY = Release(id="rocky", version_id="9.2", pretty_name="Rocky Linux 9.2 (Blue Onyx)")
_LAYERS = (
    Layer(
        digest="sha256:" + "a1" * 32,
        diff_id="sha256:" + "b1" * 32,
        size_bytes=77_800_000,
        created_by="/bin/sh -c #(nop) ADD file:0a1b in /",
    ),
    Layer(
        digest="sha256:" + "a2" * 32,
        diff_id="sha256:" + "b2" * 32,
        size_bytes=1_234_567,
        created_by="RUN /bin/sh -c pip install -r requirements.txt # buildkit",
    ),
)
_SITE = "usr/local/lib/python3.11/site-packages"
_NODE = "srv/app/node_modules"


def _component(package: Package, path: str, release: Release | None, unchecked: str = "") -> Component:
    layer = 0 if package.kind in ("dpkg", "rpm") else 1
    return Component(
        package=package, purl=purl_of(package, release), path=path, layer=layer, unchecked=unchecked
    )


def _dpkg(name: str, version: str, *needs: str, source: str = "", source_version: str = "") -> Component:
    package = Package(
        kind="dpkg",
        name=name,
        version=version,
        arch="amd64",
        source_name=source,
        source_version=source_version,
        licenses=("GPL-3.0-only",) if name == "bash" else (),
        maintainer=f"Maintainers of {name} <{name}@packages.example.org>",
        depends_on=needs,
    )
    return _component(package, "var/lib/dpkg/status", _DEBIAN)


def _other(
    kind: str, name: str, version: str, path: str, *needs: str, licenses: tuple[str, ...] = ()
) -> Component:
    package = Package(kind=kind, name=name, version=version, licenses=licenses, depends_on=needs)
    return _component(package, path, _DEBIAN, UNCHECKED if kind == "conda-pkg" else "")


_GHSA = Finding(
    id="CVE-2023-43804",
    ids=("CVE-2023-43804", "GHSA-v845-jxx5-vc9f", "PYSEC-2023-192"),
    rating=Rating(
        Severity.HIGH, 8.1, "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N", "GHSA-v845-jxx5-vc9f CVSS_V3"
    ),
    fixed="1.26.17",
    status="fixed",
)
_URLLIB3 = Advice(
    title="urllib3: Cookie request header isn't stripped during cross-origin redirects",
    description="urllib3 does not treat `Cookie` as special.\n\nUpgrade, or disable redirects.",
    references=("https://github.com/urllib3/urllib3/security/advisories/GHSA-v845-jxx5-vc9f", "not a link"),
    cwes=("CWE-200",),
    published="2023-10-02T23:28:00Z",
    modified="2024-11-19T20:06:12.123456Z",
    cvss=(
        ("GHSA-v845-jxx5-vc9f CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N", 8.1),
        ("CVE-2023-43804 CVSS_V2", "AV:N/AC:L/Au:N/C:P/I:N/A:N", 5.0),
    ),
)
_SSL = Finding(
    id="CVE-2024-6119",
    ids=("CVE-2024-6119", "DEBIAN-CVE-2024-6119"),
    vendor_ids=("DSA-5764-1",),
    rating=Rating(
        Severity.CRITICAL, 9.1, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H", "CVE-2024-6119 CVSS_V3"
    ),
    fixed="3.0.14-1~deb12u2",
    status="fixed",
)
_SSL_ADVICE = Advice(
    title="openssl: Possible denial of service in X.509 name checks",
    description="Applications performing certificate name checks may read an invalid address.",
    references=("https://openssl-library.org/news/secadv/20240903.txt",),
    cwes=("CWE-843",),
    published="2024-09-03T16:15:07Z",
)
_LODASH = Finding(
    id="GHSA-35jh-r3h4-6jhm",
    ids=("GHSA-35jh-r3h4-6jhm",),
    rating=Rating(Severity.MEDIUM, None, "", "GHSA-35jh-r3h4-6jhm database_specific.severity"),
    fixed="4.17.21",
    status="fixed",
)
_TEMP = Finding(id="TEMP-0841856-B18BAF", ids=("TEMP-0841856-B18BAF",))
_NET = Finding(
    id="CVE-2023-44487",
    ids=("CVE-2023-44487", "GHSA-qppj-fm5r-hxr3", "GO-2023-2102"),
    rating=Rating(
        Severity.HIGH, 7.5, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "GHSA-qppj-fm5r-hxr3 CVSS_V3"
    ),
    fixed="v0.17.0",
    status="fixed",
)
_HOSTILE = Finding(id="CVE-2020-1", ids=("CVE-2020-1",), status="unknown")


def debian_image() -> Document:
    """A Debian image with Python, Node.js and Go packages, and nearly everything that can go wrong."""
    components = (
        _other("conda-pkg", "numpy", "1.26.4", "opt/conda/conda-meta/numpy-1.26.4.json"),
        _dpkg("bash", "5.2.15-2+b7", "libc6", "libtinfo6", source_version="5.2.15-2"),
        _dpkg("libc6", "2.36-9+deb12u8", source="glibc"),
        _dpkg("libssl3", "3.0.13-1~deb12u1", "libc6", source="openssl"),
        _dpkg("login", "1:4.13+dfsg1-1+b1", "libc6", source="shadow", source_version="1:4.13+dfsg1-1"),
        _dpkg("openssl", "3.0.13-1~deb12u1", "libc6", "libssl3"),
        _other("gobinary", "github.com/BurntSushi/toml", "v1.3.2", "usr/local/bin/agent"),
        _other("gobinary", "golang.org/x/net", "v0.14.0", "usr/local/bin/agent", "golang.org/x/text"),
        _other("gobinary", "stdlib", "1.21.4", "usr/local/bin/agent"),
        _other(
            "node-pkg",
            "@babel/code-frame",
            "7.22.5",
            f"{_NODE}/@babel/code-frame/package.json",
            "chalk",
            licenses=("MIT",),
        ),
        _other(
            "node-pkg",
            "chalk",
            "2.4.2",
            f"{_NODE}/@babel/code-frame/node_modules/chalk/package.json",
            licenses=("MIT",),
        ),
        _other("node-pkg", "chalk", "4.1.2", f"{_NODE}/chalk/package.json", licenses=("(MIT OR CC0-1.0)",)),
        _other("node-pkg", "lodash", "4.17.20", f"{_NODE}/lodash/package.json", licenses=("MIT",)),
        _other("node-pkg", "lodash", "4.17.20", f"{_NODE}/old/node_modules/lodash/package.json"),
        _other(
            "python-pkg",
            "Flask",
            "2.3.2",
            f"{_SITE}/Flask-2.3.2.dist-info/METADATA",
            "Werkzeug",
            "urllib3",
            licenses=("BSD License",),
        ),
        _other(
            "python-pkg",
            "urllib3",
            "1.26.15",
            f"{_SITE}/urllib3-1.26.15.dist-info/METADATA",
            licenses=("MIT", "Some licence"),
        ),
        _other("python-pkg", "werkzeug", "2.3.4", f"{_SITE}/werkzeug-2.3.4.dist-info/METADATA"),
    )
    return Document(
        name="registry.example.com/team/app:1.4",
        created_at=CREATED_AT,
        manifest_digest="sha256:" + "d1" * 32,
        config_digest="sha256:" + "c1" * 32,
        repository="registry.example.com/team/app",
        tags=("1.4", "latest"),
        config=b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{"User":"app"}}',
        platform="linux/amd64",
        release=_DEBIAN,
        layers=_LAYERS,
        components=components,
        findings=(
            ComponentFinding(component=2, finding=_TEMP, advice=Advice(title="")),
            ComponentFinding(component=3, finding=_SSL, advice=_SSL_ADVICE),
            ComponentFinding(component=5, finding=_SSL, advice=_SSL_ADVICE),
            ComponentFinding(
                component=7,
                finding=_NET,
                advice=Advice(
                    title="HTTP/2 rapid reset can cause excessive work in net/http",
                    cvss=((_NET.rating.origin, _NET.rating.vector, 7.5),),
                ),
            ),
            ComponentFinding(
                component=12, finding=_LODASH, advice=Advice(title="Command Injection in lodash")
            ),
            ComponentFinding(
                component=13, finding=_LODASH, advice=Advice(title="Command Injection in lodash")
            ),
            ComponentFinding(component=15, finding=_GHSA, advice=_URLLIB3),
            ComponentFinding(
                component=16,
                finding=_HOSTILE,
                advice=Advice(title="\x1b[2J\u202egnp.exe\x9b31m\nwide 漢字 title", published="yesterday"),
            ),
        ),
        problems=(
            Problem(
                path="usr/bin/tool", reason="executable packed by UPX: what is linked into it is not known"
            ),
        ),
        feeds=(
            Feed(name="Debian:12", state="ok", reason="", current_at="2026-11-23T04:48:00Z"),
            Feed(
                name="PyPI",
                state="partial",
                reason="3 of 14 records not fetched",
                current_at="2026-11-20T03:00:00Z",
            ),
            Feed(name="Go", state="failed", reason="connection refused", current_at=""),
        ),
    )


def rocky_image() -> Document:
    """A Rocky Linux image from a file, with modules and epochs and nothing against it."""
    module = "nodejs:18:9020020230602130154:rhel9"
    packages = (
        Package(kind="rpm", name="gpg-pubkey", version="350d275d-6279464b"),
        Package(
            kind="rpm",
            name="nodejs",
            version="1:18.14.2-2.module+el9.2.0+14760+1f5b3c4e",
            arch="x86_64",
            licenses=("MIT and ASL 2.0 and ISC and BSD",),
            depends_on=("openssl-libs",),
            modularity_label=module,
        ),
        Package(
            kind="rpm",
            name="openssl-libs",
            version="1:3.0.7-6.el9_2",
            arch="x86_64",
            source_name="openssl",
            source_version="3.0.7-6.el9_2",
            licenses=("ASL 2.0",),
            maintainer="Rocky Enterprise Software Foundation",
        ),
    )
    return Document(
        name="rocky.tar",
        created_at=CREATED_AT,
        manifest_digest="sha256:" + "d2" * 32,
        config_digest="sha256:" + "c2" * 32,
        platform="linux/amd64",
        release=_ROCKY,
        layers=_LAYERS[:1],
        components=tuple(_component(package, "var/lib/rpm/rpmdb.sqlite", _ROCKY) for package in packages),
        feeds=(Feed(name="Rocky Linux:9", state="ok", reason="", current_at="2026-11-23T04:59:30Z"),),
    )


def empty_image() -> Document:
    """An image without a system or packages."""
    return Document(
        name="scratch.tar",
        created_at=CREATED_AT,
        manifest_digest="sha256:" + "d3" * 32,
        config_digest="sha256:" + "c3" * 32,
    )


def newer_debian_image() -> Document:
    """The same image a day later: openssl upgraded, an advisory more and one re-rated, Python gone dark."""
    before = debian_image()
    upgraded = {"libssl3": "3.0.14-1~deb12u2", "openssl": "3.0.14-1~deb12u2"}
    components = []
    for component in before.components:
        package = component.package
        if package.name == "login":
            continue
        changed = msgspec.structs.replace(package, version=upgraded.get(package.name, package.version))
        is_dark = package.name == "urllib3"
        components.append(
            msgspec.structs.replace(
                component,
                package=changed,
                purl=purl_of(changed, _DEBIAN),
                unchecked="feed 'PyPI' is 40 days old" if is_dark else component.unchecked,
            )
        )
    rated = msgspec.structs.replace(_LODASH, rating=Rating(Severity.HIGH), ids=("CVE-2021-23337", _LODASH.id))
    net = Finding(
        id="CVE-2026-1", ids=("CVE-2026-1",), rating=Rating(Severity.LOW), fixed="v0.50.0", status="fixed"
    )
    return msgspec.structs.replace(
        before,
        name="registry.example.com/team/app:1.5",
        created_at="2026-11-24T05:00:00Z",
        manifest_digest="sha256:" + "d4" * 32,
        components=(
            *components,
            _other("python-pkg", "uvicorn", "0.30.0", f"{_SITE}/uvicorn-0.30.0.dist-info/METADATA"),
        ),
        findings=(
            ComponentFinding(component=2, finding=_TEMP, advice=Advice(title="")),
            ComponentFinding(component=6, finding=_NET, advice=Advice(title="HTTP/2 rapid reset")),
            ComponentFinding(component=6, finding=net, advice=Advice(title="Quadratic parsing of headers")),
            ComponentFinding(component=11, finding=rated, advice=Advice(title="Command Injection in lodash")),
            ComponentFinding(component=12, finding=rated, advice=Advice(title="Command Injection in lodash")),
            ComponentFinding(component=15, finding=_HOSTILE, advice=Advice(title="\x1b[2J")),
        ),
    )


IMAGES = {"debian": debian_image, "rocky": rocky_image, "empty": empty_image}


def unread_crawl_summary() -> CrawlSummary:
    """A crawl that was not let in."""
    return CrawlSummary(
        registries=("https://registry.example.com",),
        requests=1,
        list_requests=1,
        bytes_received=111,
        seconds=0.25,
        secrets=ContentTotals(),
        failures=(
            Failure(
                "https://registry.example.com",
                "registry.example.com: ping: refuses the username and password (401)",
            ),
        ),
    ).unread()


def crawl_summary() -> CrawlSummary:
    """A crawl that met everything."""
    return CrawlSummary(
        registries=("https://registry.example.com", "https://ghcr.example.org"),
        repositories=128,
        tags=1024,
        manifests={"analysed": 1001, "not_an_image": 12, "failed": 25, "too_large": 0, "pending": 0},
        images_analysed=205,
        images_known=796,
        layers_analysed=310,
        layers_reused=345,
        requests=4321,
        list_requests=214,
        head_requests=3000,
        bytes_received=3_456_999_999,
        bytes_pulled=3_456_789_012,
        unique_bytes=3_456_789_012,
        seconds=75.25,
        findings={"CRITICAL": 12, "HIGH": 345, "MEDIUM": 6789, "LOW": 1, "UNKNOWN": 0},
        unchecked_packages=42,
        worst_images=tuple(
            ImageFindings(
                f"registry.example.com/team/app-{number}:1.0", {"CRITICAL": number % 4, "HIGH": number}
            )
            for number in range(12)
        ),
        failures=tuple(
            Failure(f"registry.example.com/team/broken-{number}:1\x1b[31m", "manifest: 404, expected 200")
            for number in range(25)
        ),
    )

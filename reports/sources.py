"""Who publishes an advisory, told from its id, in the names that Trivy's reports use."""

from collections.abc import Iterable

import msgspec

from analyzers.findings import Finding


class Source(msgspec.Struct, frozen=True):
    """A publisher of advisories."""

    id: str
    name: str
    url: str


NVD = Source("nvd", "National Vulnerability Database", "https://nvd.nist.gov/")
OSV = Source("osv", "OSV", "https://osv.dev/")
_RED_HAT = Source("redhat", "Red Hat", "https://access.redhat.com/security/security-updates/")
_DEBIAN = Source("debian", "Debian Security Tracker", "https://security-tracker.debian.org/tracker/")
_UBUNTU = Source("ubuntu", "Ubuntu CVE Tracker", "https://ubuntu.com/security/cves")
_ALMA = Source("alma", "AlmaLinux Product Errata", "https://errata.almalinux.org/")
_ROCKY = Source("rocky", "Rocky Linux Product Errata", "https://errata.rockylinux.org/")
_SUSE = Source("suse-cvrf", "SUSE CVRF", "https://ftp.suse.com/pub/projects/security/cvrf/")
_BY_PREFIX = {
    "ALBA": _ALMA,
    "ALEA": _ALMA,
    "ALPINE": Source("alpine", "Alpine Secdb", "https://secdb.alpinelinux.org/"),
    "ALSA": _ALMA,
    "BIT": Source("bitnami", "Bitnami Vulnerability Database", "https://github.com/bitnami/vulndb"),
    "CGA": Source(
        "chainguard", "Chainguard Security Data", "https://packages.cgr.dev/chainguard/security.json"
    ),
    "CVE": NVD,
    "DEBIAN": _DEBIAN,
    "DLA": _DEBIAN,
    "DSA": _DEBIAN,
    "GHSA": Source("ghsa", "GitHub Security Advisory", "https://github.com/advisories"),
    "GO": Source("govulndb", "The Go Vulnerability Database", "https://pkg.go.dev/vuln/"),
    "RHBA": _RED_HAT,
    "RHEA": _RED_HAT,
    "RHSA": _RED_HAT,
    "RLSA": _ROCKY,
    "RXSA": _ROCKY,
    "SUSE": _SUSE,
    "TEMP": _DEBIAN,
    "UBUNTU": _UBUNTU,
    "USN": _UBUNTU,
    "openSUSE": _SUSE,
}


def source_of(record_id: str) -> Source:
    """Return who publishes the record; OSV when the id does not say."""
    return _BY_PREFIX.get(record_id.partition("-")[0], OSV)


def advisory_source(finding: Finding) -> Source:
    """Return who said that the package is affected: errata first, then the most particular of its ids."""
    return min(map(source_of, _names(finding)), key=lambda source: source in (OSV, NVD))


def other_ids(finding: Finding) -> tuple[str, ...]:
    """Return errata and other names of the vulnerability; "DEBIAN-CVE-…" adds nothing to "CVE-…"."""
    names = dict.fromkeys((*finding.vendor_ids, *finding.ids))
    return tuple(name for name in names if name != finding.id and not name.endswith(f"-{finding.id}"))


def page_of(finding: Finding, references: Iterable[str]) -> str:
    """Return the page to read first: by the kind of id, else the first reference, else OSV's page."""
    name = finding.id
    match name.partition("-")[0]:
        case "CVE":
            return f"https://avd.aquasec.com/nvd/{name.lower()}"
        case "GHSA":
            return f"https://github.com/advisories/{name}"
        case "RUSTSEC":
            return f"https://osv.dev/vulnerability/{name}"
        case "TEMP":
            return f"https://security-tracker.debian.org/tracker/{name}"
    return next(iter(references), f"https://osv.dev/vulnerability/{name}")


def _names(finding: Finding) -> tuple[str, ...]:
    return (*finding.vendor_ids, *finding.ids, finding.id)

"""What a policy is asked about: one finding, by all the names that rules and statements may call it."""

from enum import StrEnum
from urllib.parse import quote

import msgspec


class FindingKind(StrEnum):
    """The kinds of findings, by the words of Trivy's ExperimentalModifiedFindings."""

    VULNERABILITY = "vulnerability"
    MISCONFIGURATION = "misconfiguration"
    SECRET = "secret"  # noqa: S105 - a word
    LICENSE = "license"


class Artifact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The target of the scan, as VEX statements name products."""

    purls: tuple[str, ...] = ()
    """Of an image `oci_purl`; of a project its own package's."""
    names: tuple[str, ...] = ()
    """Any other name: "registry.example.com/team/app:1.2", a CPE, of a bill of materials its BOM-Link."""
    digests: tuple[str, ...] = ()
    """"sha256:…" of the manifest, and of the index that it came from."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One finding."""

    kind: FindingKind
    ids: tuple[str, ...]
    """All that it is known by: CVE, GHSA and other aliases; a check's id; a secret rule's; a licence."""
    paths: tuple[str, ...] = ()
    """The files that it is in, relative: a lock file, and the package's own file when they differ."""
    purls: tuple[str, ...] = ()
    """Of the package, in each way it may be written: binary and source package; its BOM-Links as well."""
    within: tuple[str, ...] = ()
    """Purls of what alone brings the package in, such as a Go program's main module."""
    artifact: Artifact = Artifact()
    severity: str = ""
    """Name of an analyzers.severity.Severity: "HIGH"."""


def oci_purl(repository: str, digest: str = "", arch: str = "", tag: str = "") -> str:
    """Return the purl of an image: "pkg:oci/app@sha256:…?repository_url=ghcr.io%2Fteam%2Fapp".

    Specification: https://github.com/package-url/purl-spec/blob/main/types/oci-definition.json

    Args:
        repository: with its registry, without tag: "ghcr.io/team/app".
        digest: "sha256:…" of the manifest or index.
        arch: in the words of image configurations: "amd64".
        tag: one of the image's: "1.4".
    """
    name = quote(repository.rstrip("/").rpartition("/")[2].lower(), safe="")
    version = f"@{quote(digest, safe=':')}" if digest else ""
    words = f"arch={quote(arch, safe='')}&" if arch else ""
    tagged = f"&tag={quote(tag, safe='')}" if tag else ""
    return f"pkg:oci/{name}{version}?{words}repository_url={quote(repository, safe='')}{tagged}"

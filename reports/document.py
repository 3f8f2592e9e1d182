"""What one scanned image comes to: the value that every report format renders."""

from enum import StrEnum

import msgspec

from analyzers.findings import Finding
from analyzers.ignore.decision import Decision
from analyzers.inventory import Outcome, Package, Problem, Release, Scanner, Secret
from analyzers.severity import Severity


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer of the image, bottom up."""

    digest: str
    diff_id: str
    size_bytes: int
    """Uncompressed."""
    created_by: str
    """The history line that made it; empty when the configuration does not say."""


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A package as the image carries it."""

    package: Package
    purl: str
    path: str
    """The file that tells of it, such as "var/lib/dpkg/status"."""
    layer: int
    """Index of the layer that brought this version in, into `Document.layers`."""
    unchecked: str = ""
    """Why no advisory could be matched with it; empty when it was."""
    names: tuple[str, ...] = ()
    """What else statements may call it: BOM-Links, its purl as a bill of materials writes it."""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What people want to read about a vulnerability."""

    title: str = ""
    description: str = ""
    references: tuple[str, ...] = ()
    cwes: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    """RFC 3339, as the source gives them; empty when it does not."""
    cvss: tuple[tuple[str, str, float], ...] = ()
    """(origin, vector, score) of every CVSS vector of the records behind the finding."""


class ComponentFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A vulnerability that affects (or may affect) one component."""

    component: int
    """Index into `Document.components`."""
    finding: Finding
    advice: Advice


class SecretFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A secret in a file, or in the configuration of an image."""

    secret: Secret
    path: str
    """Empty for the configuration."""
    layer: int
    """Index into `Document.layers`; -1 for the configuration."""
    is_deleted: bool = False
    """Whether a later layer removes the file; the secret is in the image all the same."""
    is_replaced: bool = False
    """Whether a later layer has another file in its place, in which it is not; the same holds."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return Severity[self.secret.severity]


class LicenseFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A licence of a package, or of a file."""

    name: str
    """SPDX expression."""
    category: str
    """"forbidden", "restricted", "reciprocal", "notice", "permissive", "unencumbered" or "unknown"."""
    severity: Severity
    package: str = ""
    """Name of the package; empty when it is a file's own."""
    kind: str = ""
    """The package's kind."""
    path: str = ""
    layer: int
    confidence: float = 1.0


class MisconfigurationFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says of one place."""

    outcome: Outcome
    title: str
    severity: Severity
    description: str
    resolution: str
    link: str
    provider: str = ""
    service: str = ""
    path: str
    """Empty for the configuration of an image."""
    layer: int
    """Index into `Document.layers`; -1 for the configuration."""


class Suppressed(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that is left out of a report, and who says so."""

    kind: str
    """As analyzers.ignore.candidate.FindingKind has it."""
    finding: ComponentFinding | SecretFinding | LicenseFinding | MisconfigurationFinding
    decision: Decision


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory feed that was used, or should have been."""

    name: str
    state: str
    """As store.advisories has it: "ok", "partial", "failed" or "absent"; "missing": it was never fetched."""
    reason: str
    current_at: str
    """When it was last followed, though records of it may have been unreadable, RFC 3339; empty: never."""


class ArtifactType(StrEnum):
    """What was scanned, as Trivy's reports call it."""

    IMAGE = "container_image"
    FILESYSTEM = "filesystem"
    REPOSITORY = "repository"
    DISK = "vm"
    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The commit of a Git repository that was scanned."""

    url: str = ""
    branch: str = ""
    tags: tuple[str, ...] = ()
    commit: str = ""
    message: str = ""
    author: str = ""
    committer: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One target, its packages, and what is known against them."""

    name: str
    """The target as the user gave it."""
    artifact_type: ArtifactType = ArtifactType.IMAGE
    """Only images have digests, configuration, platform and layers."""
    created_at: str
    """Time of this report, RFC 3339."""
    manifest_digest: str
    index_digest: str = ""
    """Of the index that the manifest was chosen from; empty when it was asked for itself."""
    config_digest: str
    """The image id."""
    repository: str = ""
    """Registry host and repository, "registry.example.com/team/app"; empty for an image from a file."""
    tags: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """What else statements may call the target, such as the BOM-Link of a bill of materials."""
    revision: Revision | None = None
    """Of a repository."""
    config: bytes = b"{}"
    """The image configuration, JSON as the registry has it."""
    platform: str = ""
    release: Release | None = None
    layers: tuple[Layer, ...] = ()
    components: tuple[Component, ...] = ()
    """Sorted by kind, name, version, path."""
    findings: tuple[ComponentFinding, ...] = ()
    """Sorted by component, then severity falling, then id."""
    problems: tuple[Problem, ...] = ()
    feeds: tuple[Feed, ...] = ()
    secrets: tuple[SecretFinding, ...] = ()
    """Sorted by layer, path and place."""
    licenses: tuple[LicenseFinding, ...] = ()
    misconfigurations: tuple[MisconfigurationFinding, ...] = ()
    """Sorted by path and place; also checks that passed."""
    left_out: int = 0
    """Findings that are not in the lists above: of severities, or without a fix, that nobody asked for."""
    suppressed: tuple[Suppressed, ...] = ()
    """What rules and VEX statements took out of the lists above."""
    expired: tuple[str, ...] = ()
    """What ignored one of the findings until its day came: "file .trivyignore:12 (CVE-2024-1)"."""
    unheld: tuple[str, ...] = ()
    """VEX statements that hold for nothing, since what they speak of cannot be told: a sentence each."""
    show_suppressed: bool = False
    include_passed: bool = False
    """Whether checks that passed are worth showing."""
    scanners: frozenset[Scanner] = frozenset({Scanner.PACKAGES})
    """What was looked for."""
    vulnerabilities_asked: bool = True
    """False for a plain SBOM: no findings are shown, and unmatched packages are nobody's loss."""

    @property
    def failures(self) -> tuple[MisconfigurationFinding, ...]:
        """The checks that failed."""
        return tuple(each for each in self.misconfigurations if not each.outcome.passed)

    @property
    def has_findings(self) -> bool:
        """Whether there is anything of what was looked for."""
        return bool(self.findings or self.secrets or self.licenses or self.failures)

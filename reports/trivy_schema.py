"""The shape of Trivy's JSON report, version 2.

Specification: https://trivy.dev/latest/docs/configuration/reporting/#json. Fields that are empty are not
written. `Unchecked` of a package and `Cleanbill` of the report are additions of ours.
"""

import msgspec

_CAPITALS = {
    "cvss": "CVSS",
    "eosl": "EOSL",
    "id": "ID",
    "ids": "IDs",
    "os": "OS",
    "purl": "PURL",
    "uid": "UID",
    "url": "URL",
}


def _key(name: str) -> str:
    """Return a field's key: "vulnerability_id" is "VulnerabilityID"."""
    return "".join(_CAPITALS.get(word, word.capitalize()) for word in name.split("_"))


class _Object(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename=_key):
    """An object whose empty fields are left out."""


class Identifier(_Object, frozen=True, kw_only=True):
    """What a package is called elsewhere."""

    purl: str = ""
    uid: str = ""


class LayerReference(_Object, frozen=True, kw_only=True):
    """The layer that brought something in."""

    size: int = 0
    digest: str = ""
    diff_id: str = ""
    created_by: str = ""


class Location(_Object, frozen=True, kw_only=True):
    """Lines of a lock file, counted from 1."""

    start_line: int = 0
    end_line: int = 0


class PackageEntry(_Object, frozen=True, kw_only=True):
    """A package of a result."""

    id: str = ""
    name: str = ""
    identifier: Identifier = Identifier()
    version: str = ""
    release: str = ""
    epoch: int = 0
    arch: str = ""
    dev: bool = False
    src_name: str = ""
    src_version: str = ""
    src_release: str = ""
    src_epoch: int = 0
    licenses: tuple[str, ...] = ()
    maintainer: str = ""
    modularitylabel: str = ""
    indirect: bool = False
    """What older readers look for in place of the relationship."""
    relationship: str = ""
    depends_on: tuple[str, ...] = ()
    layer: LayerReference = LayerReference()
    file_path: str = ""
    locations: tuple[Location, ...] = ()
    unchecked: str = ""


class DataSource(_Object, frozen=True, kw_only=True):
    """Who published the advisory."""

    id: str = ""
    name: str = ""
    url: str = ""


class Cvss(_Object, frozen=True, kw_only=True):
    """One source's CVSS vectors and scores."""

    v2_vector: str = ""
    v3_vector: str = ""
    v40_vector: str = ""
    v2_score: float | None = None
    v3_score: float | None = None
    v40_score: float | None = None


class VulnerabilityEntry(_Object, frozen=True, kw_only=True):
    """A vulnerability of one package."""

    vulnerability_id: str = ""
    vendor_ids: tuple[str, ...] = ()
    pkg_id: str = ""
    pkg_name: str = ""
    pkg_path: str = ""
    pkg_identifier: Identifier = Identifier()
    installed_version: str = ""
    fixed_version: str = ""
    status: str = ""
    layer: LayerReference = LayerReference()
    severity_source: str = ""
    primary_url: str = ""
    data_source: DataSource = DataSource()
    fingerprint: str = ""
    title: str = ""
    description: str = ""
    severity: str = ""
    cwe_ids: tuple[str, ...] = ()
    vendor_severity: dict[str, int] = {}
    cvss: dict[str, Cvss] = {}
    references: tuple[str, ...] = ()
    published_date: str = ""
    last_modified_date: str = ""


class LineEntry(_Object, frozen=True, kw_only=True, omit_defaults=False):
    """A line of a file."""

    number: int
    content: str
    is_cause: bool
    annotation: str = ""
    truncated: bool = False
    highlighted: str = ""
    first_cause: bool = False
    last_cause: bool = False


class Code(_Object, frozen=True, kw_only=True):
    """Lines that a finding is about, and some around them."""

    lines: tuple[LineEntry, ...] = ()


class SecretEntry(_Object, frozen=True, kw_only=True):
    """A secret; it is starred wherever it would be shown."""

    rule_id: str = ""
    category: str = ""
    severity: str = ""
    title: str = ""
    start_line: int = 0
    end_line: int = 0
    code: Code = Code()
    match: str = ""
    layer: LayerReference = LayerReference()
    offset: int = 0
    deleted: bool = False
    """An addition of ours: a later layer removes the file."""
    replaced: bool = False
    """An addition of ours: a later layer has another file there, in which it is not."""


class CauseEntry(_Object, frozen=True, kw_only=True):
    """Where a check fails."""

    resource: str = ""
    provider: str = ""
    service: str = ""
    start_line: int = 0
    end_line: int = 0
    code: Code = Code()


class MisconfigurationEntry(_Object, frozen=True, kw_only=True):
    """What one check says of one place."""

    type: str = ""
    id: str = ""
    title: str = ""
    description: str = ""
    message: str = ""
    resolution: str = ""
    severity: str = ""
    primary_url: str = ""
    references: tuple[str, ...] = ()
    status: str = ""
    layer: LayerReference = LayerReference()
    cause_metadata: CauseEntry = CauseEntry()


class MisconfigurationSummary(_Object, frozen=True, kw_only=True, omit_defaults=False):
    """Numbers of checks."""

    successes: int
    failures: int


class LicenseEntry(_Object, frozen=True, kw_only=True, omit_defaults=False):
    """A licence of a package or a file."""

    severity: str
    category: str
    pkg_name: str
    file_path: str
    name: str
    text: str = ""
    confidence: float
    link: str


class PackageWithoutLicense(_Object, frozen=True, kw_only=True):
    """A package of which no licence is known."""

    pkg_name: str
    installed_version: str = ""
    pkg_path: str = ""


class ModifiedFinding(_Object, frozen=True, kw_only=True):
    """A finding that was left out, and why."""

    type: str
    status: str
    statement: str = ""
    source: str = ""
    finding: VulnerabilityEntry | MisconfigurationEntry | SecretEntry | LicenseEntry


class Result(_Object, frozen=True, kw_only=True):
    """The packages of one target and what is known against them."""

    target: str
    class_: str = msgspec.field(name="Class")
    type: str = ""
    packages: tuple[PackageEntry, ...] = ()
    vulnerabilities: tuple[VulnerabilityEntry, ...] = ()
    misconf_summary: MisconfigurationSummary | None = None
    misconfigurations: tuple[MisconfigurationEntry, ...] = ()
    secrets: tuple[SecretEntry, ...] = ()
    licenses: tuple[LicenseEntry, ...] = ()
    without_license: tuple[PackageWithoutLicense, ...] = ()
    """An addition of ours, where licences were looked for."""
    experimental_modified_findings: tuple[ModifiedFinding, ...] = ()


class System(_Object, frozen=True, kw_only=True):
    """The operating system."""

    family: str = ""
    name: str = ""
    eosl: bool = False
    """Whether its support has ended; not whether that is known."""
    extended: bool = msgspec.field(name="extended", default=False)
    """Whether Ubuntu Pro is switched on."""


class Metadata(_Object, frozen=True, kw_only=True):
    """What the image is."""

    size: int = 0
    os: System | None = None
    image_id: str = ""
    diff_ids: tuple[str, ...] = ()
    repo_tags: tuple[str, ...] = ()
    repo_digests: tuple[str, ...] = ()
    reference: str = ""
    image_config: dict[str, object] = {}
    layers: tuple[LayerReference, ...] = ()
    repo_url: str = msgspec.field(default="", name="RepoURL")
    branch: str = ""
    tags: tuple[str, ...] = ()
    commit: str = ""
    commit_msg: str = ""
    author: str = ""
    committer: str = ""


class ProblemEntry(_Object, frozen=True, kw_only=True):
    """Something that could not be read."""

    path: str = ""
    reason: str = ""


class FeedEntry(_Object, frozen=True, kw_only=True):
    """An advisory feed that was used, or should have been; state is "ok", "partial", "failed" or "absent"."""

    name: str = ""
    state: str = ""
    reason: str = ""
    current_at: str = ""


class Counts(_Object, frozen=True, kw_only=True):
    """Numbers of the whole report; all are written."""

    packages: int
    unchecked: int
    findings: int
    undecided: int
    severities: dict[str, int]


class Cleanbill(_Object, frozen=True, kw_only=True):
    """How much the report can vouch for."""

    version: str
    incomplete: bool
    counts: Counts
    problems: tuple[ProblemEntry, ...] = ()
    feeds: tuple[FeedEntry, ...] = ()
    expired: tuple[str, ...] = ()
    """Rules that suppressed one of the findings until their day came."""


class Report(_Object, frozen=True, kw_only=True):
    """The root object."""

    schema_version: int
    report_id: str = ""
    created_at: str = ""
    artifact_id: str = ""
    artifact_name: str = ""
    artifact_type: str = ""
    metadata: Metadata = Metadata()
    results: tuple[Result, ...] = ()
    cleanbill: Cleanbill | None = None

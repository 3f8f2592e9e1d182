"""What changed from one image to another, or from one time to another.

As JSON it is one object:

    Before, After     {Name, Digest, Time, Incomplete, Suppressed}: Incomplete is true when something of that
                      side could not be checked, so that what is missing there need not be gone; Suppressed
                      is how many of its findings rules and VEX statements leave out
    Packages          {Added: [{Kind, Name, Version}], Removed: [the same], Changed: [{Kind, Name, From, To}]}
    Findings          absent when one side was not asked for them, else
                      {Opened, Closed, Unchecked: [Finding], Changed: [{Before: Finding, After: Finding}]}
                      Unchecked are findings of a package that the later side could not check
    Finding           {ID, Kind, Package, Versions: [], Severity, Status, FixedVersion, Title}
    Secrets           {State, Reason, Added: [Secret], Removed: [the same]}; State is "compared",
                      "other_rules" (each side was scanned by other rules), "not_compared" (one was not
                      scanned) or "not_asked" (neither was), and Reason says so in words
    Secret            {RuleID, Title, Severity, Path, Line, Match, Deleted, Replaced,
                      Layer: {Digest, CreatedBy}}
                      the same rule, path, masked line and imprint (which is not told) are the same secret;
                      no Path: the configuration
    Licenses          the same of {Name, Category, Severity, Kind, Package, Path, Layer}
    Misconfigurations the same of {ID, Title, Severity, Message, Resolution}: failed checks of the images'
                      configurations
    Suppressed        {Added, Removed}, see `difference_suppressed`; only when it is asked for
    Expired           [rules that suppressed a finding of either side until their day came]

What is suppressed counts as absent where it would open or change, and as present where it would close: a
finding that a rule leaves out was not mended. Every other key is written, also when it is empty.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

import msgspec

from analyzers.findings import Finding, compare_findings
from reports.content_difference import (
    CheckChange,
    ContentChanges,
    LicenseChange,
    SecretChange,
    check_changes,
    license_changes,
    secret_changes,
)
from reports.context import RenderContext
from reports.coverage import coverage_of
from reports.difference_suppressed import SuppressedChanges, suppressed_changes
from reports.document import Document
from reports.json_parts import formatted
from reports.suppression import restored

_Key = tuple[str, str]
_FORMATS = ("table", "json")


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An object with keys in capitals."""


class Side(_Object, frozen=True, kw_only=True):
    """One of the two documents."""

    name: str
    digest: str
    time: str
    """RFC 3339."""
    incomplete: bool
    suppressed: int = 0
    """How many findings rules and VEX statements leave out."""


class PackageVersion(_Object, frozen=True, kw_only=True, order=True):
    """A package that only one side has."""

    kind: str
    name: str
    version: str


class VersionChange(_Object, frozen=True, kw_only=True, order=True):
    """A package that both sides have, each in one version of its own."""

    kind: str
    name: str
    from_: str = msgspec.field(name="From")
    to: str


class PackageFinding(_Object, frozen=True, kw_only=True):
    """A vulnerability of a package, in all its affected versions on one side."""

    id: str = msgspec.field(name="ID")
    kind: str
    package: str
    versions: tuple[str, ...]
    severity: str
    status: str
    fixed_version: str
    title: str


class FindingChange(_Object, frozen=True, kw_only=True):
    """A vulnerability of the same package whose fixed version or severity is another."""

    before: PackageFinding
    after: PackageFinding


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What `b` has that `a` had not, and the other way round; sorted by kind and name."""

    before: Side
    after: Side
    packages_added: tuple[PackageVersion, ...] = ()
    packages_removed: tuple[PackageVersion, ...] = ()
    packages_changed: tuple[VersionChange, ...] = ()
    findings_compared: bool = True
    """False when one side was not asked for vulnerabilities."""
    findings_opened: tuple[PackageFinding, ...] = ()
    findings_closed: tuple[PackageFinding, ...] = ()
    findings_changed: tuple[FindingChange, ...] = ()
    findings_unchecked: tuple[PackageFinding, ...] = ()
    """Findings of `a` whose package is in `b`, where no advisory could be matched with it."""
    secrets: ContentChanges[SecretChange] = ContentChanges()
    licenses: ContentChanges[LicenseChange] = ContentChanges()
    checks: ContentChanges[CheckChange] = ContentChanges()
    """Those that fail, of the images' configurations."""
    suppressed: SuppressedChanges = SuppressedChanges()
    show_suppressed: bool = False
    expired: tuple[str, ...] = ()
    """Rules that suppressed a finding until their day came."""

    @property
    def has_opened(self) -> bool:
        """Whether the later side has a finding, secret or failed check that the earlier had not."""
        return bool(self.findings_opened or self.secrets.added or self.checks.added)


class _Held(msgspec.Struct, frozen=True):
    """The findings of one package name, each once, and how they are shown."""

    findings: dict[str, Finding]
    shown: dict[str, PackageFinding]


_NOTHING = _Held({}, {})


def difference(a: Document, b: Document, rules: tuple[str, str] = ("", "")) -> Difference:
    """Return what changed from `a` to `b`.

    Packages are compared by kind and name: where each side has one version that the other has not, the
    version changed. The same version in another place is no difference. Findings are the same when any
    of their ids is, as in `compare_findings`. Other sorts are compared when both sides were scanned for them.

    Args:
        a: the image before.
        b: the image after.
        rules: of each, what tells by which analyzers it was scanned; see crawler.targets.image.fingerprint.
    """
    added, removed, changed = _compare_packages(_versions(a), _versions(b))
    compared = a.vulnerabilities_asked and b.vulnerabilities_asked
    findings = _compare_findings(a, b) if compared else ([], [], [], [])
    return Difference(
        before=_side(a),
        after=_side(b),
        packages_added=tuple(added),
        packages_removed=tuple(removed),
        packages_changed=tuple(changed),
        findings_compared=compared,
        findings_opened=tuple(findings[0]),
        findings_closed=tuple(findings[1]),
        findings_changed=tuple(findings[2]),
        findings_unchecked=tuple(findings[3]),
        secrets=secret_changes(a, b, rules),
        licenses=license_changes(a, b, rules),
        checks=check_changes(a, b, rules),
        suppressed=suppressed_changes(a, b),
        show_suppressed=a.show_suppressed or b.show_suppressed,
        expired=tuple(dict.fromkeys((*a.expired, *b.expired))),
    )


def render_difference(found: Difference, format_name: str, context: RenderContext) -> str:
    """Return the difference as "table" or "json", with a line end at its end.

    Raises:
        ValueError: there is no such format.
    """
    if format_name not in _FORMATS:
        raise ValueError(f"format {format_name!r}: expected one of {', '.join(_FORMATS)}")
    if format_name == "json":
        return formatted(_as_json(found)) + "\n"
    text: str = import_module("reports.difference_table").render(found, context)
    return text


def _as_json(found: Difference) -> dict[str, object]:
    packages = {
        "Added": found.packages_added,
        "Removed": found.packages_removed,
        "Changed": found.packages_changed,
    }
    findings = {
        "Opened": found.findings_opened,
        "Closed": found.findings_closed,
        "Changed": found.findings_changed,
        "Unchecked": found.findings_unchecked,
    }
    report: dict[str, object] = {"Before": found.before, "After": found.after, "Packages": packages}
    return (
        report
        | ({"Findings": findings} if found.findings_compared else {})
        | {
            "Secrets": _contents(found.secrets),
            "Licenses": _contents(found.licenses),
            "Misconfigurations": _contents(found.checks),
        }
        | ({"Suppressed": found.suppressed} if found.show_suppressed else {})
        | {"Expired": found.expired}
    )


def _contents(
    found: ContentChanges[SecretChange] | ContentChanges[LicenseChange] | ContentChanges[CheckChange],
) -> dict[str, object]:
    return {
        "State": found.state,
        "Reason": found.reason,
        "Added": found.added,
        "Removed": found.removed,
    }


def _side(document: Document) -> Side:
    return Side(
        name=document.name,
        digest=document.manifest_digest,
        time=document.created_at,
        incomplete=coverage_of(document).is_incomplete,
        suppressed=len(document.suppressed),
    )


def _versions(document: Document) -> dict[_Key, set[str]]:
    versions: dict[_Key, set[str]] = {}
    for component in document.components:
        package = component.package
        versions.setdefault((package.kind, package.name), set()).add(package.version)
    return versions


def _unchecked(document: Document) -> frozenset[_Key]:
    packages = (component.package for component in document.components if component.unchecked)
    return frozenset((package.kind, package.name) for package in packages)


def _compare_packages(
    before: Mapping[_Key, set[str]], after: Mapping[_Key, set[str]]
) -> tuple[list[PackageVersion], list[PackageVersion], list[VersionChange]]:
    added: list[PackageVersion] = []
    removed: list[PackageVersion] = []
    changed: list[VersionChange] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, set()), after.get(key, set())
        gone, came = sorted(old - new), sorted(new - old)
        kind, name = key
        if len(gone) == len(came) == 1:
            changed.append(VersionChange(kind=kind, name=name, from_=gone[0], to=came[0]))
            continue
        added += [PackageVersion(kind=kind, name=name, version=version) for version in came]
        removed += [PackageVersion(kind=kind, name=name, version=version) for version in gone]
    return added, removed, changed


def _held(document: Document) -> dict[_Key, _Held]:
    """Return what is held against each package name; of a finding in several versions the first speaks."""
    held: dict[_Key, _Held] = {}
    for found in document.findings:
        package, finding = document.components[found.component].package, found.finding
        of_package = held.setdefault((package.kind, package.name), _Held({}, {}))
        of_package.findings.setdefault(finding.id, finding)
        shown = of_package.shown.get(finding.id)
        versions = {*shown.versions, package.version} if shown else {package.version}
        of_package.shown[finding.id] = PackageFinding(
            id=finding.id,
            kind=package.kind,
            package=package.name,
            versions=tuple(sorted(versions)),
            severity=shown.severity if shown else finding.rating.severity.name,
            status=shown.status if shown else finding.status,
            fixed_version=shown.fixed_version if shown else finding.fixed,
            title=shown.title if shown else found.advice.title,
        )
    return held


_Compared = tuple[list[PackageFinding], list[PackageFinding], list[FindingChange], list[PackageFinding]]


def _compare_findings(a: Document, b: Document) -> _Compared:
    """Return what opened, closed, changed, and is no longer checked."""
    before, unchecked = _held(a), _unchecked(b)
    opened, closed, changed, lost = _compare_all(before, _held(b), unchecked)
    if b.suppressed:
        _, closed, _, lost = _compare_all(before, _held(restored(b)), unchecked)
    return opened, closed, changed, lost


def _compare_all(
    before: Mapping[_Key, _Held], after: Mapping[_Key, _Held], unchecked: frozenset[_Key]
) -> _Compared:
    opened: list[PackageFinding] = []
    closed: list[PackageFinding] = []
    changed: list[FindingChange] = []
    lost: list[PackageFinding] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, _NOTHING), after.get(key, _NOTHING)
        changes = compare_findings(list(old.findings.values()), list(new.findings.values()))
        opened += _shown(changes.opened, new)
        # what nobody could check any more is not mended
        (lost if key in unchecked else closed).extend(_shown(changes.closed, old))
        changed += [
            FindingChange(before=old.shown[was.id], after=new.shown[now.id]) for was, now in changes.changed
        ]
    return opened, closed, changed, lost


def _shown(findings: Iterable[Finding], held: _Held) -> Iterator[PackageFinding]:
    return (held.shown[finding.id] for finding in findings)

"""What checks say of one object of a cluster, in little room: a cluster has tens of thousands of them."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from analyzers.contents import Placed
from analyzers.ignore.decision import Decision
from analyzers.inventory import Outcome, Scanner
from analyzers.severity import Severity
from reports.contents import misconfiguration_findings
from reports.document import ArtifactType, Document, MisconfigurationFinding, Suppressed
from reports.sharing import Sharing

FILE_TYPE = "kubernetes"
"""`Outcome.file_type` of all objects."""
_FASTEST = 1

_Word = TypeVar("_Word", str, Severity)


class _Accepted(msgspec.Struct, frozen=True, array_like=True):
    """A failure that is left out, and who says so."""

    kind: str
    outcome: Outcome
    decision: Decision


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """What checks say in words."""

    failed: tuple[Outcome, ...]
    suppressed: tuple[_Accepted, ...]
    expired: tuple[str, ...]


class ObjectReport(msgspec.Struct, frozen=True, kw_only=True):
    """The checks that an object passed, and those that it failed."""

    name: str
    """"shop/Deployment/web"."""
    resource: str = ""
    """What its own manifest calls it: "Deployment/web"."""
    passed: tuple[str, ...] = ()
    """Ids of checks, sorted."""
    failed: tuple[tuple[str, int], ...] = ()
    """Ids of checks and in how many places they failed, sorted."""
    suppressed: tuple[tuple[str, int], ...] = ()
    """As `failed`; those that rules or comments leave out."""
    severities: tuple[tuple[Severity, int], ...] = ()
    """Of the failures."""
    left_out: int = 0
    """As `Document.left_out`."""
    told: bytes = b""
    """Packed; `document` reads it."""

    @property
    def failures(self) -> Counter[Severity]:
        """The number of failures of each severity."""
        return Counter(dict(self.severities))

    def document(self, created_at: str, *, include_passed: bool, show_suppressed: bool) -> Document:
        """Return all of it as reports are made of; checks of the user's own have to be in use."""
        told = msgspec.msgpack.decode(zlib.decompress(self.told), type=_Told)
        passed = (
            Outcome(check=check, passed=True, resource=self.resource, file_type=FILE_TYPE)
            for check in self.passed
        )
        return Document(
            name=self.name,
            artifact_type=ArtifactType.FILESYSTEM,
            created_at=created_at,
            manifest_digest="",
            config_digest="",
            misconfigurations=self._findings((*told.failed, *passed)),
            suppressed=tuple(
                Suppressed(kind=each.kind, finding=finding, decision=each.decision)
                for each in told.suppressed
                for finding in self._findings((each.outcome,))
            ),
            expired=told.expired,
            left_out=self.left_out,
            include_passed=include_passed,
            show_suppressed=show_suppressed,
            scanners=frozenset({Scanner.MISCONFIG}),
            vulnerabilities_asked=False,
        )

    def _findings(self, outcomes: Iterable[Outcome]) -> tuple[MisconfigurationFinding, ...]:
        return misconfiguration_findings(Placed(each, self.name, -1) for each in outcomes)


def judged_document(name: str, outcomes: Iterable[Outcome]) -> Document:
    """Return what checks say of an object, before anything is left out."""
    return Document(
        name=name,
        artifact_type=ArtifactType.FILESYSTEM,
        created_at="",
        manifest_digest="",
        config_digest="",
        misconfigurations=misconfiguration_findings(Placed(each, name, -1) for each in outcomes),
        scanners=frozenset({Scanner.MISCONFIG}),
        vulnerabilities_asked=False,
    )


class Packer:
    """Makes reports on objects that share what is equal: thousands pass the same checks."""

    def __init__(self) -> None:
        self._sharing = Sharing()

    def pack(self, document: Document) -> ObjectReport:
        """Return what is in a document of one object."""
        outcomes = [each.outcome for each in document.misconfigurations]
        passed = sorted(each.check for each in outcomes if each.passed)
        failed = tuple(each for each in outcomes if not each.passed)
        accepted = tuple(_accepted(document.suppressed))
        shared = self._sharing.one
        told = msgspec.msgpack.encode(_Told(failed, accepted, document.expired))
        return ObjectReport(
            name=document.name,
            resource=next((each.resource for each in outcomes if each.passed), ""),
            passed=shared(tuple(passed)),
            failed=shared(_numbers(each.check for each in failed)),
            suppressed=shared(_numbers(each.outcome.check for each in accepted)),
            severities=shared(_numbers(each.severity for each in document.failures)),
            left_out=document.left_out,
            told=zlib.compress(told, _FASTEST),
        )


def _accepted(suppressed: Iterable[Suppressed]) -> Iterator[_Accepted]:
    for each in suppressed:
        if isinstance(each.finding, MisconfigurationFinding):
            yield _Accepted(each.kind, each.finding.outcome, each.decision)


def _numbers(values: Iterable[_Word]) -> tuple[tuple[_Word, int], ...]:
    return tuple(sorted(Counter(values).items()))

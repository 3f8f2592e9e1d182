"""VEX documents that are attached to an image in its registry, as statements and problems of a report."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from analyzers.errors import ParseError
from analyzers.ignore.statement import Statement
from analyzers.ignore.vex import read_attestation
from analyzers.inventory import Problem
from crawler.registry.errors import RegistryError
from crawler.registry.reference import Digest, parse_digest
from crawler.registry.referrers import Attestation
from crawler.sources import Found
from crawler.sources.remote import RemoteSource
from reports.subject import Subject

_WHAT = "VEX attached to the image is not known"
ELSEWHERE = f"{_WHAT}: it was not read from its registry, as with --image-src remote"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What is attached to one manifest or index."""

    statements: Sequence[Statement] = ()
    problems: Sequence[str] = ()


async def with_attached(subjects: Sequence[Subject], found: Found) -> list[Subject]:
    """Return subjects of one image with the statements that are attached to their manifests and index.

    What cannot be fetched or read becomes a problem of the subject. Signatures are not verified.
    """
    said: dict[str, _Said] = {}
    for digest in dict.fromkeys(each for one in subjects for each in _digests(one)):
        said[digest] = await _said(parse_digest(digest), found)
    return [_joined(each, [said[digest] for digest in _digests(each)]) for each in subjects]


def _digests(subject: Subject) -> list[str]:
    return [digest for digest in (subject.index_digest, subject.digest) if digest]


def _joined(subject: Subject, said: Sequence[_Said]) -> Subject:
    problems = dict.fromkeys(reason for each in said for reason in each.problems)
    return msgspec.structs.replace(
        subject,
        attached_vex=tuple(statement for each in said for statement in each.statements),
        problems=tuple(Problem("", reason) for reason in problems),
    )


async def _said(digest: Digest, found: Found) -> _Said:
    if not isinstance(found.source, RemoteSource):
        return _Said(problems=(ELSEWHERE,))
    try:
        attached = await found.source.attached_vex(digest)
    except RegistryError as error:
        return _Said(problems=(f"{_WHAT}: {error}",))
    statements, broken = await asyncio.to_thread(_read, digest, attached.attestations)
    reasons = (*attached.problems, *broken)
    return _Said(statements=statements, problems=[f"{_WHAT}: {reason}" for reason in reasons])


def _read(digest: str, attestations: Sequence[Attestation]) -> tuple[list[Statement], list[str]]:
    statements: list[Statement] = []
    broken: list[str] = []
    for each in attestations:
        try:
            statements += read_attestation(each.data, f"{each.manifest}, attached to {digest}")
        except ParseError as error:
            broken.append(str(error))
    return statements, broken

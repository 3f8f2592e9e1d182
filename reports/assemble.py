"""Puts a stored image together into the document that reports render."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from analyzers import severity
from analyzers.findings import Finding
from analyzers.inventory import Package, Problem, Release, Scanner
from analyzers.osv import Record
from reports.contents import (
    license_findings,
    misconfiguration_findings,
    of_configuration,
    secret_findings,
    with_licenses,
)
from reports.document import (
    Advice,
    ArtifactType,
    Component,
    ComponentFinding,
    Document,
    Feed,
    Layer,
)
from reports.feed_lines import MISSING
from reports.subject import Subject, package_key
from store import advisories, images, verdicts
from store.contents import stored_contents
from store.database import Reader

_PACKAGE = msgspec.json.Decoder(Package)
_RELEASE = msgspec.json.Decoder(Release)
_PROBLEMS = msgspec.json.Decoder(tuple[Problem, ...])


async def assemble(reader: Reader, subject: Subject) -> Document:
    """Return the document of a stored, analysed image. Raises KeyError for any other manifest."""
    row = await images.image_row(reader, subject.digest)
    stored = await images.components(reader, subject.digest)
    decoded = [(part, _PACKAGE.decode(part.package)) for part in stored]
    packages = [(part, package) for part, package in decoded if subject.selection.has(package)]
    parts = [part for part, _ in packages]
    used = await _feeds(reader, {part.feed for part in parts if part.feed})
    stale = {feed.name: reason for feed in used if (reason := _stale(feed, subject.stale_before))}
    components = tuple(
        Component(
            package=package,
            purl=part.purl,
            path=part.path,
            layer=part.layer,
            unchecked=_unchecked(part, stale),
            names=subject.package_names.get(package_key(package, part.path), ()),
        )
        for part, package in packages
    )
    held = await stored_contents(reader, subject.digest, subject.scanners, subject.combining)
    if Scanner.LICENSE in subject.scanners:
        components = with_licenses(components, held)
    is_image = subject.artifact_type is ArtifactType.IMAGE
    in_config = subject.config_scanners if is_image else ()
    # The first time it reads rules and checks from disk.
    of_config = await asyncio.to_thread(of_configuration, row.config, in_config, subject.secret_config)
    layers = (
        msgspec.structs.replace(each, created_by=of_config.starred(each.created_by)) for each in row.layers
    )
    asked = subject.vulnerabilities_asked
    return Document(
        name=subject.name,
        artifact_type=subject.artifact_type,
        revision=subject.revision,
        created_at=subject.now,
        manifest_digest=subject.digest if is_image else "",
        index_digest=subject.index_digest,
        config_digest=row.config_digest,
        repository=subject.repository,
        tags=subject.tags,
        names=subject.names,
        config=of_config.shown,
        platform=row.platform,
        release=_RELEASE.decode(row.release) if row.release else None,
        layers=tuple(Layer(**msgspec.structs.asdict(layer)) for layer in layers) if is_image else (),
        components=components,
        findings=tuple(await _findings(reader, parts)) if asked else (),
        secrets=(*secret_findings(held), *of_config.secrets),
        licenses=license_findings(components, held, subject.license_classes)
        if Scanner.LICENSE in subject.scanners and subject.licenses_asked
        else (),
        misconfigurations=(*of_config.misconfigurations, *misconfiguration_findings(held.outcomes)),
        include_passed=subject.include_passed,
        scanners=subject.scanners | subject.config_scanners,
        problems=(
            *_PROBLEMS.decode(row.problems),
            *(Problem(each.path, each.reason) for each in held.problems),
            *of_config.problems,
            *_not_read_again(row),
            *subject.problems,
        ),
        feeds=tuple(used) if asked else (),
        vulnerabilities_asked=asked,
    )


def _not_read_again(row: images.ImageRow) -> tuple[Problem, ...]:
    return (Problem("", f"known by older analyzers only: {row.reason}"),) if row.reason else ()


async def _feeds(reader: Reader, names: Iterable[str]) -> list[Feed]:
    found = {feed.name: feed for feed in await advisories.feeds(reader)}
    return [_feed(name, found.get(name)) for name in sorted(names)]


def _feed(name: str, feed: advisories.Feed | None) -> Feed:
    if feed is None:
        return Feed(name=name, state=MISSING, reason="never fetched", current_at="")
    return Feed(name=name, state=feed.state, reason=feed.reason, current_at=feed.current_at or "")


def _stale(feed: Feed, stale_before: str) -> str:
    if not feed.current_at:
        return f"no advisories of {feed.name}: {feed.reason}"
    if feed.current_at < stale_before:
        return f"the advisories of {feed.name} are of {feed.current_at[:10]}, older than the limit"
    return ""


def _unchecked(part: images.ComponentRow, stale: Mapping[str, str]) -> str:
    if part.feed in stale:
        return stale[part.feed]
    if part.state == "matched":
        return ""
    return part.reason or "not matched yet"


async def _findings(reader: Reader, parts: Sequence[images.ComponentRow]) -> list[ComponentFinding]:
    versions = sorted({part.package_version_id for part in parts})
    found = await verdicts.findings(reader, versions)
    held = await verdicts.verdicts(reader, list(found))
    records = await verdicts.records(reader, {each for by_advisory in held.values() for each in by_advisory})
    findings = [
        ComponentFinding(
            component=number,
            finding=finding,
            advice=_advice(finding, [records[each] for each in held[part.package_version_id]]),
        )
        for number, part in enumerate(parts)
        for finding in found.get(part.package_version_id, ())
    ]
    return sorted(findings, key=lambda each: (each.component, -each.finding.rating.severity, each.finding.id))


def _advice(finding: Finding, records: Sequence[Record]) -> Advice:
    """Return what the records behind a finding say; the one that says most about it comes first."""
    names = {*finding.ids, *finding.vendor_ids}
    own = [record for record in records if names & {record.id, *record.aliases, *record.upstream}]
    own.sort(key=lambda record: (not record.summary, record.id))
    return Advice(
        title=_first(record.title for record in own),
        description=_first(record.details for record in own),
        references=tuple(dict.fromkeys(link.url for record in own for link in record.references if link.url)),
        cwes=tuple(dict.fromkeys(cwe for record in own for cwe in _cwes(record))),
        published=min((record.published for record in own if record.published), default=""),
        modified=max((record.modified for record in own), default=""),
        cvss=tuple(
            (record.id, rating.vector, rating.score)
            for record in own
            for rating in severity.vectors(record)
            if rating.score is not None
        ),
    )


def _cwes(record: Record) -> Iterable[str]:
    cwes = record.database_specific.get("cwe_ids")
    return [cwe for cwe in cwes if isinstance(cwe, str)] if isinstance(cwes, list) else []


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")

"""What the commands that scan one thing share: matching, and the report itself."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from analyzers.catalogue import PACKAGES
from analyzers.inventory import Scanner
from config.settings import Settings
from crawler import clock
from crawler.cli.ignoring import EXPIRED, policy_of
from crawler.cli.options import DONE, Options
from crawler.cli.report_options import SEVERITIES, Report
from crawler.cli.running import context, remark, write
from crawler.engine import Engine
from crawler.misconfig_search import MisconfigSearch
from crawler.scanners import scanners_of
from reports import FORMATS, render
from reports.counting import listed
from reports.coverage import coverage_of
from reports.document import ArtifactType, Document
from reports.subject import Subject
from store import advisories, images, verdicts

if TYPE_CHECKING:
    from analyzers.ignore.policy import Policy
    from analyzers.ignore.rule import Rule


def get_ready(ask: Report) -> None:
    """Import and read what the report takes, while workers are busy and we are not."""
    import_module("reports.assemble")
    import_module(FORMATS[ask.format])
    if Scanner.LICENSE in ask.looks_for:
        from analyzers.spdx.expressions import normalise  # noqa: PLC0415 - when licences are asked for

        normalise(("MIT",))


async def report(
    engine: Engine, settings: Settings, options: Options, subject: Subject, ask: Report
) -> tuple[Document, int]:
    """Match what is stored of the subject, write the report; return its document and the exit code."""
    if ask.vulnerabilities_asked:
        await match(engine, settings, options, [subject.digest], ask)
    subject = msgspec.structs.replace(
        subject, combining=engine.misconfig.combining, secret_config=engine.secrets.packed
    )
    if ask.compliance:
        return await _compliance(engine, settings, options, subject, ask)
    document = await document_of(engine, settings, subject, ask)
    tell_of_rules(options, [document], engine.secrets.unknown)
    write(render(document, ask.format, context()), ask.output)
    if document.has_findings and ask.exit_code:
        return document, ask.exit_code
    return document, ask.exit_incomplete if coverage_of(document).is_incomplete else DONE


def tell_of_rules(options: Options, documents: Sequence[Document], unknown: Sequence[str] = ()) -> None:
    """Say which rules suppress nothing any more and which statements never did, for every format alike.

    Args:
        options: whether to say it.
        documents: with their rules.
        unknown: what else names rules that there are not, a sentence each.
    """
    told = [(f"{rule}: {EXPIRED}" for rule in each.expired) for each in documents]
    for text in dict.fromkeys(chain(unknown, *told, *(each.unheld for each in documents))):
        remark(options, text)


async def _compliance(
    engine: Engine, settings: Settings, options: Options, subject: Subject, ask: Report
) -> tuple[Document, int]:
    """Hold the subject against a standard; ended with --exit-code when a control fails."""
    from crawler.cli.misconfig import SUMMARY, spec_of  # noqa: PLC0415 - most scans ask for no standard
    from reports import compliance  # noqa: PLC0415 - as above

    # The severities that are asked for are of controls, not of checks.
    whole = msgspec.structs.replace(ask, severities=frozenset(SEVERITIES))
    document = await document_of(engine, settings, subject, whole)
    tell_of_rules(options, [document], engine.secrets.unknown)
    held = compliance.compliance_of(
        await asyncio.to_thread(spec_of, ask.compliance),
        document,
        ask.severities,
        is_summary=ask.compliance_report == SUMMARY,
    )
    write(compliance.render(held, ask.format, context()), ask.output)
    if held.has_failures and ask.exit_code:
        return document, ask.exit_code
    return document, ask.exit_incomplete if coverage_of(document).is_incomplete else DONE


async def match(
    engine: Engine, settings: Settings, options: Options, digests: Collection[str], ask: Report
) -> None:
    """Give the packages of stored manifests verdicts, by advisories not older than the settings want them."""
    feeds, is_new = set[str](), False
    for digest in digests:
        components = await images.components(engine.store.read, digest)
        feeds |= {row.feed for row in components} - {""}
        is_new = is_new or any(row.state in {"pending", "again"} for row in components)
    due = await _due(engine, feeds, settings.advisories.every) if ask.fetch_advisories else []
    if not (due or is_new or await verdicts.is_behind(engine.store.read)):
        return
    from crawler import rematch  # noqa: PLC0415 - what is all judged needs no matching
    from crawler.notify.endpoints import rules  # noqa: PLC0415 - as above

    if due:
        update = await rematch.update_advisories(
            engine.store, settings.advisories.osv.url, rules(settings), due
        )
        failed: dict[str, list[str]] = {}
        for outcome in update.feeds:
            if outcome.state != "ok":
                failed.setdefault(outcome.reason, []).append(outcome.feed)
        for reason, names in failed.items():
            remark(options, f"advisories of {listed(names)}: {reason}")
    else:
        await rematch.match_all(engine.store, rules(settings))


async def document_of(engine: Engine, settings: Settings, subject: Subject, ask: Report) -> Document:
    """Return what is stored of the subject, as far as it is asked for. Raises KeyError: nothing is."""
    from reports.assemble import assemble  # noqa: PLC0415 - while layers are read there is time for it

    subject = msgspec.structs.replace(
        subject,
        vulnerabilities_asked=ask.vulnerabilities_asked,
        licenses_asked=ask.licenses_asked,
        selection=ask.selection,
        scanners=ask.looks_for if subject.artifact_type is ArtifactType.IMAGE else ask.looks_for_in_files,
        config_scanners=scanners_of(ask.image_config_scanners) - PACKAGES,
        license_classes=settings.licenses.classes,
        include_passed=ask.include_non_failures,
        stale_before=clock.later(clock.now(), -settings.advisories.stale_after),
    )
    document = _of_types(await assemble(engine.store.read, subject), engine.misconfig)
    settled = _settled(settings, document)
    policy = await asyncio.to_thread(
        policy_of, ask.ignorefile, ask.vex, settled=settled, attached=subject.attached_vex
    )
    return _filtered(_judged(document, policy, ask), ask)


def _settled(settings: Settings, document: Document) -> "tuple[Rule, ...]":
    """Return the rules of the settings' policies that hold for the document's repository."""
    if not settings.policies:
        return ()
    from crawler.policies.rules import rules_for  # noqa: PLC0415 - most settings have none

    return rules_for(settings.policies, document.repository)


def _judged(document: Document, policy: "Policy | None", ask: Report) -> Document:
    """Return the document without what ignore files, VEX statements and comments suppress."""
    if policy is None and not document.misconfigurations:
        return document
    from analyzers.ignore.policy import Policy  # noqa: PLC0415 - most scans have none
    from reports.suppression import suppressed  # noqa: PLC0415 - as above

    judged = suppressed(document, policy or Policy(), datetime.now(UTC).date())
    return msgspec.structs.replace(judged, show_suppressed=ask.show_suppressed)


def _filtered(document: Document, ask: Report) -> Document:
    """Return the document with those findings only that are asked for."""
    filtered = msgspec.structs.replace(
        document,
        findings=tuple(
            each
            for each in document.findings
            if each.finding.rating.severity.name in ask.severities
            and (each.finding.fixed or not ask.ignore_unfixed)
        ),
        secrets=tuple(each for each in document.secrets if each.severity.name in ask.severities),
        licenses=tuple(
            each
            for each in document.licenses
            if each.severity.name in ask.severities
            and each.name not in ask.ignored_licenses
            # 0 stands for text in which no licence was recognised, which is no reason to say there is none
            and (not each.confidence or each.confidence >= ask.license_confidence_level)
        ),
        misconfigurations=tuple(
            each for each in document.misconfigurations if each.severity.name in ask.severities
        ),
    )
    return msgspec.structs.replace(filtered, left_out=_findings(document) - _findings(filtered))


def _findings(document: Document) -> int:
    return sum(map(len, (document.findings, document.secrets, document.licenses, document.failures)))


async def _due(engine: Engine, feeds: Collection[str], every_s: float) -> list[str]:
    limit = clock.later(clock.now(), -every_s)
    current = {feed.name: feed.current_at or "" for feed in await advisories.feeds(engine.store.read)}
    return sorted(feed for feed in feeds if current.get(feed, "") < limit)


def _of_types(document: Document, search: MisconfigSearch) -> Document:
    """Return the document without outcomes of files that were not to be checked, but were some other time."""
    return msgspec.structs.replace(
        document,
        misconfigurations=tuple(
            each for each in document.misconfigurations if search.wants(each.outcome.file_type)
        ),
    )

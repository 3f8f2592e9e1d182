"""What the commands that scan one thing share: the options of their reports, matching, the report itself."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from analyzers.catalogue import PACKAGES
from analyzers.inventory import Scanner
from analyzers.severity import Severity
from config.settings import Settings
from crawler import clock
from crawler.cli.ignoring import EXPIRED, ignore_options, ignorefile_options, policy_of
from crawler.cli.options import DONE, INCOMPLETE, Options
from crawler.cli.running import context, remark, write
from crawler.engine import Engine
from crawler.misconfig_search import MisconfigSearch
from crawler.scanners import SCANNERS, scanners_of
from reports import render
from reports.assemble import Selection, Subject, assemble
from reports.counting import listed
from reports.coverage import coverage_of
from reports.document import ArtifactType, Document
from store import advisories, images, verdicts

if TYPE_CHECKING:
    from analyzers.ignore.policy import Policy
    from analyzers.ignore.rule import Rule

SEVERITIES = tuple(severity.name for severity in Severity)
COMPLIANCE_FORMATS = ("table", "json")
ALL = "all"
NONE = "none"
SBOM_FORMATS = frozenset(("cyclonedx", "spdx", "spdx-json"))
"""Formats that list packages; findings are added to them only when they are asked for."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What report the user wants."""

    format: str
    output: str | None
    severities: frozenset[str]
    exit_code: int
    exit_incomplete: int = INCOMPLETE
    """When something could not be checked."""
    ignore_unfixed: bool = False
    scanners: tuple[str, ...] | None = None
    skip_db_update: bool = False
    offline_scan: bool = False
    pkg_types: frozenset[str] = frozenset(("os", "library"))
    pkg_relationships: frozenset[str] = frozenset()
    image_config_scanners: tuple[str, ...] = ()
    license_full: bool = False
    license_confidence_level: float = 0.9
    ignored_licenses: tuple[str, ...] = ()
    include_non_failures: bool = False
    secret_config: str = ""
    ignorefile: str | None = None
    vex: tuple[str, ...] = ()
    show_suppressed: bool = False
    config_check: tuple[str, ...] = ()
    misconfig_scanners: tuple[str, ...] = ()
    helm_values: tuple[str, ...] = ()
    helm_set: tuple[str, ...] = ()
    compliance: str = ""
    """As --compliance; empty for a report of findings."""
    compliance_report: str = ALL
    include_dev_deps: bool = True
    """Left out is what a project is developed with; what is installed is, whatever for."""

    @property
    def vulnerabilities_asked(self) -> bool:
        """Whether findings are wanted: not for a plain SBOM, unless it is said."""
        if self.scanners is not None:
            return "vuln" in self.scanners
        return not (self.compliance or self.format in SBOM_FORMATS)

    @property
    def licenses_asked(self) -> bool:
        """Whether licences are findings; a bill of materials has those of packages in any case."""
        return "license" in (self.scanners or ())

    @property
    def looks_for(self) -> frozenset[Scanner]:
        """What is to be found; packages always are, and for a bill of materials their licences."""
        is_sbom = self.format in SBOM_FORMATS
        named = self.scanners
        if named is None:
            named = () if self.compliance or is_sbom else ("vuln", "secret")
        found = scanners_of((*named, "license") if is_sbom else named)
        return found | {Scanner.LICENSE_TEXT} if self.license_full and self.licenses_asked else found

    @property
    def looks_for_in_files(self) -> frozenset[Scanner]:
        """The same for files that nobody else asks about: without packages where they tell nothing."""
        named = self.scanners
        if self.compliance:
            named = ("misconfig", *(named or ()))
        needs_packages = named is None or self.format in SBOM_FORMATS or {"vuln", "license"} & {*named}
        looks_for = self.looks_for | scanners_of(("misconfig",) if self.compliance else ())
        return looks_for if needs_packages else looks_for - PACKAGES

    @property
    def fetch_advisories(self) -> bool:
        """Whether the feeds may be asked."""
        return not (self.skip_db_update or self.offline_scan)

    @property
    def selection(self) -> Selection:
        """The packages that are part of it."""
        return Selection(
            include_dev=self.include_dev_deps,
            os="os" in self.pkg_types,
            library="library" in self.pkg_types,
            relationships=self.pkg_relationships,
        )


def _some_of(*known: str) -> Callable[[click.Context, click.Parameter, str], frozenset[str]]:
    """Return a callback for a list with commas of these words."""

    def parse(_ctx: click.Context, _option: click.Parameter, value: str) -> frozenset[str]:
        named = frozenset(part.strip().lower() for part in value.split(",") if part.strip())
        if unknown := sorted(named - {*known}):
            raise click.BadParameter(f"{unknown[0]!r}: expected some of {','.join(known)}")
        return named

    return parse


def _severities(_ctx: click.Context, _option: click.Parameter, value: str) -> frozenset[str]:
    named = frozenset(part.strip().upper() for part in value.split(",") if part.strip())
    if unknown := sorted(named - {*SEVERITIES}):
        raise click.BadParameter(f"{unknown[0]!r}: expected some of {','.join(SEVERITIES)}")
    return named or frozenset(SEVERITIES)


def _words(
    *known: str,
) -> Callable[[click.Context, click.Parameter, str | None], tuple[str, ...] | None]:
    """Return a callback for a list with commas, of these words if there are any; None stays None."""

    def parse(_ctx: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
        if value is None:
            return None
        named = tuple(part.strip() for part in value.split(",") if part.strip())
        if known and (unknown := sorted({*named} - {*known})):
            raise click.BadParameter(f"{unknown[0]!r}: expected some of {','.join(known)}")
        return named

    return parse


def _scanners(ctx: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value == NONE:
        return ()
    named = _words(*SCANNERS)(ctx, option, value)
    if named == ():  # more likely a variable that is not set than a wish
        raise click.BadParameter(f"empty: expected some of {','.join(SCANNERS)}, or {NONE}")
    return named


config_option = click.option(
    "--image-config-scanners",
    default="",
    callback=_words("misconfig", "secret"),
    metavar="LIST",
    help="What to look for in the image's configuration: misconfig, secret.",
)
"""For images only."""

_FOR_ALL = (
    click.option("-o", "--output", metavar="FILE", help="Write the report there instead of stdout."),
    click.option(
        "-s", "--severity", "severities", default="", callback=_severities, metavar="LIST", help="Only these."
    ),
    click.option(
        "--exit-code",
        type=click.IntRange(0, 255),
        default=0,
        metavar="N",
        help="Exit with N when there are findings.",
    ),
    click.option(
        "--exit-incomplete",
        type=click.IntRange(0, 255),
        default=INCOMPLETE,
        show_default=True,
        metavar="N",
        help="Exit with N when something could not be checked.",
    ),
    click.option(
        "--include-non-failures", is_flag=True, help="Also the checks of configurations that passed."
    ),
)
_FOR_PACKAGES = (
    click.option(
        "--pkg-types",
        default="os,library",
        show_default=True,
        callback=_some_of("os", "library"),
        metavar="LIST",
        help="Only packages of the operating system, or only others.",
    ),
    click.option(
        "--pkg-relationships",
        default="",
        callback=_some_of("unknown", "root", "workspace", "direct", "indirect"),
        metavar="LIST",
        help="Only packages that stand so to the project: root, workspace, direct, indirect, unknown.",
    ),
    click.option("--ignore-unfixed", is_flag=True, help="Only findings that have a fixed version."),
    click.option(
        "--scanners",
        callback=_scanners,
        metavar="LIST",
        help=f"Some of {','.join(SCANNERS)}, or {NONE}. [default: vuln,secret; for an SBOM none]",
    ),
    click.option("--license-full", is_flag=True, help="Also licences that texts and headers of files tell."),
    click.option(
        "--license-confidence-level",
        type=click.FloatRange(0, 1),
        default=0.9,
        show_default=True,
        metavar="0..1",
        help="How sure --license-full has to be.",
    ),
    click.option(
        "--ignored-licenses", default="", callback=_words(), metavar="LIST", help="Licences to leave out."
    ),
    click.option("--skip-db-update", is_flag=True, help="Use the advisories that are stored."),
    click.option("--offline-scan", is_flag=True, help="The same: ask nobody but what is scanned."),
)


def report_options(*formats: str) -> Callable[[_Command], _Command]:
    """Return what gives a command the options that `Report` is made of, its format one of these."""

    def given(command: _Command) -> _Command:
        return _with((_format(*formats), *_FOR_ALL, *_FOR_PACKAGES), ignore_options(command))

    return given


def outcome_options(command: _Command) -> _Command:
    """Give a command that judges nothing but configurations those of the options that concern it."""
    return _with((_format("table", "json"), *_FOR_ALL), ignorefile_options(command))


def _format(*names: str) -> Callable[[_Command], _Command]:
    return click.option("-f", "--format", type=click.Choice(names), default="table", show_default=True)


def _with(options: Sequence[Callable[[Any], Any]], command: _Command) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command


def report_of(values: Mapping[str, object]) -> Report:
    """Return the report asked for by the values of `report_options`, which may have others beside them.

    Raises:
        click.UsageError: they do not go together.
    """
    ask = msgspec.convert(dict(values), Report, strict=False)
    if not ask.compliance:
        return ask
    if ask.format not in COMPLIANCE_FORMATS:
        raise click.UsageError(f"--compliance with --format {ask.format}: expected table or json")
    # What an image is started with is most of what standards for images are about.
    return replace(ask, image_config_scanners=(*ask.image_config_scanners, "misconfig"))


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
    document = of_types(await document_of(engine, settings, subject, ask), engine.misconfig)
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

    whole = replace(ask, severities=frozenset(SEVERITIES))  # those asked for are of controls, not of checks
    document = of_types(await document_of(engine, settings, subject, whole), engine.misconfig)
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


def of_types(document: Document, search: MisconfigSearch) -> Document:
    """Return the document without outcomes of files that were not to be checked, but were some other time."""
    return msgspec.structs.replace(
        document,
        misconfigurations=tuple(
            each for each in document.misconfigurations if search.wants(each.outcome.file_type)
        ),
    )


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
    subject = msgspec.structs.replace(
        subject,
        vulnerabilities_asked=ask.vulnerabilities_asked,
        selection=ask.selection,
        scanners=ask.looks_for if subject.artifact_type is ArtifactType.IMAGE else ask.looks_for_in_files,
        config_scanners=scanners_of(ask.image_config_scanners) - PACKAGES,
        license_classes={name: own for name, own in asdict(settings.licenses).items() if own},
        include_passed=ask.include_non_failures,
        stale_before=clock.later(clock.now(), -settings.advisories.stale_after),
    )
    document = await assemble(engine.store.read, subject)
    if not ask.licenses_asked:  # those of a bill of materials belong to its packages
        document = msgspec.structs.replace(document, licenses=())
    settled = _settled(settings, document)
    policy = await asyncio.to_thread(
        policy_of, ask.ignorefile, ask.vex, settled=settled, attached=subject.attached_vex
    )
    return _filtered(_judged(document, policy, ask), ask)


def _settled(settings: Settings, document: Document) -> "tuple[Rule, ...]":
    """Return the rules of the settings' policies that hold for the document's repository."""
    if not settings.policies:
        return ()
    from crawler.policies import rules_for  # noqa: PLC0415 - most settings have none

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
    return msgspec.structs.replace(
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


async def _due(engine: Engine, feeds: Collection[str], every_s: float) -> list[str]:
    limit = clock.later(clock.now(), -every_s)
    current = {feed.name: feed.current_at or "" for feed in await advisories.feeds(engine.store.read)}
    return sorted(feed for feed in feeds if current.get(feed, "") < limit)

"""`cleanbill k8s`: the images that a Kubernetes cluster's workloads run, and what is known against them."""

import asyncio
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from analyzers.catalogue import catalogue
from analyzers.ignore.policy import Policy
from analyzers.inventory import Scanner
from config.settings import Registry, Settings
from crawler import clock
from crawler.cli.ignoring import policy_of
from crawler.cli.misconfig import SUMMARY, misconfig_search, object_options, spec_of
from crawler.cli.options import DONE, NOTHING, Options
from crawler.cli.registries import registry_for
from crawler.cli.report_options import ALL, SEVERITIES, Report, report_of, report_options
from crawler.cli.running import context, run, write
from crawler.cli.scanning import document_of, get_ready, match, tell_of_rules
from crawler.engine import Engine, open_engine
from crawler.policies.rules import rules_for
from crawler.registry.errors import InvalidReferenceError
from crawler.targets.kubernetes.access import find_access
from crawler.targets.kubernetes.api import open_api
from crawler.targets.kubernetes.cluster import Cluster, read_cluster
from crawler.targets.kubernetes.judging import OTHERS, Judge, judged_by
from crawler.targets.kubernetes.learning import ClusterImage, images_of, learn_images
from crawler.targets.kubernetes.reporting import images_by_name, report_of_cluster
from crawler.targets.kubernetes.workloads import Wanted
from reports import cluster_table
from reports.cluster import ClusterReport, render_json
from reports.cluster_object import FILE_TYPE
from reports.document import Document
from reports.sharing import Sharing
from reports.subject import Subject
from reports.suppression import suppressed

if TYPE_CHECKING:
    from analyzers.checks.compliance import Spec

FORMATS = ("table", "json")
"""Those that there are for a cluster."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which cluster and what of it the user wants."""

    context: str
    kubeconfig: str
    include_namespaces: tuple[str, ...]
    exclude_namespaces: tuple[str, ...]
    include_kinds: tuple[str, ...]
    exclude_kinds: tuple[str, ...]
    style: str
    insecure: bool

    @property
    def wanted(self) -> Wanted:
        """The workloads."""
        return Wanted(
            namespaces=self.include_namespaces,
            not_namespaces=self.exclude_namespaces,
            kinds=self.include_kinds,
            not_kinds=self.exclude_kinds,
        )


def _globs(_ctx: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for each in value for part in each.split(",") if part.strip())


def _list_option(name: str, text: str) -> Callable[[_Command], _Command]:
    return click.option(name, multiple=True, callback=_globs, metavar="GLOBS", help=text)


@click.command("k8s", short_help="Scan the images of a Kubernetes cluster.")
@click.argument("context", required=False, default="")
@click.option("--kubeconfig", default="", metavar="FILE", help="Instead of KUBECONFIG and ~/.kube/config.")
@_list_option("--include-namespaces", "Only workloads of these namespaces.")
@_list_option("--exclude-namespaces", "No workloads of these.")
@_list_option("--include-kinds", "Only workloads of these kinds: deployment, pod …")
@_list_option("--exclude-kinds", "No workloads of these.")
@click.option(
    "--report",
    "style",
    type=click.Choice([ALL, SUMMARY]),
    default=ALL,
    show_default=True,
    help="Everything, or a line for each workload, or for each control of a standard.",
)
@click.option(
    "--insecure",
    is_flag=True,
    help="Permit plain http to the registries; certificates are checked all the same.",
)
@object_options
@report_options(*FORMATS)
@click.pass_obj
def COMMAND(options: Options, /, **values: object) -> int:  # noqa: N802 - the name by which the group finds it
    """Scan the images that the workloads of a cluster run: of CONTEXT, or of the kubeconfig's current one.

    Without a kubeconfig, in a pod, it is the pod's own cluster. Images are read from their registries, each
    once, with the pull secrets of the workloads and the logins of this machine. With `--scanners misconfig`
    the objects of the cluster are judged: workloads, roles, networks and more; alone, no image is read.
    With `--compliance` both are held against a standard, as far as it is about them.

    Example: cleanbill k8s --include-namespaces shop --report summary
    """
    ask, wanted_report = msgspec.convert(values, Ask), report_of(values)
    spec = spec_of(wanted_report.compliance) if wanted_report.compliance else None
    scope = _scope(wanted_report, spec)
    if wanted_report.misconfig_scanners and not (scope.objects or scope.images):
        raise click.UsageError(
            f"--misconfig-scanners {','.join(wanted_report.misconfig_scanners)}: expected kubernetes among"
            " them, or images to be scanned for something as well"
        )
    return run(options, _Scan(options, ask, wanted_report, scope, spec).run())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What of a cluster is looked at."""

    objects: bool
    """Whether checks judge its objects."""
    images: bool
    """Whether the images are read."""


def _scope(ask: Report, spec: "Spec | None") -> Scope:
    may_judge = not ask.misconfig_scanners or FILE_TYPE in ask.misconfig_scanners
    scanners = {*ask.scanners} if ask.scanners is not None else None
    if spec is None:
        is_alone = scanners == {"misconfig"}
        return Scope(objects=Scanner.MISCONFIG in ask.looks_for and may_judge, images=not is_alone)
    from analyzers.checks.check import canonical  # noqa: PLC0415 - most scans ask for no standard
    from analyzers.checks.compliance import scanner_of  # noqa: PLC0415 - as above
    from analyzers.checks.dockerfile import CHECKS  # noqa: PLC0415 - as above

    checks = {check for check in spec.checks if scanner_of(check) is Scanner.MISCONFIG}
    of_images = {canonical(check.id) for check in CHECKS}
    return Scope(
        objects=may_judge and not checks <= of_images,
        images=bool((scanners or set()) - {"misconfig"} or checks & of_images),
    )


@dataclass(frozen=True, slots=True)
class _Scan:
    """One scan of a cluster."""

    options: Options
    ask: Ask
    report: Report
    scope: Scope
    spec: "Spec | None"
    ended: list[Document] = field(default_factory=list)
    """What is said of objects for which rules ignore nothing any more; one for each set of these rules."""

    async def run(self) -> int:
        """Scan and report; return the exit code. Raises the errors that `run` explains."""
        settings = await asyncio.to_thread(self.options.settings)
        await asyncio.to_thread(_read_once, self._of_images)
        ask = self.ask
        access = await find_access(kubeconfig=ask.kubeconfig, context=ask.context, environ=os.environ)
        search = await misconfig_search(self.report)
        async with open_engine(
            settings,
            self.options.cache_dir,
            scanners=self._of_images.looks_for,
            secret_config=self.report.secret_config,
            misconfig=search,
        ) as engine:
            judge = await asyncio.to_thread(self._judge, settings) if self.scope.objects else None
            async with open_api(access) as api:
                cluster = await read_cluster(api, ask.wanted, judge)
                found = images_of(cluster) if self.scope.images else {}
                missed = await learn_images(
                    engine, api, found.values(), lambda name: _registry(settings, name, insecure=ask.insecure)
                )
            documents = await self._documents(engine, settings, cluster, found)
            report = report_of_cluster(
                cluster, found, documents, missed, created_at=clock.now(), is_judged=self.scope.objects
            )
            tell_of_rules(self.options, (*documents.values(), *self.ended), engine.secrets.unknown)
            # In a thread: a report on thousands of images takes its time.
            has_findings = await asyncio.to_thread(self._write, report)
        if self.report.exit_code and has_findings:
            return self.report.exit_code
        if not report.resources and not report.problems:
            return NOTHING
        return self.report.exit_incomplete if report.is_incomplete else DONE

    @property
    def _of_images(self) -> Report:
        """What is asked of images: by a standard not what is wrong with files that lie in them."""
        if self.spec is None:
            return self.report
        scanners = tuple(each for each in self.report.scanners or () if each != "misconfig")
        return msgspec.structs.replace(self.report, scanners=scanners, severities=frozenset(SEVERITIES))

    async def _documents(
        self, engine: Engine, settings: Settings, cluster: Cluster, found: Mapping[str, ClusterImage]
    ) -> dict[tuple[str, str], Document]:
        """Return (digest, repository) → what is to be told of it; as one where repositories do not matter."""
        digests = {digest for image in found.values() for digest in image.digests}
        if self.report.vulnerabilities_asked:
            await match(engine, settings, self.options, digests, self.report)
        is_named = bool(settings.policies or self.report.vex)
        sharing = Sharing()
        told: dict[tuple[str, str], Document] = {}
        documents: dict[tuple[str, str], Document] = {}
        for digest, repository in images_by_name(cluster, found):
            key = digest, repository if is_named else ""
            if key not in told:
                told[key] = sharing.shared(await self._document(engine, settings, *key))
            documents[digest, repository] = told[key]
        return documents

    async def _document(self, engine: Engine, settings: Settings, digest: str, repository: str) -> Document:
        subject = Subject(
            name=repository,  # what its images are called is up to the workloads
            digest=digest,
            now=clock.now(),
            repository=repository,
            secret_config=engine.secrets.packed,
        )
        return await document_of(engine, settings, subject, self._of_images)

    def _judge(self, settings: Settings) -> Judge:
        """Return what judges objects, by policies for everything: none of them is of a repository."""
        ask, spec = self.report, self.spec
        policy = policy_of(ask.ignorefile, ask.vex, settled=rules_for(settings.policies, "")) or Policy()
        severities = ask.severities if spec is None else frozenset(SEVERITIES)
        told: set[tuple[str, ...]] = set()

        def filtered(document: Document) -> Document:
            left = _filtered(document, policy, severities)
            if left.expired + left.unheld and left.expired + left.unheld not in told:
                told.add(left.expired + left.unheld)
                self.ended.append(left)
            return left

        return Judge(filtered, others=OTHERS if spec is None else judged_by(spec.checks))

    def _write(self, report: ClusterReport) -> bool:
        """Write the report; return whether there is anything that it was asked for."""
        ask, style = self.report, self.ask.style
        report = msgspec.structs.replace(
            report,
            scanners=ask.looks_for,
            asks_images=self.scope.images,
            asks_vulnerabilities=self.scope.images and ask.vulnerabilities_asked,
            include_passed=ask.include_non_failures,
            show_suppressed=ask.show_suppressed,
        )
        if self.spec is not None:
            from reports import compliance  # noqa: PLC0415 - most scans ask for no standard
            from reports.compliance_cluster import compliance_of_cluster  # noqa: PLC0415 - as above

            held = compliance_of_cluster(self.spec, report, ask.severities, is_summary=style == SUMMARY)
            write(compliance.parts(held, ask.format, context()), ask.output)
            return held.has_failures
        render = cluster_table.render if ask.format == "table" else render_json
        write(render(report, style, context()), ask.output)
        return report.has_findings


def _read_once(ask: Report) -> None:
    """Make what is read from files and remembered: the loop has no time for it."""
    catalogue()
    get_ready(ask)


def _filtered(document: Document, policy: Policy, severities: Collection[str]) -> Document:
    """Return the document without failures that are ignored, and without what nobody asked for."""
    left = suppressed(document, policy, datetime.now(UTC).date())
    asked = msgspec.structs.replace(
        left,
        misconfigurations=tuple(each for each in left.misconfigurations if each.severity.name in severities),
    )
    return msgspec.structs.replace(asked, left_out=len(left.failures) - len(asked.failures))


def _registry(settings: Settings, name: str, *, insecure: bool) -> Registry:
    try:
        return registry_for(settings, name, insecure=insecure)
    except click.UsageError as error:
        # Here the cluster names it, not the user.
        raise InvalidReferenceError(str(error)) from error

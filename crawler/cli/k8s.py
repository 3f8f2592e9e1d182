"""`cleanbill k8s`: the images that a Kubernetes cluster's workloads run, and what is known against them."""

import asyncio
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import msgspec

from analyzers.catalogue import catalogue
from analyzers.contents import Placed
from analyzers.ignore.policy import Policy
from analyzers.inventory import Outcome, Scanner
from config.settings import Registry, Settings
from crawler import clock
from crawler.cli.ignoring import policy_of
from crawler.cli.options import DONE, INCOMPLETE, NOTHING, Options
from crawler.cli.registries import registry_for
from crawler.cli.running import context, run, write
from crawler.cli.scanning import Report, document_of, match, report_of, report_options, tell_of_rules
from crawler.engine import open_engine
from crawler.policies import rules_for
from crawler.registry.errors import InvalidReferenceError
from crawler.targets.image import wanted
from crawler.targets.kubernetes.access import find_access
from crawler.targets.kubernetes.api import open_api
from crawler.targets.kubernetes.cluster import Cluster, read_cluster
from crawler.targets.kubernetes.judging import UNREAD, judge
from crawler.targets.kubernetes.learning import ClusterImage, images_of, learn_images
from crawler.targets.kubernetes.workloads import Identity, Usage, Wanted, Workload
from reports import cluster_table
from reports.assemble import Subject
from reports.cluster import ALL, SUMMARY, ClusterReport, Resource, WorkloadImage, render_json
from reports.contents import misconfiguration_findings
from reports.document import ArtifactType, Document
from reports.suppression import suppressed

FORMATS = ("table", "json")
"""Those that there are for a cluster."""

_OWN_PROGRAMS = "kubelets and servers are checked only where they run as images of pods"
"""What OSV says of k8s.io/kubernetes is for its Go module, which no version of a server stands for."""
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
    help="Everything, or a line for each workload.",
)
@click.option("--insecure", is_flag=True, help="Permit plain http to the registries.")
@report_options
@click.pass_obj
def COMMAND(options: Options, /, **values: object) -> int:  # noqa: N802 - the name by which the group finds it
    """Scan the images that the workloads of a cluster run: of CONTEXT, or of the kubeconfig's current one.

    Without a kubeconfig, in a pod, it is the pod's own cluster. Images are read from their registries, each
    once, with the pull secrets of the workloads and the logins of this machine. With `--scanners misconfig`
    the workloads themselves are judged, and the roles and bindings of the cluster; alone, no image is read.
    """
    ask, wanted_report = msgspec.convert(values, Ask), report_of(values)
    if wanted_report.format not in FORMATS:
        raise click.UsageError(f"--format {wanted_report.format}: expected table or json for a cluster")
    return run(options, scan(options, ask, wanted_report))


async def scan(options: Options, ask: Ask, wanted_report: Report) -> int:
    """Scan and report; return the exit code. Raises the errors that `run` explains."""
    settings = await asyncio.to_thread(options.settings)
    await asyncio.to_thread(catalogue)  # it reads files, and is remembered
    access = await find_access(kubeconfig=ask.kubeconfig, context=ask.context, environ=os.environ)
    looks_for, asks_images = wanted_report.looks_for, _asks_images(wanted_report)
    is_judging = Scanner.MISCONFIG in looks_for
    async with open_engine(
        settings, options.cache_dir, scanners=looks_for, secret_config=wanted_report.secret_config
    ) as engine:
        async with open_api(access) as api:
            cluster = await read_cluster(api, ask.wanted, with_manifests=is_judging)
            found = images_of(cluster) if asks_images else {}
            missed = await learn_images(
                engine, api, found.values(), lambda name: _registry(settings, name, insecure=ask.insecure)
            )
        digests = {digest for image in found.values() for digest in image.digests}
        if wanted_report.vulnerabilities_asked:
            await match(engine, settings, options, digests, wanted_report)
        # What each is called is up to the workloads.
        repositories = _repositories(found.values())
        subjects = [
            Subject(name="", digest=digest, now=clock.now(), repository=repositories.get(digest, ""))
            for digest in digests
        ]
        documents = {
            each.digest: await document_of(engine, settings, each, wanted_report) for each in subjects
        }
    manifests = await asyncio.to_thread(_manifests, cluster, settings, wanted_report) if is_judging else {}
    tell_of_rules(options, [*documents.values(), *(each for each, _ in manifests.values())])
    report = msgspec.structs.replace(
        _report(cluster, found, documents, manifests, missed), scanners=looks_for, asks_images=asks_images
    )
    await asyncio.to_thread(_write, report, ask.style, wanted_report)
    if wanted_report.exit_code and report.has_findings:
        return wanted_report.exit_code
    if not report.resources and not report.problems:
        return NOTHING
    return INCOMPLETE if report.is_incomplete else DONE


def _asks_images(ask: Report) -> bool:
    """Tell whether images are to be read: not when only the objects of the cluster are to be judged."""
    return ask.scanners is None or {*ask.scanners} != {"misconfig"}


def _repositories(found: Iterable[ClusterImage]) -> dict[str, str]:
    """Return digest → repository, for the policies that hold for it; none where images are of several."""
    repositories: dict[str, set[str]] = {}
    for image in found:
        names = {f"{place.registry}/{place.repository}" for place in image.image.places}
        for digest in image.digests:
            repositories.setdefault(digest, set()).update(names)
    return {digest: next(iter(names)) for digest, names in repositories.items() if len(names) == 1}


def _manifests(cluster: Cluster, settings: Settings, ask: Report) -> dict[Identity, tuple[Document, str]]:
    """Return what checks say of workloads and roles, as far as it is asked for, and what they could not."""
    policy = policy_of(ask.ignorefile, ask.vex, settled=rules_for(settings.policies, "")) or Policy()
    judged = dict.fromkeys((each.identity for each in cluster.workloads), UNREAD) | judge(cluster.manifests)
    return {
        identity: (_filtered(_document(identity, each.outcomes, ask), policy, ask), each.problem)
        for identity, each in judged.items()
    }


def _document(identity: Identity, outcomes: Sequence[Outcome], ask: Report) -> Document:
    name = "/".join(filter(None, (identity.namespace, identity.kind, identity.name)))
    return Document(
        name=name,
        artifact_type=ArtifactType.FILESYSTEM,
        created_at=clock.now(),
        manifest_digest="",
        config_digest="",
        misconfigurations=misconfiguration_findings(Placed(each, name, -1) for each in outcomes),
        include_passed=ask.include_non_failures,
        scanners=frozenset({Scanner.MISCONFIG}),
        vulnerabilities_asked=False,
    )


def _filtered(document: Document, policy: Policy, ask: Report) -> Document:
    left = suppressed(document, policy, datetime.now(UTC).date())
    return msgspec.structs.replace(
        left,
        misconfigurations=tuple(
            each for each in left.misconfigurations if each.severity.name in ask.severities
        ),
        show_suppressed=ask.show_suppressed,
    )


def _registry(settings: Settings, name: str, *, insecure: bool) -> Registry:
    try:
        return registry_for(settings, name, insecure=insecure)
    except click.UsageError as error:
        # Here the cluster names it, not the user.
        raise InvalidReferenceError(str(error)) from error


def _report(
    cluster: Cluster,
    found: Mapping[str, ClusterImage],
    documents: Mapping[str, Document],
    manifests: Mapping[Identity, tuple[Document, str]],
    missed: Collection[str],
) -> ClusterReport:
    own = {each.identity: _resource(each, found, documents) for each in cluster.workloads}
    for identity in manifests.keys() - own.keys():
        own[identity] = Resource(namespace=identity.namespace, kind=identity.kind, name=identity.name)
    for identity, (document, problem) in manifests.items():
        told = own[identity]
        own[identity] = msgspec.structs.replace(
            told, manifest=document, problems=(*told.problems, *filter(None, (problem,)))
        )
    return ClusterReport(
        cluster=cluster.name,
        version=cluster.version,
        created_at=clock.now(),
        resources=tuple(own[identity] for identity in sorted(own)),
        problems=cluster.problems,
        notes=(*cluster.notes, *missed, _OWN_PROGRAMS),
    )


def _resource(
    workload: Workload, found: Mapping[str, ClusterImage], documents: Mapping[str, Document]
) -> Resource:
    used: dict[tuple[str, str], list[Usage]] = {}
    for usage in workload.usages:
        used.setdefault((usage.image.key, usage.image.name), []).append(usage)
    return Resource(
        namespace=workload.identity.namespace,
        kind=workload.identity.kind,
        name=workload.identity.name,
        images=tuple(
            _image(usages, found[key], documents) for (key, _), usages in used.items() if key in found
        ),
        problems=workload.problems,
    )


def _image(usages: Sequence[Usage], found: ClusterImage, documents: Mapping[str, Document]) -> WorkloadImage:
    image = usages[0].image
    place = image.places[0]
    platforms = {usage.platform for usage in usages}
    # Other workloads may run the same index on other platforms.
    own = [digest for digest in found.digests if wanted(documents[digest].platform, platforms)]
    return WorkloadImage(
        name=image.name,
        containers=tuple(dict.fromkeys(usage.container for usage in usages)),
        documents=tuple(
            msgspec.structs.replace(
                documents[digest],
                name=image.name,
                repository=f"{place.registry}/{place.repository}",
                tags=(place.tag,) if place.tag else (),
            )
            for digest in own or found.digests
        ),
        problems=tuple(found.problems),
    )


def _write(report: ClusterReport, style: str, ask: Report) -> None:
    # In a thread: a report on thousands of images takes its time.
    render = cluster_table.render if ask.format == "table" else render_json
    write(render(report, style, context()), ask.output)

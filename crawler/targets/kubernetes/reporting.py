"""What was found in a cluster, put to its workloads."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from crawler.targets.image import wanted
from crawler.targets.kubernetes.cluster import Cluster
from crawler.targets.kubernetes.image_ids import RunningImage
from crawler.targets.kubernetes.judging import OTHERS, UNREAD, Judgement
from crawler.targets.kubernetes.learning import ClusterImage
from crawler.targets.kubernetes.workloads import Usage, Workload
from reports.cluster import ClusterReport, Resource, WorkloadImage
from reports.document import Document

_OWN_PROGRAMS = "kubelets and servers are checked only where they run as images of pods"
"""What OSV says of k8s.io/kubernetes is for its Go module, which no version of a server stands for."""

Judged = Mapping[tuple[str, str], Document]
"""(digest, repository) → what is to be told of the image where it has this name."""


def repository_of(image: RunningImage) -> str:
    """Return the repository that a workload names, with its registry."""
    place = image.places[0]
    return f"{place.registry}/{place.repository}"


def images_by_name(cluster: Cluster, found: Mapping[str, ClusterImage]) -> Iterator[tuple[str, str]]:
    """Yield (digest, repository) of each analysed image under each name that workloads have for it."""
    pairs = {
        (digest, repository_of(usage.image)): None
        for workload in cluster.workloads
        for usage in workload.usages
        if usage.image.key in found
        for digest in found[usage.image.key].digests
    }
    yield from pairs


def report_of_cluster(  # noqa: PLR0913 - it is made of this much
    cluster: Cluster,
    found: Mapping[str, ClusterImage],
    documents: Judged,
    missed: Collection[str],
    *,
    created_at: str,
    is_judged: bool,
) -> ClusterReport:
    """Return what there is to be told of a cluster.

    Args:
        cluster: what was read of it.
        found: the images by `RunningImage.key`.
        documents: of all of `images_by_name`.
        missed: pull secrets that could not be used.
        created_at: RFC 3339.
        is_judged: whether checks were to judge the objects.
    """
    own = {each.identity: _resource(each, found, documents) for each in cluster.workloads}
    for identity in cluster.judgements.keys() - own.keys():
        own[identity] = Resource(
            namespace=identity.namespace, kind=identity.kind, name=identity.name, is_workload=False
        )
    if is_judged:
        own = {key: _with(each, cluster.judgements.get(key)) for key, each in own.items()}
    return ClusterReport(
        cluster=cluster.name,
        version=cluster.version,
        created_at=created_at,
        resources=tuple(own[identity] for identity in sorted(own)),
        problems=cluster.problems,
        may_miss_workloads=not cluster.unlisted <= OTHERS.keys(),
        may_miss_others=is_judged and not cluster.unlisted.isdisjoint({*OTHERS, ""}),
        notes=(*cluster.notes, *missed, _OWN_PROGRAMS),
    )


def _with(resource: Resource, judgement: Judgement | None) -> Resource:
    problem = judgement.problem if judgement else UNREAD
    return msgspec.structs.replace(
        resource,
        judged=judgement.report if judgement else None,
        problems=(*resource.problems, *((problem,) if problem else ())),
    )


def _resource(workload: Workload, found: Mapping[str, ClusterImage], documents: Judged) -> Resource:
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


def _image(usages: Sequence[Usage], found: ClusterImage, documents: Judged) -> WorkloadImage:
    image = usages[0].image
    place, repository = image.places[0], repository_of(image)
    platforms = {usage.platform for usage in usages}
    named = [documents[digest, repository] for digest in found.digests]
    # Other workloads may run the same index on other platforms.
    own = [document for document in named if wanted(document.platform, platforms)]
    return WorkloadImage(
        name=image.name,
        containers=tuple(dict.fromkeys(usage.container for usage in usages)),
        documents=tuple(
            msgspec.structs.replace(
                document,
                name=image.name,
                repository=repository,
                tags=(place.tag,) if place.tag else (),
            )
            for document in own or named
        ),
        problems=tuple(found.problems),
    )

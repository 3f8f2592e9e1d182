import msgspec

from crawler.targets.kubernetes.cluster import Cluster
from crawler.targets.kubernetes.image_ids import running_image
from crawler.targets.kubernetes.judging import UNREAD, Judgement
from crawler.targets.kubernetes.learning import ClusterImage, images_of
from crawler.targets.kubernetes.reporting import images_by_name, report_of_cluster, repository_of
from crawler.targets.kubernetes.workloads import Identity, Login, Usage, Workload
from reports.cluster import ClusterReport
from reports.cluster_object import Packer, judged_document
from tests.reports.documents import debian_image

DIGEST = "sha256:" + "a" * 64
LOGIN = Login(namespace="shop", secrets=(), service_account="default")
IMAGE = debian_image()


def workload(name: str, image: str, *, mirror: str = "") -> Workload:
    running = running_image(image, f"{mirror}@{DIGEST}" if mirror else "")
    usage = Usage(container="c", image=running, platform="", login=LOGIN)
    return Workload(identity=Identity(namespace="shop", kind="Pod", name=name), usages=(usage,))


def cluster(*workloads: Workload, judgements: dict[Identity, Judgement] | None = None) -> Cluster:
    return Cluster(
        name="c",
        version="",
        workloads=workloads,
        problems=(),
        notes=(),
        platforms=(),
        judgements=judgements or {},
    )


def found_in(value: Cluster) -> dict[str, ClusterImage]:
    found = images_of(value)
    for each in found.values():
        each.digests = (DIGEST,)
    return found


def report(value: Cluster, *, is_judged: bool = False) -> ClusterReport:
    found = found_in(value)
    documents = {
        pair: msgspec.structs.replace(IMAGE, index_digest=pair[1]) for pair in images_by_name(value, found)
    }
    return report_of_cluster(value, found, documents, ["no secret"], created_at="", is_judged=is_judged)


def test_the_repository_is_the_pods_not_that_of_a_mirror() -> None:
    image = workload("a", "reg.test/team/app:1", mirror="mirror.test/cache/app").usages[0].image
    assert repository_of(image) == "reg.test/team/app"


def test_an_image_of_several_repositories_has_a_document_for_each() -> None:
    value = cluster(
        workload("a", "reg.test/ours/app:1", mirror="reg.test/ours/app"),
        workload("b", "reg.test/theirs/app:1", mirror="reg.test/ours/app"),
        workload("c", "reg.test/ours/app:2", mirror="reg.test/ours/app"),
    )
    assert sorted(images_by_name(value, found_in(value))) == [
        (DIGEST, "reg.test/ours/app"),
        (DIGEST, "reg.test/theirs/app"),
    ]
    made = report(value)
    shown = [document for each in made.resources for document in each.documents]
    assert [each.index_digest for each in shown] == [
        *("reg.test/ours/app", "reg.test/theirs/app", "reg.test/ours/app")
    ]
    assert [(each.name, each.repository) for each in shown][:2] == [
        ("reg.test/ours/app:1", "reg.test/ours/app"),
        ("reg.test/theirs/app:1", "reg.test/theirs/app"),
    ]
    assert made.notes[0] == "no secret"


def test_objects_that_were_to_be_judged_and_were_not_say_so() -> None:
    role = Identity(namespace="", kind="ClusterRole", name="god")
    judged = Judgement(report=Packer().pack(judged_document("ClusterRole/god", ())), problem="too big")
    value = cluster(workload("a", "reg.test/app:1"), judgements={role: judged})
    god, pod = report(value, is_judged=True).resources
    assert (god.name, god.problems, god.judged) == ("god", ("too big",), judged.report)
    assert (pod.name, pod.problems, pod.judged) == ("a", (UNREAD,), None)
    assert [each.problems for each in report(cluster(*value.workloads)).resources] == [()]

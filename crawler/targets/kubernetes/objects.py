"""The objects of Kubernetes' API, as far as workloads and their images need them.

Reference: https://kubernetes.io/docs/reference/kubernetes-api/. Servers write null for empty lists, and
leave out what is empty; so every field may be absent, and every list may be None.
"""

from typing import TypeVar

import msgspec

from analyzers.documents.wording import decoding_problem
from crawler.registry.errors import ProtocolError

T = TypeVar("T", bound=msgspec.Struct)


class Owner(msgspec.Struct, frozen=True, rename="camel"):
    """A reference to the object that an object belongs to."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What every object is called."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    owner_references: tuple[Owner, ...] | None = None

    @property
    def controller(self) -> Owner | None:
        """The owner that manages the object; a node is none, though it owns the pods of its own files."""
        for owner in self.owner_references or ():
            if owner.controller and owner.kind != "Node":
                return owner
        return None


class Container(msgspec.Struct, frozen=True):
    """A container that is wanted."""

    name: str = ""
    image: str = ""


class Named(msgspec.Struct, frozen=True):
    """A reference to an object of the same namespace."""

    name: str = ""


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    """What a pod is wanted to be."""

    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None
    ephemeral_containers: tuple[Container, ...] | None = None
    image_pull_secrets: tuple[Named, ...] | None = None
    service_account_name: str = ""
    node_name: str = ""


class ContainerStatus(msgspec.Struct, frozen=True):
    """What a node says of a container."""

    name: str = ""
    image: str = ""
    image_id: str = msgspec.field(default="", name="imageID")


class PodStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What a node says of a pod."""

    container_statuses: tuple[ContainerStatus, ...] | None = None
    init_container_statuses: tuple[ContainerStatus, ...] | None = None
    ephemeral_container_statuses: tuple[ContainerStatus, ...] | None = None


class Pod(msgspec.Struct, frozen=True):
    """A pod."""

    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class Template(msgspec.Struct, frozen=True):
    """What the pods of a workload are made by."""

    spec: PodSpec | None = None


class JobSpec(msgspec.Struct, frozen=True):
    """The part of a specification that holds a template."""

    template: Template | None = None


class JobTemplate(msgspec.Struct, frozen=True):
    """What the jobs of a CronJob are made by."""

    spec: JobSpec | None = None


class ControllerSpec(msgspec.Struct, frozen=True, rename="camel"):
    """What a workload is wanted to be; either field holds its template."""

    template: Template | None = None
    job_template: JobTemplate | None = None


class Controller(msgspec.Struct, frozen=True):
    """A workload that makes pods."""

    metadata: Metadata = Metadata()
    spec: ControllerSpec | None = None

    @property
    def pod_spec(self) -> PodSpec | None:
        """What its pods are made by; None when it does not say."""
        if self.spec is None:
            return None
        job = self.spec.job_template.spec if self.spec.job_template else None
        template = job.template if job else self.spec.template
        return template.spec if template else None


class NodeInfo(msgspec.Struct, frozen=True, rename="camel"):
    """What a node is."""

    architecture: str = ""
    operating_system: str = ""


class NodeStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What a node says of itself."""

    node_info: NodeInfo | None = None


class Node(msgspec.Struct, frozen=True):
    """A machine of the cluster."""

    metadata: Metadata = Metadata()
    status: NodeStatus = NodeStatus()

    @property
    def platform(self) -> str:
        """Such as "linux/arm64"; empty when it does not say."""
        info = self.status.node_info
        return f"{info.operating_system or 'linux'}/{info.architecture}" if info and info.architecture else ""


class Namespace(msgspec.Struct, frozen=True):
    """A namespace."""

    metadata: Metadata = Metadata()


class ServiceAccount(msgspec.Struct, frozen=True, rename="camel"):
    """What pods run as."""

    image_pull_secrets: tuple[Named, ...] | None = None


class Secret(msgspec.Struct, frozen=True):
    """A secret; its values are base64."""

    type: str = ""
    data: dict[str, str] | None = None

    def __repr__(self) -> str:
        """Show nothing of it: a traceback must not."""
        return f"Secret(type={self.type!r})"


class Version(msgspec.Struct, frozen=True, rename="camel"):
    """The server's version."""

    git_version: str = ""


class Status(msgspec.Struct, frozen=True):
    """What the server says when it does not do what it was asked."""

    message: str = ""
    reason: str = ""


class _PageMetadata(msgspec.Struct, frozen=True):
    next: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct, frozen=True):
    items: tuple[msgspec.Raw, ...] | None
    metadata: _PageMetadata | None = None


class Page(msgspec.Struct, frozen=True):
    """Some of the objects of a list."""

    items: tuple[msgspec.Raw, ...]
    next: str
    """What asks for those after them; empty at the end."""


def parse_page(body: bytes, place: str) -> Page:
    """Return one page of a list.

    Raises:
        ProtocolError: it is none; what has no `items` is no empty list.
    """
    page = parse_object(body, _Page, place)
    return Page(page.items or (), (page.metadata.next if page.metadata else "") or "")


def parse_object(body: bytes | msgspec.Raw, kind: type[T], place: str) -> T:
    """Return one object of the API.

    Raises:
        ProtocolError: it is none of this kind; the message quotes places in it, not values.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProtocolError(
            f"{place}: expected {_called(kind)} of Kubernetes' API: {decoding_problem(error)}"
        ) from error


def _called(kind: type[msgspec.Struct]) -> str:
    return "a list" if kind is _Page else f"a {kind.__name__}"

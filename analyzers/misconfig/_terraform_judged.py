"""What all checks say of the resources that Terraform deploys, whichever provider makes them."""

from collections.abc import Iterator, Mapping, Sequence

from analyzers.checks.cloud import catalogue
from analyzers.checks.cloud.model import Cloud
from analyzers.inventory import Outcome, Problem


def judged(
    cloud: Cloud, lines: Mapping[str, Sequence[str]], file_type: str
) -> Iterator[tuple[str, Outcome | Problem]]:
    """Yield each outcome with the file of its resource, and what could not be judged.

    Args:
        cloud: all resources that are deployed together.
        lines: of each file, without their ends.
        file_type: see `Outcome.file_type`.
    """
    yield from catalogue.judge(cloud, lines, file_type)
    if any(each.kind.startswith("kubernetes_") for each in cloud.resources):
        from analyzers.misconfig import _terraform_kubernetes as kubernetes  # noqa: PLC0415 - few have them

        yield from kubernetes.judged(cloud.resources, lines, file_type)
    for problem in catalogue.unjudged(cloud):
        yield problem.path, problem

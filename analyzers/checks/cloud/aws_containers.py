"""Checks of containers and functions at AWS: EKS, ECS, ECR, Lambda.

Guidance: https://docs.aws.amazon.com/eks/latest/best-practices/security.html
"""

from collections.abc import Iterator
from dataclasses import replace

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody
from analyzers.checks.cloud.model import Block, Resource, Subject, Unknown, has_unknown, items, texts, truth
from analyzers.checks.cloud.policies import parsed, statements
from analyzers.checks.cloud.rules import (
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    Service,
    among,
    cause,
    has,
    on,
    present,
    whole,
)
from analyzers.checks.secret_names import is_secret_name, is_switch

_EKS, _ECS, _ECR, _LAMBDA = (
    Service("aws", "eks"),
    Service("aws", "ecs"),
    Service("aws", "ecr"),
    Service("aws", "lambda"),
)
_CLUSTER = "aws_eks_cluster"
_PUBLIC = "vpc_config.endpoint_public_access"
_NO_KEY = "the repository is not encrypted with a key of its own"
_LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def _missing_logs(subject: Subject) -> Iterator[Cause]:
    place = next(subject.resource.places("enabled_cluster_log_types"))
    if not subject.knows("enabled_cluster_log_types"):
        return
    missing = [each for each in _LOG_TYPES if each not in texts(place.value)]
    if missing:
        yield cause(f"no log of {', '.join(missing)}", place.lines)


def _is_public(subject: Subject) -> bool | None:
    subject.knows(_PUBLIC)
    value = subject.resource.get(_PUBLIC)
    return True if value is None else truth(value)


def _public_endpoint(subject: Subject) -> Iterator[Cause]:
    if _is_public(subject):
        place = next(subject.resource.places(_PUBLIC))
        yield cause("the API server is public", place.lines)


def _open_endpoint(subject: Subject) -> Iterator[Cause]:
    if not _is_public(subject):
        return
    subject.knows("vpc_config.public_access_cidrs")
    for place in subject.resource.places("vpc_config.public_access_cidrs"):
        if place.value is None or any(map(is_everybody, texts(place.value))):
            yield cause("the API server answers every address", place.lines)


def _containers(subject: Subject) -> Iterator[Block]:
    """Yield the containers of a task, from JSON text or nested values; a doubt where they are not known."""
    value = subject.resource.get("container_definitions")
    for each in parsed(value) if isinstance(value, str) else items(value):
        if isinstance(each, Block):
            yield each
        else:
            subject.doubt("container_definitions")


def _plain_environment(subject: Subject) -> Iterator[Cause]:
    lines = subject.resource.attributes.lines_of("container_definitions")
    for container in _containers(subject):
        for each in items(container.get("environment")):
            name, value = (each.get("name"), each.get("value")) if isinstance(each, Block) else (each, each)
            if isinstance(name, Unknown):
                subject.doubt("container_definitions")
            elif is_secret_name(str(name)) and not (
                isinstance(value, str) and (not value or is_switch(value))
            ):
                yield cause(f"the environment has {name!r:.60}", lines)


def _plain_secrets(subject: Subject) -> Iterator[Cause]:
    says = "secrets are not encrypted with a key"
    for place in subject.resource.places("encryption_config.resources"):
        if place.value is None or not (has_unknown(place.value) or "secrets" in texts(place.value)):
            yield cause(says, place.lines)
            return
    subject.knows("encryption_config.resources")
    yield from present("encryption_config.provider.key_arn", says)(subject)


def _lacks_own_key(subject: Subject) -> Iterator[Cause]:
    path = "encryption_configuration"
    # With "AES256", the default, a key is not used even where one is named.
    wrong = [*among(f"{path}.encryption_type", ("kms", "kms_dsse"), _NO_KEY, default="AES256")(subject)]
    yield from wrong or present(f"{path}.kms_key", _NO_KEY)(subject)


def _lacks_insights(subject: Subject) -> Iterator[Cause]:
    value = subject.resource.attributes.get("setting")
    settings = [each for each in items(value) if isinstance(each, Block)]
    known = [each.get("value") for each in settings if each.get("name") == "containerInsights"]
    if any(isinstance(each, Unknown) for each in (*items(value), *known)):
        subject.doubt("setting")
    elif not any(one != "disabled" for one in known):
        yield whole(subject, "Container Insights are off")


def _public_repository(subject: Subject) -> Iterator[Cause]:
    for each in statements(subject, "policy"):
        if not each.is_allowed or each.has_condition:
            continue
        if "principal" in each.unknown:
            subject.doubt("policy")
        if "*" in each.principals:
            yield cause("the policy lets everybody in", subject.resource.attributes.lines_of("policy"))


_any_source = present("source_arn", "any resource of the service may call the function")


def _is_services(subject: Subject) -> bool:
    return subject.knows("principal") and ".amazonaws.com" in str(subject.resource.get("principal"))


def _plain_mounts(subject: Subject) -> Iterator[Cause]:
    path = "efs_volume_configuration.transit_encryption"
    subject.knows("volume")
    says = "the mount is not encrypted"
    for volume in subject.resource.attributes.blocks("volume"):
        if volume.get("efs_volume_configuration") is not None:
            part = Resource(kind="", name="", file=subject.resource.file, attributes=volume)
            yield from among(path, ("enabled",), says, default="disabled")(replace(subject, resource=part))


CHECKS = (
    _EKS.check(
        "AWS-0038",
        MEDIUM,
        _CLUSTER,
        title="EKS control plane keeps no complete log",
        why="Without the logs of the control plane nobody can tell who changed what in the cluster.",
        mend="Set enabled_cluster_log_types to all five types.",
        judge=_missing_logs,
    ),
    _EKS.check(
        "AWS-0039",
        HIGH,
        _CLUSTER,
        title="EKS secrets are not encrypted",
        why="Secrets of the cluster can be read by whoever gets at its storage.",
        mend='Set encryption_config with a key for "secrets".',
        judge=_plain_secrets,
    ),
    _EKS.check(
        "AWS-0040",
        CRITICAL,
        _CLUSTER,
        title="EKS API server is public",
        why="A flaw in the API server or a leaked token can be used from the whole internet.",
        mend="Set vpc_config.endpoint_public_access to false.",
        judge=_public_endpoint,
    ),
    _EKS.check(
        "AWS-0041",
        CRITICAL,
        _CLUSTER,
        title="EKS API server answers every address",
        why="A flaw in the API server or a leaked token can be used from the whole internet.",
        mend="Name the addresses that may connect in vpc_config.public_access_cidrs.",
        judge=_open_endpoint,
    ),
    _ECS.check(
        "AWS-0034",
        LOW,
        "aws_ecs_cluster",
        title="Container Insights are off",
        why="Without measurements of containers an odd one is not noticed.",
        mend='Set the setting "containerInsights" to "enabled".',
        judge=_lacks_insights,
    ),
    _ECS.check(
        "AWS-0035",
        HIGH,
        "aws_ecs_task_definition",
        title="ECS task mounts EFS without encryption",
        why="Who is on the network's way can read and change files.",
        mend='Set efs_volume_configuration.transit_encryption to "ENABLED".',
        judge=_plain_mounts,
        only=has("volume.efs_volume_configuration"),
    ),
    _ECS.check(
        "AWS-0036",
        CRITICAL,
        "aws_ecs_task_definition",
        title="ECS task has secrets in its environment",
        why="The environment is shown to everybody who may describe the task, and to all its processes.",
        mend="Name the secret in secrets, from Secrets Manager or the Parameter Store.",
        judge=_plain_environment,
    ),
    _ECR.check(
        "AWS-0030",
        HIGH,
        "aws_ecr_repository",
        title="ECR does not scan images",
        why="Known flaws in images stay unknown.",
        mend="Set image_scanning_configuration.scan_on_push.",
        judge=on("image_scanning_configuration.scan_on_push", "images are not scanned when they are pushed"),
    ),
    _ECR.check(
        "AWS-0031",
        HIGH,
        "aws_ecr_repository",
        title="ECR tags can be moved",
        why="Whoever may push can put another image in the place of one that was tested.",
        mend='Set image_tag_mutability to "IMMUTABLE".',
        judge=among(
            "image_tag_mutability",
            ("immutable", "immutable_with_exclusion"),
            "tags can be moved",
            default="mutable",
        ),
    ),
    _ECR.check(
        "AWS-0032",
        HIGH,
        "aws_ecr_repository_policy",
        title="ECR repository is public by its policy",
        why="Everybody can pull the images, or push other ones.",
        mend="Name the accounts that may use the repository.",
        judge=_public_repository,
    ),
    _ECR.check(
        "AWS-0033",
        LOW,
        "aws_ecr_repository",
        title="ECR repository is not encrypted with a customer managed key",
        why="Use of the provider's key can neither be restricted nor withdrawn.",
        mend='Set encryption_configuration with the type "KMS" and a key.',
        judge=_lacks_own_key,
    ),
    _LAMBDA.check(
        "AWS-0066",
        LOW,
        "aws_lambda_function",
        title="Lambda function is not traced",
        why="Without traces it is hard to see what a function did, and for whom.",
        mend='Set tracing_config.mode to "Active".',
        judge=among("tracing_config.mode", ("active",), "tracing is not active", default="PassThrough"),
    ),
    _LAMBDA.check(
        "AWS-0067",
        CRITICAL,
        "aws_lambda_permission",
        title="Lambda function may be called by a service for anybody",
        why="Other accounts can have the service call the function.",
        mend="Set source_arn to the resource that calls the function.",
        judge=_any_source,
        only=_is_services,
    ),
)

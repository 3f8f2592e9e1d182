"""Checks of queues, topics and streams at AWS: SNS, SQS, Kinesis, MQ, MSK.

Guidance: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Subject, truth
from analyzers.checks.cloud.policies import statements
from analyzers.checks.cloud.rules import (
    HIGH,
    LOW,
    MEDIUM,
    Service,
    among,
    both,
    cause,
    has,
    not_among,
    off,
    on,
    present,
)

_SNS, _SQS, _KINESIS = Service("aws", "sns"), Service("aws", "sqs"), Service("aws", "kinesis")
_MQ, _MSK = Service("aws", "mq"), Service("aws", "msk")
_TOPIC, _QUEUE, _BROKER, _KAFKA = "aws_sns_topic", "aws_sqs_queue", "aws_mq_broker", "aws_msk_cluster"
_DISK = "Messages that are waiting can be read by whoever gets at the storage."
_OWN_KEY = "Use of the provider's key can neither be restricted nor withdrawn."
_PLAIN = "the stream is not encrypted with a key that it names"
_LOGS = "Without logs nobody can tell later who did what."


def _every_action(subject: Subject) -> Iterator[Cause]:
    for each in statements(subject, "policy"):
        if not each.is_allowed:
            continue
        if each.unknown & {"action", "effect"}:
            subject.doubt("policy")
        if any(action.lower() in {"*", "sqs:*"} for action in each.actions):
            yield cause("the policy allows every action", subject.resource.attributes.lines_of("policy"))


def _unencrypted_queue(subject: Subject) -> Iterator[Cause]:
    # Neither set, SQS encrypts with its own key; but a template should not rely on it.
    if truth(subject.resource.get("sqs_managed_sse_enabled")) is True or has("kms_master_key_id")(subject):
        return
    if subject.knows("sqs_managed_sse_enabled"):
        yield from present("kms_master_key_id", "messages are not encrypted")(subject)


def _keeps_no_broker_log(subject: Subject) -> Iterator[Cause]:
    resource = subject.resource
    logs = [f"logging_info.broker_logs.{name}.enabled" for name in ("cloudwatch_logs", "firehose", "s3")]
    places = [place for log in logs for place in resource.places(log)]
    if any(truth(place.value) is True for place in places):
        return
    if all([subject.knows(log) for log in logs]):  # noqa: C419 - each says its doubt
        yield cause("the brokers keep no log", places[0].lines)


CHECKS = (
    _SNS.check(
        "AWS-0095",
        HIGH,
        _TOPIC,
        title="SNS topic is not encrypted",
        why=_DISK,
        mend="Name a key in kms_master_key_id.",
        judge=present("kms_master_key_id", "messages are not encrypted"),
    ),
    _SNS.check(
        "AWS-0136",
        HIGH,
        _TOPIC,
        title="SNS topic is not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Name a KMS key of your own in kms_master_key_id.",
        judge=not_among(
            "kms_master_key_id", ("alias/aws/sns",), "messages are encrypted with the provider's key"
        ),
    ),
    _SQS.check(
        "AWS-0096",
        HIGH,
        _QUEUE,
        title="SQS queue is not encrypted",
        why=_DISK,
        mend="Set sqs_managed_sse_enabled, or name a key in kms_master_key_id.",
        judge=_unencrypted_queue,
    ),
    _SQS.check(
        "AWS-0097",
        HIGH,
        "aws_sqs_queue_policy",
        _QUEUE,
        title="SQS queue's policy allows every action",
        why="Whoever may send could also delete the queue.",
        mend="Name the actions that are needed.",
        judge=_every_action,
    ),
    _SQS.check(
        "AWS-0135",
        HIGH,
        _QUEUE,
        title="SQS queue is not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Name a KMS key of your own in kms_master_key_id.",
        judge=not_among(
            "kms_master_key_id", ("alias/aws/sqs",), "messages are encrypted with the provider's key"
        ),
    ),
    _KINESIS.check(
        "AWS-0064",
        HIGH,
        "aws_kinesis_stream",
        title="Kinesis stream is not encrypted",
        why=_DISK,
        mend='Set encryption_type to "KMS" and name a key.',
        judge=both(among("encryption_type", ("kms",), _PLAIN, default="NONE"), present("kms_key_id", _PLAIN)),
    ),
    _MQ.check(
        "AWS-0070",
        MEDIUM,
        _BROKER,
        title="MQ broker keeps no audit log",
        why=_LOGS,
        mend="Set logs.audit.",
        judge=on("logs.audit", "no audit log is kept"),
    ),
    _MQ.check(
        "AWS-0071",
        LOW,
        _BROKER,
        title="MQ broker keeps no general log",
        why=_LOGS,
        mend="Set logs.general.",
        judge=on("logs.general", "no general log is kept"),
    ),
    _MQ.check(
        "AWS-0072",
        HIGH,
        _BROKER,
        title="MQ broker is public",
        why="Passwords can be tried, and flaws used, from the whole internet.",
        mend="Set publicly_accessible to false.",
        judge=off("publicly_accessible", "the broker has a public address"),
    ),
    _MSK.check(
        "AWS-0073",
        HIGH,
        _KAFKA,
        title="MSK cluster takes unencrypted traffic",
        why="Who is on the network's way can read and change messages.",
        mend='Set encryption_in_transit.client_broker to "TLS".',
        judge=not_among(
            "encryption_info.encryption_in_transit.client_broker",
            ("plaintext", "tls_plaintext"),
            "unencrypted traffic is accepted",
            default="TLS",
        ),
    ),
    _MSK.check(
        "AWS-0074",
        MEDIUM,
        _KAFKA,
        title="MSK brokers keep no log",
        why=_LOGS,
        mend="Enable one of the logs in logging_info.broker_logs.",
        judge=_keeps_no_broker_log,
    ),
    _MSK.check(
        "AWS-0179",
        HIGH,
        _KAFKA,
        title="MSK cluster names no key for its disks",
        why=_OWN_KEY,
        mend="Name a KMS key in encryption_info.encryption_at_rest_kms_key_arn.",
        judge=present("encryption_info.encryption_at_rest_kms_key_arn", "the cluster names no key"),
    ),
)

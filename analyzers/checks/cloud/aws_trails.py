"""Checks of the buckets in which trails of AWS keep what happened.

Guidance: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
"""

from collections.abc import Iterator
from dataclasses import replace

from analyzers.checks.check import Cause
from analyzers.checks.cloud.aws_s3 import has_public_list, lacks_log
from analyzers.checks.cloud.model import Subject, Unknown
from analyzers.checks.cloud.rules import CRITICAL, LOW, Judge, Service, cause

_TRAILS = Service("aws", "cloudtrail")
_BUCKET = "s3_bucket_name"


def _its_bucket(judges: Judge, says: str) -> Judge:
    """Return a judge of the bucket that a trail names; one that is not declared here is not judged."""

    def judge(subject: Subject) -> Iterator[Cause]:
        value = subject.resource.get(_BUCKET)
        bucket = subject.cloud.named("aws_s3_bucket", value)
        if bucket:
            lines = subject.resource.attributes.lines_of(_BUCKET)
            yield from (cause(says, lines) for _ in [*judges(replace(subject, resource=bucket))][:1])
        elif isinstance(value, Unknown) and not value.refers:
            subject.doubt(_BUCKET)

    return judge


def _names_bucket(subject: Subject) -> bool:
    value = subject.resource.get(_BUCKET)
    is_declared = subject.cloud.named("aws_s3_bucket", value) is not None
    return is_declared or (isinstance(value, Unknown) and not value.refers)


CHECKS = (
    _TRAILS.check(
        "AWS-0161",
        CRITICAL,
        "aws_cloudtrail",
        title="Bucket of a trail is public",
        why="Everybody can read what is done in the account.",
        mend='Use the canned list "private" for the bucket.',
        judge=_its_bucket(has_public_list, "the bucket's access control list lets everybody in"),
        only=_names_bucket,
    ),
    _TRAILS.check(
        "AWS-0163",
        LOW,
        "aws_cloudtrail",
        title="Bucket of a trail is not logged",
        why="Nobody can tell later who read or changed what happened.",
        mend="Send the bucket's access log to another bucket.",
        judge=_its_bucket(lacks_log, "access to the bucket is not logged"),
        only=_names_bucket,
    ),
)

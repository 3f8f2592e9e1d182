"""Checks of Amazon S3.

Guidance: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Place, Resource, Subject, Unknown, Value, truth
from analyzers.checks.cloud.rules import HIGH, LOW, MEDIUM, Judge, Service, cause, not_among, present, whole

_S3 = Service("aws", "s3")
_BUCKET = "aws_s3_bucket"
_ACCESS = "aws_s3_bucket_public_access_block"
_INLINE_ACCESS = "public_access_block_configuration"
_NO_ACCESS_BLOCK, _NO_LOG = "the bucket has no public access block", "access to the bucket is not logged"
_DNS_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]")
_PUBLIC = ("public-read", "public-read-write", "authenticated-read", "website")


def _blocked(attribute: str, says: str) -> Judge:
    """Return a judge of one switch of a bucket's public access block."""

    def judge(subject: Subject) -> Iterator[Cause]:
        places = _settings(subject, attribute)
        if _is_on(subject, attribute, places):
            return
        for place in places:
            yield cause(says, place.lines)
        if not places and not subject.doubts:
            yield whole(subject, f"{says}, as it has no public access block")

    return judge


def _is_on(subject: Subject, name: str, places: Iterable[Place]) -> bool:
    """Tell whether a switch is on in one of some places, or may be: then it is a doubt."""
    values = [each.value for each in places]
    if any(truth(each) is True for each in values):
        return True
    is_unsure = any(isinstance(each, Unknown) for each in values)
    if is_unsure:
        subject.doubt(name)
    return is_unsure


def _settings(subject: Subject, attribute: str) -> list[Place]:
    places = [
        _here(subject, each.file, place)
        for each in _linked(subject, _ACCESS)
        for place in each.places(attribute)
    ]
    if subject.resource.get(_INLINE_ACCESS) is not None:
        places += subject.resource.places(f"{_INLINE_ACCESS}.{attribute}")
    return places


def _linked(subject: Subject, kind: str) -> tuple[Resource, ...]:
    return subject.linked(kind, "bucket")


def _here(subject: Subject, file: str, place: Place) -> Place:
    """Return a place as seen from the bucket's file: what stands in another one shows as the bucket."""
    return place if file == subject.resource.file else Place(place.value, subject.resource.attributes.lines)


def _lacks_access_block(subject: Subject) -> Iterator[Cause]:
    if subject.resource.get(_INLINE_ACCESS) is not None:
        yield from present(_INLINE_ACCESS, _NO_ACCESS_BLOCK)(subject)
    elif not _linked(subject, _ACCESS) and not subject.doubts:
        yield whole(subject, _NO_ACCESS_BLOCK)


_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
_DEFAULT_RULE = "rule.apply_server_side_encryption_by_default"


def _encryptions(subject: Subject, attribute: str) -> list[Place]:
    """Return the places of an attribute of the default encryption, of all that there are."""
    path = f"{_DEFAULT_RULE}.{attribute}"
    places = [
        _here(subject, each.file, place)
        for each in _linked(subject, _ENCRYPTION)
        for place in each.places(path)
    ]
    if subject.resource.get("server_side_encryption_configuration") is not None:
        places += subject.resource.places(f"server_side_encryption_configuration.{path}")
    return places


def _is_set(subject: Subject, name: str, places: Iterable[Place]) -> bool:
    """Tell whether an attribute is set in one of some places, or may be: then it is a doubt."""
    values = [each.value for each in places if each.value]
    if values and all(isinstance(each, Unknown) and not each.refers for each in values):
        subject.doubt(name)
    return bool(values)


def _lacks_encryption(subject: Subject) -> Iterator[Cause]:
    places = _encryptions(subject, "sse_algorithm")
    if not _is_set(subject, "sse_algorithm", places) and not subject.doubts:
        yield whole(subject, "the bucket declares no default encryption")


def _lacks_own_key(subject: Subject) -> Iterator[Cause]:
    places = _encryptions(subject, "kms_master_key_id")
    if _is_set(subject, "kms_master_key_id", places) or subject.doubts:
        return
    if places:
        yield cause("the bucket is encrypted with a key that the provider manages", places[0].lines)
    else:
        yield whole(subject, "the bucket is not encrypted with a key of its own")


def _lacks_versions(subject: Subject) -> Iterator[Cause]:
    places = [
        _here(subject, each.file, place)
        for each in _linked(subject, "aws_s3_bucket_versioning")
        for place in each.places("versioning_configuration.status")
    ]
    if subject.resource.get("versioning") is not None:
        places += subject.resource.places("versioning.enabled|status")
    if _is_on(subject, "versioning", places):
        return
    if places:
        yield cause("the bucket keeps no older versions", places[0].lines)
    elif not subject.doubts:
        yield whole(subject, "the bucket keeps no older versions")


def lacks_log(subject: Subject) -> Iterator[Cause]:
    """Yield a cause when requests to a bucket are not logged."""
    if subject.resource.get("logging") is not None:
        yield from present("logging", _NO_LOG)(subject)
    elif not _linked(subject, "aws_s3_bucket_logging") and not subject.doubts:
        yield whole(subject, _NO_LOG)


def _takes_logs(subject: Subject) -> bool:
    """Tell whether other logs are kept in a bucket: it would log itself, and must not have a KMS key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    linked = subject.cloud.linked(subject.resource, "aws_s3_bucket_acl", "bucket").resources
    acls = (subject.resource.get("acl"), *(each.get("acl") for each in linked))
    targets = subject.cloud.linked(subject.resource, "aws_s3_bucket_logging", "target_bucket")
    return "log-delivery-write" in acls or bool(targets.resources)


def _is_random(value: Value | None) -> bool:
    """Tell whether a name is one that Terraform makes up, of letters and digits."""
    names = value.refers if isinstance(value, Unknown) else ()
    return any(f".{name}".rpartition(".random_")[1] for name in names)


def _bad_name(subject: Subject) -> Iterator[Cause]:
    place = next(subject.resource.places("bucket"))
    if not _is_random(place.value):
        subject.knows("bucket")
    if isinstance(place.value, str) and not _DNS_NAME.fullmatch(place.value):
        yield cause(f"{place.value!r:.80} has characters that a host name cannot have", place.lines)


def _public_acl(subject: Subject) -> Iterator[Cause]:
    yield from not_among("acl", _PUBLIC, "the access control list lets everybody in")(subject)


def has_public_list(subject: Subject) -> Iterator[Cause]:
    """Yield the places where a bucket's access control lists let everybody in."""
    yield from _public_acl(subject)
    for each in _linked(subject, f"{_BUCKET}_acl"):
        yield from _public_acl(replace(subject, resource=each))


CHECKS = (
    _S3.check(
        "AWS-0086",
        HIGH,
        _BUCKET,
        title="S3 bucket accepts public access control lists",
        why="A list that grants access to everybody can be put on any object with one careless upload.",
        mend="Set block_public_acls in the bucket's public access block.",
        judge=_blocked("block_public_acls", "public access control lists are not blocked"),
    ),
    _S3.check(
        "AWS-0087",
        HIGH,
        _BUCKET,
        title="S3 bucket accepts public policies",
        why="A policy that lets everybody in can be attached, and opens all objects at once.",
        mend="Set block_public_policy in the bucket's public access block.",
        judge=_blocked("block_public_policy", "public policies are not blocked"),
    ),
    _S3.check(
        "AWS-0088",
        HIGH,
        _BUCKET,
        title="S3 bucket declares no encryption",
        why="Data at rest that is not encrypted can be read by whoever gets at the storage.",
        mend="Configure server-side encryption for the bucket.",
        judge=_lacks_encryption,
    ),
    _S3.check(
        "AWS-0089",
        LOW,
        _BUCKET,
        title="S3 bucket is not logged",
        why="Without a log of requests nobody can tell later who read or changed what.",
        mend="Send the bucket's access log to another bucket.",
        judge=lacks_log,
        only=lambda subject: not _takes_logs(subject),
    ),
    _S3.check(
        "AWS-0090",
        MEDIUM,
        _BUCKET,
        title="S3 bucket has no versioning",
        why="What is overwritten or deleted, by accident or in an attack, is gone.",
        mend="Enable versioning of the bucket.",
        judge=_lacks_versions,
    ),
    _S3.check(
        "AWS-0091",
        HIGH,
        _BUCKET,
        title="S3 bucket heeds public access control lists",
        why="Lists that were set before they were blocked go on granting access to everybody.",
        mend="Set ignore_public_acls in the bucket's public access block.",
        judge=_blocked("ignore_public_acls", "public access control lists are not ignored"),
    ),
    _S3.check(
        "AWS-0092",
        HIGH,
        _BUCKET,
        "aws_s3_bucket_acl",
        title="S3 bucket is public by its access control list",
        why="Everybody on the internet, or every AWS account, can list or change the objects.",
        mend='Use the canned list "private" and grant access by policies.',
        judge=_public_acl,
    ),
    _S3.check(
        "AWS-0093",
        HIGH,
        _BUCKET,
        title="S3 bucket with a public policy is not restricted",
        why="A public policy that is there already goes on letting other accounts in.",
        mend="Set restrict_public_buckets in the bucket's public access block.",
        judge=_blocked("restrict_public_buckets", "public buckets are not restricted"),
    ),
    _S3.check(
        "AWS-0094",
        LOW,
        _BUCKET,
        title="S3 bucket has no public access block",
        why="Only the block says once for all that no policy or list makes the bucket public.",
        mend="Declare a public access block for the bucket.",
        judge=_lacks_access_block,
    ),
    _S3.check(
        "AWS-0132",
        HIGH,
        _BUCKET,
        title="S3 bucket is not encrypted with a customer managed key",
        why="Use of the provider's key can neither be restricted nor withdrawn, and shows in no log.",
        mend="Encrypt the bucket with a KMS key of your own.",
        judge=_lacks_own_key,
        only=lambda subject: not _takes_logs(subject),
    ),
    _S3.check(
        "AWS-0320",
        MEDIUM,
        _BUCKET,
        title="S3 bucket's name is no host name",
        why="Certificates do not cover names with dots or capitals: clients fail, or skip verification.",
        mend="Name the bucket with lower case letters, digits and hyphens only.",
        judge=_bad_name,
    ),
)

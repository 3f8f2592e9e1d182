"""Checks of AWS services that watch over others, or keep keys: CloudTrail, CloudWatch, Config, KMS, secrets.

Guidance: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
"""

from analyzers.checks.cloud.model import Subject
from analyzers.checks.cloud.rules import HIGH, LOW, MEDIUM, Service, both, not_among, off, on, present, when

_TRAILS, _WATCH, _CONFIG = (
    Service("aws", "cloudtrail"),
    Service("aws", "cloudwatch"),
    Service("aws", "config"),
)
_KMS, _SECRETS, _BUILD = Service("aws", "kms"), Service("aws", "ssm"), Service("aws", "codebuild")
_TRAIL = "aws_cloudtrail"
_PLAIN = "encryption of artifacts is disabled"
_OWN_KEY = "Use of the provider's key can neither be restricted nor withdrawn."


def _rotates(subject: Subject) -> bool:
    is_symmetric = when("customer_master_key_spec", "symmetric_default", default="SYMMETRIC_DEFAULT")
    return is_symmetric(subject) and when("key_usage", "encrypt_decrypt", default="ENCRYPT_DECRYPT")(subject)


def _holds_secret(subject: Subject) -> bool:
    name = subject.resource.get("name")
    if isinstance(name, str):
        return any(word in name.lower() for word in ("password", "secret", "token"))
    if subject.resource.get("type") != "SecureString":
        subject.doubt("name")
    return False


CHECKS = (
    _TRAILS.check(
        "AWS-0014",
        MEDIUM,
        _TRAIL,
        title="Trail is of one region only",
        why="What is done in a region that nobody uses is not noticed.",
        mend="Set is_multi_region_trail.",
        judge=on("is_multi_region_trail", "the trail is of one region"),
    ),
    _TRAILS.check(
        "AWS-0015",
        HIGH,
        _TRAIL,
        title="Trail is not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Set kms_key_id.",
        judge=present("kms_key_id", "the trail names no key"),
    ),
    _TRAILS.check(
        "AWS-0016",
        HIGH,
        _TRAIL,
        title="Trail cannot be verified",
        why="Whoever changes the log's files leaves no mark.",
        mend="Set enable_log_file_validation.",
        judge=on("enable_log_file_validation", "the log's files are not validated"),
    ),
    _TRAILS.check(
        "AWS-0162",
        LOW,
        _TRAIL,
        title="Trail is not sent to CloudWatch",
        why="Nothing rings when something odd is logged.",
        mend="Set cloud_watch_logs_group_arn.",
        judge=present("cloud_watch_logs_group_arn", "the trail goes to no log group"),
    ),
    _WATCH.check(
        "AWS-0017",
        LOW,
        "aws_cloudwatch_log_group",
        title="Log group is not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Set kms_key_id.",
        judge=present("kms_key_id", "the log group names no key"),
    ),
    _CONFIG.check(
        "AWS-0019",
        HIGH,
        "aws_config_configuration_aggregator",
        title="Aggregator leaves regions out",
        why="What is done in a region that nobody uses is not noticed.",
        mend="Set all_regions.",
        judge=on(
            "account_aggregation_source|organization_aggregation_source.all_regions", "regions are left out"
        ),
    ),
    _KMS.check(
        "AWS-0065",
        MEDIUM,
        "aws_kms_key",
        title="Key is not rotated",
        why="The longer a key is used, the more it opens when it gets lost.",
        mend="Set enable_key_rotation.",
        judge=on("enable_key_rotation", "the key is not rotated"),
        only=_rotates,
    ),
    _SECRETS.check(
        "AWS-0098",
        LOW,
        "aws_secretsmanager_secret",
        title="Secret is not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Set kms_key_id.",
        judge=present("kms_key_id", "the secret names no key"),
    ),
    _SECRETS.check(
        "CB-A003",
        MEDIUM,
        "aws_ssm_parameter",
        title="Parameter with a secret's name is stored as plain text",
        why="Everybody who may list parameters can read it.",
        mend='Set type to "SecureString".',
        judge=not_among("type", ("string", "stringlist"), "a secret is stored as plain text"),
        only=_holds_secret,
        link="https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-best-practices.html",
    ),
    _BUILD.check(
        "AWS-0018",
        HIGH,
        "aws_codebuild_project",
        title="Artifacts of builds are not encrypted",
        why="Artifacts can be read by whoever gets at the storage.",
        mend="Do not set encryption_disabled.",
        judge=both(
            off("artifacts.encryption_disabled", _PLAIN),
            off("secondary_artifacts.encryption_disabled", _PLAIN),
        ),
    ),
)

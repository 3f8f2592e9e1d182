"""Checks of AWS services that store and search files: EFS, Elasticsearch, Athena, WorkSpaces.

Guidance: https://docs.aws.amazon.com/efs/latest/ug/security-considerations.html
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Block, Subject, Unknown, Value, items, truth
from analyzers.checks.cloud.rules import CRITICAL, HIGH, MEDIUM, Service, both, not_among, on, present, whole

_EFS, _SEARCH, _ATHENA = Service("aws", "efs"), Service("aws", "elasticsearch"), Service("aws", "athena")
_DESKTOPS = Service("aws", "workspaces")
_DOMAINS = ("aws_elasticsearch_domain", "aws_opensearch_domain")
_DISK = "Disks and backups can be read by whoever gets hold of them."


def _lacks_audit_log(subject: Subject) -> Iterator[Cause]:
    options = items(subject.resource.attributes.get("log_publishing_options"))
    if any(map(_is_audit_log, options)):
        return
    if any(isinstance(each, Unknown) for each in options):
        subject.doubt("log_publishing_options")
    else:
        yield whole(subject, "no audit log is kept")


def _is_audit_log(option: Value) -> bool:
    return (
        isinstance(option, Block)
        and option.get("log_type") == "AUDIT_LOGS"
        and truth(option.get("enabled")) is not False
    )


CHECKS = (
    _EFS.check(
        "AWS-0037",
        HIGH,
        "aws_efs_file_system",
        title="EFS is not encrypted",
        why=_DISK,
        mend="Set encrypted.",
        judge=on("encrypted", "the file system is not encrypted"),
    ),
    _SEARCH.check(
        "AWS-0042",
        MEDIUM,
        *_DOMAINS,
        title="Search domain keeps no audit log",
        why="Without logs nobody can tell later who searched for what.",
        mend='Add log_publishing_options of the type "AUDIT_LOGS".',
        judge=_lacks_audit_log,
    ),
    _SEARCH.check(
        "AWS-0043",
        HIGH,
        *_DOMAINS,
        title="Search nodes talk unencrypted",
        why="Who is on the network between the nodes can read and change data.",
        mend="Set node_to_node_encryption.enabled.",
        judge=on("node_to_node_encryption.enabled", "traffic between nodes is not encrypted"),
    ),
    _SEARCH.check(
        "AWS-0046",
        CRITICAL,
        *_DOMAINS,
        title="Search domain speaks plain HTTP",
        why="Who is on the way can read and change what is sent, passwords included.",
        mend="Set domain_endpoint_options.enforce_https.",
        judge=on("domain_endpoint_options.enforce_https", "plain HTTP is allowed"),
    ),
    _SEARCH.check(
        "AWS-0048",
        HIGH,
        *_DOMAINS,
        title="Search domain is not encrypted",
        why=_DISK,
        mend="Set encrypt_at_rest.enabled.",
        judge=on("encrypt_at_rest.enabled", "data at rest are not encrypted"),
    ),
    _SEARCH.check(
        "AWS-0126",
        HIGH,
        *_DOMAINS,
        title="Search domain accepts old versions of TLS",
        why="Old versions of TLS have known flaws.",
        mend='Set domain_endpoint_options.tls_security_policy to "Policy-Min-TLS-1-2-2019-07".',
        judge=not_among(
            "domain_endpoint_options.tls_security_policy",
            ("Policy-Min-TLS-1-0-2019-07",),
            "TLS 1.0 is accepted",
            default="Policy-Min-TLS-1-0-2019-07",
        ),
    ),
    _ATHENA.check(
        "AWS-0006",
        HIGH,
        "aws_athena_database",
        "aws_athena_workgroup",
        title="Athena's results are not encrypted",
        why=_DISK,
        mend="Set an encryption_configuration.",
        judge=lambda subject: present(
            "encryption_configuration.encryption_option"
            if subject.resource.kind == "aws_athena_database"
            else "configuration.result_configuration.encryption_configuration.encryption_option",
            "results are not encrypted",
        )(subject),
    ),
    _ATHENA.check(
        "AWS-0007",
        HIGH,
        "aws_athena_workgroup",
        title="Athena's clients may turn encryption off",
        why="What the group says of encryption is worth nothing when clients may say otherwise.",
        mend="Set configuration.enforce_workgroup_configuration.",
        judge=on(
            "configuration.enforce_workgroup_configuration", "clients may override the settings", default=True
        ),
    ),
    _DESKTOPS.check(
        "AWS-0109",
        HIGH,
        "aws_workspaces_workspace",
        title="Disks of a WorkSpace are not encrypted",
        why=_DISK,
        mend="Set root_volume_encryption_enabled and user_volume_encryption_enabled.",
        judge=both(
            on("root_volume_encryption_enabled", "the root volume is not encrypted"),
            on("user_volume_encryption_enabled", "the user's volume is not encrypted"),
        ),
    ),
)

"""Checks of databases at AWS: RDS, DocumentDB, Neptune, DynamoDB, Redshift, ElastiCache.

Guidance: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_BestPractices.Security.html
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.model import Subject, may_be_anything, texts
from analyzers.checks.cloud.rules import (
    HIGH,
    LOW,
    MEDIUM,
    Judge,
    Service,
    at_least,
    cause,
    is_empty,
    not_among,
    off,
    on,
    present,
    when,
)

_RDS, _DOCUMENTS, _GRAPHS = Service("aws", "rds"), Service("aws", "documentdb"), Service("aws", "neptune")
_TABLES, _WAREHOUSE, _CACHE = (
    Service("aws", "dynamodb"),
    Service("aws", "redshift"),
    Service("aws", "elasticache"),
)
_INSTANCE, _CLUSTER, _MEMBER = "aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance"
_DISK = "Disks, snapshots and backups can be read by whoever gets hold of them."
_OWN_KEY = "Use of the provider's key can neither be restricted nor withdrawn."
_NO_KEY = "the table is not encrypted with a key of its own"
_LOGS = "Without logs nobody can tell later who asked for what."


def _is_source(subject: Subject) -> bool:
    source = subject.resource.get("replicate_source_db|replication_source_identifier")
    if may_be_anything(source):
        subject.doubt("replicate_source_db")
    return is_empty(source)


_knows_iam = when("engine", "mysql", "mariadb", "postgres", "aurora", "aurora-mysql", "aurora-postgresql")


def _exports(path: str, *logs: str) -> Judge:
    """Return a judge of a list that has to have one of some logs."""

    def judge(subject: Subject) -> Iterator[Cause]:
        place = next(subject.resource.places(path))
        if not set(logs).intersection(texts(place.value)) and subject.knows(path):
            yield cause(f"no log is exported of {' or '.join(logs)}", place.lines)

    return judge


def _lacks_own_key(subject: Subject) -> Iterator[Cause]:
    path = "server_side_encryption"
    wrong = [*on(f"{path}.enabled", _NO_KEY)(subject)]
    wrong += not_among(f"{path}.kms_key_arn", ("alias/aws/dynamodb",), _NO_KEY)(subject)
    yield from wrong[:1] or present(f"{path}.kms_key_arn", _NO_KEY)(subject)


CHECKS = (
    _RDS.check(
        "AWS-0077",
        MEDIUM,
        _INSTANCE,
        _CLUSTER,
        title="Backups of a database are kept for a day at most",
        why="Damage that is noticed after a weekend cannot be undone.",
        mend="Set backup_retention_period to more than 1 day.",
        judge=at_least("backup_retention_period", 2, "backups are kept for a day at most"),
        only=_is_source,
    ),
    _RDS.check(
        "AWS-0078",
        LOW,
        _INSTANCE,
        _MEMBER,
        title="Performance Insights are not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Set performance_insights_kms_key_id.",
        judge=present("performance_insights_kms_key_id", "Performance Insights name no key"),
        only=when("performance_insights_enabled", "true"),
    ),
    _RDS.check(
        "AWS-0079",
        HIGH,
        _CLUSTER,
        title="RDS cluster is not encrypted",
        why=_DISK,
        mend="Set storage_encrypted.",
        judge=on("storage_encrypted", "the cluster's storage is not encrypted"),
        only=_is_source,
    ),
    _RDS.check(
        "AWS-0080",
        HIGH,
        _INSTANCE,
        title="RDS instance is not encrypted",
        why=_DISK,
        mend="Set storage_encrypted.",
        judge=on("storage_encrypted", "the instance's storage is not encrypted"),
        only=_is_source,
    ),
    _RDS.check(
        "AWS-0133",
        LOW,
        _INSTANCE,
        _MEMBER,
        title="Performance Insights are off",
        why="What slows a database down, an attack included, cannot be seen.",
        mend="Set performance_insights_enabled.",
        judge=on("performance_insights_enabled", "Performance Insights are off"),
    ),
    _RDS.check(
        "AWS-0176",
        MEDIUM,
        _INSTANCE,
        _CLUSTER,
        title="Database does not take IAM's word",
        why="Passwords of databases are shared, seldom changed and not in IAM's log.",
        mend="Set iam_database_authentication_enabled.",
        judge=on("iam_database_authentication_enabled", "logins by IAM are off"),
        only=_knows_iam,
    ),
    _RDS.check(
        "AWS-0177",
        MEDIUM,
        _INSTANCE,
        title="RDS instance may be deleted at once",
        why="One call, by accident or in an attack, removes the database.",
        mend="Set deletion_protection.",
        judge=on("deletion_protection", "the instance is not protected from deletion"),
    ),
    _RDS.check(
        "AWS-0180",
        HIGH,
        _INSTANCE,
        _MEMBER,
        title="Database is public",
        why="Passwords can be tried, and flaws used, from the whole internet.",
        mend="Set publicly_accessible to false.",
        judge=off("publicly_accessible", "the database has a public address"),
    ),
    _RDS.check(
        "AWS-0343",
        MEDIUM,
        _CLUSTER,
        title="RDS cluster may be deleted at once",
        why="One call, by accident or in an attack, removes the database.",
        mend="Set deletion_protection.",
        judge=on("deletion_protection", "the cluster is not protected from deletion"),
    ),
    _DOCUMENTS.check(
        "AWS-0020",
        MEDIUM,
        "aws_docdb_cluster",
        title="DocumentDB exports no logs",
        why=_LOGS,
        mend='Set enabled_cloudwatch_logs_exports to "audit" and "profiler".',
        judge=_exports("enabled_cloudwatch_logs_exports", "audit", "profiler"),
    ),
    _DOCUMENTS.check(
        "AWS-0021",
        HIGH,
        "aws_docdb_cluster",
        title="DocumentDB is not encrypted",
        why=_DISK,
        mend="Set storage_encrypted.",
        judge=on("storage_encrypted", "the cluster's storage is not encrypted"),
    ),
    _DOCUMENTS.check(
        "AWS-0022",
        LOW,
        "aws_docdb_cluster",
        title="DocumentDB is not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Set kms_key_id.",
        judge=present("kms_key_id", "the cluster names no key"),
    ),
    _GRAPHS.check(
        "AWS-0075",
        MEDIUM,
        "aws_neptune_cluster",
        title="Neptune exports no audit log",
        why=_LOGS,
        mend='Set enable_cloudwatch_logs_exports to "audit".',
        judge=_exports("enable_cloudwatch_logs_exports", "audit"),
    ),
    _GRAPHS.check(
        "AWS-0076",
        HIGH,
        "aws_neptune_cluster",
        title="Neptune is not encrypted",
        why=_DISK,
        mend="Set storage_encrypted.",
        judge=on("storage_encrypted", "the cluster's storage is not encrypted"),
    ),
    _GRAPHS.check(
        "AWS-0128",
        HIGH,
        "aws_neptune_cluster",
        title="Neptune is not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Set kms_key_arn.",
        judge=present("kms_key_arn", "the cluster names no key"),
    ),
    _TABLES.check(
        "AWS-0023",
        HIGH,
        "aws_dax_cluster",
        title="DAX cluster is not encrypted",
        why=_DISK,
        mend="Set server_side_encryption.enabled.",
        judge=on("server_side_encryption.enabled", "the cluster is not encrypted"),
    ),
    _TABLES.check(
        "AWS-0024",
        MEDIUM,
        "aws_dynamodb_table",
        title="DynamoDB table cannot be restored to a point in time",
        why="What is overwritten or deleted by accident is gone.",
        mend="Set point_in_time_recovery.enabled.",
        judge=on("point_in_time_recovery.enabled", "recovery to a point in time is off"),
    ),
    _TABLES.check(
        "AWS-0025",
        LOW,
        "aws_dynamodb_table",
        title="DynamoDB table is not encrypted with a customer managed key",
        why=_OWN_KEY,
        mend="Set server_side_encryption.kms_key_arn.",
        judge=_lacks_own_key,
    ),
    _WAREHOUSE.check(
        "AWS-0084",
        HIGH,
        "aws_redshift_cluster",
        title="Redshift cluster is not encrypted",
        why=_DISK,
        mend="Set encrypted.",
        judge=on("encrypted", "the cluster is not encrypted"),
    ),
    _WAREHOUSE.check(
        "AWS-0127",
        HIGH,
        "aws_redshift_cluster",
        title="Redshift cluster is in no network of its own",
        why="Outside of a virtual network its ports cannot be guarded by routes and access lists.",
        mend="Set cluster_subnet_group_name.",
        judge=present("cluster_subnet_group_name", "the cluster names no subnet group"),
    ),
    _WAREHOUSE.check(
        "CB-A002",
        HIGH,
        "aws_redshift_cluster",
        title="Redshift cluster is public",
        why="Passwords can be tried, and flaws used, from the whole internet.",
        mend="Set publicly_accessible to false.",
        judge=off("publicly_accessible", "the cluster has a public address"),
        link="https://docs.aws.amazon.com/securityhub/latest/userguide/redshift-controls.html",
    ),
    _CACHE.check(
        "AWS-0045",
        HIGH,
        "aws_elasticache_replication_group",
        title="ElastiCache group is not encrypted at rest",
        why=_DISK,
        mend="Set at_rest_encryption_enabled.",
        judge=on("at_rest_encryption_enabled", "data at rest are not encrypted"),
    ),
    _CACHE.check(
        "AWS-0050",
        MEDIUM,
        "aws_elasticache_cluster",
        title="Redis cluster has no backups",
        why="What is lost in the cache's memory is gone.",
        mend="Set snapshot_retention_limit.",
        judge=at_least("snapshot_retention_limit", 1, "no snapshot is kept"),
        only=when("engine", "redis", "valkey"),
    ),
    _CACHE.check(
        "AWS-0051",
        HIGH,
        "aws_elasticache_replication_group",
        title="ElastiCache group does not encrypt traffic",
        why="Who is on the network's way can read and change data and passwords.",
        mend="Set transit_encryption_enabled.",
        judge=on("transit_encryption_enabled", "traffic is not encrypted"),
    ),
)

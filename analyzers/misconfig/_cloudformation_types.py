"""CloudFormation's resource types by the names of Terraform.

Format: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from dataclasses import replace

from analyzers.checks.cloud.model import UNKNOWN, Block, Value, items, texts
from analyzers.misconfig._cloud import snake_case
from analyzers.misconfig._cloud_blocks import Shape, with_value

_ROOT_DEVICES = frozenset({"/dev/xvda", "/dev/sda1"})
_DROPS = "routing.http.drop_invalid_header_fields.enabled"


def _bucket(block: Block) -> Block:
    acl = block.get("acl")
    return (
        with_value(block, "acl", snake_case(acl).replace("_", "-"), block.lines_of("acl"))
        if isinstance(acl, str)
        else block
    )


def _devices(block: Block) -> Block:
    lines = block.lines_of("block_device_mappings")
    for each in block.blocks("block_device_mappings"):
        ebs = each.get("ebs")
        if ebs is None:
            continue
        if each.get("device_name") in _ROOT_DEVICES:
            block = with_value(block, "root_block_device", ebs, lines)
        else:
            others = items(block.get("ebs_block_device"))
            block = with_value(block, "ebs_block_device", (*others, ebs), lines)
    return block


def _balancer(block: Block) -> Block:
    scheme = block.get("scheme")
    if scheme is None or isinstance(scheme, str):
        block = with_value(block, "internal", scheme == "internal", block.lines_of("scheme"))
    for each in block.blocks("load_balancer_attributes"):
        value = each.get("value")
        if each.get("key") == _DROPS and value is not None:
            block = with_value(block, "drop_invalid_header_fields", value, each.lines)
    return block


def _eks(block: Block) -> Block:
    types = tuple(
        name
        for logging in block.blocks("logging")
        for cluster in logging.blocks("cluster_logging")
        for each in cluster.blocks("enabled_types")
        for name in texts(each.get("type"))
    )
    return (
        with_value(block, "enabled_cluster_log_types", types, block.lines_of("logging")) if types else block
    )


def _search(block: Block) -> Block:
    found: list[Value] = []
    for options in block.blocks("log_publishing_options"):
        for name, each in options.values.items():
            if isinstance(each, Block):
                found.append(replace(each, values={**each.values, "log_type": name.upper()}))
    lines = block.lines_of("log_publishing_options")
    return with_value(block, "log_publishing_options", tuple(found), lines) if found else block


def _database(block: Block) -> Block:
    """Return an instance whose address is public unless it is said, or its subnets are, not to be.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
    """
    if block.get("publicly_accessible") is not None:
        return block
    value: Value = True if block.get("db_subnet_group_name") is None else UNKNOWN
    return with_value(block, "publicly_accessible", value, block.lines)


def _lifted(name: str) -> tuple[tuple[str, str], ...]:
    """Return the moves of a mapping in a mapping, which `_flat` makes the resource's own attributes."""
    return ((name, "_lifted"),)


def _flat(block: Block) -> Block:
    for each in block.blocks("_lifted"):
        return Block(values=each.values, lines=block.lines, attribute_lines=each.attribute_lines)
    return block


_DEFAULT = "server_side_encryption_configuration.rule"
_SEARCH_MOVES = (
    ("encryption_at_rest_options", "encrypt_at_rest"),
    ("node_to_node_encryption_options", "node_to_node_encryption"),
)
_DATABASE_MOVES = (
    ("enable_iam_database_authentication", "iam_database_authentication_enabled"),
    ("enable_performance_insights", "performance_insights_enabled"),
    ("performance_insights_enabled", "performance_insights_enabled"),
    ("source_db_instance_identifier", "replicate_source_db"),
)
_TABLE_MOVES = (
    ("sse_specification.kms_master_key_id", "server_side_encryption.kms_key_arn"),
    ("sse_specification.sse_enabled", "server_side_encryption.enabled"),
    (
        "point_in_time_recovery_specification.point_in_time_recovery_enabled",
        "point_in_time_recovery.enabled",
    ),
)
_STAGE_MOVES = (("access_log_setting", "access_log_settings"), ("tracing_enabled", "xray_tracing_enabled"))
_POLICY = (("policy_document", "policy"),)
SHAPES: dict[str, Shape] = {
    "AWS::S3::Bucket": Shape(
        kind="aws_s3_bucket",
        moves=(
            ("bucket_name", "bucket"),
            ("access_control", "acl"),
            ("logging_configuration", "logging"),
            ("versioning_configuration", "versioning"),
            ("bucket_encryption.server_side_encryption_configuration", _DEFAULT),
            (
                f"{_DEFAULT}.server_side_encryption_by_default",
                f"{_DEFAULT}.apply_server_side_encryption_by_default",
            ),
        ),
        mend=_bucket,
    ),
    "AWS::EC2::SecurityGroup": Shape(
        kind="aws_security_group",
        moves=(
            ("group_description", "description"),
            ("security_group_ingress", "ingress"),
            ("security_group_egress", "egress"),
            ("ingress.cidr_ip", "ingress.cidr_ipv4"),
            ("egress.cidr_ip", "egress.cidr_ipv4"),
        ),
    ),
    "AWS::EC2::SecurityGroupIngress": Shape(
        kind="aws_vpc_security_group_ingress_rule", moves=(("cidr_ip", "cidr_ipv4"),)
    ),
    "AWS::EC2::SecurityGroupEgress": Shape(
        kind="aws_vpc_security_group_egress_rule", moves=(("cidr_ip", "cidr_ipv4"),)
    ),
    "AWS::EC2::NetworkAclEntry": Shape(
        kind="aws_network_acl_rule", moves=(("port_range.from", "from_port"), ("port_range.to", "to_port"))
    ),
    "AWS::EC2::Subnet": Shape(kind="aws_subnet"),
    "AWS::EC2::VPC": Shape(kind="aws_vpc"),
    "AWS::EC2::FlowLog": Shape(kind="aws_flow_log", moves=(("resource_id", "vpc_id"),)),
    "AWS::EC2::Instance": Shape(kind="aws_instance", mend=_devices),
    "AWS::EC2::LaunchTemplate": Shape(
        kind="aws_launch_template", moves=_lifted("launch_template_data"), mend=_flat
    ),
    "AWS::AutoScaling::LaunchConfiguration": Shape(kind="aws_launch_configuration", mend=_devices),
    "AWS::EC2::Volume": Shape(kind="aws_ebs_volume"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Shape(
        kind="aws_lb", moves=(("type", "load_balancer_type"),), mend=_balancer
    ),
    "AWS::ElasticLoadBalancingV2::Listener": Shape(
        kind="aws_lb_listener",
        moves=(
            ("default_actions", "default_action"),
            ("default_action.redirect_config", "default_action.redirect"),
        ),
    ),
    "AWS::IAM::ManagedPolicy": Shape(kind="aws_iam_policy", moves=_POLICY),
    "AWS::IAM::Policy": Shape(kind="aws_iam_policy", moves=_POLICY),
    "AWS::RDS::DBInstance": Shape(kind="aws_db_instance", moves=_DATABASE_MOVES, mend=_database),
    "AWS::RDS::DBCluster": Shape(kind="aws_rds_cluster", moves=_DATABASE_MOVES),
    "AWS::DocDB::DBCluster": Shape(
        kind="aws_docdb_cluster",
        moves=(("enable_cloudwatch_logs_exports", "enabled_cloudwatch_logs_exports"),),
    ),
    "AWS::Neptune::DBCluster": Shape(kind="aws_neptune_cluster", moves=(("kms_key_id", "kms_key_arn"),)),
    "AWS::DAX::Cluster": Shape(
        kind="aws_dax_cluster", moves=(("sse_specification.sse_enabled", "server_side_encryption.enabled"),)
    ),
    "AWS::DynamoDB::Table": Shape(kind="aws_dynamodb_table", moves=_TABLE_MOVES),
    "AWS::Serverless::SimpleTable": Shape(kind="aws_dynamodb_table", moves=_TABLE_MOVES),
    "AWS::Serverless::Function": Shape(
        kind="aws_lambda_function", moves=(("tracing", "tracing_config.mode"),)
    ),
    "AWS::Serverless::Api": Shape(kind="aws_api_gateway_stage", moves=_STAGE_MOVES),
    "AWS::Serverless::HttpApi": Shape(kind="aws_apigatewayv2_stage"),
    "AWS::Redshift::Cluster": Shape(kind="aws_redshift_cluster"),
    "AWS::ElastiCache::ReplicationGroup": Shape(kind="aws_elasticache_replication_group"),
    "AWS::ElastiCache::CacheCluster": Shape(kind="aws_elasticache_cluster"),
    "AWS::CloudTrail::Trail": Shape(
        kind="aws_cloudtrail", moves=(("cloud_watch_logs_log_group_arn", "cloud_watch_logs_group_arn"),)
    ),
    "AWS::Config::ConfigurationAggregator": Shape(
        kind="aws_config_configuration_aggregator",
        moves=(
            ("account_aggregation_sources", "account_aggregation_source"),
            ("account_aggregation_source.all_aws_regions", "account_aggregation_source.all_regions"),
            (
                "organization_aggregation_source.all_aws_regions",
                "organization_aggregation_source.all_regions",
            ),
        ),
    ),
    "AWS::Logs::LogGroup": Shape(kind="aws_cloudwatch_log_group"),
    "AWS::KMS::Key": Shape(kind="aws_kms_key", moves=(("key_spec", "customer_master_key_spec"),)),
    "AWS::SNS::Topic": Shape(kind="aws_sns_topic"),
    "AWS::SQS::Queue": Shape(kind="aws_sqs_queue"),
    "AWS::SQS::QueuePolicy": Shape(kind="aws_sqs_queue_policy", moves=_POLICY),
    "AWS::Kinesis::Stream": Shape(
        kind="aws_kinesis_stream",
        moves=(
            ("stream_encryption.encryption_type", "encryption_type"),
            ("stream_encryption.key_id", "kms_key_id"),
        ),
    ),
    "AWS::AmazonMQ::Broker": Shape(kind="aws_mq_broker"),
    "AWS::MSK::Cluster": Shape(
        kind="aws_msk_cluster",
        moves=(
            (
                "encryption_info.encryption_at_rest.data_volume_kms_key_id",
                "encryption_info.encryption_at_rest_kms_key_arn",
            ),
            ("logging_info.broker_logs.cloud_watch_logs", "logging_info.broker_logs.cloudwatch_logs"),
        ),
    ),
    "AWS::EFS::FileSystem": Shape(kind="aws_efs_file_system"),
    "AWS::ECR::Repository": Shape(kind="aws_ecr_repository"),
    "AWS::ECS::Cluster": Shape(kind="aws_ecs_cluster", moves=(("cluster_settings", "setting"),)),
    "AWS::ECS::TaskDefinition": Shape(kind="aws_ecs_task_definition", moves=(("volumes", "volume"),)),
    "AWS::EKS::Cluster": Shape(
        kind="aws_eks_cluster", moves=(("resources_vpc_config", "vpc_config"),), mend=_eks
    ),
    "AWS::Lambda::Function": Shape(kind="aws_lambda_function"),
    "AWS::Lambda::Permission": Shape(kind="aws_lambda_permission"),
    "AWS::Elasticsearch::Domain": Shape(kind="aws_elasticsearch_domain", moves=_SEARCH_MOVES, mend=_search),
    "AWS::OpenSearchService::Domain": Shape(kind="aws_opensearch_domain", moves=_SEARCH_MOVES, mend=_search),
    "AWS::SecretsManager::Secret": Shape(kind="aws_secretsmanager_secret"),
    "AWS::CloudFront::Distribution": Shape(
        kind="aws_cloudfront_distribution",
        moves=(
            ("distribution_config.cache_behaviors", "distribution_config.ordered_cache_behavior"),
            ("distribution_config.logging", "distribution_config.logging_config"),
            (
                "distribution_config.viewer_certificate.cloud_front_default_certificate",
                "distribution_config.viewer_certificate.cloudfront_default_certificate",
            ),
            *_lifted("distribution_config"),
        ),
        mend=_flat,
    ),
    "AWS::ApiGateway::Stage": Shape(
        kind="aws_api_gateway_stage",
        moves=_STAGE_MOVES,
    ),
    "AWS::ApiGateway::Method": Shape(
        kind="aws_api_gateway_method", moves=(("authorization_type", "authorization"),)
    ),
    "AWS::ApiGatewayV2::Stage": Shape(kind="aws_apigatewayv2_stage"),
    "AWS::ApiGateway::DomainName": Shape(kind="aws_api_gateway_domain_name"),
    "AWS::Athena::WorkGroup": Shape(
        kind="aws_athena_workgroup",
        moves=(
            ("work_group_configuration", "configuration"),
            (
                "configuration.enforce_work_group_configuration",
                "configuration.enforce_workgroup_configuration",
            ),
        ),
    ),
    "AWS::CodeBuild::Project": Shape(kind="aws_codebuild_project"),
    "AWS::WorkSpaces::Workspace": Shape(kind="aws_workspaces_workspace"),
}
"""By type; of others no check knows anything."""

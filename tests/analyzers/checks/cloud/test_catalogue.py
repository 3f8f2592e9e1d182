# ruff: noqa: E501 - a sample is a line
from functools import cache

import pytest

from analyzers.checks.cloud.catalogue import CHECKS
from analyzers.inventory import Found
from analyzers.misconfig import terraform

POLICY = 'policy = jsonencode({{Statement=[{{Effect="Allow", Action=["{0}"], Resource=["{1}"], Principal="{2}"}}]}})'
INGRESS = 'ingress { cidr_blocks = ["0.0.0.0/0"]; from_port = 22; to_port = 22; protocol = "tcp" }'
AZ_RULE = (
    'security_rule { access = "Allow"; direction = "%s"; protocol = "Tcp"; source_address_prefix = "%s"; '
    'destination_address_prefix = "%s"; destination_port_range = "%s" }'
)
FLAG = 'database_version = "%s"; settings { database_flags { name = "%s"; value = "%s" } }'
BLOCK = 'resource "aws_s3_bucket" "$" { bucket = "b-$" }; resource "aws_s3_bucket_public_access_block" "$" { bucket = aws_s3_bucket.$.id; %s = %s }'
LINKED = 'resource "aws_s3_bucket" "$" { bucket = "b-$" }; resource "aws_s3_bucket_%s" "$" { bucket = aws_s3_bucket.$.bucket; %s }'
RULE = "server_side_encryption_configuration { rule { apply_server_side_encryption_by_default { %s } } }"
DOMAIN, SQL, GKE, POOL = (
    "aws_elasticsearch_domain",
    "google_sql_database_instance",
    "google_container_cluster",
    "google_container_node_pool",
)
VM, EKS, AKS, APP = (
    "google_compute_instance",
    "aws_eks_cluster",
    "azurerm_kubernetes_cluster",
    "azurerm_linux_web_app",
)
ALERTS = "azurerm_mssql_server_security_alert_policy"
PASSWORD = "aws_iam_account_password_policy"
NSG, PGC = "azurerm_network_security_group", "azurerm_postgresql_configuration"
DOCDB, NEPTUNE, REDSHIFT, MSK = (
    "aws_docdb_cluster",
    "aws_neptune_cluster",
    "aws_redshift_cluster",
    "aws_msk_cluster",
)
DB, CLUSTER, REPLICAS = "aws_db_instance", "aws_rds_cluster", "aws_elasticache_replication_group"
CDN, LISTENER, PROJECT = "aws_cloudfront_distribution", "aws_lb_listener", "google_project_iam_member"
DEFAULT = "1-compute@developer.gserviceaccount.com"

TRAIL = 's3_bucket_name = aws_s3_bucket.$.id }\nresource "aws_s3_bucket" "$" { bucket = "b-$"; %s'
DOKS, SPACE = "digitalocean_kubernetes_cluster", "digitalocean_spaces_bucket"

# Check, kind, what fails, what passes; ";" ends a line.
SAMPLES = [
    *(
        (check, "aws_s3_bucket", BLOCK % (name, "false"), BLOCK % (name, "true"))
        for check, name in (
            ("AWS-0086", "block_public_acls"),
            ("AWS-0087", "block_public_policy"),
            ("AWS-0091", "ignore_public_acls"),
            ("AWS-0093", "restrict_public_buckets"),
        )
    ),
    (
        "AWS-0088",
        "aws_s3_bucket",
        "",
        LINKED
        % (
            "server_side_encryption_configuration",
            'rule { apply_server_side_encryption_by_default { sse_algorithm = "AES256" } }',
        ),
    ),
    ("AWS-0089", "aws_s3_bucket", "", 'logging { target_bucket = "x" }'),
    (
        "AWS-0090",
        "aws_s3_bucket",
        "versioning { enabled = false }",
        LINKED % ("versioning", 'versioning_configuration { status = "Enabled" }'),
    ),
    ("AWS-0092", "aws_s3_bucket", 'acl = "public-read"', 'acl = "private"'),
    ("AWS-0094", "aws_s3_bucket", "", BLOCK % ("block_public_acls", "true")),
    ("AWS-0132", "aws_s3_bucket", RULE % 'sse_algorithm = "AES256"', RULE % 'kms_master_key_id = "k"'),
    ("AWS-0320", "aws_s3_bucket", 'bucket = "My.Bucket"', 'bucket = "my-bucket"'),
    ("AWS-0008", "aws_launch_configuration", "", "root_block_device { encrypted = true }"),
    ("AWS-0009", "aws_launch_configuration", "associate_public_ip_address = true", ""),
    ("AWS-0026", "aws_ebs_volume", "", "encrypted = true"),
    ("AWS-0027", "aws_ebs_volume", "", 'kms_key_id = "k"'),
    ("AWS-0028", "aws_instance", "", 'metadata_options { http_tokens = "required" }'),
    ("AWS-0029", "aws_instance", 'user_data = "export K=AKIA${"ABCDEFGHIJKLMNOP"}"', 'user_data = "true"'),
    (
        "AWS-0129",
        "aws_launch_template",
        'user_data = "export K=AKIA${"ABCDEFGHIJKLMNOP"}"',
        'user_data = "true"',
    ),
    (
        "AWS-0130",
        "aws_launch_template",
        "",
        'metadata_options { http_endpoint = "enabled"; http_tokens = "required" }',
    ),
    (
        "AWS-0131",
        "aws_instance",
        "root_block_device { encrypted = true }; ebs_block_device { encrypted = false }",
        "root_block_device { encrypted = true }",
    ),
    ("CB-A001", "aws_ami_launch_permission", 'group = "all"', 'group = "some"'),
    ("AWS-0099", "aws_security_group", "", 'description = "web"'),
    (
        "AWS-0102",
        "aws_network_acl_rule",
        'rule_action = "allow"; protocol = "-1"',
        'rule_action = "allow"; protocol = "tcp"',
    ),
    (
        "AWS-0104",
        "aws_security_group",
        'egress { cidr_blocks = ["0.0.0.0/0"] }',
        'egress { cidr_blocks = ["10.0.0.0/8"] }',
    ),
    (
        "AWS-0105",
        "aws_network_acl_rule",
        'rule_action = "allow"; cidr_block = "0.0.0.0/0"; protocol = "tcp"; from_port = 22; to_port = 22',
        'rule_action = "allow"; cidr_block = "10.0.0.0/8"; protocol = "tcp"; from_port = 22; to_port = 22',
    ),
    ("AWS-0107", "aws_security_group", INGRESS, INGRESS.replace("22", "443")),
    ("AWS-0124", "aws_security_group", INGRESS, 'ingress { description = "x" }'),
    ("AWS-0164", "aws_subnet", "map_public_ip_on_launch = true", ""),
    ("AWS-0173", "aws_default_security_group", "ingress { from_port = 0 }", ""),
    (
        "AWS-0178",
        "aws_vpc",
        "",
        'resource "aws_vpc" "$" { cidr_block = "10.0.0.0/16" }; resource "aws_flow_log" "$" { vpc_id = aws_vpc.$.id }',
    ),
    *(
        (check, PASSWORD, "", f"{name} = {value}")
        for check, name, value in (
            ("AWS-0056", "password_reuse_prevention", "5"),
            ("AWS-0058", "require_lowercase_characters", "true"),
            ("AWS-0059", "require_numbers", "true"),
            ("AWS-0060", "require_symbols", "true"),
            ("AWS-0061", "require_uppercase_characters", "true"),
            ("AWS-0062", "max_password_age", "90"),
            ("AWS-0063", "minimum_password_length", "14"),
        )
    ),
    (
        "AWS-0057",
        "aws_iam_policy",
        POLICY.format("s3:*", "*", ""),
        POLICY.format("s3:GetObject", "arn:x", ""),
    ),
    (
        "AWS-0342",
        "aws_iam_policy",
        POLICY.format("iam:PassRole", "*", ""),
        POLICY.format("iam:PassRole", "arn:x", ""),
    ),
    ("AWS-0077", DB, "backup_retention_period = 1", "backup_retention_period = 7"),
    (
        "AWS-0078",
        DB,
        "performance_insights_enabled = true",
        'performance_insights_enabled = true; performance_insights_kms_key_id = "k"',
    ),
    ("AWS-0079", CLUSTER, "", "storage_encrypted = true"),
    ("AWS-0080", DB, "storage_encrypted = false", "storage_encrypted = true"),
    ("AWS-0133", DB, "", "performance_insights_enabled = true"),
    ("AWS-0176", DB, 'engine = "mysql"', 'engine = "mysql"; iam_database_authentication_enabled = true'),
    ("AWS-0177", DB, "", "deletion_protection = true"),
    ("AWS-0180", DB, "publicly_accessible = true", ""),
    ("AWS-0343", CLUSTER, "", "deletion_protection = true"),
    ("AWS-0020", DOCDB, "", 'enabled_cloudwatch_logs_exports = ["audit"]'),
    ("AWS-0021", DOCDB, "", "storage_encrypted = true"),
    ("AWS-0022", DOCDB, "", 'kms_key_id = "k"'),
    ("AWS-0075", NEPTUNE, "", 'enable_cloudwatch_logs_exports = ["audit"]'),
    ("AWS-0076", NEPTUNE, "", "storage_encrypted = true"),
    ("AWS-0128", NEPTUNE, "", 'kms_key_arn = "k"'),
    ("AWS-0023", "aws_dax_cluster", "", "server_side_encryption { enabled = true }"),
    ("AWS-0024", "aws_dynamodb_table", "", "point_in_time_recovery { enabled = true }"),
    ("AWS-0025", "aws_dynamodb_table", "", 'server_side_encryption { enabled = true; kms_key_arn = "k" }'),
    ("AWS-0084", REDSHIFT, "", "encrypted = true"),
    ("AWS-0127", REDSHIFT, "", 'cluster_subnet_group_name = "s"'),
    ("CB-A002", REDSHIFT, "publicly_accessible = true", ""),
    ("AWS-0045", REPLICAS, "", "at_rest_encryption_enabled = true"),
    (
        "AWS-0050",
        "aws_elasticache_cluster",
        'engine = "redis"',
        'engine = "redis"; snapshot_retention_limit = 5',
    ),
    ("AWS-0051", REPLICAS, "", "transit_encryption_enabled = true"),
    (
        "AWS-0038",
        EKS,
        'enabled_cluster_log_types = ["api"]',
        'enabled_cluster_log_types = ["api", "audit", "authenticator", "controllerManager", "scheduler"]',
    ),
    ("AWS-0039", EKS, "", 'encryption_config { resources = ["secrets"]; provider { key_arn = "k" } }'),
    ("AWS-0040", EKS, "", "vpc_config { endpoint_public_access = false }"),
    ("AWS-0041", EKS, "", 'vpc_config { public_access_cidrs = ["198.51.100.0/24"] }'),
    ("AWS-0034", "aws_ecs_cluster", "", 'setting { name = "containerInsights"; value = "enabled" }'),
    (
        "AWS-0035",
        "aws_ecs_task_definition",
        'volume { efs_volume_configuration { file_system_id = "f" } }',
        'volume { efs_volume_configuration { transit_encryption = "ENABLED" } }',
    ),
    ("AWS-0030", "aws_ecr_repository", "", "image_scanning_configuration { scan_on_push = true }"),
    ("AWS-0031", "aws_ecr_repository", "", 'image_tag_mutability = "IMMUTABLE"'),
    (
        "AWS-0032",
        "aws_ecr_repository_policy",
        POLICY.format("ecr:*", "r", "*"),
        POLICY.format("ecr:*", "r", "arn:x"),
    ),
    (
        "AWS-0033",
        "aws_ecr_repository",
        "",
        'encryption_configuration { encryption_type = "KMS"; kms_key = "k" }',
    ),
    ("AWS-0066", "aws_lambda_function", "", 'tracing_config { mode = "Active" }'),
    (
        "AWS-0067",
        "aws_lambda_permission",
        'principal = "s3.amazonaws.com"',
        'principal = "s3.amazonaws.com"; source_arn = "arn:x"',
    ),
    (
        "AWS-0047",
        LISTENER,
        'protocol = "HTTPS"; ssl_policy = "ELBSecurityPolicy-2016-08"',
        'protocol = "HTTPS"; ssl_policy = "ELBSecurityPolicy-TLS13-1-2-2021-06"',
    ),
    ("AWS-0052", "aws_lb", "", "drop_invalid_header_fields = true"),
    ("AWS-0053", "aws_lb", "internal = false", "internal = true"),
    (
        "AWS-0054",
        LISTENER,
        'protocol = "HTTP"',
        'protocol = "HTTP"; default_action { type = "redirect"; redirect { protocol = "HTTPS" } }',
    ),
    ("AWS-0010", CDN, "", 'logging_config { bucket = "b" }'),
    ("AWS-0011", CDN, "", 'web_acl_id = "w"'),
    (
        "AWS-0012",
        CDN,
        'default_cache_behavior { viewer_protocol_policy = "allow-all" }',
        'default_cache_behavior { viewer_protocol_policy = "https-only" }',
    ),
    (
        "AWS-0013",
        CDN,
        'viewer_certificate { minimum_protocol_version = "TLSv1" }',
        'viewer_certificate { minimum_protocol_version = "TLSv1.2_2021" }',
    ),
    ("AWS-0001", "aws_api_gateway_stage", "", 'access_log_settings { destination_arn = "a" }'),
    ("AWS-0003", "aws_api_gateway_stage", "", "xray_tracing_enabled = true"),
    ("AWS-0005", "aws_api_gateway_domain_name", 'security_policy = "TLS_1_0"', 'security_policy = "TLS_1_2"'),
    ("AWS-0095", "aws_sns_topic", "", 'kms_master_key_id = "k"'),
    ("AWS-0136", "aws_sns_topic", 'kms_master_key_id = "alias/aws/sns"', 'kms_master_key_id = "k"'),
    ("AWS-0096", "aws_sqs_queue", "", "sqs_managed_sse_enabled = true"),
    (
        "AWS-0097",
        "aws_sqs_queue_policy",
        POLICY.format("sqs:*", "q", "x"),
        POLICY.format("sqs:SendMessage", "q", "x"),
    ),
    ("AWS-0135", "aws_sqs_queue", 'kms_master_key_id = "alias/aws/sqs"', 'kms_master_key_id = "k"'),
    (
        "AWS-0064",
        "aws_kinesis_stream",
        'encryption_type = "KMS"',
        'encryption_type = "KMS"; kms_key_id = "k"',
    ),
    ("AWS-0070", "aws_mq_broker", "", "logs { audit = true }"),
    ("AWS-0071", "aws_mq_broker", "", "logs { general = true }"),
    ("AWS-0072", "aws_mq_broker", "publicly_accessible = true", ""),
    ("AWS-0073", MSK, 'encryption_info { encryption_in_transit { client_broker = "PLAINTEXT" } }', ""),
    ("AWS-0074", MSK, "", "logging_info { broker_logs { s3 { enabled = true } } }"),
    ("AWS-0179", MSK, "", 'encryption_info { encryption_at_rest_kms_key_arn = "k" }'),
    ("AWS-0014", "aws_cloudtrail", "", "is_multi_region_trail = true"),
    ("AWS-0015", "aws_cloudtrail", "", 'kms_key_id = "k"'),
    ("AWS-0016", "aws_cloudtrail", "", "enable_log_file_validation = true"),
    ("AWS-0162", "aws_cloudtrail", "", 'cloud_watch_logs_group_arn = "a"'),
    ("AWS-0017", "aws_cloudwatch_log_group", "", 'kms_key_id = "k"'),
    (
        "AWS-0019",
        "aws_config_configuration_aggregator",
        "account_aggregation_source { all_regions = false }",
        "account_aggregation_source { all_regions = true }",
    ),
    ("AWS-0065", "aws_kms_key", "", "enable_key_rotation = true"),
    ("AWS-0098", "aws_secretsmanager_secret", "", 'kms_key_id = "k"'),
    (
        "CB-A003",
        "aws_ssm_parameter",
        'name = "/db/password"; type = "String"',
        'name = "/db/password"; type = "SecureString"',
    ),
    ("AWS-0018", "aws_codebuild_project", "artifacts { encryption_disabled = true }", ""),
    ("AWS-0037", "aws_efs_file_system", "", "encrypted = true"),
    ("AWS-0042", DOMAIN, "", 'log_publishing_options { log_type = "AUDIT_LOGS" }'),
    ("AWS-0043", DOMAIN, "", "node_to_node_encryption { enabled = true }"),
    ("AWS-0046", DOMAIN, "", "domain_endpoint_options { enforce_https = true }"),
    ("AWS-0048", DOMAIN, "", "encrypt_at_rest { enabled = true }"),
    (
        "AWS-0126",
        DOMAIN,
        "",
        'domain_endpoint_options { tls_security_policy = "Policy-Min-TLS-1-2-2019-07" }',
    ),
    ("AWS-0006", "aws_athena_database", "", 'encryption_configuration { encryption_option = "SSE_KMS" }'),
    ("AWS-0007", "aws_athena_workgroup", "configuration { enforce_workgroup_configuration = false }", ""),
    (
        "AWS-0109",
        "aws_workspaces_workspace",
        "root_volume_encryption_enabled = true",
        "root_volume_encryption_enabled = true; user_volume_encryption_enabled = true",
    ),
    ("AZU-0007", "azurerm_storage_container", 'container_access_type = "blob"', ""),
    ("AZU-0008", "azurerm_storage_account", "enable_https_traffic_only = false", ""),
    (
        "AZU-0009",
        "azurerm_storage_account",
        "queue_properties { hour_metrics = 1 }",
        "queue_properties { logging { read = true } }",
    ),
    (
        "AZU-0010",
        "azurerm_storage_account",
        'network_rules { bypass = ["Metrics"] }',
        'network_rules { bypass = ["AzureServices"] }',
    ),
    ("AZU-0011", "azurerm_storage_account", 'min_tls_version = "TLS1_0"', 'min_tls_version = "TLS1_2"'),
    (
        "AZU-0012",
        "azurerm_storage_account",
        'network_rules { default_action = "Allow" }',
        'network_rules { default_action = "Deny" }',
    ),
    ("CB-A101", "azurerm_storage_account", "allow_nested_items_to_be_public = true", ""),
    ("AZU-0036", "azurerm_data_lake_store", 'encryption_state = "Disabled"', ""),
    ("AZU-0038", "azurerm_managed_disk", "encryption_settings { enabled = false }", ""),
    (
        "AZU-0047",
        NSG,
        AZ_RULE % ("Inbound", "*", "10.0.0.1", "80"),
        AZ_RULE % ("Inbound", "10.0.0.0/8", "*", "80"),
    ),
    (
        "AZU-0048",
        NSG,
        AZ_RULE % ("Inbound", "Internet", "*", "3000-4000"),
        AZ_RULE % ("Inbound", "*", "*", "80"),
    ),
    (
        "AZU-0049",
        "azurerm_network_watcher_flow_log",
        "retention_policy { enabled = true; days = 7 }",
        "retention_policy { enabled = true; days = 90 }",
    ),
    ("AZU-0050", NSG, AZ_RULE % ("Inbound", "*", "*", "22"), AZ_RULE % ("Inbound", "10.0.0.0/8", "*", "22")),
    ("AZU-0051", NSG, AZ_RULE % ("Outbound", "*", "*", "80"), AZ_RULE % ("Outbound", "*", "10.0.0.1", "80")),
    ("AZU-0013", "azurerm_key_vault", "", 'network_acls { default_action = "Deny" }'),
    ("AZU-0014", "azurerm_key_vault_key", "", 'expiration_date = "2030-01-01T00:00:00Z"'),
    ("AZU-0015", "azurerm_key_vault_secret", "", 'content_type = "password"'),
    ("AZU-0016", "azurerm_key_vault", "", "purge_protection_enabled = true"),
    ("AZU-0017", "azurerm_key_vault_secret", "", 'expiration_date = "2030-01-01T00:00:00Z"'),
    *(
        (check, PGC, f'name = "{name}"; value = "off"', f'name = "{name}"; value = "on"')
        for check, name in (
            ("AZU-0019", "log_connections"),
            ("AZU-0021", "connection_throttling"),
            ("AZU-0024", "log_checkpoints"),
        )
    ),
    ("AZU-0020", "azurerm_postgresql_server", "", "ssl_enforcement_enabled = true"),
    ("AZU-0022", "azurerm_mssql_server", "", "public_network_access_enabled = false"),
    (
        "AZU-0025",
        "azurerm_mssql_server_extended_auditing_policy",
        "retention_in_days = 6",
        "retention_in_days = 90",
    ),
    ("AZU-0026", "azurerm_mssql_server", 'minimum_tls_version = "1.0"', 'minimum_tls_version = "1.2"'),
    (
        "AZU-0027",
        "azurerm_mssql_server",
        "",
        'resource "azurerm_mssql_server" "$" { name = "s-$" }; resource "azurerm_mssql_server_extended_auditing_policy" "$" { server_id = azurerm_mssql_server.$.id }',
    ),
    (
        "AZU-0029",
        "azurerm_mssql_firewall_rule",
        'start_ip_address = "0.0.0.0"; end_ip_address = "255.255.255.255"',
        'start_ip_address = "0.0.0.0"; end_ip_address = "0.0.0.0"',
    ),
    (
        "AZU-0037",
        "azurerm_linux_virtual_machine",
        'custom_data = "export DB_PASSWORD=hunter22"',
        'custom_data = "true"',
    ),
    ("AZU-0039", "azurerm_linux_virtual_machine", "disable_password_authentication = false", ""),
    ("AZU-0040", AKS, "", 'oms_agent { log_analytics_workspace_id = "w" }'),
    ("AZU-0041", AKS, "", 'api_server_access_profile { authorized_ip_ranges = ["198.51.100.0/24"] }'),
    ("AZU-0042", AKS, "role_based_access_control_enabled = false", ""),
    ("AZU-0043", AKS, "", 'network_profile { network_policy = "calico" }'),
    ("AZU-0001", APP, "", "client_certificate_enabled = true"),
    ("AZU-0002", APP, "", 'identity { type = "SystemAssigned" }'),
    ("AZU-0003", APP, "", "auth_settings { enabled = true }"),
    ("AZU-0004", APP, "", "https_only = true"),
    ("AZU-0005", APP, "", "site_config { http2_enabled = true }"),
    (
        "AZU-0006",
        APP,
        'site_config { minimum_tls_version = "1.0" }',
        'site_config { minimum_tls_version = "1.2" }',
    ),
    ("AZU-0035", "azurerm_data_factory", "", "public_network_enabled = false"),
    ("AZU-0034", "azurerm_synapse_workspace", "", "managed_virtual_network_enabled = true"),
    (
        "AZU-0031",
        "azurerm_monitor_log_profile",
        "retention_policy { enabled = true; days = 7 }",
        "retention_policy { enabled = true; days = 365 }",
    ),
    (
        "AZU-0030",
        "azurerm_role_definition",
        'permissions { actions = ["*"] }',
        'permissions { actions = ["x/read"] }',
    ),
    ("GCP-0001", "google_storage_bucket_iam_member", 'member = "allUsers"', 'member = "group:a@example.com"'),
    ("GCP-0002", "google_storage_bucket", "", "uniform_bucket_level_access = true"),
    ("GCP-0066", "google_storage_bucket", "", 'encryption { default_kms_key_name = "k" }'),
    ("CB-A201", "google_storage_bucket", "", "versioning { enabled = true }"),
    ("GCP-0065", "google_kms_crypto_key", 'rotation_period = "9999999s"', 'rotation_period = "7776000s"'),
    (
        "GCP-0046",
        "google_bigquery_dataset",
        'access { special_group = "allAuthenticatedUsers" }',
        'access { special_group = "projectOwners" }',
    ),
    (
        "GCP-0012",
        "google_dns_managed_zone",
        'dnssec_config { default_key_specs { algorithm = "rsasha1" } }',
        "",
    ),
    ("GCP-0013", "google_dns_managed_zone", "", 'dnssec_config { state = "on" }'),
    (
        "GCP-0027",
        "google_compute_firewall",
        'source_ranges = ["0.0.0.0/0"]; allow { protocol = "tcp" }',
        'source_ranges = ["10.0.0.0/8"]; allow { protocol = "tcp" }',
    ),
    (
        "GCP-0035",
        "google_compute_firewall",
        'direction = "EGRESS"; destination_ranges = ["0.0.0.0/0"]; allow { protocol = "tcp" }',
        'direction = "EGRESS"; destination_ranges = ["0.0.0.0/0"]; deny { protocol = "tcp" }',
    ),
    ("GCP-0029", "google_compute_subnetwork", "", 'log_config { metadata = "x" }'),
    ("GCP-0030", VM, "", "metadata = { block-project-ssh-keys = true }"),
    (
        "GCP-0031",
        VM,
        'network_interface { access_config { nat_ip = "" } }',
        'network_interface { network = "n" }',
    ),
    ("GCP-0032", VM, "metadata = { serial-port-enable = true }", ""),
    ("GCP-0033", VM, "", 'boot_disk { kms_key_self_link = "k" }'),
    ("GCP-0034", "google_compute_disk", "", 'disk_encryption_key { kms_key_self_link = "k" }'),
    ("GCP-0036", VM, "metadata = { enable-oslogin = false }", ""),
    ("GCP-0037", "google_compute_disk", 'disk_encryption_key { raw_key = "c2VjcmV0" }', ""),
    ("GCP-0039", "google_compute_ssl_policy", "", 'min_tls_version = "TLS_1_2"'),
    ("GCP-0041", VM, "shielded_instance_config { enable_vtpm = false }", ""),
    ("GCP-0042", "google_compute_project_metadata", "", 'metadata = { enable-oslogin = "TRUE" }'),
    ("GCP-0043", VM, "can_ip_forward = true", ""),
    (
        "GCP-0044",
        VM,
        'service_account { scopes = ["s"] }',
        'service_account { email = "a@p.iam.gserviceaccount.com" }',
    ),
    ("GCP-0045", VM, "shielded_instance_config { enable_integrity_monitoring = false }", ""),
    ("GCP-0067", VM, "", "shielded_instance_config { enable_secure_boot = true }"),
    ("GCP-0048", GKE, "node_config { metadata = { disable-legacy-endpoints = false } }", ""),
    ("GCP-0049", GKE, "", 'ip_allocation_policy { cluster_secondary_range_name = "r" }'),
    ("GCP-0050", GKE, "", 'node_config { service_account = "a" }'),
    ("GCP-0051", GKE, "", 'resource_labels = { team = "a" }'),
    ("GCP-0052", GKE, 'monitoring_service = "none"', ""),
    (
        "GCP-0053",
        GKE,
        'master_authorized_networks_config { cidr_blocks { cidr_block = "0.0.0.0/0" } }',
        'master_authorized_networks_config { cidr_blocks { cidr_block = "10.0.0.0/8" } }',
    ),
    ("GCP-0054", POOL, 'node_config { image_type = "UBUNTU" }', ""),
    ("GCP-0055", GKE, "enable_shielded_nodes = false", ""),
    ("GCP-0056", GKE, "", "network_policy { enabled = true }"),
    (
        "GCP-0057",
        POOL,
        'node_config { workload_metadata_config { mode = "GCE_METADATA" } }',
        'node_config { workload_metadata_config { mode = "GKE_METADATA" } }',
    ),
    ("GCP-0058", POOL, "management { auto_upgrade = false }", ""),
    ("GCP-0059", GKE, "", "private_cluster_config { enable_private_nodes = true }"),
    ("GCP-0060", GKE, 'logging_service = "none"', ""),
    ("GCP-0061", GKE, "", 'master_authorized_networks_config { cidr_blocks { cidr_block = "10.0.0.0/8" } }'),
    ("GCP-0062", GKE, "enable_legacy_abac = true", ""),
    ("GCP-0063", POOL, "management { auto_repair = false }", ""),
    ("GCP-0064", GKE, "master_auth { client_certificate_config { issue_client_certificate = true } }", ""),
    *(
        (check, SQL, FLAG % (engine, name, bad), FLAG % (engine, name, good))
        for check, engine, name, bad, good in (
            ("GCP-0014", "POSTGRES_16", "log_temp_files", "9", "0"),
            ("GCP-0016", "POSTGRES_16", "log_connections", "off", "on"),
            ("GCP-0018", "POSTGRES_16", "log_min_messages", "PANIC", "ERROR"),
            ("GCP-0019", "SQLSERVER_2022", "cross db ownership chaining", "on", "off"),
            ("GCP-0020", "POSTGRES_16", "log_lock_waits", "off", "on"),
            ("GCP-0021", "POSTGRES_16", "log_min_duration_statement", "9", "-1"),
            ("GCP-0022", "POSTGRES_16", "log_disconnections", "off", "on"),
            ("GCP-0023", "SQLSERVER_2022", "contained database authentication", "on", "off"),
            ("GCP-0025", "POSTGRES_16", "log_checkpoints", "off", "on"),
            ("GCP-0026", "MYSQL_8_0", "local_infile", "on", "off"),
        )
    ),
    ("GCP-0015", SQL, "", 'settings { ip_configuration { ssl_mode = "ENCRYPTED_ONLY" } }'),
    (
        "GCP-0017",
        SQL,
        "settings { ip_configuration { ipv4_enabled = true } }",
        "settings { ip_configuration { ipv4_enabled = false } }",
    ),
    ("GCP-0024", SQL, "", "settings { backup_configuration { enabled = true } }"),
    (
        "GCP-0003",
        PROJECT,
        'role = "r"; member = "user:a@example.com"',
        'role = "r"; member = "group:a@example.com"',
    ),
    (
        "GCP-0006",
        PROJECT,
        f'role = "r"; member = "serviceAccount:{DEFAULT}"',
        'role = "r"; member = "group:a@example.com"',
    ),
    (
        "GCP-0007",
        PROJECT,
        'role = "roles/owner"; member = "serviceAccount:a@p"',
        'role = "roles/viewer"; member = "serviceAccount:a@p"',
    ),
    (
        "GCP-0011",
        PROJECT,
        'role = "roles/iam.serviceAccountUser"; member = "group:a"',
        'role = "roles/viewer"; member = "group:a"',
    ),
    (
        "GCP-0004",
        "google_folder_iam_member",
        f'role = "r"; member = "serviceAccount:{DEFAULT}"',
        'role = "r"; member = "group:a"',
    ),
    (
        "GCP-0005",
        "google_folder_iam_member",
        'role = "roles/iam.serviceAccountUser"; member = "group:a"',
        'role = "roles/viewer"; member = "group:a"',
    ),
    (
        "GCP-0008",
        "google_organization_iam_member",
        f'role = "r"; member = "serviceAccount:{DEFAULT}"',
        'role = "r"; member = "group:a"',
    ),
    (
        "GCP-0009",
        "google_organization_iam_member",
        'role = "roles/iam.serviceAccountUser"; member = "group:a"',
        'role = "roles/viewer"; member = "group:a"',
    ),
    ("GCP-0010", "google_project", "", "auto_create_network = false"),
    ("GCP-0068", "google_iam_workload_identity_pool_provider", "", 'attribute_condition = "x"'),
    (
        "AWS-0002",
        "aws_api_gateway_method_settings",
        "settings { caching_enabled = true }",
        "settings { caching_enabled = true; cache_data_encrypted = true }",
    ),
    ("AWS-0004", "aws_api_gateway_method", 'authorization = "NONE"', 'authorization = "AWS_IAM"'),
    (
        "AWS-0036",
        "aws_ecs_task_definition",
        'container_definitions = jsonencode([{environment=[{name="DB_PASSWORD", value="x"}]}])',
        'container_definitions = jsonencode([{environment=[{name="DB_HOST", value="x"}]}])',
    ),
    ("AZU-0018", ALERTS, "", 'email_addresses = ["a@example.com"]'),
    ("AZU-0023", ALERTS, "", "email_account_admins = true"),
    ("AZU-0028", ALERTS, 'disabled_alerts = ["Sql_Injection"]', ""),
    (
        "AZU-0033",
        "azurerm_monitor_log_profile",
        'categories = ["Write"]',
        'categories = ["Action", "Delete", "Write"]',
    ),
    (
        "AWS-0122",
        "aws_launch_configuration",
        'user_data = "export DATABASE_PASSWORD=password1234"',
        'user_data = "export DATABASE_HOST=db"',
    ),
    (
        "AWS-0123",
        "aws_iam_group",
        'name = "$"',
        'name = "$" }\nresource "aws_iam_group_policy" "$" { group = aws_iam_group.$.name; policy = "{\\"Condition\\": {\\"Bool\\": {\\"aws:MultiFactorAuthPresent\\": true}}}"',
    ),
    ("AWS-0161", "aws_cloudtrail", TRAIL % 'acl = "public-read"', TRAIL % 'acl = "private"'),
    ("AWS-0163", "aws_cloudtrail", TRAIL % 'acl = "private"', TRAIL % 'logging { target_bucket = "b" }'),
    ("AWS-0190", "aws_api_gateway_method_settings", "", "settings { caching_enabled = true }"),
    ("CLDSTK-0001", "cloudstack_instance", 'user_data = "export DB_PASSWORD=hunter2222"', 'user_data = "a"'),
    (
        "DIG-0001",
        "digitalocean_firewall",
        'inbound_rule { source_addresses = ["::/0"] }',
        'inbound_rule { source_addresses = ["10.0.0.0/8"] }',
    ),
    (
        "DIG-0002",
        "digitalocean_loadbalancer",
        'forwarding_rule { entry_protocol = "http" }',
        'forwarding_rule { entry_protocol = "http" }; redirect_http_to_https = true',
    ),
    (
        "DIG-0003",
        "digitalocean_firewall",
        'outbound_rule { destination_addresses = ["0.0.0.0/0"] }',
        'outbound_rule { destination_addresses = ["10.0.0.0/8"] }',
    ),
    ("DIG-0004", "digitalocean_droplet", "", "ssh_keys = [1]"),
    ("DIG-0005", DOKS, "surge_upgrade = false", ""),
    ("DIG-0006", SPACE, 'acl = "public-read"', ""),
    ("DIG-0007", SPACE, "", "versioning { enabled = true }"),
    ("DIG-0008", DOKS, "", "auto_upgrade = true"),
    ("DIG-0009", SPACE, "force_destroy = true", ""),
    ("GIT-0001", "github_repository", "", 'visibility = "internal"'),
    ("GIT-0002", "github_actions_secret", 'plaintext_value = "x"', 'encrypted_value = "x"'),
    ("GIT-0003", "github_repository", "", "vulnerability_alerts = true"),
    ("GIT-0004", "github_branch_protection", "", "require_signed_commits = true"),
    (
        "NIF-0001",
        "nifcloud_security_group_rule",
        'type = "IN"; cidr_ip = "0.0.0.0/0"',
        'type = "IN"; cidr_ip = "10.0.0.0/8"',
    ),
    *(
        (check, kind, 'description = "Managed by Terraform"', 'description = "of the shop"')
        for check, kind in (
            ("NIF-0002", "nifcloud_security_group"),
            ("NIF-0003", "nifcloud_security_group_rule"),
            ("NIF-0012", "nifcloud_db_security_group"),
            ("NIF-0015", "nifcloud_nas_security_group"),
        )
    ),
    *(
        (check, kind, "", 'security_group = "web"')
        for check, kind in (
            ("NIF-0004", "nifcloud_instance"),
            ("NIF-0016", "nifcloud_router"),
            ("NIF-0018", "nifcloud_vpn_gateway"),
        )
    ),
    *(
        (
            check,
            kind,
            'network_interface { network_id = "net-COMMON_PRIVATE" }',
            'network_interface { network_id = "net-1" }',
        )
        for check, kind in (
            ("NIF-0005", "nifcloud_instance"),
            ("NIF-0017", "nifcloud_router"),
            ("NIF-0019", "nifcloud_elb"),
        )
    ),
    (
        "NIF-0007",
        "nifcloud_dns_record",
        'type = "TXT"; record = "nifty-dns-verify=1"',
        'type = "TXT"; record = "x"',
    ),
    ("NIF-0008", "nifcloud_db_instance", "", "publicly_accessible = false"),
    ("NIF-0009", "nifcloud_db_instance", "backup_retention_period = 1", "backup_retention_period = 5"),
    ("NIF-0010", "nifcloud_db_instance", "", 'network_id = "net-1"'),
    (
        "NIF-0011",
        "nifcloud_db_security_group",
        'rule { cidr_ip = "0.0.0.0/0" }',
        'rule { cidr_ip = "10.0.0.0/8" }',
    ),
    ("NIF-0013", "nifcloud_nas_instance", "", 'network_id = "net-1"'),
    (
        "NIF-0014",
        "nifcloud_nas_security_group",
        'rule { cidr_ip = "0.0.0.0/0" }',
        'rule { cidr_ip = "10.0.0.0/8" }',
    ),
    (
        "NIF-0020",
        "nifcloud_load_balancer",
        "load_balancer_port = 443",
        'load_balancer_port = 443; ssl_policy_id = "4"',
    ),
    ("NIF-0021", "nifcloud_load_balancer", "load_balancer_port = 80", "load_balancer_port = 443"),
    (
        "OCI-0001",
        "opc_compute_ip_address_reservation",
        'ip_address_pool = "public-ippool"',
        'ip_address_pool = "cloud-ippool"',
    ),
    ("OPNSTK-0001", "openstack_compute_instance_v2", 'admin_pass = "x"', 'key_pair = "k"'),
    (
        "OPNSTK-0002",
        "openstack_fw_rule_v2",
        'action = "allow"; source_ip_address = "10.0.0.1"',
        'action = "allow"; source_ip_address = "10.0.0.1"; destination_ip_address = "10.0.0.2"',
    ),
    (
        "OPNSTK-0003",
        "openstack_networking_secgroup_rule_v2",
        'direction = "ingress"; remote_ip_prefix = "0.0.0.0/0"',
        'direction = "ingress"; remote_ip_prefix = "8.8.8.8/32"',
    ),
    (
        "OPNSTK-0004",
        "openstack_networking_secgroup_rule_v2",
        'direction = "egress"',
        'direction = "egress"; remote_group_id = "g"',
    ),
    ("OPNSTK-0005", "openstack_networking_secgroup_v2", "", 'description = "of the shop"'),
]
# What is wrong by being there at all.
ALWAYS = {"AWS-0101": "aws_default_vpc", "AWS-0143": "aws_iam_user_policy"}


def hcl(kind: str, name: str, body: str) -> str:
    text = body if body.startswith("resource ") else f'resource "{kind}" "$" {{ {body} }}'
    if "jsonencode" not in text:
        text = text.replace("{ ", "{\n").replace(" }", "\n}")
    else:
        text = text.replace('" { ', '" {\n').removesuffix(" }") + "\n}"
    return (
        text.replace("$ {", "${")
        .replace("; ", "\n")
        .replace('"$"', f'"{name}"')
        .replace(".$.", f".{name}.")
        .replace("b-$", f"b-{name}")
        .replace("s-$", f"s-{name}")
        + "\n"
    )


def named(check: str, word: str) -> str:
    return f"{word}_{check.lower()}"


@cache
def outcomes() -> dict[tuple[str, str], bool]:
    parts = [hcl(kind, named(check, "bad"), bad) for check, kind, bad, _ in SAMPLES]
    parts += [hcl(kind, named(check, "good"), good) for check, kind, _, good in SAMPLES]
    parts += [hcl(kind, named(check, "bad"), "") for check, kind in ALWAYS.items()]
    (found,) = terraform.combine([Found("main.tf", note="".join(parts).encode())])
    # Pools of no cluster, of which nobody knows what it has its nodes do.
    assert [each for each in found.problems if "GCP-0057 (cluster)" not in each.reason] == []
    passed: dict[tuple[str, str], bool] = {}
    for each in found.outcomes:
        key = each.check, each.resource
        passed[key] = passed.get(key, True) and each.passed
    return passed


@pytest.mark.parametrize(("check", "kind"), [(each[0], each[1]) for each in SAMPLES])
def test_bad_fails_and_good_passes(check: str, kind: str) -> None:
    assert outcomes()[check, f"{kind}.{named(check, 'bad')}"] is False
    assert outcomes()[check, f"{kind}.{named(check, 'good')}"] is True


@pytest.mark.parametrize(("check", "kind"), ALWAYS.items())
def test_wrong_by_being_there(check: str, kind: str) -> None:
    assert outcomes()[check, f"{kind}.{named(check, 'bad')}"] is False


def test_every_check_has_a_sample() -> None:
    assert {each.id for each in CHECKS} == {each[0] for each in SAMPLES} | ALWAYS.keys()


def test_ids_are_unique() -> None:
    assert len({each.id for each in CHECKS}) == len(CHECKS)

# ruff: noqa: E501 - a sample is a line
from functools import cache

import pytest

from analyzers.inventory import Found
from analyzers.misconfig import terraform

# What is written of a resource "x" with a variable "v" whose value nobody gives, and what a check says of it.
CASES = [
    ("AWS-0026", "aws_ebs_volume", "encrypted = var.v", "undecided"),
    ("AWS-0026", "aws_ebs_volume", "encrypted = local.off", "failed"),
    ("AWS-0026", "aws_ebs_volume", 'encrypted = "perhaps"', "undecided"),
    ("AWS-0027", "aws_ebs_volume", "kms_key_id = var.v", "undecided"),
    ("AWS-0027", "aws_ebs_volume", "kms_key_id = aws_kms_key.k.arn", "passed"),
    ("AWS-0027", "aws_ebs_volume", "kms_key_id = data.aws_kms_key.k.arn", "passed"),
    ("AWS-0027", "aws_ebs_volume", "kms_key_id = module.keys.arn", "passed"),
    ("AWS-0027", "aws_ebs_volume", "kms_key_id = null", "failed"),
    ("AWS-0077", "aws_db_instance", "backup_retention_period = var.v", "undecided"),
    ("AWS-0031", "aws_ecr_repository", "image_tag_mutability = var.v", "undecided"),
    ("AWS-0164", "aws_subnet", "map_public_ip_on_launch = var.v", "undecided"),
    ("GCP-0031", "google_compute_instance", "network_interface {\naccess_config {}\n}", "failed"),
    ("AWS-0176", "aws_db_instance", 'engine = "oracle-se2"', "nothing"),
    ("AWS-0176", "aws_db_instance", "engine = var.v", "undecided"),
    ("AWS-0078", "aws_db_instance", "performance_insights_enabled = var.v", "undecided"),
    ("AWS-0080", "aws_db_instance", "replicate_source_db = var.v", "undecided"),
    ("AWS-0080", "aws_db_instance", "replicate_source_db = aws_db_instance.y.arn", "nothing"),
    ("AWS-0107", "aws_security_group", 'ingress {\ncidr_blocks = var.v\nfrom_port = 22\nto_port = 22\nprotocol = "tcp"\n}', "undecided"),
    ("AWS-0107", "aws_security_group", 'ingress {\ncidr_blocks = var.v\nfrom_port = 443\nto_port = 443\nprotocol = "tcp"\n}', "passed"),
    ("AWS-0107", "aws_security_group", 'ingress {\ncidr_blocks = ["10.0.0.0/8"]\nfrom_port = var.v\nto_port = var.v\nprotocol = "tcp"\n}', "passed"),
    ("AWS-0107", "aws_security_group", 'ingress {\ncidr_blocks = ["0.0.0.0/0"]\nfrom_port = var.v\nto_port = var.v\nprotocol = "tcp"\n}', "undecided"),
    ("AWS-0107", "aws_security_group", 'dynamic "ingress" {\nfor_each = var.v\ncontent {\ncidr_blocks = ingress.value\n}\n}', "undecided"),
    ("AWS-0105", "aws_network_acl_rule", 'rule_action = var.v\ncidr_block = "0.0.0.0/0"\nprotocol = "-1"', "undecided"),
    ("AWS-0102", "aws_network_acl_rule", 'rule_action = "allow"\nprotocol = var.v', "undecided"),
    ("AWS-0094", "aws_s3_bucket", 'dynamic "public_access_block_configuration" {\nfor_each = var.v\ncontent {}\n}', "undecided"),
    ("AWS-0054", "aws_lb_listener", "protocol = var.v", "undecided"),
    ("AWS-0054", "aws_lb_listener", 'protocol = "HTTP"\ndefault_action {\ntype = var.v\n}', "undecided"),
    ("AWS-0096", "aws_sqs_queue", "sqs_managed_sse_enabled = var.v", "undecided"),
    ("AWS-0074", "aws_msk_cluster", "logging_info {\nbroker_logs {\ns3 {\nenabled = var.v\n}\n}\n}", "undecided"),
    ("AWS-0034", "aws_ecs_cluster", 'setting {\nname = "containerInsights"\nvalue = var.v\n}', "undecided"),
    ("AWS-0035", "aws_ecs_task_definition", 'volume {\nname = "tmp"\n}', "nothing"),
    ("AWS-0038", "aws_eks_cluster", "enabled_cluster_log_types = var.v", "undecided"),
    ("AWS-0039", "aws_eks_cluster", 'encryption_config {\nresources = ["secrets"]\nprovider {\nkey_arn = aws_kms_key.k.arn\n}\n}', "passed"),
    ("AWS-0033", "aws_ecr_repository", 'encryption_configuration {\nkms_key = "k"\n}', "failed"),
    ("AWS-0173", "aws_default_security_group", 'dynamic "ingress" {\nfor_each = var.v\ncontent {}\n}', "undecided"),
    ("CB-A003", "aws_ssm_parameter", 'name = var.v\ntype = "String"', "undecided"),
    ("CB-A003", "aws_ssm_parameter", 'name = var.v\ntype = "SecureString"', "nothing"),
    ("AZU-0009", "azurerm_storage_account", 'name = "x"', "nothing"),
    ("AZU-0029", "azurerm_mssql_firewall_rule", 'start_ip_address = "0.0.0.1"\nend_ip_address = "255.255.255.254"', "failed"),
    ("AZU-0029", "azurerm_mssql_firewall_rule", 'start_ip_address = "203.0.113.1"\nend_ip_address = "203.0.113.9"', "passed"),
    ("AZU-0029", "azurerm_mssql_firewall_rule", 'start_ip_address = var.v\nend_ip_address = "203.0.113.9"', "undecided"),
    ("AZU-0030", "azurerm_role_definition", 'permissions {\nactions = ["Microsoft.Compute/*"]\n}\nassignable_scopes = ["/"]', "failed"),
    ("AZU-0031", "azurerm_monitor_log_profile", "retention_policy {\nenabled = true\ndays = 0\n}", "passed"),
    ("AZU-0041", "azurerm_kubernetes_cluster", "private_cluster_enabled = var.v", "undecided"),
    ("AZU-0048", "azurerm_network_security_rule", 'access = "Allow"\ndirection = "Inbound"\nprotocol = "Udp"\nsource_address_prefix = "*"\ndestination_port_range = "3389"', "failed"),
    ("AZU-0050", "azurerm_network_security_rule", 'access = "Allow"\ndirection = "Inbound"\nprotocol = "Udp"\nsource_address_prefix = "*"\ndestination_port_range = "22"', "passed"),
    ("AZU-0050", "azurerm_network_security_rule", 'access = "Allow"\ndirection = "Inbound"\nprotocol = "Tcp"\nsource_address_prefix = var.v\ndestination_port_range = "22"', "undecided"),
    ("AZU-0050", "azurerm_network_security_rule", 'access = "Deny"\ndirection = "Inbound"\nprotocol = "Tcp"\nsource_address_prefix = var.v\ndestination_port_range = "22"', "passed"),
    ("GCP-0003", "google_project_iam_member", 'role = "r"\nmember = var.v', "undecided"),
    ("GCP-0007", "google_project_iam_member", 'role = "roles/viewer"\nmember = var.v', "passed"),
    ("GCP-0007", "google_project_iam_member", 'role = var.v\nmember = "serviceAccount:a"', "undecided"),
    ("GCP-0027", "google_compute_firewall", 'source_ranges = var.v\nallow {\nprotocol = "tcp"\n}', "undecided"),
    ("GCP-0033", "google_compute_instance", "boot_disk {\nsource = google_compute_disk.d.id\n}", "passed"),
    ("GCP-0042", "google_compute_project_metadata_item", 'key = "enable-oslogin"\nvalue = "FALSE"', "failed"),
    ("GCP-0042", "google_compute_project_metadata_item", 'key = "other"\nvalue = "x"', "nothing"),
    ("GCP-0044", "google_compute_instance", "", "nothing"),
    ("GCP-0048", "google_container_cluster", "node_config {\nmetadata = var.v\n}", "undecided"),
    ("GCP-0054", "google_container_cluster", 'node_config {\nimage_type = "UBUNTU"\n}', "failed"),
    ("GCP-0065", "google_kms_crypto_key", "rotation_period = var.v", "undecided"),
    ("GCP-0016", "google_sql_database_instance", "database_version = var.v", "undecided"),
    ("GCP-0015", "google_sql_database_instance", "settings {\nip_configuration {\nssl_mode = var.v\n}\n}", "undecided"),
    ("AWS-0018", "aws_codebuild_project", "secondary_artifacts {\nencryption_disabled = true\n}", "failed"),
    ("AWS-0020", "aws_docdb_cluster", 'enabled_cloudwatch_logs_exports = ["something"]', "failed"),
    ("AWS-0020", "aws_docdb_cluster", "enabled_cloudwatch_logs_exports = var.v", "undecided"),
    ("AWS-0029", "aws_instance", 'user_data = "export DATABASE_PASSWORD=password1234"', "failed"),
    ("AWS-0029", "aws_instance", "user_data = var.v", "undecided"),
    ("AWS-0089", "aws_s3_bucket", 'acl = "log-delivery-write"', "nothing"),
    ("AWS-0132", "aws_s3_bucket", 'acl = "log-delivery-write"', "nothing"),
    ("AWS-0178", "aws_default_vpc", "", "failed"),
    ("GCP-0003", "google_storage_bucket_iam_binding", 'role = "r"\nmembers = ["user:a@example.com"]', "failed"),
    ("GCP-0006", "google_project_iam_member", 'role = "r"\nmember = data.google_compute_default_service_account.d.email', "failed"),
    ("GCP-0006", "google_project_iam_member", 'role = "r"\nmember = "serviceAccount:${data.google_compute_default_service_account.d.email}"', "failed"),
    ("GCP-0007", "google_project_iam_member", 'role = "roles/owner"\nmember = "serviceAccount:${google_service_account.a.email}"', "failed"),
    ("GCP-0017", "google_sql_database_instance", "", "failed"),
    ("GCP-0052", "google_container_cluster", 'monitoring_service = "monitoring.googleapis.com"', "failed"),
    ("GCP-0057", "google_container_cluster", "", "failed"),
    ("GCP-0057", "google_container_cluster", "enable_autopilot = true", "passed"),
    ("GCP-0057", "google_container_cluster", "remove_default_node_pool = true", "nothing"),
    ("GCP-0057", "google_container_node_pool", "cluster = google_container_cluster.c.name", "passed"),
    ("GCP-0057", "google_container_node_pool", 'cluster = "elsewhere"', "undecided"),
    ("AWS-0002", "aws_api_gateway_method_settings", "settings {\ncaching_enabled = var.v\n}", "undecided"),
    ("AWS-0002", "aws_api_gateway_method_settings", "settings {\ncaching_enabled = false\n}", "passed"),
    ("AWS-0004", "aws_api_gateway_method", 'http_method = "OPTIONS"\nauthorization = "NONE"', "passed"),
    ("AWS-0004", "aws_api_gateway_method", 'api_key_required = true\nauthorization = "NONE"', "passed"),
    ("AWS-0004", "aws_api_gateway_method", 'http_method = var.v\nauthorization = "NONE"', "undecided"),
    ("AWS-0036", "aws_ecs_task_definition", "container_definitions = var.v", "undecided"),
    ("AWS-0036", "aws_ecs_task_definition", "container_definitions = jsonencode([{environment = var.v}])", "undecided"),
    ("AWS-0036", "aws_ecs_task_definition", 'container_definitions = "{"', "undecided"),
    ("AWS-0036", "aws_ecs_task_definition", 'container_definitions = jsonencode([{environment = [{name = "API_TOKEN", value = aws_kms_key.k.arn}]}])', "failed"),
    ("AZU-0033", "azurerm_monitor_log_profile", "categories = var.v", "undecided"),
    ("AWS-0320", "aws_s3_bucket", 'bucket = "logs-${data.aws_caller_identity.me.account_id}"', "passed"),
    ("AWS-0320", "aws_s3_bucket", 'bucket = "Logs-${data.aws_region.here[0].name}"', "failed"),
    ("AWS-0320", "aws_s3_bucket", 'bucket = "logs-$${data.aws_region.here.name}"', "undecided"),
    ("AWS-0057", "aws_iam_policy", 'policy = jsonencode({Statement = [{Effect = "Allow", Action = "s3:*", Resource = "arn:${data.aws_partition.p.partition}:s3:::x"}]})', "passed"),
    ("GCP-0006", "google_project_iam_member", 'role = "r"\nmember = "serviceAccount:${data.google_project.p.number}-compute@developer.gserviceaccount.com"', "failed"),
]  # fmt: skip

HEAD = """variable "v" {}
locals { off = false }
resource "aws_kms_key" "k" {}
resource "aws_db_instance" "y" {}
resource "google_compute_disk" "d" {}
data "aws_kms_key" "k" { key_id = "x" }
data "google_compute_default_service_account" "d" {}
resource "google_service_account" "a" {}
resource "google_container_cluster" "c" {
  workload_identity_config {
    workload_pool = "p"
  }
}
module "keys" { source = "elsewhere/keys/aws" }
"""

LINE = HEAD.count("\n") + 1


@cache
def judged() -> dict[str, Found]:
    """Return what is said of each case, all evaluated at once, in directories of their own."""
    texts = (f'{HEAD}resource "{kind}" "x" {{\n{body}\n}}\n' for _, kind, body, _ in CASES)
    given = [Found(f"{number}/main.tf", note=text.encode()) for number, text in enumerate(texts)]
    return {each.path: each for each in terraform.combine(given)}


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: "-".join(CASES[number][:3]))
def test_what_is_not_known_is_not_passed(number: int) -> None:
    check, kind, _, outcome = CASES[number]
    found = judged()[f"{number}/main.tf"]
    outcomes = [each for each in found.outcomes if (each.check, each.resource) == (check, f"{kind}.x")]
    undecided = any(
        check in each.reason for each in found.problems if each.reason.startswith(f"{kind}.x, line {LINE}: ")
    )
    said = "undecided" if undecided else "nothing"
    if outcomes:
        assert not undecided
        said = "passed" if all(each.passed for each in outcomes) else "failed"
    assert said == outcome


def test_what_is_undecided_is_told_once_for_a_resource() -> None:
    text = 'variable "v" {}\nresource "aws_rds_cluster" "x" {\nengine = "aurora"\nstorage_encrypted = var.v\ndeletion_protection = var.v\n}\n'
    (found,) = terraform.combine([Found("main.tf", note=text.encode())])
    (problem,) = found.problems
    assert problem.reason == (
        "aws_rds_cluster.x, line 2: known at deployment only, so these are not judged: "
        "AWS-0079 (storage_encrypted); AWS-0343 (deletion_protection)"
    )

# ruff: noqa: E501 - a sample is a line
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import File, Found, Outcome
from analyzers.misconfig import terraform
from analyzers.misconfig.cloudformation import ANALYZER

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  IsEncrypted: {Type: String, Default: "false"}
  Later: {Type: String}
Conditions:
  Never: !Equals [a, b]
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      AccessControl: PublicRead
      PublicAccessBlockConfiguration:
        BlockPublicAcls: !Ref IsEncrypted
        BlockPublicPolicy: !Ref Later
        IgnorePublicAcls: true
  Gone:
    Type: AWS::S3::Bucket
    Condition: Never
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      KmsMasterKeyId: !GetAtt Key.Arn
  Key:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: !If [Never, true, !Ref "AWS::NoValue"]
  # cleanbill:ignore AWS-0026
  Disk:
    Type: AWS::EC2::Volume
"""


def read(data: str | bytes, path: str = "stack.yaml") -> list[Outcome]:
    given = data.encode() if isinstance(data, str) else data
    return [each for each in ANALYZER.parse(File(path, given)) if isinstance(each, Outcome)]


def failing(outcomes: list[Outcome]) -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (each.check, each.resource): (each.start_line, each.end_line) for each in outcomes if not each.passed
    }


@pytest.mark.parametrize(
    ("check", "resource", "lines"),
    [
        ("AWS-0086", "Logs", (13, 13)),
        ("AWS-0092", "Logs", (11, 11)),
        ("AWS-0093", "Logs", (12, 15)),
        ("AWS-0087", "Logs", None),
        ("AWS-0091", "Logs", None),
        ("AWS-0092", "Gone", None),
        ("AWS-0095", "Topic", None),
        ("AWS-0065", "Key", (26, 26)),
    ],
)
def test_functions_are_resolved(check: str, resource: str, lines: tuple[int, int] | None) -> None:
    assert failing(read(TEMPLATE)).get((check, resource)) == lines


def test_a_comment_above_ignores() -> None:
    (found,) = [each for each in read(TEMPLATE) if (each.check, each.resource) == ("AWS-0026", "Disk")]
    assert found.ignored == "# cleanbill:ignore AWS-0026"
    assert found.file_type == "cloudformation"


@pytest.mark.parametrize("data", ["a: [", "kind: Pod", "{}", "Resources: {a: {Type: 'AWS'}}", ""])
def test_other_files_give_nothing(data: str) -> None:
    assert read(data) == []


def test_broken_template() -> None:
    with pytest.raises(ParseError):
        read("Resources: {a: {Type: AWS::S3::Bucket")


PAIRS = [
    ("AWS::S3::Bucket", "AccessControl: PublicRead", "aws_s3_bucket", 'acl = "public-read"'),
    (
        "AWS::S3::Bucket",
        "VersioningConfiguration: {Status: Enabled}",
        "aws_s3_bucket",
        "versioning {\nenabled = true\n}",
    ),
    (
        "AWS::S3::Bucket",
        "BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}",
        "aws_s3_bucket",
        'server_side_encryption_configuration {\nrule {\napply_server_side_encryption_by_default {\nsse_algorithm = "AES256"\n}\n}\n}',
    ),
    (
        "AWS::RDS::DBInstance",
        "StorageEncrypted: true, PubliclyAccessible: false",
        "aws_db_instance",
        "storage_encrypted = true",
    ),
    (
        "AWS::RDS::DBInstance",
        "Engine: mysql, EnableIAMDatabaseAuthentication: true, PubliclyAccessible: false",
        "aws_db_instance",
        'engine = "mysql"\niam_database_authentication_enabled = true',
    ),
    ("AWS::EFS::FileSystem", "Encrypted: false", "aws_efs_file_system", "encrypted = false"),
    (
        "AWS::SQS::Queue",
        "KmsMasterKeyId: alias/aws/sqs",
        "aws_sqs_queue",
        'kms_master_key_id = "alias/aws/sqs"',
    ),
    ("AWS::CloudTrail::Trail", "IsMultiRegionTrail: true", "aws_cloudtrail", "is_multi_region_trail = true"),
    (
        "AWS::ECR::Repository",
        "ImageTagMutability: IMMUTABLE",
        "aws_ecr_repository",
        'image_tag_mutability = "IMMUTABLE"',
    ),
    (
        "AWS::EKS::Cluster",
        "ResourcesVpcConfig: {EndpointPublicAccess: false}",
        "aws_eks_cluster",
        "vpc_config {\nendpoint_public_access = false\n}",
    ),
    (
        "AWS::DynamoDB::Table",
        "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
        "aws_dynamodb_table",
        "point_in_time_recovery {\nenabled = true\n}",
    ),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Scheme: internal", "aws_lb", "internal = true"),
    (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "Type: application",
        "aws_lb",
        'load_balancer_type = "application"',
    ),
    (
        "AWS::EC2::Instance",
        "MetadataOptions: {HttpTokens: required}",
        "aws_instance",
        'metadata_options {\nhttp_tokens = "required"\n}',
    ),
    (
        "AWS::EC2::SecurityGroup",
        "{GroupDescription: x, SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}]}",
        "aws_security_group",
        'description = "x"\ningress {\nprotocol = "tcp"\nfrom_port = 22\nto_port = 22\ncidr_blocks = ["0.0.0.0/0"]\n}',
    ),
    (
        "AWS::Elasticsearch::Domain",
        "LogPublishingOptions: {AUDIT_LOGS: {Enabled: true}}",
        "aws_elasticsearch_domain",
        'log_publishing_options {\nlog_type = "AUDIT_LOGS"\n}',
    ),
    (
        "AWS::Kinesis::Stream",
        "StreamEncryption: {EncryptionType: KMS}",
        "aws_kinesis_stream",
        'encryption_type = "KMS"',
    ),
]


@pytest.mark.parametrize(("kind", "properties", "terraform_kind", "body"), PAIRS)
def test_says_what_terraform_says(kind: str, properties: str, terraform_kind: str, body: str) -> None:
    inner = properties if properties.startswith("{") else f"{{{properties}}}"
    ours = read(f"Resources: {{x: {{Type: '{kind}', Properties: {inner}}}}}")
    source = f'resource "{terraform_kind}" "x" {{\n{body}\n}}\n'
    (found,) = terraform.combine([Found("main.tf", note=source.encode())])
    assert {(each.check, each.message) for each in ours} == {
        (each.check, each.message) for each in found.outcomes
    }
    assert ours


@pytest.mark.parametrize(
    ("properties", "states"),
    [
        ("{}", [False]),
        ("{PubliclyAccessible: false}", [True]),
        ("{DBSubnetGroupName: !Ref Subnets}", []),
    ],
)
def test_databases_are_public_where_nothing_else_is_said(properties: str, states: list[bool]) -> None:
    found = read(f"Resources: {{x: {{Type: 'AWS::RDS::DBInstance', Properties: {properties}}}}}")
    assert [each.passed for each in found if each.check == "AWS-0180"] == states


def test_policies_of_repositories_are_judged() -> None:
    (found,) = [
        each
        for each in read(
            "Resources: {x: {Type: 'AWS::ECR::Repository', Properties: {RepositoryPolicyText: "
            "{Statement: [{Effect: Allow, Action: 'ecr:Get', Principal: '*'}]}}}}"
        )
        if each.check == "AWS-0032"
    ]
    assert not found.passed


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("!Sub 'logs-${AWS::AccountId}-${AWS::Region}'", [True]),
        ("!Join ['-', [logs, !Ref 'AWS::AccountId']]", [True]),
        ("!Join ['-', [logs, !Ref Later]]", []),
        ("!Sub 'logs-${AWS::StackId}'", []),
        ("!Ref 'AWS::Region'", []),
    ],
)
def test_parts_of_texts_that_depend_on_the_place(name: str, states: list[bool]) -> None:
    found = read(f"Resources:\n  x:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: {name}\n")
    assert [each.passed for each in found if each.check == "AWS-0320"] == states


def test_null_is_nothing() -> None:
    found = read("Resources: {x: {Type: 'AWS::Kinesis::Stream', Properties: {StreamEncryption: null}}}")
    assert [each.passed for each in found] == [False, False]


@given(st.binary(max_size=200))
def test_any_bytes_end_in_values_or_an_error(data: bytes) -> None:
    for path, start in (
        ("a.yaml", b"Resources: {a: {Type: AWS::S3::Bucket}}\n"),
        ("a.json", b'{"Resources": "AWS::"'),
    ):
        try:
            read(start + data, path)
        except ParseError as error:
            assert path in str(error)  # noqa: PT017 - the other outcome is a value


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(0, 99)
        | st.sampled_from(["Logs", "true", "AWS::S3::Bucket", "${Logs}"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "Ref",
                        "Fn::If",
                        "Fn::Sub",
                        "Fn::Join",
                        "Fn::FindInMap",
                        "BucketEncryption",
                        "AccessControl",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_any_properties_are_judged(properties: object) -> None:
    template = {"Resources": {"Logs": {"Type": "AWS::S3::Bucket", "Properties": properties}}}
    assert any(each.check == "AWS-0086" for each in read(json.dumps(template), "a.json"))

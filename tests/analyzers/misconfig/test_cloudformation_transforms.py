# ruff: noqa: E501 - a sample is a line
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.errors import ParseError
from analyzers.inventory import File, Outcome, Problem
from analyzers.misconfig.cloudformation import ANALYZER

LOOPS = """\
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: "Logs,Data"}
  Later: {Type: CommaDelimitedList}
Resources:
  Fn::ForEach::Disks:
    - Name
    - [One, Two]
    - "${Name}Disk":
        Type: AWS::EC2::Volume
        Properties:
          KmsKeyId: !Sub "alias/${Name}"
  Fn::ForEach::Buckets:
    - Name
    - !Ref Names
    - "Bucket&{Name}":
        Type: AWS::S3::Bucket
        Properties:
          Fn::ForEach::Switches:
            - Switch
            - [VersioningConfiguration]
            - "${Switch}": {Status: Enabled}
          BucketName: !Ref Name
  Fn::ForEach::Unknown:
    - Name
    - !Ref Later
    - "${Name}Topic": {Type: AWS::SNS::Topic}
"""

SERVERLESS = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Tracing: Active}
  Api: {TracingEnabled: true}
Resources:
  Traced:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Policies:
        - AWSLambdaExecute
        - S3ReadPolicy: {BucketName: b}
        - Statement:
            - {Effect: Allow, Action: "s3:*", Resource: "*"}
      Events:
        Get: {Type: Api, Properties: {Path: /, Method: get}}
  Untraced:
    Type: AWS::Serverless::Function
    Properties: {Tracing: PassThrough}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      TracingEnabled: false
      AccessLogSetting: {DestinationArn: a}
      Domain: {DomainName: example.org, SecurityPolicy: TLS_1_0}
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties:
      SSESpecification: {SSEEnabled: true}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
  Http:
    Type: AWS::Serverless::HttpApi
"""


def read(text: str) -> tuple[dict[tuple[str, str], Outcome], list[str]]:
    facts = list(ANALYZER.parse(File("stack.yaml", text.encode())))
    problems = [each.reason for each in facts if isinstance(each, Problem)]
    return {(each.check, each.resource): each for each in facts if isinstance(each, Outcome)}, problems


@pytest.mark.parametrize(
    ("check", "resource", "passed"),
    [
        ("AWS-0027", "OneDisk", True),
        ("AWS-0027", "TwoDisk", True),
        ("AWS-0090", "BucketLogs", True),
        ("AWS-0090", "BucketData", True),
        ("AWS-0320", "BucketLogs", False),
    ],
)
def test_loops_are_written_out(check: str, resource: str, passed: bool) -> None:  # noqa: FBT001 - what is said of it
    assert read(LOOPS)[0][check, resource].passed is passed


def test_what_a_loop_makes_is_shown_where_it_stands() -> None:
    found = read(LOOPS)[0]["AWS-0320", "BucketData"]
    assert (found.start_line, found.end_line) == (23, 23)


def test_a_loop_over_what_is_known_later_is_a_problem() -> None:
    assert (
        "stack.yaml: Unknown: what Fn::ForEach repeats is known at deployment only, so it is not judged"
        in read(LOOPS)[1]
    )


def test_loops_in_loops_have_an_end() -> None:
    letters = "[" + ", ".join(f"v{each}" for each in range(100)) + "]"
    inner = '{"${A}${B}${C}": {Type: AWS::SNS::Topic}}'
    for name in "CBA":
        inner = f'{{"Fn::ForEach::L{name}": [{name}, {letters}, {inner}]}}'
    with pytest.raises(ParseError, match=r"stack\.yaml: Fn::ForEach makes more than"):
        read(f"AWSTemplateFormatVersion: x\n# AWS::\nResources: {inner}\n")


@pytest.mark.parametrize(
    ("check", "resource", "passed"),
    [
        ("AWS-0066", "Traced", True),
        ("AWS-0066", "Untraced", False),
        ("AWS-0057", "Traced", False),
        ("AWS-0003", "Api", False),
        ("AWS-0001", "Api", True),
        ("AWS-0005", "Api", False),
        ("AWS-0003", "ServerlessRestApi", True),
        ("AWS-0001", "ServerlessRestApi", False),
        ("AWS-0001", "Http", False),
        ("AWS-0024", "Table", True),
        ("AWS-0025", "Table", False),
    ],
)
def test_serverless_types_are_what_they_stand_for(
    check: str,
    resource: str,
    passed: bool,  # noqa: FBT001 - what is said of it
) -> None:
    found, problems = read(SERVERLESS)
    assert found[check, resource].passed is passed
    assert problems == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Transform: [AWS::LanguageExtensions, Ours]", "the macro 'Ours' may change it when it is deployed"),
        ("Transform: {Name: AWS::Include}", "the macro 'AWS::Include' may change it"),
        ("Resources: {Fn::Transform: {Name: AWS::Include}}", "resources are included by Fn::Transform"),
        ("Resources: {x: {Type: AWS::Serverless::New}}", "x: the type 'AWS::Serverless::New' is not known"),
        ("Resources: {x: {Type: 'Ours::S3::Bucket::MODULE'}}", "x: the type 'Ours::S3::Bucket::MODULE' is not known"),
        (
            "Resources: {x: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://x/y'}}}",
            "x: its template is not among the files",
        ),
        (
            "Resources: {x: {Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: a}}}}",
            "x: its template is not among the files",
        ),
        ("Resources: {x: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: y.yaml}}}", ""),
        ("Resources: {x: {Type: AWS::Serverless::LayerVersion}}", ""),
    ],
)  # fmt: skip
def test_what_is_made_elsewhere_is_a_problem(text: str, said: str) -> None:
    _, problems = read(f"AWSTemplateFormatVersion: x # AWS:: Resources\n{text}\n")
    assert len(problems) == bool(said)
    assert all(said in each for each in problems)


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Name", "${Name}", "AWS::Serverless::Function", "Api"]),
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Fn::ForEach::A", "Fn::ForEach::B", "${Name}", "Ref", "Type", "Properties", "Events", "Policies", "Statement", "Domain"]
            ),
            one,
            max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None)
@given(PARTS, PARTS, PARTS)
def test_any_shape_ends_in_values(resources: object, shared: object, transform: object) -> None:
    value = {
        "Transform": transform,
        "Globals": {"Function": shared},
        "Resources": {"x": resources, "Fn::ForEach::L": resources},
    }
    for given_resources in (value["Resources"], resources):
        data = json.dumps(
            {**value, "Resources": given_resources, "AWSTemplateFormatVersion": "AWS::"}
        ).encode()
        assert all(isinstance(each, Outcome | Problem) for each in ANALYZER.parse(File("stack.json", data)))

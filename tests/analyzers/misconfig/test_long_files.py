import pytest

from analyzers.catalogue import Dispatch
from analyzers.inventory import Analyzer, File
from analyzers.layer import read_file
from analyzers.limits import MIB
from analyzers.misconfig import azure_arm, cloudformation, helm, kubernetes

POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
TEMPLATE = b'{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}'
SCHEMA = b'{"$schema": "https://schema.management.azure.com/x/deploymentTemplate.json#"}'


def reasons(analyzer: Analyzer, path: str, data: bytes) -> list[str]:
    found = read_file(analyzer, File(path, data), Dispatch([analyzer]))
    assert not found.outcomes
    return [each.reason for each in found.problems]


def long(data: bytes, most_mib: int) -> bytes:
    return data + b" " * (most_mib * MIB)


@pytest.mark.parametrize(
    ("analyzer", "path", "data"),
    [
        (kubernetes.ANALYZER, "a.yaml", long(POD, 5)),
        (kubernetes.ANALYZER, "a.json", long(b'{"apiVersion": "v1",\n"kind": "Pod"}', 5)),
        (cloudformation.ANALYZER, "a.json", long(TEMPLATE, 4)),
        (azure_arm.ANALYZER, "a.json", long(SCHEMA, 8)),
        (helm.ANALYZER, "web/values.yaml", long(b"a: b\n", 5)),
        (helm.ANALYZER, "web/templates/a.yaml", long(b"a: {{ .b }}\n", 5)),
    ],
)
def test_what_says_what_it_is_and_is_too_long_is_told(analyzer: Analyzer, path: str, data: bytes) -> None:
    (reason,) = reasons(analyzer, path, data)
    assert f"{len(data)} bytes, expected" in reason


@pytest.mark.parametrize(
    ("analyzer", "path", "data"),
    [
        (kubernetes.ANALYZER, "a.json", long(b'{"some": "apiVersion and kind"}', 5)),
        (cloudformation.ANALYZER, "a.json", long(b'{"Resources": "such as AWS::S3::Bucket"}', 4)),
        (azure_arm.ANALYZER, "a.json", long(b'{"$schema": "https://a.example"}', 8)),
        (helm.ANALYZER, "web/templates/a.json", long(b'{"some": "data"}', 5)),
    ],
)
def test_other_long_files_are_nobodys_loss(analyzer: Analyzer, path: str, data: bytes) -> None:
    assert reasons(analyzer, path, data) == []

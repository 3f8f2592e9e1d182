import pytest

from analyzers.checks.cloud.model import UNKNOWN, Block, Cloud, Resource, Subject, Unknown, Value

KIND = "aws_s3_bucket_versioning"


def resource(kind: str, name: str, /, **values: Value) -> Resource:
    return Resource(kind=kind, name=name, file="main.tf", attributes=Block(values=values))


BUCKET = resource("aws_s3_bucket", "module.m.aws_s3_bucket.b[0]", bucket="logs")
OTHER = resource("aws_s3_bucket", "module.m.aws_s3_bucket.other", bucket="other")


@pytest.mark.parametrize(
    ("value", "is_linked", "is_sure"),
    [
        ("logs", True, True),
        ("others", False, True),
        (Unknown(("module.m.aws_s3_bucket.b",)), True, True),
        (Unknown(("module.m.aws_s3_bucket.b[0]",)), True, True),
        (Unknown(("module.m.aws_s3_bucket.other",)), False, True),
        (UNKNOWN, False, False),
        (Unknown(mentions=("module.m.aws_s3_bucket_policy.b", "module.m.aws_s3_bucket.b")), True, True),
        (Unknown(mentions=("module.m.aws_s3_bucket.b", "module.m.aws_s3_bucket.other")), False, False),
        (Unknown(mentions=("module.m.aws_s3_bucket.other",)), False, True),
        (Unknown(mentions=("module.m.aws_kms_key.k",)), False, False),
        (Block(), False, True),
    ],
)
def test_what_is_linked(value: Value, is_linked: bool, is_sure: bool) -> None:  # noqa: FBT001 - what is said of it
    setting = resource(KIND, "v", bucket=value)
    cloud = Cloud(resources=(BUCKET, OTHER, setting))
    linked = cloud.linked(BUCKET, KIND, "bucket")
    assert linked.resources == ((setting,) if is_linked else ())
    assert linked.is_sure is is_sure


def test_each_is_linked_once() -> None:
    bucket = resource("aws_s3_bucket", "logs", bucket="logs", id="logs")
    settings = [resource(KIND, f"v{each}", bucket="logs") for each in range(3)]
    assert Cloud(resources=(bucket, *settings)).linked(bucket, KIND, "bucket").resources == tuple(settings)


@pytest.mark.parametrize(
    ("values", "doubts"), [(("logs", UNKNOWN), []), ((UNKNOWN,), [f"{KIND}.bucket"]), (("other",), [])]
)
def test_only_where_none_is_linked_one_may_be_missing(values: tuple[Value, ...], doubts: list[str]) -> None:
    settings = [resource(KIND, f"v{number}", bucket=each) for number, each in enumerate(values)]
    subject = Subject(resource=BUCKET, cloud=Cloud(resources=(BUCKET, *settings)))
    subject.linked(KIND, "bucket")
    assert subject.doubts == doubts


@pytest.mark.parametrize(("value", "is_known"), [(UNKNOWN, False), (("a", UNKNOWN), False), ("a", True)])
def test_what_is_not_known_is_a_doubt(value: Value, is_known: bool) -> None:  # noqa: FBT001 - what is said of it
    subject = Subject(resource=resource("x", "x", a=value), cloud=Cloud(resources=()))
    assert subject.knows("a") is is_known
    assert subject.doubts == ([] if is_known else ["a"])
    assert subject.knows("b")


def test_resources_have_names() -> None:
    cluster = resource("google_container_cluster", "google_container_cluster.c", name="shop")
    cloud = Cloud(resources=(cluster,))
    assert cloud.named(cluster.kind, "shop") is cluster
    assert cloud.named(cluster.kind, Unknown((cluster.name,))) is cluster
    assert cloud.named(cluster.kind, "elsewhere") is None

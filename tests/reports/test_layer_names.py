import pytest

from reports.layer_names import layer_name

DIGEST = "sha256:0123456789abcdef" + "0" * 48


@pytest.mark.parametrize(
    ("digest", "created_by", "name"),
    [
        (DIGEST, "RUN make", "layer 0123456789ab: RUN make"),
        (DIGEST, "", "layer 0123456789ab"),
        ("", "RUN make", ""),
        ("", "", ""),
    ],
)
def test_a_layer_is_called_by_its_digest_and_command(digest: str, created_by: str, name: str) -> None:
    assert layer_name(digest, created_by) == name

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.registry.errors import InvalidReferenceError
from crawler.targets.kubernetes.image_ids import running_image

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
HUB = "docker.io/library/nginx"

CASES = {
    "not started": ("nginx", "", [f"{HUB}:latest"], ""),
    "containerd": ("nginx:1", f"docker.io/library/nginx@{A}", [f"{HUB}@{A}"], ""),
    "docker": ("nginx:1", f"docker-pullable://nginx@{A}", [f"{HUB}@{A}"], ""),
    "a mirror's name": ("nginx:1", f"mirror.test/nginx@{A}", [f"{HUB}@{A}", f"mirror.test/nginx@{A}"], ""),
    "by digest": (f"nginx@{A}", f"docker.io/library/nginx@{A}", [f"{HUB}@{A}"], ""),
    "what runs counts": (f"nginx@{B}", f"docker.io/library/nginx@{A}", [f"{HUB}@{A}"], ""),
    "docker, by id": ("nginx:1", f"docker://{A}", [f"{HUB}:1"], A),
    "containerd, by id": ("nginx:1", A, [f"{HUB}:1"], A),
    "cri-o, by id": ("nginx:1", "a" * 64, [f"{HUB}:1"], A),
    "by id and digest": (f"nginx@{B}", A, [f"{HUB}@{B}"], ""),
    "tag and digest": (f"nginx:1@{A}", "", [f"{HUB}:1@{A}"], ""),
    "pod by id": (A, f"docker.io/library/nginx@{A}", [f"{HUB}@{A}"], ""),
    "nonsense from the node": ("nginx:1", "docker://what@ever", [f"{HUB}:1"], ""),
    "a tag from the node": ("nginx:1", "nginx:2", [f"{HUB}:1"], ""),
}


@pytest.mark.parametrize(("image", "image_id", "places", "expected_id"), CASES.values(), ids=CASES)
def test_where_a_running_image_is(image: str, image_id: str, places: list[str], expected_id: str) -> None:
    found = running_image(image, image_id)
    assert ([str(place) for place in found.places], found.image_id) == (places, expected_id)


@pytest.mark.parametrize(
    ("image", "image_id"), [("", ""), ("A B", ""), (A, ""), (A, A), ("x/UPPER", "docker://x")]
)
def test_what_has_no_name(image: str, image_id: str) -> None:
    with pytest.raises(InvalidReferenceError):
        running_image(image, image_id)


def test_equal_digests_are_one_image_wherever_they_are_from() -> None:
    one, other = running_image("nginx:1", f"mirror.test/nginx@{A}"), running_image(f"other.test/x@{A}", "")
    assert one.key == other.key == A
    assert running_image("nginx:1", "").key != running_image("nginx:1", B).key


@given(st.text(), st.text())
def test_any_text_ends_in_an_image_or_the_named_error(image: str, image_id: str) -> None:
    with contextlib.suppress(InvalidReferenceError):
        assert running_image(image, image_id).places

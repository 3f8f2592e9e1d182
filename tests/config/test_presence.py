from pathlib import Path

import pytest

from config.presence import is_absent
from tests.fakes.nobody import closed


@pytest.mark.parametrize("name", ["none", "file/none", "dangling"])
def test_what_is_not_there_is_absent(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert is_absent(tmp_path / name)


@pytest.mark.parametrize("name", ["file", "", "loop", "x" * 5000])
def test_what_is_there_or_cannot_be_known_is_not(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    assert not is_absent(tmp_path / name)


def test_what_may_not_be_looked_at_is_not_absent(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    with closed(folder):
        assert not is_absent(folder / "none")
    assert is_absent(folder / "none")

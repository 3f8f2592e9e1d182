import subprocess
from pathlib import Path

import pytest

from analyzers.disks.device import DiskError, Part, TruncatedError
from analyzers.disks.filesystems import FileSystem
from analyzers.disks.signatures import Content
from analyzers.errors import UnreadableFileError
from tests.fakes.disks import MIB, file_of, image_of, make_ext, make_xfs, overwrite, write_tree

pytestmark = pytest.mark.program("mke2fs")

ID = "aaaaaaaa-0000-4000-8000-000000000001"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "root", {"a/b/c": "text " * 30, "large": "x" * 300_000})


def test_what_is_known_of_ext(tmp_path: Path, root: Path) -> None:
    files = FileSystem(
        Content.EXT, image_of(make_ext(root, tmp_path / "x", "4M", "-U", ID, "-L", "top").read_bytes())
    )
    assert (files.uuid, files.label, files.doubts) == (ID, "top", [])
    entry = files.find("a/b/c")
    assert entry is not None
    assert files.read(entry, 7) == b"text te"
    assert files.read(entry, 1000) == b"text " * 30
    for path in ("a/b/d", "a/x/c", "large/x", "A/b/c"):
        assert files.find(path) is None


@pytest.mark.program("mkfs.xfs")
def test_what_is_known_of_xfs(tmp_path: Path, root: Path) -> None:
    files = FileSystem(Content.XFS, file_of(make_xfs(root, tmp_path / "x", "-m", f"uuid={ID}", "-L", "top")))
    assert (files.uuid, files.label, files.doubts) == (ID, "top", [])
    entry = files.find("a/b/c")
    assert entry is not None
    assert files.read(entry, 1000) == b"text " * 30


@pytest.mark.parametrize(
    ("place", "data", "words"),
    [
        (1024 + 24, b"\7", r"blocks of 2\^17 bytes, expected at most 2\^16"),
        (1024 + 4, b"\0\0\0\1", "truncated: 4194304 bytes, expected"),
        (1024 + 96, b"\x08", "the journal of another file system"),
        (1024 + 96, b"\xff\xff\xff\x7f", "ext: "),
        (1024 + 56, b"\0", "damaged, or of an unknown kind"),
    ],
)
def test_ext_that_cannot_be_read(tmp_path: Path, root: Path, place: int, data: bytes, words: str) -> None:
    image = overwrite(make_ext(root, tmp_path / "x", "4M", "-b", "1024"), place, data)
    with pytest.raises(DiskError, match=words):
        FileSystem(Content.EXT, file_of(image))


@pytest.mark.program("mkfs.xfs")
@pytest.mark.parametrize(
    ("place", "data", "words"),
    [
        (8, b"\1", "xfs: truncated: 314572800 bytes"),
        (216, b"\x80", "incompatible features 0x80000000"),
        (219, b"\x10", "incompatible features 0x10,"),
        (56, b"\xff" * 8, "xfs: "),
    ],
)
def test_xfs_that_cannot_be_read(tmp_path: Path, root: Path, place: int, data: bytes, words: str) -> None:
    image = overwrite(make_xfs(root, tmp_path / "x"), place, data)
    with pytest.raises(DiskError, match=words):
        FileSystem(Content.XFS, file_of(image))


@pytest.mark.program("mkfs.xfs")
def test_files_elsewhere_are_a_doubt(tmp_path: Path, root: Path) -> None:
    image = overwrite(make_xfs(root, tmp_path / "x"), 23, b"\1")
    (doubt,) = FileSystem(Content.XFS, file_of(image)).doubts
    assert doubt == "xfs: it has files on a device of their own, which are not read"


def test_encrypted_directories_are_a_doubt(tmp_path: Path, root: Path) -> None:
    data = make_ext(root, tmp_path / "x", "4M", "-O", "encrypt").read_bytes()
    assert FileSystem(Content.EXT, image_of(data)).doubts == [
        "ext: it may have encrypted directories, which are not read"
    ]


@pytest.mark.program("debugfs")
def test_what_is_in_an_inode_is_read_whole(tmp_path: Path) -> None:
    texts = {f"of-{size}": "0123456789"[: size % 10 or 10] * size for size in (3, 6, 7, 9, 12, 15, 40)}
    root = write_tree(tmp_path / "root", texts)
    data = make_ext(root, tmp_path / "x", "4M", "-O", "inline_data", "-I", "256").read_bytes()
    files = FileSystem(Content.EXT, image_of(data))
    for name, text in texts.items():
        entry = files.find(name)
        assert entry is not None
        assert files.read(entry, 10_000) == text.encode()
        assert files.read(entry, 63) == text.encode()[:63]


def test_an_end_in_the_midst_of_a_file(tmp_path: Path, root: Path) -> None:
    data = make_ext(root, tmp_path / "x", "4M").read_bytes()
    image = image_of(data)
    files = FileSystem(Content.EXT, Part(image, 0, len(data)))
    entry = files.find("large")
    assert entry is not None
    image.size_bytes = data.index(b"x" * 4096) + 4096
    with pytest.raises(TruncatedError, match="expected at least"):
        files.read(entry, 300_000)


def test_damage_is_of_one_file(tmp_path: Path, root: Path) -> None:
    image = make_ext(root, tmp_path / "x", "4M", "-O", "^extent,^64bit,^metadata_csum")
    subprocess.run(
        ("debugfs", "-w", "-R", "sif large block[1] 99999999", image), check=True, capture_output=True
    )
    files = FileSystem(Content.EXT, image_of(image.read_bytes()))
    entry, other = files.find("large"), files.find("a/b/c")
    assert entry is not None
    assert other is not None
    with pytest.raises(UnreadableFileError, match="file: damaged in its file system"):
        files.read(entry, MIB)
    assert files.read(other, 4) == b"text"

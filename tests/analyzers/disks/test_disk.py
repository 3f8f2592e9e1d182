import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from analyzers.catalogue import Dispatch, catalogue
from analyzers.disks.device import DiskError, TruncatedError
from analyzers.disks.disk import analyse_disk
from analyzers.disks.filesystems import MissingPackageError
from analyzers.errors import LimitExceededError
from analyzers.inventory import LayerInventory, Problem, View
from analyzers.limits import Limits
from analyzers.tree import Skipped, analyse_tree
from tests.fakes.disks import (
    MIB,
    OTHER,
    STATUS,
    Gpt,
    gpt_disk,
    linear,
    lvm_disk,
    lvm_text,
    make_ext,
    make_xfs,
    mbr_sector,
    write_tree,
)

pytestmark = pytest.mark.program("mke2fs")
XFS = pytest.mark.program("mkfs.xfs")
DEBUGFS = pytest.mark.program("debugfs")

INSTALLED = Dispatch(catalogue()).of_view(View.INSTALLED)
SYSTEM = {
    "etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "var/lib/dpkg/status": STATUS.format("bash"),
    "app/node_modules/a/package.json": '{"name": "a", "version": "1.0.0"}',
    "app/.git/package.json": '{"name": "git", "version": "1.0.0"}',
    "proc/package.json": '{"name": "proc", "version": "1.0.0"}',
    "srv/caf\u00e9/package.json": '{"name": "b", "version": "1.0.0"}',
}
ROOT_ID = "aaaaaaaa-0000-4000-8000-000000000001"
VAR_ID = "aaaaaaaa-0000-4000-8000-000000000002"
EXT_VARIANTS = {
    "ext2": ("-O", "^has_journal,^extent,^64bit,^metadata_csum,^flex_bg"),
    "ext3": ("-O", "^extent,^64bit,^metadata_csum,^flex_bg"),
    "ext4": (),
    "inline": ("-O", "inline_data"),
    "small blocks": ("-b", "1024"),
    "bigalloc": ("-O", "bigalloc", "-C", "16384"),
    "newer": ("-O", "metadata_csum_seed,orphan_file,large_dir,ea_inode,mmp"),
    "compatible": ("-O", "sparse_super2,stable_inodes"),
    "read-only": ("-O", "project,quota,verity"),
    "small inodes": ("-I", "128"),
}
XFS_VARIANTS = {"v5": (), "v4": ("-m", "crc=0"), "1k": ("-b", "size=1024"), "wide": ("-i", "nrext64=1")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_tree(tmp_path / "root", SYSTEM)
    # More than a block of names, an executable, a link out, a hard link.
    write_tree(root, {f"many/a-file-with-a-rather-long-name-{number}": "x" for number in range(300)})
    program = root / "usr/bin/program"
    write_tree(root, {"usr/bin/program": Path(sys.executable).resolve().read_bytes()[:100_000]})
    program.chmod(0o755)
    (root / "etc/link").symlink_to("/etc/shadow")
    (root / "usr/bin/twin").hardlink_to(program)
    return root


def analyse(
    image: Path,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    skipped: Skipped = Skipped(),  # noqa: B008 - frozen
) -> tuple[LayerInventory, tuple[str, ...]]:
    return analyse_disk(str(image), limits, INSTALLED, skipped)


def names(inventory: LayerInventory) -> list[str]:
    found = (each for all_found in inventory.found.values() for each in all_found)
    return sorted(package.name for each in found for package in each.packages)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def debugfs(image: Path, command: str) -> None:
    subprocess.run(("debugfs", "-w", "-R", command, image), check=True, capture_output=True)


@pytest.mark.parametrize("variant", EXT_VARIANTS)
def test_ext_gives_what_its_directory_gives(tmp_path: Path, root: Path, variant: str) -> None:
    inventory, remarks = analyse(make_ext(root, tmp_path / "disk", "8M", *EXT_VARIANTS[variant]))
    wanted = analyse_tree(str(root), Limits(), INSTALLED, Skipped())
    assert names(inventory) == ["a", "b", "bash", "proc"]
    assert inventory.found == wanted.found
    assert (inventory.problems, remarks) == ((), ())
    assert inventory.diff_id == wanted.diff_id
    assert inventory.size_bytes == wanted.size_bytes


@XFS
@pytest.mark.parametrize("variant", XFS_VARIANTS)
def test_xfs_gives_what_its_directory_gives(tmp_path: Path, root: Path, variant: str) -> None:
    inventory, remarks = analyse(make_xfs(root, tmp_path / "disk", *XFS_VARIANTS[variant]))
    assert inventory.found == analyse_tree(str(root), Limits(), INSTALLED, Skipped()).found
    assert (inventory.problems, remarks) == ((), ())


@pytest.mark.program("qemu-img")
@pytest.mark.parametrize(
    "kind", [("qcow2", "-c"), ("vmdk", "-o", "subformat=streamOptimized"), ("vpc",), ("vhdx",)]
)
def test_images_of_disks_with_partitions(tmp_path: Path, root: Path, kind: tuple[str, ...]) -> None:
    content = make_ext(root, tmp_path / "ext", "8M").read_bytes()
    raw = written(tmp_path / "raw", gpt_disk([Gpt(bytes(MIB)), Gpt(content)]))
    subprocess.run(("qemu-img", "convert", "-O", *kind, raw, tmp_path / "disk"), check=True)
    inventory, remarks = analyse(tmp_path / "disk")
    assert names(inventory) == ["a", "b", "bash", "proc"]
    assert inventory.problems == ()
    assert remarks == ("partition 1: empty: no packages are looked for there",)


def split(tmp_path: Path, fstab: str) -> tuple[bytes, bytes]:
    """Return the root and the /var of a system, with an old file below the place of /var."""
    top = {path: text for path, text in SYSTEM.items() if not path.startswith("var/")}
    below = {"var/lib/dpkg/status": STATUS.format("old"), "etc/fstab": fstab}
    write_tree(tmp_path / "top", {**top, **below})
    write_tree(tmp_path / "var", {"lib/dpkg/status": STATUS.format("bash")})
    first = make_ext(tmp_path / "top", tmp_path / "1", "4M", "-U", ROOT_ID, "-L", "top")
    second = make_ext(tmp_path / "var", tmp_path / "2", "4M", "-U", VAR_ID, "-L", "my var")
    return first.read_bytes(), second.read_bytes()


@pytest.mark.parametrize(
    "spec",
    [
        f"UUID={VAR_ID}",
        f'UUID="{VAR_ID.upper()}"',
        "LABEL=my\\040var",
        "PARTUUID=00000000-0000-0000-0000-000000000001",
        "PARTLABEL=it",
        "/dev/sda2",
        f"/dev/disk/by-uuid/{VAR_ID}",
    ],
)
def test_fstab_puts_partitions_together(tmp_path: Path, spec: str) -> None:
    top, var = split(tmp_path, f"UUID={ROOT_ID} / ext4\n{spec} /var ext4 defaults 0 2\n")
    disk = gpt_disk([Gpt(top, id=uuid.UUID(int=7)), Gpt(var, name="it")])
    inventory, remarks = analyse(written(tmp_path / "disk", disk))
    assert names(inventory) == ["a", "b", "bash", "proc"]
    assert (inventory.problems, remarks) == ((), ())


def test_a_type_says_the_place_as_well(tmp_path: Path) -> None:
    top, var = split(tmp_path, "")
    disk = gpt_disk([Gpt(var, uuid.UUID("4d21b016-b534-45c2-a9fb-5c16e091fd2d")), Gpt(top)])
    assert names(analyse(written(tmp_path / "disk", disk))[0]) == ["a", "b", "bash", "proc"]


def test_a_place_that_is_not_on_the_disk_is_a_problem(tmp_path: Path) -> None:
    top, _ = split(tmp_path, "UUID=f00 /var ext4\nUUID=bar /srv/data xfs nofail\n")
    inventory, remarks = analyse(written(tmp_path / "disk", gpt_disk([Gpt(top)])))
    reason = "line {}: /{} is 'UUID={}', expected on this disk in a form that is read"
    assert inventory.problems == (Problem("etc/fstab", "fstab: " + reason.format(1, "var", "f00")),)
    assert remarks == ("etc/fstab: " + reason.format(2, "srv/data", "bar"),)


def test_a_place_whose_folder_is_missing_is_read_all_the_same(tmp_path: Path) -> None:
    top, var = split(tmp_path, f"UUID={VAR_ID} /data/deep ext4\n")
    disk = written(tmp_path / "disk", gpt_disk([Gpt(top), Gpt(var)]))
    write_tree(tmp_path / "var", {"x/node_modules/c/package.json": '{"name": "c", "version": "1"}'})
    third = make_ext(tmp_path / "var", tmp_path / "3", "4M", "-U", VAR_ID).read_bytes()
    assert names(analyse(disk)[0]) == ["a", "b", "old", "proc"]
    disk = written(tmp_path / "disk", gpt_disk([Gpt(top), Gpt(third)]))
    assert names(analyse(disk)[0]) == ["a", "b", "c", "old", "proc"]
    assert names(analyse(disk, skipped=Skipped(dirs=("data",)))[0]) == ["a", "b", "old", "proc"]


def test_logical_volumes_are_partitions_too(tmp_path: Path) -> None:
    top, var = split(tmp_path, "/dev/mapper/my--vg-root / ext4\n/dev/mapper/my--vg-var /var ext4\n")
    text = lvm_text({"root": [linear(0, 2, 4), linear(2, 2, 0)], "var": [linear(0, 4, 6)]})
    extents = top[2 * MIB :] + bytes(2 * MIB) + top[: 2 * MIB] + var
    disk = (
        mbr_sector([(0x8E, 2048, 24576)]) + bytes(MIB - 512) + lvm_disk(text, extents).ljust(12 * MIB, b"\0")
    )
    inventory, _ = analyse(written(tmp_path / "disk", disk))
    assert names(inventory) == ["a", "b", "bash", "proc"]
    assert inventory.problems == ()


def test_a_group_that_grew_over_a_second_partition(tmp_path: Path) -> None:
    top, _ = split(tmp_path, "")
    text = lvm_text({"root": [linear(0, 3, 0), linear(3, 1, 0, "pv1")]})
    first, second = lvm_disk(text, top[: 3 * MIB]), lvm_disk(text, top[3 * MIB :], own=OTHER)
    inventory, _ = analyse(written(tmp_path / "disk", gpt_disk([Gpt(first), Gpt(second)])))
    assert names(inventory) == ["a", "b", "old", "proc"]
    assert inventory.problems == ()
    var = (tmp_path / "2").read_bytes()
    inventory, _ = analyse(written(tmp_path / "disk", gpt_disk([Gpt(first), Gpt(var)])))
    assert inventory.problems == (
        Problem("volume my-vg/root", "lvm: a segment on 'pv1', which is on another disk"),
    )


def test_what_belongs_to_no_system_stands_apart(tmp_path: Path) -> None:
    write_tree(tmp_path / "x", {"node_modules/x/package.json": '{"name": "x", "version": "1"}'})
    write_tree(tmp_path / "x", {"lib/apk/db/installed": "P:musl\nV:1\n\n"})
    data = make_ext(tmp_path / "x", tmp_path / "1").read_bytes()
    inventory, _ = analyse(written(tmp_path / "disk", gpt_disk([Gpt(data), Gpt(data)])))
    assert names(inventory) == ["x", "x"]
    paths = [each.path for each in inventory.found["languages/node"]]
    assert paths == [f"partition {number}/node_modules/x/package.json" for number in (1, 2)]


def test_a_second_system_is_a_problem(tmp_path: Path, root: Path) -> None:
    data = make_ext(root, tmp_path / "1", "8M").read_bytes()
    inventory, _ = analyse(written(tmp_path / "disk", gpt_disk([Gpt(data), Gpt(data)])))
    assert names(inventory) == ["a", "b", "bash", "proc"]
    assert inventory.problems == (Problem("partition 2", "a second system, expected one: it is not read"),)


def test_ostree_is_a_problem(tmp_path: Path) -> None:
    write_tree(tmp_path / "x", {"ostree/deploy/fcos/x": ""})
    inventory, _ = analyse(make_ext(tmp_path / "x", tmp_path / "1"))
    assert [each.path for each in inventory.problems] == ["disk/ostree/deploy"]


def test_what_cannot_be_read_beside_a_system_is_a_problem(tmp_path: Path, root: Path) -> None:
    data = make_ext(root, tmp_path / "1", "8M").read_bytes()
    btrfs = (bytes(65600) + b"_BHRfS_M").ljust(MIB, b"\0")
    luks, unknown = b"LUKS\xba\xbe\0\1".ljust(MIB, b"\0"), b"?" * MIB
    boot = uuid.UUID("21686148-6449-6e6f-744e-656564454649")
    parts = [Gpt(data), Gpt(btrfs), Gpt(luks), Gpt(unknown), Gpt(bytes(MIB), boot)]
    inventory, remarks = analyse(written(tmp_path / "disk", gpt_disk(parts)))
    assert names(inventory) == ["a", "b", "bash", "proc"]
    assert inventory.problems == (
        Problem("partition 2", "Btrfs, which is not read"),
        Problem("partition 3", "encrypted (LUKS), which is not read"),
        Problem("partition 4", "of an unknown format, which is not read"),
    )
    assert remarks == ("partition 5: the boot loader's: it has no files",)


def test_nothing_that_can_be_read_is_an_error(tmp_path: Path) -> None:
    luks = b"LUKS\xba\xbe\0\1".ljust(MIB, b"\0")
    disk = written(tmp_path / "disk", gpt_disk([Gpt(luks), Gpt(bytes(MIB))]))
    with pytest.raises(DiskError, match=r"^no file system that can be read: partition 1: encrypted \(LUKS\)"):
        analyse(disk)
    with pytest.raises(DiskError, match="no file system that can be read: no partitions"):
        analyse(written(tmp_path / "disk", gpt_disk([])))


def test_a_truncated_disk_is_one_sentence(tmp_path: Path, root: Path) -> None:
    data = make_ext(root, tmp_path / "1", "8M").read_bytes()
    with pytest.raises(DiskError, match="ext: truncated: 5000000 bytes, expected 8388608"):
        analyse(written(tmp_path / "disk", data[:5_000_000]))
    with pytest.raises(TruncatedError, match="where partition 1 ends"):
        analyse(written(tmp_path / "disk", gpt_disk([Gpt(data)])[:5_000_000]))


@DEBUGFS
def test_a_disk_that_was_in_use_is_told(tmp_path: Path, root: Path) -> None:
    image = make_ext(root, tmp_path / "disk", "8M")
    debugfs(image, "feature needs_recovery")
    inventory, _ = analyse(image)
    assert names(inventory) == ["a", "b", "bash", "proc"]
    assert inventory.problems == (
        Problem("disk", "ext: it was not unmounted: what is in its journal only was not read"),
    )


@XFS
def test_a_log_with_changes_is_told(tmp_path: Path, root: Path) -> None:
    image = make_xfs(root, tmp_path / "disk")
    with image.open("r+b") as file:
        record = file.read().rfind(b"\xfe\xed\xba\xbe\0\0\0\1")
        file.seek(record + 512 + 9)
        file.write(b"\x01")
    inventory, _ = analyse(image)
    assert inventory.problems == (
        Problem("disk", "xfs: it was not unmounted: what is in its log only was not read"),
    )


@DEBUGFS
def test_a_directory_in_itself_is_met_once(tmp_path: Path, root: Path) -> None:
    image = make_ext(root, tmp_path / "disk", "8M")
    subprocess.run(
        ("debugfs", "-w", "-R", "ln app app/node_modules/loop", image), check=True, capture_output=True
    )
    inventory, _ = analyse(image)
    assert names(inventory) == ["a", "b", "bash", "proc"]
    reason = "directory: met at another path before, expected once"
    assert inventory.problems == (Problem("app/node_modules/loop", reason),)


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "root", SYSTEM)
    (root / "srv" / b"caf\xe9".decode("utf-8", "surrogateescape")).mkdir()
    odd = root / "srv" / b"caf\xe9".decode("utf-8", "surrogateescape")
    write_tree(odd, {"package.json": '{"name": "odd", "version": "1"}'})
    (odd / b"\xff.jar".decode("utf-8", "surrogateescape")).write_text("x")
    inventory, _ = analyse(make_ext(root, tmp_path / "disk"))
    assert names(inventory) == ["a", "b", "bash", "odd", "proc"]
    (problem,) = inventory.problems
    assert problem.path.startswith("srv/inode ")
    assert problem.reason == "file: its name is no UTF-8, expected one that tells what it is"


@DEBUGFS
def test_damage_is_told_where_it_is(tmp_path: Path) -> None:
    image = make_ext(write_tree(tmp_path / "root", SYSTEM), tmp_path / "disk", "4M", "-b", "1024")
    for command in ("sif app/node_modules bmap[0] 0", "sif var/lib/dpkg/status size 2000000000"):
        debugfs(image, command)
    inventory, _ = analyse(image)
    assert "b" in names(inventory)
    assert "bash" not in names(inventory)
    assert (
        Problem("var/lib/dpkg/status", "file: 2000000000 bytes, expected at most 1073741824 (file_bytes)")
        in inventory.problems
    )


def test_limits_and_what_is_left_out(tmp_path: Path, root: Path) -> None:
    image = make_ext(root, tmp_path / "disk", "8M")
    with pytest.raises(LimitExceededError, match="more than 100 files and directories"):
        analyse(image, Limits(entries=100))
    assert names(analyse(image, skipped=Skipped(dirs=("srv", "**/node_modules")))[0]) == ["bash", "proc"]
    assert names(analyse(image, skipped=Skipped(files=("**/status",)))[0]) == ["a", "b", "proc"]
    inventory, _ = analyse(image, Limits(path_bytes=10))
    assert Problem("app/node_modules", "directory: a path of 17 characters, expected fewer (path_bytes)") in (
        inventory.problems
    )


def test_no_file_no_disk(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none", "no such file or directory"), (tmp_path, "no regular file")):
        with pytest.raises(DiskError, match=reason):
            analyse(path)


def test_the_missing_extra_is_named(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = make_ext(root, tmp_path / "disk", "8M")
    monkeypatch.setitem(sys.modules, "pyfsext", None)
    with pytest.raises(MissingPackageError, match=r"^disk: reading it needs the extra 'disk'"):
        analyse(image)

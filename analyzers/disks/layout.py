"""What is on a disk: its file systems, and what else was met."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analyzers.disks.device import Device, DiskError, Part, TruncatedError
from analyzers.disks.filesystems import FileSystem
from analyzers.disks.partitions import Partition, read_partitions
from analyzers.disks.signatures import Content, recognise
from analyzers.disks.volumes import Physical, read_physical, volumes_of
from analyzers.inventory import Problem

_MOST_PARTS = 256
"""File systems opened at most: each keeps some memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A file system, and all that fstab may call it."""

    title: str
    """"partition 2", "volume vg/root", "disk"."""
    names: frozenset[str]
    mounted_at: str
    """Where its partition's type says that it belongs; mostly nothing."""
    files: FileSystem


@dataclass(slots=True)
class Layout:
    """Everything met on a disk."""

    placed: list[Placed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """What may be a system and cannot be read."""
    physicals: list[Physical] = field(default_factory=list)
    """What logical volumes are made of."""
    remarks: list[str] = field(default_factory=list)
    """What was left alone, as no packages can be on it."""


def read_layout(disk: Device) -> Layout:
    """Return what is on a disk.

    Raises:
        DiskError: its partition table cannot be read, or its image is truncated.
        MissingPackageError: a library is not installed.
    """
    layout = Layout()
    partitions = read_partitions(disk)
    if partitions is None:
        _take(layout, "disk", disk, frozenset())
    else:
        _take_partitions(layout, disk, partitions)
    _take_volumes(layout)
    return layout


def _take_partitions(layout: Layout, disk: Device, partitions: Sequence[Partition]) -> None:
    if len(partitions) > _MOST_PARTS:
        raise DiskError(f"disk: {len(partitions)} partitions, expected at most {_MOST_PARTS}")
    for each in partitions:
        title = f"partition {each.number}"
        if each.without_files:
            layout.remarks.append(f"{title}: {each.without_files}: it has no files")
            continue
        _take(layout, title, Part(disk, each.offset, each.size_bytes), _names(each), each.mounted_at)


def _names(partition: Partition) -> frozenset[str]:
    number = partition.number
    names = {f"/dev/{kind}{number}" for kind in ("sda", "vda", "xvda", "hda", "nvme0n1p", "mmcblk0p")}
    if partition.uuid:
        names |= {f"PARTUUID={partition.uuid}", f"/dev/disk/by-partuuid/{partition.uuid}"}
    if partition.name:
        names |= {f"PARTLABEL={partition.name}", f"/dev/disk/by-partlabel/{partition.name}"}
    return frozenset(names)


def _take(layout: Layout, title: str, device: Device, names: frozenset[str], mounted_at: str = "") -> None:
    """Note what a partition or volume is, and what is in it."""
    try:
        found = recognise(device)
        match found.content:
            case Content.PLAIN:
                layout.remarks.append(f"{title}: {found.name}: no packages are looked for there")
            case Content.CLOSED:
                layout.problems.append(Problem(title, f"{found.name}, which is not read"))
            case Content.LVM:
                layout.physicals.append(read_physical(device))
            case Content.EXT | Content.XFS:
                files = FileSystem(found.content, device)
                layout.problems += (Problem(title, doubt) for doubt in files.doubts)
                layout.placed.append(
                    Placed(title=title, names=names | _own_names(files), mounted_at=mounted_at, files=files)
                )
    except TruncatedError:
        raise
    except DiskError as error:
        layout.problems.append(Problem(title, str(error)))


def _own_names(files: FileSystem) -> frozenset[str]:
    names = {f"UUID={files.uuid}", f"/dev/disk/by-uuid/{files.uuid}"}
    if files.label:
        names |= {f"LABEL={files.label}", f"/dev/disk/by-label/{files.label}"}
    return frozenset(names)


def _take_volumes(layout: Layout) -> None:
    try:
        volumes = list(volumes_of(layout.physicals))
    except DiskError as error:
        layout.problems.append(Problem("volumes", str(error)))
        return
    if len(volumes) > _MOST_PARTS:
        raise DiskError(f"lvm: {len(volumes)} volumes, expected at most {_MOST_PARTS}")
    for volume in volumes:
        title = f"volume {volume.name}"
        if volume.device is None:
            layout.problems.append(Problem(title, volume.reason))
            continue
        group, _, name = volume.name.partition("/")
        mapped = f"/dev/mapper/{group.replace('-', '--')}-{name.replace('-', '--')}"
        # A volume of a volume would be read again and again.
        if recognise(volume.device).content is Content.LVM:
            layout.problems.append(Problem(title, "LVM2 within LVM2, which is not read"))
        else:
            _take(layout, title, volume.device, frozenset({mapped, f"/dev/{volume.name}"}))

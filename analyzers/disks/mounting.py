"""Puts the file systems of a disk together to one tree, as its system would."""

from dataclasses import dataclass, field

from analyzers.disks.filesystems import FileSystem
from analyzers.disks.fstab import Mount, parse_fstab
from analyzers.disks.layout import Layout, Placed
from analyzers.errors import UnreadableFileError
from analyzers.inventory import Problem
from analyzers.limits import MIB

_FSTAB = "etc/fstab"
_MOST_FSTAB_BYTES = MIB
_SIGNS = ("etc/os-release", "usr/lib/os-release", "etc/fstab", "etc/passwd", "etc/redhat-release")
_OSTREE = "ostree/deploy"


@dataclass(slots=True)
class Mounted:
    """One tree of file systems."""

    root: FileSystem | None = None
    places: dict[str, FileSystem] = field(default_factory=dict)
    """Path below the root → the file system that is there."""
    apart: list[tuple[str, FileSystem]] = field(default_factory=list)
    """(name, file system) of what belongs to no system."""
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def mount(layout: Layout) -> Mounted:
    """Return the tree that the first system of a disk makes of it.

    What its fstab, or a partition's type, gives a place is there. A disk with one file system, or none with a
    system on it, needs no places: its file systems stand side by side, under names of their own.
    """
    mounted = Mounted()
    roots = [each for each in layout.placed if _is_root(each.files)]
    left = list(layout.placed)
    if roots:
        mounted.root = roots[0].files
        left.remove(roots[0])
        _mount_fstab(mounted, roots[0], left)
        _mount_types(mounted, left)
    elif len(left) == 1:
        mounted.root = left.pop().files
    for each in left:
        if each in roots:
            mounted.problems.append(Problem(each.title, "a second system, expected one: it is not read"))
        else:
            mounted.apart.append((each.title, each.files))
    mounted.problems += (
        Problem(f"{each.title}/{_OSTREE}", "systems deployed by OSTree, which are not read")
        for each in layout.placed
        if each.files.find(_OSTREE)
    )
    return mounted


def _is_root(files: FileSystem) -> bool:
    return any(files.find(path) for path in _SIGNS)


def _mount_fstab(mounted: Mounted, root: Placed, left: list[Placed]) -> None:
    for line in _fstab(mounted, root.files):
        spec = line.spec
        if spec.startswith(("UUID=", "PARTUUID=")):
            key, _, value = spec.partition("=")
            spec = f"{key}={value.lower()}"
        place = next((each for each in left if spec in each.names), None)
        if place is not None:
            left.remove(place)
            mounted.places.setdefault(line.path, place.files)
        elif line.path not in mounted.places:
            _tell_absent(mounted, line)


def _tell_absent(mounted: Mounted, line: Mount) -> None:
    reason = f"line {line.line}: /{line.path} is {line.spec!r}, expected on this disk in a form that is read"
    if line.is_optional:
        mounted.remarks.append(f"{_FSTAB}: {reason}")
    else:
        mounted.problems.append(Problem(_FSTAB, f"fstab: {reason}"))


def _fstab(mounted: Mounted, root: FileSystem) -> list[Mount]:
    entry = root.find(_FSTAB)
    try:
        return list(parse_fstab(root.read(entry, _MOST_FSTAB_BYTES))) if entry else []
    except UnreadableFileError as error:
        mounted.problems.append(Problem(_FSTAB, f"fstab: {error}"))
        return []


def _mount_types(mounted: Mounted, left: list[Placed]) -> None:
    for each in left[:]:
        if each.mounted_at and each.mounted_at not in mounted.places:
            mounted.places[each.mounted_at] = each.files
            left.remove(each)

from hypothesis import given
from hypothesis import strategies as st

from analyzers.disks.fstab import Mount, parse_fstab

FSTAB = b"""# /etc/fstab: static file system information.
UUID=abc / ext4 errors=remount-ro 0 1
UUID="def"  /var   ext4 defaults 0 2
/dev/mapper/vg-home /home xfs noatime,nofail 0 2
LABEL=UEFI /boot/efi vfat umask=0077 0 1
UUID=swap none swap sw 0 0
tmpfs /tmp tmpfs defaults 0 0
/dev/sr0 /media/cdrom0 auto user,noauto 0 0
/srv/a /srv/b none bind 0 0
/usr/a /usr/b auto bind
LABEL=my\\040data /srv/my\\040data/ btrfs
LABEL=x /../etc ext4 defaults
short line
"""


def test_what_is_mounted_where() -> None:
    assert list(parse_fstab(FSTAB)) == [
        Mount(3, "UUID=def", "var", is_optional=False),
        Mount(4, "/dev/mapper/vg-home", "home", is_optional=True),
        Mount(8, "/dev/sr0", "media/cdrom0", is_optional=True),
        Mount(11, "LABEL=my data", "srv/my data", is_optional=False),
    ]


@given(st.binary())
def test_any_bytes_end_in_mounts(data: bytes) -> None:
    assert all(each.path and ".." not in each.path.split("/") for each in parse_fstab(data))

"""The day on which a distribution ends the support of each of its releases.

The day is the last on which everybody gets security updates: Debian's long term support counts, support that
is sold does not, but for Ubuntu Pro where it is switched on. Each table names the distribution's page that
has the days; of a month it is the last. Rolling distributions end never, and what no table has is unknown:
both are None here.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from analyzers.distributions import is_extended
from analyzers.inventory import Release

_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def _days(*table: str) -> dict[str, date]:
    words = " ".join(table).split()
    return {version: date.fromisoformat(day) for version, day in zip(words[::2], words[1::2], strict=True)}


_TABLES: Mapping[str, Mapping[str, date]] = {
    # https://wiki.almalinux.org/release-notes/
    "almalinux": _days("8 2029-03-01 9 2032-05-31 10 2035-05-31"),
    # https://alpinelinux.org/releases/
    "alpine": _days(
        "2.1 2012-11-01 2.2 2013-05-01 2.3 2013-11-01 2.4 2014-05-01 2.5 2014-11-01 2.6 2015-05-01",
        "2.7 2015-11-01 3.0 2016-05-01 3.1 2016-11-01 3.2 2017-05-01 3.3 2017-11-01 3.4 2018-05-01",
        "3.5 2018-11-01 3.6 2019-05-01 3.7 2019-11-01 3.8 2020-05-01 3.9 2020-11-01 3.10 2021-05-01",
        "3.11 2021-11-01 3.12 2022-05-01 3.13 2022-11-01 3.14 2023-05-01 3.15 2023-11-01",
        "3.16 2024-05-23 3.17 2024-11-22 3.18 2025-05-09 3.19 2025-11-01 3.20 2026-04-01",
        "3.21 2026-11-01 3.22 2027-05-01 3.23 2027-11-01",
    ),
    # https://aws.amazon.com/linux/amazon-linux-2023/faqs/, https://aws.amazon.com/amazon-linux-2/faqs/,
    # https://aws.amazon.com/blogs/aws/update-on-amazon-linux-ami-end-of-life/ (of all with a month)
    "amzn": _days("2 2026-06-30 2023 2029-06-30")
    | {f"{year}.{month}": date(2023, 12, 31) for year in range(2010, 2019) for month in ("03", "09", "11")},
    # https://learn.microsoft.com/azure/azure-linux/release-cadence-lifecycle
    "azurelinux": _days("3.0 2027-08-31"),
    # https://www.centos.org/centos-linux-eol/, https://wiki.centos.org/About/Product
    "centos": _days("5 2017-03-31 6 2020-11-30 7 2024-06-30 8 2021-12-31"),
    # https://www.centos.org/cl-vs-cs/
    "centos-stream": _days("8 2024-05-31 9 2027-05-31 10 2030-01-01"),
    # https://wiki.debian.org/DebianReleases, https://wiki.debian.org/LTS
    "debian": _days(
        "4 2010-02-15 5 2012-02-06 6 2016-02-29 7 2018-05-31 8 2020-06-30 9 2022-07-01",
        "10 2024-06-30 11 2026-08-31 12 2028-06-30 13 2030-06-30",
    ),
    # https://docs.fedoraproject.org/en-US/releases/eol/
    "fedora": _days(
        "20 2015-06-23 21 2015-12-01 22 2016-07-19 23 2016-12-20 24 2017-08-08 25 2017-12-12",
        "26 2018-05-29 27 2018-11-30 28 2019-05-28 29 2019-11-26 30 2020-05-26 31 2020-11-24",
        "32 2021-05-25 33 2021-11-30 34 2022-06-07 35 2022-12-13 36 2023-05-16 37 2023-12-05",
        "38 2024-05-21 39 2024-11-26 40 2025-05-13 41 2025-12-15 42 2026-05-13 43 2026-12-09",
    ),
    # https://learn.microsoft.com/azure/azure-linux/release-cadence-lifecycle
    "mariner": _days("1.0 2023-08-31 2.0 2025-07-31"),
    # https://www.oracle.com/a/ocom/docs/elsp-lifetime-069338.pdf (premier support; of months the last day)
    "ol": _days("5 2017-06-30 6 2021-03-31 7 2024-12-31 8 2029-07-31 9 2032-06-30"),
    # https://en.opensuse.org/Lifetime
    "opensuse": _days("13.1 2016-02-03 13.2 2017-01-17 42.1 2017-05-17 42.2 2018-01-26 42.3 2019-07-01"),
    # https://en.opensuse.org/Lifetime
    "opensuse-leap": _days(
        "15.0 2019-12-03 15.1 2021-02-02 15.2 2022-01-04 15.3 2022-12-31 15.4 2023-12-07",
        "15.5 2024-12-31 15.6 2026-04-30 16.0 2027-10-31",
    ),
    # https://blogs.vmware.com/vsphere/2022/01/photon-1-x-end-of-support-announcement.html
    "photon": _days("1.0 2022-02-28"),
    # https://access.redhat.com/support/policy/updates/errata (maintenance support)
    "rhel": _days(
        "4 2012-02-29 5 2017-03-31 6 2020-11-30 7 2024-06-30 8 2029-05-31 9 2032-05-31 10 2035-05-31"
    ),
    # https://wiki.rockylinux.org/rocky/version/
    "rocky": _days("8 2029-05-31 9 2032-05-31 10 2035-05-31"),
    # https://www.suse.com/lifecycle (general support)
    "sl-micro": _days(
        "5.0 2022-03-31 5.1 2025-10-31 5.2 2026-04-30 5.3 2026-10-30 5.4 2027-04-30 5.5 2027-10-31",
        "6.0 2028-06-30 6.1 2028-11-30",
    ),
    # https://www.suse.com/lifecycle (general support)
    "sles": _days(
        "11.3 2016-01-31 11.4 2019-03-31 12.0 2016-06-30 12.1 2017-05-31 12.2 2018-03-31 12.3 2019-06-30",
        "12.4 2020-06-30 12.5 2024-10-31 15.0 2019-12-31 15.1 2021-01-31 15.2 2021-12-31",
        "15.3 2022-12-31 15.4 2023-12-31 15.5 2024-12-31 15.6 2025-12-31 15.7 2031-07-31",
    ),
    # https://wiki.ubuntu.com/Releases
    "ubuntu": _days(
        "10.04 2013-05-09 12.04 2017-04-28 12.10 2014-05-16 13.04 2014-01-27 13.10 2014-07-17",
        "14.04 2019-04-25 14.10 2015-07-23 15.04 2016-02-04 15.10 2016-07-28 16.04 2021-04-30",
        "16.10 2017-07-20 17.04 2018-01-13 17.10 2018-07-19 18.04 2023-05-31 18.10 2019-07-18",
        "19.04 2020-01-23 19.10 2020-07-17 20.04 2025-05-31 20.10 2021-07-22 21.04 2022-01-20",
        "21.10 2022-07-14 22.04 2027-04-30 22.10 2023-07-20 23.04 2024-01-25 23.10 2024-07-11",
        "24.04 2029-05-31 24.10 2025-07-10 25.04 2026-01-15 25.10 2026-07-01 26.04 2031-04-30",
    ),
    # https://ubuntu.com/about/release-cycle (expanded security maintenance)
    "ubuntu-pro": _days(
        "14.04 2024-04-25 16.04 2026-04-30 18.04 2028-04-30 20.04 2030-04-30 22.04 2032-04-30",
        "24.04 2034-04-30 26.04 2036-04-30",
    ),
}
_SAME = {"sled": "sles", "sles_sap": "sles", "sle-micro": "sl-micro", "suse-microos": "sl-micro"}
_WITHOUT_SERVICE_PACK = 1


@lru_cache(maxsize=1024)
def end_of_life(release: Release) -> date | None:
    """Return the last day of support; None when it is not known, and for distributions without releases.

    A table may know less of a version than the release does: "9.2" is looked for, then "9".
    """
    table = _TABLES.get(_name(release), {})
    days = (table.get(version) for version in _versions(release))
    return next((day for day in days if day is not None), None)


def _name(release: Release) -> str:
    if release.id == "centos" and "stream" in release.pretty_name.lower():
        return "centos-stream"
    if is_extended(release):
        return "ubuntu-pro"
    return _SAME.get(release.id, release.id)


def _versions(release: Release) -> Iterable[str]:
    match = _NUMBERS.match(release.version_id)
    if match is None or "edge" in release.channels or "_alpha" in release.version_id:
        return
    numbers = match[0].split(".")
    if len(numbers) == _WITHOUT_SERVICE_PACK:
        yield f"{match[0]}.0"
    for length in range(len(numbers), 0, -1):
        yield ".".join(numbers[:length])

from datetime import date

import pytest

from analyzers.inventory import Release
from analyzers.lifecycle import end_of_life


@pytest.mark.parametrize(
    ("release", "day"),
    [
        (Release(id="debian", version_id="12.5"), date(2028, 6, 30)),
        (Release(id="debian", version_id="10"), date(2024, 6, 30)),
        (Release(id="alpine", version_id="3.18.2"), date(2025, 5, 9)),
        (Release(id="ubuntu", version_id="18.04"), date(2023, 5, 31)),
        (Release(id="ubuntu", version_id="18.04", channels=("esm-infra",)), date(2028, 4, 30)),
        (Release(id="rhel", version_id="9.2"), date(2032, 5, 31)),
        (Release(id="centos", version_id="8", pretty_name="CentOS Linux 8"), date(2021, 12, 31)),
        (Release(id="centos", version_id="8", pretty_name="CentOS Stream 8"), date(2024, 5, 31)),
        (Release(id="amzn", version_id="2018.03"), date(2023, 12, 31)),
        (Release(id="amzn", version_id="2023"), date(2029, 6, 30)),
        (Release(id="sles", version_id="15"), date(2019, 12, 31)),
        (Release(id="sles", version_id="15.5"), date(2024, 12, 31)),
        (Release(id="sles_sap", version_id="15.5"), date(2024, 12, 31)),
        (Release(id="sles", version_id="15.99"), None),
        (Release(id="sle-micro", version_id="5.5"), date(2027, 10, 31)),
        (Release(id="mariner", version_id="2.0"), date(2025, 7, 31)),
        (Release(id="wolfi", version_id="20230201"), None),
        (Release(id="arch"), None),
        (Release(id="debian", version_id="99"), None),
        (Release(id="alpine", version_id="3.21.0_alpha20240807"), None),
        (Release(id="alpine", version_id="3.20.1", channels=("edge",)), None),
        (Release(id="nobody", version_id="1"), None),
    ],
)
def test_end_of_life(release: Release, day: date | None) -> None:
    assert end_of_life(release) == day

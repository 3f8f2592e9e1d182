import re

import pytest

from analyzers.checks.check import Check
from analyzers.checks.cloud.catalogue import CHECKS
from analyzers.checks.cloud.model import Subject
from analyzers.checks.long_names import id_of, names_of

PUBLIC = [each for each in CHECKS if not each.id.startswith("CB-")]


@pytest.mark.parametrize("check", PUBLIC, ids=lambda check: check.id)
def test_every_public_check_of_a_cloud_has_a_name(check: Check[Subject]) -> None:
    long, short, *older = names_of(check.id)
    assert long.startswith(f"{check.provider}-")
    assert long.endswith(f"-{short}")
    assert {id_of(name) for name in (long, *older)} == {check.id}
    assert re.fullmatch(r"[a-z0-9_-]+", long)


def test_what_has_no_name() -> None:
    assert id_of("aws-s3-no-such-thing") is None
    assert names_of("CB-A001") == ()

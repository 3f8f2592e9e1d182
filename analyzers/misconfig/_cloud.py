"""What the formats that declare cloud resources share: names in snake case, and outcomes of one file."""

import re
from collections.abc import Iterator, Sequence

from analyzers.checks.cloud.model import Cloud
from analyzers.inventory import Outcome

_ACRONYM = re.compile(r"([A-Z]+)([A-Z][a-z])")
_WORD = re.compile(r"([a-z0-9])([A-Z])")


def snake_case(name: str) -> str:
    """Return "KMSMasterKeyID" as "kms_master_key_id"."""
    return _WORD.sub(r"\1_\2", _ACRONYM.sub(r"\1_\2", name)).lower()


def lines_of(data: bytes) -> list[str]:
    """Return a file's lines, as its reports show them."""
    return data.decode("utf-8", "replace").splitlines()


def judged(cloud: Cloud, path: str, lines: Sequence[str], file_type: str) -> Iterator[Outcome]:
    """Yield what the checks say of the resources of one file."""
    from analyzers.checks.cloud import catalogue  # noqa: PLC0415 - a tenth of a second that few need

    for _, outcome in catalogue.judge(cloud, {path: lines}, file_type):
        yield outcome

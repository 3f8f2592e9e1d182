"""Collects the checks of all families."""

import functools
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from analyzers.checks.check import Check

FAMILIES = ("dockerfile", "compose", "github_actions", "kubernetes", "cloud.catalogue")
"""Modules below this package that have CHECKS."""


@functools.cache
def checks() -> Mapping[str, Check[Any]]:
    """Return every check by its id.

    Raises:
        ValueError: two have the same id.
    """
    found: dict[str, Check[Any]] = {}
    for family in FAMILIES:
        for check in import_module(f"analyzers.checks.{family}").CHECKS:
            if found.setdefault(check.id, check) is not check:
                raise ValueError(f"check {check.id!r}: there are two, expected one")
    return found

"""Checks of Dockerfiles."""

from analyzers.checks.dockerfile import (
    bases,
    downloads,
    files,
    network,
    packages,
    secrets,
    structure,
    users,
)

CHECKS = tuple(
    sorted(
        (
            *bases.CHECKS,
            *downloads.CHECKS,
            *files.CHECKS,
            *network.CHECKS,
            *packages.CHECKS,
            *secrets.CHECKS,
            *structure.CHECKS,
            *users.CHECKS,
        ),
        key=lambda check: check.id,
    )
)
"""Ordered by id."""

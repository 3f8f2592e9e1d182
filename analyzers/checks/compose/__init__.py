"""Checks of Compose files."""

from analyzers.checks.compose import exposure, isolation

CHECKS = tuple(sorted((*exposure.CHECKS, *isolation.CHECKS), key=lambda check: check.id))
"""Ordered by id."""

"""Checks of workflows of GitHub Actions."""

from analyzers.checks.github_actions import inputs, origins, rights

CHECKS = tuple(sorted((*inputs.CHECKS, *origins.CHECKS, *rights.CHECKS), key=lambda check: check.id))
"""Ordered by id."""

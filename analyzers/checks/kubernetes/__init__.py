"""Checks of Kubernetes objects: workloads, roles, networks, configuration, the control plane.

Guidance: https://kubernetes.io/docs/concepts/security/
"""

from analyzers.checks.check import Check
from analyzers.checks.kubernetes import (
    bindings,
    cluster,
    control_plane,
    kernel,
    pods,
    privileges,
    roles,
    users,
    workloads,
)
from analyzers.checks.kubernetes.objects import Manifest

CHECKS: tuple[Check[Manifest], ...] = tuple(
    sorted(
        (
            *bindings.CHECKS,
            *cluster.CHECKS,
            *control_plane.CHECKS,
            *kernel.CHECKS,
            *pods.CHECKS,
            *privileges.CHECKS,
            *roles.CHECKS,
            *users.CHECKS,
            *workloads.CHECKS,
        ),
        key=lambda check: check.id,
    )
)
"""All of them, in order of their ids."""

"""Checks of CloudStack's machines.

Guidance: https://registry.terraform.io/providers/cloudstack/cloudstack/latest/docs/resources/instance
"""

from analyzers.checks.cloud.credentials import no_credentials
from analyzers.checks.cloud.rules import HIGH, Service

CHECKS = (
    Service("cloudstack", "compute").check(
        "CLDSTK-0001",
        HIGH,
        "cloudstack_instance",
        title="Credentials in what a machine is started with",
        why="Every program on the machine, and whoever may describe it, can read them.",
        mend="Have the machine fetch them from a store of secrets.",
        judge=no_credentials("user_data has credentials", "user_data"),
    ),
)

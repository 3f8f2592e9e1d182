"""Checks of Oracle's public cloud (the provider opc).

Guidance: https://registry.terraform.io/providers/hashicorp/opc/latest/docs
"""

from analyzers.checks.cloud.rules import CRITICAL, Service, not_among

CHECKS = (
    Service("oracle", "compute").check(
        "OCI-0001",
        CRITICAL,
        "opc_compute_ip_address_reservation",
        title="Address is of the internet",
        why="A machine with it can be tried by everybody.",
        mend="Set ip_address_pool to 'cloud-ippool'.",
        judge=not_among("ip_address_pool", ["public-ippool"], "the address is public"),
    ),
)

"""The built-in rules, a module for each family."""

from analyzers.secrets._rule import Rule
from analyzers.secrets.rules import (
    chat,
    cloud,
    cloud_aws,
    code_hosts,
    commands,
    databases,
    files,
    generic,
    keys,
    kubernetes,
    models,
    observability,
    packages,
    payment,
    services,
    terraform,
)

RULES: tuple[Rule, ...] = (
    *cloud_aws.RULES,
    *cloud.RULES,
    *code_hosts.RULES,
    *keys.RULES,
    *packages.RULES,
    *models.RULES,
    *payment.RULES,
    *chat.RULES,
    *observability.RULES,
    *services.RULES,
    *databases.RULES,
    *generic.RULES,
    *files.RULES,
    *kubernetes.RULES,
    *terraform.RULES,
    *commands.RULES,
)
"""Of rules that are as sure and find as much, the earlier one tells."""

"""Checks of Azure's databases.

Guidance: https://learn.microsoft.com/azure/azure-sql/database/security-best-practice
"""

from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import size
from analyzers.checks.cloud.model import Subject
from analyzers.checks.cloud.rules import (
    HIGH,
    LOW,
    MEDIUM,
    Service,
    absent,
    among,
    at_least,
    cause,
    off,
    on,
    present,
    when,
    whole,
)

_DATABASE = Service("azure", "database")
_SQL = ("azurerm_mssql_server", "azurerm_sql_server")
_OPEN_SOURCE = ("azurerm_postgresql_server", "azurerm_mysql_server", "azurerm_mariadb_server")
_SERVERS = (*_SQL, *_OPEN_SOURCE)
_FIREWALL_RULES = (
    "azurerm_mssql_firewall_rule",
    "azurerm_sql_firewall_rule",
    "azurerm_postgresql_firewall_rule",
    "azurerm_postgresql_flexible_server_firewall_rule",
    "azurerm_mysql_firewall_rule",
    "azurerm_mysql_flexible_server_firewall_rule",
    "azurerm_mariadb_firewall_rule",
)
_SETTINGS = ("azurerm_postgresql_configuration", "azurerm_postgresql_flexible_server_configuration")
_EVERYBODY = 2**24
"""Addresses that are no office's any more: a 256th of the internet. One, 0.0.0.0, is all of Azure."""
_NO_AUDIT = "no auditing policy is declared"
_ALERTS = ("azurerm_mssql_server_security_alert_policy", "azurerm_mssql_database_security_alert_policy")
_LOGS = "Without logs nobody can tell later who tried to connect, and when."


def _open_rule(subject: Subject) -> Iterator[Cause]:
    place = next(subject.resource.places("start_ip_address"))
    last = subject.resource.get("end_ip_address")
    is_known = subject.knows("start_ip_address") and subject.knows("end_ip_address")
    if is_known and size(str(place.value), str(last)) >= _EVERYBODY:
        yield cause(f"addresses up to {last!r:.40} are let in", place.lines)


def _lacks_audit(subject: Subject) -> Iterator[Cause]:
    if subject.resource.get("extended_auditing_policy") is not None:
        yield from present("extended_auditing_policy", _NO_AUDIT)(subject)
        return
    kinds = ("azurerm_mssql_server_extended_auditing_policy", "azurerm_sql_server_extended_auditing_policy")
    if not any(subject.linked(kind, "server_id") for kind in kinds) and not subject.doubts:
        yield whole(subject, _NO_AUDIT)


def _short_audit(subject: Subject) -> Iterator[Cause]:
    says = "audit logs are kept for less than 90 days"
    yield from at_least("retention_in_days", 90, says, default=0, besides=0)(subject)


CHECKS = (
    _DATABASE.check(
        "AZU-0018",
        MEDIUM,
        *_ALERTS,
        title="Alerts of threats to a database reach nobody",
        why="An attack that is noticed, but told to nobody, goes on.",
        mend="Name somebody in email_addresses.",
        judge=present("email_addresses", "no address is named"),
    ),
    _DATABASE.check(
        "AZU-0023",
        LOW,
        *_ALERTS,
        title="Alerts of threats to a database do not reach the owners",
        why="Who is named may have left; owners of the subscription are there.",
        mend="Set email_account_admins.",
        judge=on("email_account_admins", "owners are not told"),
    ),
    _DATABASE.check(
        "AZU-0028",
        MEDIUM,
        *_ALERTS,
        title="Alerts of some threats to a database are turned off",
        why="Attacks of that kind are not noticed.",
        mend="Leave disabled_alerts out.",
        judge=absent("disabled_alerts", "alerts are turned off"),
    ),
    _DATABASE.check(
        "AZU-0019",
        MEDIUM,
        *_SETTINGS,
        title="PostgreSQL does not log connections",
        why=_LOGS,
        mend='Set log_connections to "on".',
        judge=on("value", "connections are not logged"),
        only=when("name", "log_connections"),
    ),
    _DATABASE.check(
        "AZU-0020",
        MEDIUM,
        *_OPEN_SOURCE,
        title="Database accepts unencrypted connections",
        why="Who is on the way can read and change data and passwords.",
        mend="Set ssl_enforcement_enabled.",
        judge=on("ssl_enforcement_enabled", "TLS is not enforced"),
    ),
    _DATABASE.check(
        "AZU-0021",
        MEDIUM,
        *_SETTINGS,
        title="PostgreSQL does not slow failing logins down",
        why="Passwords can be tried as fast as the network allows.",
        mend='Set connection_throttling to "on".',
        judge=on("value", "connections are not throttled"),
        only=when("name", "connection_throttling", "connection_throttle.enable"),
    ),
    _DATABASE.check(
        "AZU-0022",
        MEDIUM,
        *_SERVERS,
        title="Database server is public",
        why="Passwords can be tried, and flaws used, from the whole internet.",
        mend="Set public_network_access_enabled to false.",
        judge=off("public_network_access_enabled", "the server has a public address", default=True),
    ),
    _DATABASE.check(
        "AZU-0024",
        MEDIUM,
        *_SETTINGS,
        title="PostgreSQL does not log checkpoints",
        why=_LOGS,
        mend='Set log_checkpoints to "on".',
        judge=on("value", "checkpoints are not logged"),
        only=when("name", "log_checkpoints"),
    ),
    _DATABASE.check(
        "AZU-0025",
        MEDIUM,
        "azurerm_mssql_server_extended_auditing_policy",
        "azurerm_mssql_database_extended_auditing_policy",
        title="Audit logs of a database are kept for less than 90 days",
        why="Attacks are often noticed months later.",
        mend="Set retention_in_days to 90 or more, or to 0 for ever.",
        judge=_short_audit,
    ),
    _DATABASE.check(
        "AZU-0026",
        MEDIUM,
        *_SERVERS,
        title="Database accepts old versions of TLS",
        why="Old versions of TLS have known flaws.",
        mend="Set the minimum version of TLS to 1.2.",
        judge=among(
            "minimum_tls_version|ssl_minimal_tls_version_enforced",
            ("1.2", "1.3", "TLS1_2", "TLS1_3"),
            "TLS before 1.2 is accepted",
            default="1.2",
        ),
    ),
    _DATABASE.check(
        "AZU-0027",
        MEDIUM,
        *_SQL,
        title="Database server is not audited",
        why=_LOGS,
        mend="Declare an extended auditing policy for the server.",
        judge=_lacks_audit,
    ),
    _DATABASE.check(
        "AZU-0029",
        HIGH,
        *_FIREWALL_RULES,
        title="Firewall of a database lets everybody in",
        why="Passwords can be tried, and flaws used, from the whole internet.",
        mend="Name the addresses that may connect.",
        judge=_open_rule,
    ),
)

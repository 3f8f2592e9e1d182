"""Checks of Google Cloud SQL.

Guidance: https://cloud.google.com/sql/docs/postgres/best-practices
"""

from collections.abc import Callable, Iterator

from analyzers.checks.check import Cause
from analyzers.checks.cloud.addresses import is_everybody
from analyzers.checks.cloud.model import Block, Subject, Unknown, items, may_be_anything, texts, truth
from analyzers.checks.cloud.rules import HIGH, LOW, MEDIUM, Judge, Service, cause, on, when

_SQL = Service("google", "sql")
_INSTANCE = "google_sql_database_instance"
_LOGS = "Without logs nobody can tell later who did what."


def _family(name: str) -> Callable[[Subject], bool]:
    """Return a condition: the instance is of a family, "POSTGRES"."""

    def holds(subject: Subject) -> bool:
        version = str(subject.resource.get("database_version")).upper()
        return subject.knows("database_version") and version.startswith(name)

    return holds


def _flag(name: str, says: str, fails: Callable[[str | None], bool]) -> Judge:
    """Return a judge of one of the database's flags, None where it is not set."""

    def judge(subject: Subject) -> Iterator[Cause]:
        place = next(subject.resource.places("settings.database_flags"))
        flags = subject.resource.get("settings.database_flags")
        settings = subject.resource.attributes.blocks("settings")
        given = [each for one in settings for each in items(one.get("database_flags"))]
        if isinstance(flags, Unknown) or any(isinstance(each, Unknown) for each in given):
            subject.doubt("settings.database_flags")
            return
        found = [each for each in given if isinstance(each, Block) and each.get("name") == name]
        value = found[-1].get("value") if found else None
        if isinstance(value, Unknown):
            subject.doubt(f"settings.database_flags, {name}")
        elif fails(None if value is None else str(value).lower()):
            lines = found[-1].lines if found and found[-1].lines[0] else place.lines
            yield cause(says, lines)

    return judge


def _must_be_on(name: str, says: str) -> Judge:
    return _flag(name, says, lambda value: value not in {"on", "true", "1"})


def _must_not_be_on(name: str, says: str) -> Judge:
    return _flag(name, says, lambda value: value in {"on", "true", "1"})


def _unencrypted(subject: Subject) -> Iterator[Cause]:
    path = "settings.ip_configuration"
    is_enough = when(f"{path}.ssl_mode", "encrypted_only", "trusted_client_certificate_required")
    if not is_enough(subject) and not subject.doubts:
        yield from on(f"{path}.require_ssl", "unencrypted connections are accepted")(subject)


def _is_first(subject: Subject) -> bool:
    """Tell whether an instance is no replica: those of replicas are their master's backups."""
    master = subject.resource.get("master_instance_name")
    if may_be_anything(master):
        subject.doubt("master_instance_name")
    return master is None


def _public(subject: Subject) -> Iterator[Cause]:
    path = "settings.ip_configuration"
    place = next(subject.resource.places(f"{path}.ipv4_enabled"))
    subject.knows(f"{path}.ipv4_enabled")
    subject.knows(f"{path}.authorized_networks.value")
    if place.value is None or truth(place.value):
        yield cause("the instance has a public address", place.lines)
        return
    for network in subject.resource.places(f"{path}.authorized_networks.value"):
        if any(map(is_everybody, texts(network.value))):
            yield cause("every address may connect", network.lines)


CHECKS = (
    _SQL.check(
        "GCP-0014",
        MEDIUM,
        _INSTANCE,
        title="PostgreSQL does not log temporary files",
        why="Queries that fill the disk are not noticed.",
        mend="Set the flag log_temp_files to 0.",
        judge=_flag("log_temp_files", "temporary files are not all logged", lambda value: value != "0"),
        only=_family("POSTGRES"),
    ),
    _SQL.check(
        "GCP-0015",
        HIGH,
        _INSTANCE,
        title="Database accepts unencrypted connections",
        why="Who is on the way can read and change data and passwords.",
        mend='Set settings.ip_configuration.ssl_mode to "ENCRYPTED_ONLY".',
        judge=_unencrypted,
    ),
    _SQL.check(
        "GCP-0016",
        MEDIUM,
        _INSTANCE,
        title="PostgreSQL does not log connections",
        why=_LOGS,
        mend="Set the flag log_connections to on.",
        judge=_must_be_on("log_connections", "connections are not logged"),
        only=_family("POSTGRES"),
    ),
    _SQL.check(
        "GCP-0017",
        HIGH,
        _INSTANCE,
        title="Database is public",
        why="Passwords can be tried, and flaws used, from the whole internet.",
        mend="Set settings.ip_configuration.ipv4_enabled to false and name a private network.",
        judge=_public,
    ),
    _SQL.check(
        "GCP-0018",
        LOW,
        _INSTANCE,
        title="PostgreSQL does not log errors",
        why=_LOGS,
        mend="Set the flag log_min_messages to warning or error.",
        judge=_flag(
            "log_min_messages", "errors are not logged", lambda value: value in {"fatal", "panic", "log"}
        ),
        only=_family("POSTGRES"),
    ),
    _SQL.check(
        "GCP-0019",
        MEDIUM,
        _INSTANCE,
        title="Ownership goes across databases",
        why="The owner of one database gets rights in others.",
        mend="Set the flag cross db ownership chaining to off.",
        judge=_must_not_be_on("cross db ownership chaining", "ownership goes across databases"),
        only=_family("SQLSERVER"),
    ),
    _SQL.check(
        "GCP-0020",
        MEDIUM,
        _INSTANCE,
        title="PostgreSQL does not log long waits",
        why="Queries that hold others up are not noticed.",
        mend="Set the flag log_lock_waits to on.",
        judge=_must_be_on("log_lock_waits", "waits for locks are not logged"),
        only=_family("POSTGRES"),
    ),
    _SQL.check(
        "GCP-0021",
        LOW,
        _INSTANCE,
        title="PostgreSQL logs statements",
        why="Statements have personal data and passwords in them.",
        mend="Set the flag log_min_duration_statement to -1.",
        judge=_flag(
            "log_min_duration_statement",
            "long statements are logged",
            lambda value: value not in {None, "-1"},
        ),
        only=_family("POSTGRES"),
    ),
    _SQL.check(
        "GCP-0022",
        MEDIUM,
        _INSTANCE,
        title="PostgreSQL does not log disconnections",
        why=_LOGS,
        mend="Set the flag log_disconnections to on.",
        judge=_must_be_on("log_disconnections", "ends of connections are not logged"),
        only=_family("POSTGRES"),
    ),
    _SQL.check(
        "GCP-0023",
        MEDIUM,
        _INSTANCE,
        title="Contained databases have logins of their own",
        why="Logins are made and kept outside of the server's control.",
        mend="Set the flag contained database authentication to off.",
        judge=_must_not_be_on("contained database authentication", "databases have logins of their own"),
        only=_family("SQLSERVER"),
    ),
    _SQL.check(
        "GCP-0024",
        MEDIUM,
        _INSTANCE,
        title="Database has no backups",
        why="What is lost, by accident or in an attack, is gone.",
        mend="Set settings.backup_configuration.enabled.",
        judge=on("settings.backup_configuration.enabled", "no backups are made"),
        only=_is_first,
    ),
    _SQL.check(
        "GCP-0025",
        MEDIUM,
        _INSTANCE,
        title="PostgreSQL does not log checkpoints",
        why=_LOGS,
        mend="Set the flag log_checkpoints to on.",
        judge=_must_be_on("log_checkpoints", "checkpoints are not logged"),
        only=_family("POSTGRES"),
    ),
    _SQL.check(
        "GCP-0026",
        HIGH,
        _INSTANCE,
        title="MySQL reads files of its clients",
        why="A server that was taken over can fetch any file from its clients.",
        mend="Set the flag local_infile to off.",
        judge=_must_not_be_on("local_infile", "local_infile is on"),
        only=_family("MYSQL"),
    ),
)

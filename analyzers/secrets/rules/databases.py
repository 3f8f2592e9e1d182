"""Passwords in addresses and connection strings."""

from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, text, word
from analyzers.secrets._verify import has_digit_and_letter, is_strong_password

_PLACEHOLDERS = (
    r"^[<\[{$%#*]",
    r"^(?i:pass(?:word|wd)?|pwd|secret|user(?:name)?|token|changeme|tiger|psw|yourpassword|your[_-].*|my[_-]?pass.*|p|pw|xxx+)$",
)

RULES = (
    Rule(
        id="database-url-password",
        in_packages=False,
        category="Database",
        title="Password in a database's address",
        severity="HIGH",
        pattern=r"(?i:\b(?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|oracle|clickhouse|cockroachdb|nats|ldaps?|couchdb|cassandra|neo4j|bolt)(?:\+\w{2,12})?://)"
        r"[^\s:/@\"'`<>]{0,80}:(?P<secret>[^\s:/@\"'`<>]{3,120})@[\w.\[-]",
        keywords=("://",),
        lead=24,
        sample=text("DATABASE_URL=postgres://app:", word(18, ALNUM), "@db.internal:5432/app\n"),
        near_miss=text("DATABASE_URL=postgres://app@db.internal:5432/app\n"),
        allow=_PLACEHOLDERS,
        rank=Rank.CONTEXT,
    ),
    Rule(
        id="url-password",
        in_packages=False,
        category="Database",
        title="Password in an address",
        severity="MEDIUM",
        pattern=r"(?i:\b(?:https?|ftps?|sftp|smtps?|imaps?|git\+https)://)[^\s:/@\"'`<>?#]{1,80}:(?P<secret>[^\s:/@\"'`<>?#]{5,120})@[\w\[][\w.-]{2}",
        keywords=("://",),
        lead=9,
        sample=text("git clone https://deploy:", word(20, ALNUM), "@git.internal/team/app.git\n"),
        near_miss=text("git clone https://deploy@git.internal:8443/team/app.git\n"),
        allow=_PLACEHOLDERS,
        entropy=2.5,
        rank=Rank.CONTEXT,
    ),
    Rule(
        id="connection-string-password",
        in_packages=False,
        category="Database",
        title="Password in a connection string",
        severity="HIGH",
        pattern=r"(?i:(?:server|data source|host|address|addr|endpoint"
        r"|uid|user id|user|username|database|initial catalog)"
        r"\s?=\s?[^;\"'\n]{1,120};(?:[^;\"'\n]{1,120};){0,6}?"
        r"\s?(?:password|pwd)\s?=\s?)(?P<secret>[^;\"'\s<>{}$%]{4,100})",
        keywords=("password", "pwd"),
        anchor=r"(?i:;\s?(?:password|pwd)\s?=\s?)[^;\"'\s<>{}$%]{4}",
        width=1400,
        sample=text('"Server=db;Database=app;User Id=app;Password=', word(16, ALNUM), ';"\n'),
        near_miss=text('"Server=db;Database=app;Integrated Security=true;"\n'),
        allow=_PLACEHOLDERS,
        rank=Rank.CONTEXT,
    ),
    # https://dev.mysql.com/doc/refman/8.4/en/create-user.html,
    # https://www.postgresql.org/docs/current/sql-createrole.html
    Rule(
        id="sql-password",
        in_packages=False,
        category="Database",
        title="Password of a database's user",
        severity="HIGH",
        pattern=r"(?i:\bidentified[ \t]{1,4}(?:with[ \t]{1,4}[\w'\"]{1,40}[ \t]{1,4})?by"
        r"|\b(?:login|encrypted|with|user|role)[ \t]{1,4}(?:\w{1,40}[ \t]{1,4}){0,3}?password)"
        r"[ \t]{1,4}'(?P<secret>[^'\s$<>{}%]{8,100})'",
        keywords=("identified", "password '"),
        lead=150,
        sample=text("CREATE USER app IDENTIFIED BY '", word(18, ALNUM), "';\n"),
        near_miss=text("CREATE USER app IDENTIFIED BY '${APP_PASSWORD_1}';\n"),
        allow=(*_PLACEHOLDERS, r"^(?i:md5|SCRAM-SHA-256)"),
        verify=is_strong_password,
        rank=Rank.CONTEXT,
    ),
    Rule(
        id="http-basic-authorization",
        in_packages=False,
        category="General",
        title="Authorization header with a credential",
        severity="MEDIUM",
        pattern=r"(?i:authorization[\"']?\s{0,3}[:=,]\s{0,3}[\"'`]?(?:basic|bearer|token)\s{1,3})(?P<secret>[A-Za-z0-9+/_.~=-]{16,500})",
        keywords=("authorization",),
        lead=0,
        sample=text('curl -H "Authorization: Bearer ', word(40, ALNUM), '" https://api.internal\n'),
        near_miss=text('curl -H "Authorization: Bearer $TOKEN" https://api.internal\n'),
        entropy=3.2,
        verify=has_digit_and_letter,
        width=600,
        rank=Rank.GENERIC,
    ),
)

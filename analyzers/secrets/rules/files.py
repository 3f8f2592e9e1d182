"""Credentials that are one by their place in files of known programs."""

from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, BASE64, encoded, pem, text, word
from analyzers.secrets._verify import (
    has_digit_and_letter,
    is_basic,
    is_encoded_private_key,
    is_strong_password,
)

_PLACEHOLDERS = (r"^[<\[{$%]", r"^(?i:pass(?:word|wd|phrase)?|pwd|secret|token|changeme|your\S*|my\S*|x+)$")

_REFERENCES = (r"^[a-z_]\w*(?:\.[a-z_]\w*)+$", r"^(?i:vault|secret|env|file|ref)[:+]")
"""To where the password is: names of variables, addresses in a vault."""

RULES = (
    # https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html
    Rule(
        id="netrc-password",
        in_packages=True,
        category="Netrc",
        title="Password for a machine",
        severity="HIGH",
        pattern=r"\bmachine\s{1,8}\S{1,200}\s{1,20}login\s{1,8}\S{1,100}\s{1,20}password\s{1,8}[\"']?"
        r"(?P<secret>[^\s\"'<{$][^\s\"']{3,119})",
        keywords=("machine",),
        lead=0,
        sample=text("machine git.internal login ci password ", word(16, ALNUM), "\n"),
        near_miss=text("machine git.internal login ci\n"),
        allow=_PLACEHOLDERS,
        rank=Rank.CONTEXT,
    ),
    # https://www.postgresql.org/docs/current/libpq-pgpass.html
    Rule(
        id="pgpass-password",
        in_packages=True,
        category="PostgreSQL",
        title="Password in PostgreSQL's password file",
        severity="HIGH",
        pattern=r"[\w.*-]{1,200}:(?:[0-9]{2,5}|\*):[\w*-]{1,64}:[\w*-]{1,64}:(?P<secret>[^\s:]{4,100})",
        keywords=(":",),
        path=r"(?:^|/)\.?pgpass(?:\.conf)?$",
        sample=text("db.internal:5432:app:app:", word(16, ALNUM), "\n"),
        near_miss=text("# hostname:port:database:username:password\n"),
        rank=Rank.CONTEXT,
    ),
    # https://curl.se/docs/manpage.html#-u
    Rule(
        id="curl-user-password",
        in_packages=False,
        category="General",
        title="Password in a command of curl",
        severity="HIGH",
        pattern=r"\bcurl\b[^\n|;]{0,200}?\s(?:-u|--user|--proxy-user)[ =]?[\"']?[\w.@-]{1,80}:"
        r"(?P<secret>[^\s\"'$<{][^\s\"']{5,120})",
        keywords=("curl",),
        lead=0,
        sample=text("curl -fsS -u ci:", word(16, ALNUM), " https://api.internal/\n"),
        near_miss=text('curl -u "ci:$PASSWORD" https://api.internal/\n'),
        allow=_PLACEHOLDERS,
        verify=has_digit_and_letter,
        rank=Rank.CONTEXT,
    ),
    # https://docs.oracle.com/javase/tutorial/jdbc/basics/connecting.html
    Rule(
        id="jdbc-url-password",
        in_packages=False,
        category="Database",
        title="Password in the address of a Java database",
        severity="HIGH",
        pattern=r"(?i:\bjdbc:[a-z0-9:+]{2,30}//[^\s\"'<>]{1,250}[?&;]password=)"
        r"(?P<secret>[^\s\"'&;<>${}]{4,100})",
        keywords=("jdbc:",),
        lead=0,
        sample=text("url=jdbc:mysql://db:3306/app?user=app&password=", word(16, ALNUM), "\n"),
        near_miss=text("url=jdbc:mysql://db:3306/app?user=app&password=${DB_PASSWORD}\n"),
        allow=_PLACEHOLDERS,
        rank=Rank.CONTEXT,
    ),
    # https://docs.docker.com/reference/dockerfile/#env
    Rule(
        id="dockerfile-env-secret",
        in_packages=False,
        category="Docker",
        title="Secret in an instruction ENV",
        severity="MEDIUM",
        pattern=r"(?m:^)[ \t]{0,8}ENV[ \t]{1,8}"
        r"(?i:\w{0,40}(?:password|passwd|secret|token|api_?key|_pass|_pwd))"
        r"[ \t]{1,8}[\"']?(?P<secret>[!#-&(-~]{8,150})",
        keywords=("env",),
        lead=8,
        sample=text("FROM alpine\nENV DB_PASSWORD ", word(16, ALNUM), "\n"),
        near_miss=text("FROM alpine\nENV DB_PASSWORD ${PASSWORD}\n"),
        allow=(*_PLACEHOLDERS, r"^/"),
        verify=has_digit_and_letter,
        rank=Rank.GENERIC,
    ),
    # https://docs.python.org/3/library/configparser.html and its like: no quotes, all of the line
    Rule(
        id="ini-password",
        in_packages=False,
        category="General",
        title="Password in a configuration file",
        severity="MEDIUM",
        pattern=r"(?m:^)[ \t]{0,8}(?i:[\w.-]{0,60}(?:password|passwd))[ \t]{0,8}[=:][ \t]{0,8}"
        r"(?P<secret>[^\s\"'`()\[\]{}<>$,;]{8,100})"
        r"[ \t]{0,8}\r?(?m:$)",
        keywords=("passw",),
        lead=68,
        sample=text("[client]\npassword = ", word(18, ALNUM), "\n"),
        near_miss=text("[client]\npassword = ask-for-it\n"),
        allow=(*_PLACEHOLDERS, *_REFERENCES),
        verify=is_strong_password,
        entropy=3.0,
        rank=Rank.GENERIC,
    ),
    # https://www.w3.org/TR/xml/#sec-starttags
    Rule(
        id="xml-password",
        in_packages=False,
        category="General",
        title="Password in an element",
        severity="MEDIUM",
        pattern=r"<(?i:[\w.:-]{0,60}(?:password|passwd|passphrase))>(?P<secret>[^<>\s${}]{8,100})</",
        keywords=("passw", "passphrase"),
        lead=61,
        sample=text("<dbPassword>", word(18, ALNUM), "</dbPassword>\n"),
        near_miss=text("<dbPassword>${db.password}</dbPassword>\n"),
        allow=(*_PLACEHOLDERS, *_REFERENCES),
        verify=is_strong_password,
        entropy=3.0,
        rank=Rank.GENERIC,
    ),
    # https://docs.npmjs.com/cli/configuring-npm/npmrc
    Rule(
        id="npmrc-basic-auth",
        in_packages=True,
        category="Npm",
        title="Name and password of an npm registry",
        severity="HIGH",
        pattern=r"(?<![A-Za-z0-9])_auth[ \t]{0,4}=[ \t]{0,4}[\"']?(?P<secret>[A-Za-z0-9+/]{8,400}={0,2})",
        keywords=("_auth",),
        lead=0,
        verify=is_basic,
        sample=text("registry=https://npm.internal/\n_auth=", encoded("ci:", word(18, ALNUM)), "\n"),
        near_miss=text("_auth=${NPM_AUTH}\n"),
        rank=Rank.CONTEXT,
    ),
    # https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
    Rule(
        id="base64-private-key",
        in_packages=True,
        category="AsymmetricPrivateKey",
        title="Private key in Base64",
        severity="HIGH",
        pattern=r"(?<![A-Za-z0-9+/])(?P<secret>LS0tLS1CRUdJTi[A-Za-z0-9+/]{60,16000}={0,2})",
        keywords=("ls0tls1crudjti",),
        anchor=r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{60}",
        width=16500,
        verify=is_encoded_private_key,
        sample=text("client-key-data: ", encoded(pem("RSA PRIVATE KEY")), "\n"),
        near_miss=text("client-certificate-data: ", encoded(pem("CERTIFICATE")), "\n"),
    ),
    # https://kubernetes.io/docs/concepts/configuration/secret/
    Rule(
        id="kubernetes-secret-data",
        in_packages=False,
        category="Kubernetes",
        title="Data of a Secret",
        severity="MEDIUM",
        pattern=r"\bkind:[ \t]{0,4}[\"']?Secret[\"']?[ \t]{0,4}\r?\n"
        r"(?:(?!---|data:)[^\n]{0,200}\n){0,30}?data:[ \t]{0,4}\r?\n"
        r"(?P<secret>(?:[ \t]{1,8}[\w.-]{1,100}:[ \t]{1,4}"
        r"[\"']?[A-Za-z0-9+/]{12,800}={0,2}[\"']?[ \t]{0,4}\r?(?:\n|\Z)){1,10})",
        keywords=("secret",),
        anchor=r"kind:[ \t]{0,4}[\"']?Secret\b",
        width=16500,
        sample=text("kind: Secret\nmetadata:\n  name: a\ndata:\n  value: ", word(40, BASE64), "\n"),
        near_miss=text("kind: ConfigMap\ndata:\n  value: ", word(40, BASE64), "\n"),
        entropy=3.5,
        rank=Rank.GENERIC,
    ),
)

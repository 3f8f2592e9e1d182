"""Credentials that are one by their place in files of known programs."""

from analyzers.secrets._rule import Rank, Rule
from analyzers.secrets._samples import ALNUM, encoded, pem, text, word
from analyzers.secrets._verify import has_digit_and_letter, is_basic, is_encoded_private_key

_PLACEHOLDERS = (r"^[<\[{$%]", r"^(?i:pass(?:word|wd|phrase)?|pwd|secret|token|changeme|your\S*|my\S*|x+)$")

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
)

"""Files of known programs, each with the credential that it is there for."""

from collections.abc import Callable, Sequence
from random import Random

from benchmarks.secrets_files import Page, based
from benchmarks.secrets_tokens import made, of_form, password


def _one(path: str, kind: str, lines: Sequence[str], first: int, last: int = 0) -> Page:
    return Page(path=path, lines=tuple(lines), spans=((kind, first, last or first),))


PEM = ("RSA ", "DSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "", "SSH2 ENCRYPTED ")


def _armored(rng: Random, label: str, lines: int = 20) -> list[str]:
    body = [of_form(rng, "{b64}") for _ in range(lines)]
    return [f"-----BEGIN {label}-----", *body, of_form(rng, "{b30}=="), f"-----END {label}-----"]


def _key(rng: Random) -> Page:
    label = f"{rng.choice(PEM)}PRIVATE KEY"
    lines = _armored(rng, label, rng.choice([3, 12, 25]))
    return _one(
        rng.choice(["ssl/server.key", "keys/id", "certs/host.pem"]), f"key {label}", lines, 1, len(lines)
    )


def _pgp(rng: Random) -> Page:
    lines = _armored(rng, "PGP PRIVATE KEY BLOCK")
    lines[1:1] = ["Version: 2.4", ""]
    return _one("keys/release.asc", "key PGP", lines, 1, len(lines))


def _putty(rng: Random) -> Page:
    body = [of_form(rng, "{b64}") for _ in range(8)]
    lines = ["PuTTY-User-Key-File-3: ssh-rsa", "Encryption: none", "Comment: ops", "Public-Lines: 1"]
    lines += [of_form(rng, "{b64}"), "Private-Lines: 8", *body, f"Private-MAC: {of_form(rng, '{x64}')}"]
    return _one("keys/host.ppk", "key PuTTY", lines, 1, len(lines))


def _service_account(rng: Random) -> Page:
    key = "\\n".join(_armored(rng, "PRIVATE KEY")) + "\\n"
    lines = ["{", '  "type": "service_account",', f'  "private_key_id": "{of_form(rng, "{x40}")}",']
    lines += [f'  "private_key": "{key}",', '  "client_email": "ci@acme.iam.gserviceaccount.com"', "}"]
    return _one("gcp/account.json", "google-service-account", lines, 2, 4)


def _inline_key(rng: Random) -> Page:
    lines = [
        "tls:",
        "  enabled: true",
        "  key: |",
        *("    " + line for line in _armored(rng, "RSA PRIVATE KEY")),
    ]
    return _one("chart/tls.yaml", "key indented", lines, 4, len(lines))


def _aws(rng: Random) -> Page:
    lines = ["[default]", "region = eu-west-1", f"aws_access_key_id = {of_form(rng, 'AKIA{Q16}')}"]
    lines += [f"aws_secret_access_key = {of_form(rng, '{b40}')}"]
    return _one(".aws/credentials", "aws-pair", lines, 3, 4)


def _npmrc(rng: Random) -> Page:
    value = rng.choice([made(rng, "npm")[1], of_form(rng, "{x8}-{x4}-4{x3}-a{x3}-{x12}")])
    return _one(".npmrc", "npmrc", ["save-exact=true", f"//registry.acme.io/:_authToken={value}"], 2)


def _npmrc_basic(rng: Random) -> Page:
    lines = ["registry=https://npm.acme.io/", f"_auth={based('ci:' + password(rng))}", "always-auth=true"]
    return _one(".npmrc", "npmrc-basic", lines, 2)


def _netrc(rng: Random) -> Page:
    if rng.choice((True, False)):
        return _one(".netrc", "netrc", [f"machine git.acme.io login ci password {password(rng)}"], 1)
    return _one(".netrc", "netrc", ["machine git.acme.io", "  login ci", f"  password {password(rng)}"], 3)


def _pypirc(rng: Random) -> Page:
    lines = [
        "[distutils]",
        "index-servers = internal",
        "",
        "[internal]",
        "repository = https://pypi.acme.io/",
    ]
    return _one(".pypirc", "pypirc", [*lines, "username = ci", f"password = {password(rng)}"], 7)


def _stored(rng: Random) -> Page:
    value = rng.choice([made(rng, "github-pat")[1], of_form(rng, "{x40}")])
    return _one(".git-credentials", "git-credentials", [f"https://ci:{value}@git.acme.io"], 1)


def _docker(rng: Random) -> Page:
    value = based(f"ci:{password(rng)}")
    lines = [
        "{",
        '  "auths": {',
        '    "registry.acme.io": {',
        f'      "auth": "{value}"',
        "    }",
        "  }",
        "}",
    ]
    return _one(".docker/config.json", "docker-auth", lines, 4)


def _kubeconfig(rng: Random) -> Page:
    lines = ["apiVersion: v1", "kind: Config", "users:", "- name: admin", "  user:"]
    if rng.choice((True, False)):
        return _one(".kube/config", "kubeconfig-token", [*lines, f"    token: {made(rng, 'jwt')[1]}"], 6)
    key = based("\n".join(_armored(rng, "RSA PRIVATE KEY")) + "\n")
    return _one(".kube/config", "kubeconfig-key", [*lines, f"    client-key-data: {key}"], 6)


_SCHEMES = ("postgres", "postgresql", "mysql", "mongodb+srv", "redis", "amqp", "postgresql+asyncpg")


def _database(rng: Random) -> Page:
    scheme = rng.choice(_SCHEMES)
    url = f"{scheme}://shop:{of_form(rng, '{a16}')}@db-{of_form(rng, '{z4}')}.acme.io/shop"
    before = ["DEBUG=0"]
    line = rng.choice([f"DATABASE_URL={url}", f'dsn = "{url}"', f"export BROKER='{url}'"])
    return _one(rng.choice(["settings.env", "run.sh", "db.ini"]), "database-url", [*before, line], 2)


def _jdbc(rng: Random) -> Page:
    value = of_form(rng, "{a16}")
    url = rng.choice(
        [
            f"jdbc:mysql://db.acme.io:3306/shop?user=shop&password={value}",
            f"Server=tcp:db.acme.io,1433;Database=shop;User Id=shop;Password={value};Encrypt=true;",
        ]
    )
    return _one("db.properties", "connection-string", ["pool.size=10", f"datasource.url={url}"], 2)


def _basic(rng: Random) -> Page:
    url = f"https://deploy:{of_form(rng, '{a18}')}@artifacts.acme.io/repo"
    line = rng.choice(
        [f"curl -fsS {url}/app.tgz -o app.tgz", f"--extra-index-url {url}/simple", f"git clone {url}"]
    )
    return _one(
        rng.choice(["fetch.sh", "requirements.txt", "setup.sh"]), "basic-in-url", ["# tools", line], 2
    )


def _header(rng: Random) -> Page:
    basic = based(f"ci:{password(rng)}")
    token = rng.choice([f"Bearer {of_form(rng, '{a40}')}", f"Basic {basic}", f"Bearer {made(rng, 'jwt')[1]}"])
    lines = ["#!/bin/sh", f'curl -H "Authorization: {token}" https://api.acme.io/v1/jobs']
    return _one("bin/jobs.sh", "authorization", lines, 2)


def _curl(rng: Random) -> Page:
    return _one(
        "bin/pull.sh", "curl-user", ["#!/bin/sh", f"curl -u 'ci:{password(rng)}' https://api.acme.io/"], 2
    )


def _pgpass(rng: Random) -> Page:
    return _one(".pgpass", "pgpass", [f"db.acme.io:5432:shop:shop:{of_form(rng, '{a18}')}"], 1)


def _my_cnf(rng: Random) -> Page:
    return _one(".my.cnf", "my.cnf", ["[client]", "user = root", f"password = {password(rng)}"], 3)


def _maven(rng: Random) -> Page:
    lines = [
        "<settings>",
        "  <servers>",
        "    <server>",
        "      <id>nexus</id>",
        "      <username>ci</username>",
    ]
    lines += [f"      <password>{password(rng)}</password>", "    </server>", "  </servers>", "</settings>"]
    return _one(".m2/settings.xml", "maven-settings", lines, 6)


def _twilio(rng: Random) -> Page:
    lines = [f"TWILIO_ACCOUNT_SID={of_form(rng, 'AC{x32}')}", f"TWILIO_AUTH_TOKEN={of_form(rng, '{x32}')}"]
    return _one("sms.env", "twilio-pair", lines, 1, 2)


PAGES: tuple[Callable[[Random], Page], ...] = (
    *(_key, _key, _key, _pgp, _putty, _service_account, _inline_key, _aws, _npmrc, _npmrc_basic, _netrc),
    *(_pypirc, _stored, _docker, _kubeconfig, _database, _database, _jdbc, _basic, _header, _curl),
    *(_pgpass, _my_cnf, _maven, _twilio),
)

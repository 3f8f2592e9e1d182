"""Files as projects have them, each with a credential that somebody left there."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from xml.sax.saxutils import escape

from benchmarks.secrets_tokens import made, of_form, password

Written = Callable[[Random, str, str], str]
"""Of randomness, a variable's name and a value: one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One file with credentials."""

    path: str
    lines: tuple[str, ...]
    spans: tuple[tuple[str, int, int], ...]
    """Kind, first and last line, from 1."""
    newline: str = "\n"
    encoding: str = "utf-8"

    def encoded(self) -> bytes:
        """Return the file's bytes."""
        return (self.newline.join(self.lines) + self.newline).encode(self.encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A type of file: what stands before and after, and how a variable is written."""

    path: str
    before: Sequence[str]
    written: Written
    after: Sequence[str] = ()
    newline: str = "\n"
    encoding: str = "utf-8"


def camel(name: str) -> str:
    """Return DB_PASSWORD as dbPassword."""
    first, *rest = name.lower().split("_")
    return first + "".join(word.title() for word in rest)


def _based(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _minified(rng: Random, name: str, value: str) -> str:
    left = ",".join(
        f"{a}:function(e,t){{return e.{a}(t)}}" for a in (of_form(rng, "{z5}") for _ in range(400))
    )
    right = ";".join(f"var {of_form(rng, '{z2}')}={rng.randrange(999)}" for _ in range(2000))
    return f'!function(){{var r={{{left}}};r.{camel(name)}="{value}";{right}}}();'


FORMS: dict[str, Form] = {
    "env": Form(
        path=".env",
        before=["# settings of this stage", "NODE_ENV=production", "PORT=8080", "LOG_LEVEL=info", ""],
        written=lambda _, name, value: f"{name}={value}",
        after=["FEATURE_CHAT=true", "CACHE_TTL=300"],
    ),
    "env-crlf": Form(
        path=".env.production",
        before=["APP_NAME=shop", "APP_URL=https://shop.acme.io"],
        written=lambda _, name, value: f'{name}="{value}"',
        after=["TZ=Europe/Berlin"],
        newline="\r\n",
    ),
    "yaml": Form(
        path="config/settings.yml",
        before=["server:", "  host: 0.0.0.0", "  port: 9000", "backend:", "  timeout: 30"],
        written=lambda rng, name, value: f"  {name.lower()}: {rng.choice([value, json.dumps(value)])}",
        after=["  retries: 5", "logging:", "  level: warn"],
    ),
    "json": Form(
        path="config/production.json",
        before=["{", '  "region": "eu-central-1",', '  "workers": 4,'],
        written=lambda _, name, value: f'  "{camel(name)}": {json.dumps(value)},',
        after=['  "debug": false', "}"],
    ),
    "toml": Form(
        path="settings.toml",
        before=["[service]", 'name = "billing"', "workers = 8", ""],
        written=lambda _, name, value: f'{name.lower()} = "{value}"',
        after=["[limits]", "burst = 100"],
    ),
    "xml": Form(
        path="src/main/resources/service.xml",
        before=['<?xml version="1.0"?>', "<configuration>", "  <pool>12</pool>"],
        written=lambda _, name, value: f"  <{camel(name)}>{escape(value)}</{camel(name)}>",
        after=["  <verbose>false</verbose>", "</configuration>"],
    ),
    "dotnet": Form(
        path="Web.config",
        before=["<configuration>", "  <appSettings>", '    <add key="PageSize" value="25" />'],
        written=lambda _, name, value: (
            f'    <add key="{name.title().replace("_", "")}" value="{escape(value)}" />'
        ),
        after=["  </appSettings>", "</configuration>"],
        newline="\r\n",
    ),
    "properties": Form(
        path="src/main/resources/application.properties",
        before=["spring.application.name=orders", "server.port=8081"],
        written=lambda _, name, value: f"{name.lower().replace('_', '.')}={value}",
        after=["management.endpoints.web.exposure.include=health"],
    ),
    "terraform": Form(
        path="infra/main.tf",
        before=['provider "cloud" {', '  region = "fra1"'],
        written=lambda _, name, value: f'  {name.lower()} = "{value}"',
        after=["}", "", 'resource "cloud_host" "web" {', "  count = 2", "}"],
    ),
    "dockerfile": Form(
        path="Dockerfile",
        before=["FROM python:3.12-slim", "WORKDIR /srv", "COPY . ."],
        written=lambda rng, name, value: rng.choice(
            [f"ENV {name}={value}", f"ENV {name} {value}", f"ARG {name}={value}"]
        ),
        after=["RUN pip install -r requirements.txt", 'CMD ["gunicorn", "app:app"]'],
    ),
    "compose": Form(
        path="docker-compose.yml",
        before=["services:", "  api:", "    image: acme/api:3.1", "    environment:", "      - TZ=UTC"],
        written=lambda _, name, value: f"      - {name}={value}",
        after=["    ports:", '      - "8080:8080"'],
    ),
    "python": Form(
        path="app/settings.py",
        before=["import os", "", "DEBUG = False", 'ALLOWED_HOSTS = ["acme.io"]'],
        written=lambda rng, name, value: rng.choice([f'{name} = "{value}"', f"{name.lower()} = '{value}'"]),
        after=["", "PAGE_SIZE = 50"],
    ),
    "python-call": Form(
        path="app/client.py",
        before=["from acme import Client", "", ""],
        written=lambda _, name, value: f'client = Client(region="eu", {name.lower()}="{value}", retries=3)',
        after=["", "print(client.ping())"],
    ),
    "javascript": Form(
        path="src/config.js",
        before=["'use strict';", "", "const http = require('http');"],
        written=lambda rng, name, value: rng.choice(
            [f"const {camel(name)} = '{value}';", f'module.exports.{camel(name)} = "{value}";']
        ),
        after=["", "http.createServer().listen(3000);"],
    ),
    "typescript": Form(
        path="src/environments/environment.ts",
        before=["export const environment = {", "  production: true,"],
        written=lambda _, name, value: f"  {camel(name)}: '{value}',",
        after=["};"],
    ),
    "java": Form(
        path="src/main/java/io/acme/Settings.java",
        before=["package io.acme;", "", "public final class Settings {"],
        written=lambda _, name, value: f'    private static final String {name} = "{value}";',
        after=["    private Settings() {}", "}"],
    ),
    "go": Form(
        path="cmd/server/main.go",
        before=["package main", "", "func main() {"],
        written=lambda _, name, value: f'\t{camel(name)} := "{value}"',
        after=["\trun(8080)", "}"],
    ),
    "shell": Form(
        path="bin/deploy.sh",
        before=["#!/bin/sh", "set -eu", "cd /srv/app"],
        written=lambda rng, name, value: rng.choice(
            [f'export {name}="{value}"', f"{name}='{value}' ./release"]
        ),
        after=["make install", "systemctl restart app"],
    ),
    "php": Form(
        path="wp-config.php",
        before=["<?php", "define( 'DB_NAME', 'blog' );", "define( 'DB_HOST', 'db' );"],
        written=lambda _, name, value: f"define( '{name}', '{value}' );",
        after=["$table_prefix = 'wp_';"],
    ),
    "ruby": Form(
        path="config/initializers/service.rb",
        before=["Service.configure do |config|", "  config.timeout = 20"],
        written=lambda _, name, value: f"  config.{name.lower()} = '{value}'",
        after=["end"],
    ),
    "kubernetes": Form(
        path="deploy/secret.yaml",
        before=["apiVersion: v1", "kind: Secret", "metadata:", "  name: app", "type: Opaque", "stringData:"],
        written=lambda _, name, value: f"  {name}: {json.dumps(value)}",
    ),
    "kubernetes-data": Form(
        path="deploy/secret-data.yaml",
        before=["apiVersion: v1", "kind: Secret", "metadata:", "  name: app", "type: Opaque", "data:"],
        written=lambda _, name, value: f"  {name}: {_based(value)}",
    ),
    "actions": Form(
        path=".github/workflows/release.yml",
        before=["on: push", "jobs:", "  release:", "    runs-on: ubuntu-latest", "    env:"],
        written=lambda _, name, value: f"      {name}: {value}",
        after=["    steps:", "      - uses: actions/checkout@v4"],
    ),
    "utf-16": Form(
        path="scripts/settings.ps1",
        before=["$ErrorActionPreference = 'Stop'"],
        written=lambda _, name, value: f'${name} = "{value}"',
        after=["Write-Host 'ready'"],
        newline="\r\n",
        encoding="utf-16",
    ),
    "minified": Form(path="public/bundle.js", before=["/*! shop 2.1.0 */"], written=_minified),
}


def page_of(rng: Random, form: str, kinds: Sequence[str]) -> Page:
    """Return a file of this form with a credential of each kind, each in its line."""
    shape = FORMS[form]
    lines, spans = list(shape.before), []
    for kind in kinds:
        name, value = made(rng, kind)
        lines.append(shape.written(rng, name, value))
        spans.append((kind, len(lines), len(lines)))
    return Page(
        path=shape.path,
        lines=(*lines, *shape.after),
        spans=tuple(spans),
        newline=shape.newline,
        encoding=shape.encoding,
    )


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
    lines = ["registry=https://npm.acme.io/", f"_auth={_based('ci:' + password(rng))}", "always-auth=true"]
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
    value = _based(f"ci:{password(rng)}")
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
    key = _based("\n".join(_armored(rng, "RSA PRIVATE KEY")) + "\n")
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
    basic = _based(f"ci:{password(rng)}")
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

"""Files as projects have them, each with a credential that somebody left there."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from xml.sax.saxutils import escape

from benchmarks.secrets_tokens import made, of_form

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


def based(value: str) -> str:
    """Return the Base64 of a text."""
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
        written=lambda _, name, value: f"  {name}: {based(value)}",
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

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.checks import NOT_DECODABLE
from config.errors import ConfigError
from config.load import SECRET_BYTES, load
from config.settings import (
    Advisories,
    Crawl,
    Log,
    Osv,
    Policy,
    Registry,
    Server,
    Settings,
    Store,
    Webhook,
)
from tests.fakes.nobody import closed

EVERYTHING = """
[[registries]]
url = "https://registry.example.com/"
repositories = ["team/*"]
exclude = ["team/old-*"]
tags = ["v*"]
exclude_tags = ["*-dev"]
kind = "harbor"
username = "me"
password = "hunter2"
insecure = true
concurrency = 4
cron = "0 3 * * 1"
platforms = ["linux/arm64"]

[crawl]
cron = "*/30 * * * *"
at_start = false
platforms = "all"
workers = 3
spool_bytes = "512MiB"

[advisories]
every = "15m"
osv.url = "file:///srv/osv"
stale_after = "1d"

[store]
url = "sqlite:////srv/cleanbill.db"

[server]
listen = "[::1]:9090"

[[webhooks]]
url = "https://hooks.example.com/cleanbill"
secret = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ="
name = "team"
min_severity = "HIGH"
events = ["finding.opened"]
repositories = ["team/*"]
only_fixable = true

[[policies]]
ids = ["CVE-2024-1", "AVD-DS-0002"]
kinds = ["vulnerability", "misconfiguration"]
paths = ["app/**"]
purls = ["pkg:npm/lodash"]
severities = ["LOW"]
repositories = ["registry.example.com/team/*"]
owner = "shop team"
reason = "unreachable"
expires = 2026-12-31

[log]
level = "debug"
format = "json"
"""

REGISTRY = "[[registries]]\nurl = 'https://h'\n"
POLICY = "[[policies]]\n"
LISTED = "[[registries]]\nurl = 'https://registry.example.com'\nkind = 'list'\n"
WEBHOOK = "[[webhooks]]\nurl = 'https://h'\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(text: str, environ: dict[str, str] | None = None) -> tuple[str, ...]:
    Path("cleanbill.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(None, environ or {})
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_every_key() -> None:
    Path("cleanbill.toml").write_text(EVERYTHING, encoding="utf-8")
    assert load(None, {}) == Settings(
        registries=(
            Registry(
                url="https://registry.example.com",
                repositories=("team/*",),
                exclude=("team/old-*",),
                tags=("v*",),
                exclude_tags=("*-dev",),
                kind="harbor",
                username="me",
                password="hunter2",
                insecure=True,
                concurrency=4,
                cron="0 3 * * 1",
                platforms=("linux/arm64",),
            ),
        ),
        crawl=Crawl(
            cron="*/30 * * * *",
            at_start=False,
            platforms=("all",),
            workers=3,
            spool_bytes=512 * 1024**2,
        ),
        advisories=Advisories(every=900.0, osv=Osv(url="file:///srv/osv"), stale_after=86_400.0),
        store=Store(url="sqlite:////srv/cleanbill.db"),
        server=Server(listen="[::1]:9090"),
        webhooks=(
            Webhook(
                url="https://hooks.example.com/cleanbill",
                secret="whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ=",
                name="team",
                min_severity="HIGH",
                events=("finding.opened",),
                repositories=("team/*",),
                only_fixable=True,
            ),
        ),
        policies=(
            Policy(
                ids=("CVE-2024-1", "AVD-DS-0002"),
                kinds=("vulnerability", "misconfiguration"),
                paths=("app/**",),
                purls=("pkg:npm/lodash",),
                severities=("LOW",),
                repositories=("registry.example.com/team/*",),
                owner="shop team",
                reason="unreachable",
                expires="2026-12-31",
            ),
        ),
        log=Log(level="debug", format="json"),
    )


def test_parts_of_addresses() -> None:
    loaded = load(
        None, {"CLEANBILL_STORE__URL": "sqlite:////srv/c.db", "CLEANBILL_SERVER__LISTEN": "[::1]:9"}
    )
    assert (loaded.store.path, loaded.server.host, loaded.server.port) == (Path("/srv/c.db"), "::1", 9)
    assert Store().path is None


def test_secrets_are_not_shown() -> None:
    Path("cleanbill.toml").write_text(EVERYTHING, encoding="utf-8")
    shown = repr(load(None, {}))
    assert "hunter2" not in shown
    assert "whsec_" not in shown


def test_nothing_set_imports_no_pydantic() -> None:
    code = (
        "import os, sys\nfrom config.load import load\nfrom config.settings import Settings\n"
        "assert load(None, {}) == Settings()\n"
        "print([name for name in sys.modules if name.startswith(('pydantic', 'structlog', 'apscheduler'))])"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("CLEANBILL_CRAWL__CRON", "5 4 * * sun", Settings(crawl=Crawl(cron="5 4 * * sun"))),
        ("CLEANBILL_CRAWL__AT_START", "false", Settings(crawl=Crawl(at_start=False))),
        ("CLEANBILL_CRAWL__WORKERS", "2", Settings(crawl=Crawl(workers=2))),
        ("CLEANBILL_CRAWL__SPOOL_BYTES", "1GiB", Settings(crawl=Crawl(spool_bytes=1024**3))),
        ("CLEANBILL_CRAWL__SPOOL_BYTES", "1024", Settings(crawl=Crawl(spool_bytes=1024))),
        ("CLEANBILL_CRAWL__PLATFORMS", "all", Settings(crawl=Crawl(platforms=("all",)))),
        ("CLEANBILL_CRAWL__PLATFORMS", '["linux/arm64"]', Settings(crawl=Crawl(platforms=("linux/arm64",)))),
        ("CLEANBILL_CRAWL", '{"workers": 2}', Settings(crawl=Crawl(workers=2))),
        ("CLEANBILL_ADVISORIES__EVERY", "2s", Settings(advisories=Advisories(every=2.0))),
        (
            "CLEANBILL_ADVISORIES__OSV__URL",
            "http://127.0.0.1:8099",
            Settings(advisories=Advisories(osv=Osv(url="http://127.0.0.1:8099"))),
        ),
        (
            "CLEANBILL_REGISTRIES",
            '[{"url": "http://localhost:5000", "tags": []}]',
            Settings(registries=(Registry(url="http://localhost:5000", tags=()),)),
        ),
        ("CLEANBILL_LOG__LEVEL", "error", Settings(log=Log(level="error"))),
    ],
)
def test_environment(name: str, text: str, expected: Settings) -> None:
    assert load(None, {name: text}) == expected


def test_environment_comes_first() -> None:
    Path("cleanbill.toml").write_text('crawl = {workers = 1, cron = "1 1 * * *"}', encoding="utf-8")
    environ = {"CLEANBILL_CRAWL__WORKERS": "3", "CLEANBILL_CRAWL": '{"workers": 2, "at_start": false}'}
    assert load(None, environ).crawl == Crawl(workers=3, at_start=False, cron="1 1 * * *")


def test_environment_replaces_lists_whole() -> None:
    Path("cleanbill.toml").write_text(EVERYTHING, encoding="utf-8")
    assert load(None, {"CLEANBILL_REGISTRIES": "[]"}).registries == ()


def test_environment_of_others_is_left_alone() -> None:
    links = {
        "CLEANBILL_SERVICE_HOST": "10.96.0.7",
        "CLEANBILL_SERVICE_PORT": "8080",
        "CLEANBILL_SERVICE_PORT_HTTP": "8080",
        "CLEANBILL_WEB_PORT": "tcp://10.96.0.7:8080",
        "CLEANBILL_PORT_8080_TCP": "tcp://10.96.0.7:8080",
        "CLEANBILL_PORT_8080_TCP_PROTO": "tcp",
        "CLEANBILL_PORT_8080_TCP_ADDR": "10.96.0.7",
    }
    assert load(None, {**links, "PATH": "/bin", "cleanbill_x": "1"}) == Settings()
    assert load(None, {**links, "CLEANBILL_LOG__LEVEL": "info"}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "start"),
    [
        (
            "CLEANBILL_CRAWL__CROM",
            "x",
            "CLEANBILL_CRAWL__CROM: unknown variable (known: CLEANBILL_REGISTRIES, ",
        ),
        ("CLEANBILL_SERVER_PORT", "9000", "CLEANBILL_SERVER_PORT: unknown variable"),
        ("CLEANBILL_CRAWL__CRON", "\udc80", "CLEANBILL_CRAWL__CRON: the value is not UTF-8"),
        (
            "CLEANBILL_CRAWL__AT_START",
            "yes",
            "CLEANBILL_CRAWL__AT_START: crawl.at_start: 'yes' is of the wrong type: expected true or false",
        ),
        (
            "CLEANBILL_REGISTRIES",
            '[{"url": 3}]',
            "CLEANBILL_REGISTRIES: registries[0].url: 3 is not a web address",
        ),
        (
            "CLEANBILL_CRAWL",
            '{"crom": 3}',
            "CLEANBILL_CRAWL: crawl.crom: unknown key (known: cron, at_start, ",
        ),
    ],
)
def test_environment_is_wrong(name: str, text: str, start: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {name: text})
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(start)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[crawl]\ncrom = 1", "crawl.crom: unknown key (known: cron, at_start, tell_first, platforms, "),
        (
            "[craw]\n",
            "craw: unknown key (known: registries, crawl, advisories, store, server, webhooks, poli",
        ),
        ("[advisories]\nosv.uri = 1", "advisories.osv.uri: unknown key (known: url)"),
        ("[[registries]]\nname = 'x'", "registries[0].name: unknown key (known: url, repositories, "),
        ("crawl = 3", "crawl: the value is of the wrong type: expected a table"),
        ("[registries]", "registries: the value is of the wrong type: expected a list"),
        ("[crawl]\nworkers = '2'", "crawl.workers: '2' is out of range: expected a whole number from 0"),
        ("[crawl]\nworkers = -1", "crawl.workers: -1 is out of range: expected a whole number from 0"),
        ("[crawl]\nat_start = 1", "crawl.at_start: 1 is of the wrong type: expected true or false"),
        ("[crawl]\ncron = '0 0 * * 8'", "crawl.cron: '8' is not a day of the week: expected 0 to 7"),
        ("[advisories]\nevery = 3600", "advisories.every: 3600 is not a duration: expected one such as "),
        ("[advisories]\nosv.url = 'osv'", "advisories.osv.url: 'osv' is not a web address"),
        (
            "[store]\nurl = 'postgresql://h/d'",
            "store.url: PostgreSQL is not supported yet: expected 'sqlite:",
        ),
        (
            "[log]\nlevel = 'trace'",
            "log.level: 'trace' is unknown: expected 'debug', 'info', 'warning' or 'error'",
        ),
        (REGISTRY + "concurrency = 0", "registries[0].concurrency: 0 is out of range"),
        (REGISTRY + "tags = 'v1'", "registries[0].tags: the value is of the wrong type: expected a"),
        (REGISTRY + "tags = [1]", "registries[0].tags[0]: 1 is of the wrong type: expected a"),
        (REGISTRY + "kind = 'nexus'", "registries[0].kind: 'nexus' is unknown: expected 'auto', "),
        (WEBHOOK + "events = ['x']", "webhooks[0].events[0]: 'x' is unknown: expected 'finding."),
        ("[[webhooks]]", "webhooks[0].url: missing"),
        ("[[policies]]", "policies[0].ids: missing"),
        ("[[policies]]\nids = []", "policies[0].ids: empty: expected ids of findings, or '*' with"),
        (POLICY + "ids = [' ']", "policies[0].ids[0]: ' ': expected the id of a finding"),
        (POLICY + "ids = ['*']", "policies[0].ids: '*' alone: expected paths, purls, severities or rep"),
        (POLICY + "ids = ['*']\nkinds = ['secret']", "policies[0].ids: '*' alone"),
        (POLICY + "ids = ['x']\nkinds = ['vuln']", "policies[0].kinds[0]: 'vuln' is unknown: expected 'vul"),
        (POLICY + "ids = ['x']\npaths = ['[']", "policies[0].paths[0]: glob '[': expected a path, with "),
        (POLICY + "ids = ['x']\npurls = ['npm/a']", "policies[0].purls[0]: 'npm/a': expected a package URL"),
        (POLICY + "ids = ['x']\nrepositories = []", "policies[0].repositories: empty: expected globs"),
        (LISTED, "registries[0].repositories: '*' is a glob: kind 'list' expects the names of repositories"),
        (LISTED + "repositories = []", "registries[0].repositories: empty: kind 'list' expects the names"),
        (LISTED + "repositories = ['a', 'b/?']", "registries[0].repositories: 'b/?' is a glob: kind 'list'"),
        (POLICY + "ids = ['x']\nexpires = '31.12.2026'", "policies[0].expires: '31.12.2026' is no day"),
        (POLICY + "ids = ['x']\nexpires = 2026-12-31T00:00:00Z", "policies[0].expires: '2026-12-31 00:00:"),
        (POLICY + "ids = ['x']\nexpires = 20261231", "policies[0].expires: 20261231 is no day"),
        (POLICY + "id = ['x']", "policies[0].id: unknown key (known: ids, kinds, paths, purls, severities, "),
        (
            "[[registries]]\nurl = 'http://registry.example.com'",
            "registries[0].url: 'http://registry.example.com' is not encrypted: expected https, or insecure",
        ),
        (
            REGISTRY + "password = 'hunter2'",
            "registries[0].username: missing beside a password",
        ),
        (REGISTRY + "username = 'me'", "registries[0].password_file: missing beside username"),
        (REGISTRY + "client_key = '/dev/null'", "registries[0].client_cert: missing"),
        (REGISTRY + "ca_file = '/no/ca.pem'", "registries[0].ca_file: '/no/ca.pem' is not a file"),
        ("crawl.secret_config = '/no/x.yaml'", "crawl.secret_config: '/no/x.yaml' is not a file"),
        (
            "licenses.forbidden = ['MIT', 'nope']",
            "licenses.forbidden[1]: 'nope': expected an SPDX identifier, or LicenseRef-",
        ),
        (
            REGISTRY + "[[registries]]\nurl = 'https://h/'",
            "registries[1].url: the same as in registries[0]: expected another",
        ),
        (
            WEBHOOK + "[[webhooks]]\nurl = 'https://h'",
            "webhooks[1].name: the same as in webhooks[0]: expected another",
        ),
    ],
)
def test_file_is_wrong(text: str, problem: str) -> None:
    assert any(found.startswith(f"cleanbill.toml: {problem}") for found in problems(text))


def test_all_problems_at_once() -> None:
    text = "[crawl]\ncrom = 1\nworkers = true\n[log]\nlevel = 'x'"
    found = problems(text, {"CLEANBILL_X": "1", "CLEANBILL_LOG__FORMAT": "xml"})
    assert {problem.partition(" is ")[0].partition(": unknown")[0] for problem in found} == {
        "CLEANBILL_X",
        "CLEANBILL_LOG__FORMAT: log.format: 'xml'",
        "cleanbill.toml: crawl.crom",
        "cleanbill.toml: crawl.workers: True",
        "cleanbill.toml: log.level: 'x'",
    }


@pytest.mark.parametrize(
    "text",
    [
        REGISTRY + "username = 'me'\npassword = ['hunter2']",
        "[[registries]]\nurl = 'https://me:hunter2@h'",
        "[[registries]]\nurl = 'h'\nusername = 'me'\npassword = 'hunter2'",
        "[[registries]]\nusername = 'me'\npassword = 'hunter2'",
        REGISTRY + "pasword = 'hunter2'",
        REGISTRY + "password = {hunter2 = 1}",
        WEBHOOK + "secret = 'hunter2!'",
        "[[webhooks]]\nurl = 'h?token=hunter2'",
        "[[webhooks]]\nsecret = 'hunter2'",
        "registries = 'hunter2'",
        "registries = ['hunter2']",
    ],
)
def test_problems_do_not_repeat_secrets(text: str) -> None:
    for problem in problems(text):
        assert "hunter2" not in problem.replace("hunter2 = 1", "")


def test_webhook_secret_is_wrong() -> None:
    found = problems(WEBHOOK + "secret = 'hunter2!'")
    assert found == (f"cleanbill.toml: webhooks[0].secret: {NOT_DECODABLE}",)


def test_webhooks_name_is_its_address_without_credentials() -> None:
    (webhook,) = load(None, {"CLEANBILL_WEBHOOKS": '[{"url": "https://me:hunter2@h/x?token=1"}]'}).webhooks
    assert webhook.name == "https://h/x"


def registry(**keys: str) -> dict[str, str]:
    return {"CLEANBILL_REGISTRIES": json.dumps([{"url": "https://h", "username": "me", **keys}])}


def test_secrets_come_from_files(folder: Path) -> None:
    (folder / "password").write_bytes(b" hunter2 \r\n")
    (folder / "secret").write_text("whsec_YWJj\n", encoding="utf-8")
    loaded = load(
        None,
        {
            **registry(password_file="password"),
            "CLEANBILL_WEBHOOKS": json.dumps([{"url": "https://h", "secret_file": str(folder / "secret")}]),
        },
    )
    assert loaded.registries[0].password == " hunter2 "
    assert loaded.webhooks[0].secret == "whsec_YWJj"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "'password' cannot be read: No such file or directory"),
        (b"\n", "'password' is empty"),
        (b"hunter2\xff", "'password' cannot be read: byte 7 is not UTF-8"),
        (b"x" * (SECRET_BYTES + 1), f"'password' cannot be read: longer than {SECRET_BYTES} bytes"),
    ],
)
def test_secrets_file_is_wrong(folder: Path, data: bytes | None, sentence: str) -> None:
    if data is not None:
        (folder / "password").write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(None, registry(password_file="password"))
    assert caught.value.problems == (f"CLEANBILL_REGISTRIES: registries[0].password_file: {sentence}",)


def test_secrets_file_holds_no_secret(folder: Path) -> None:
    (folder / "secret").write_text("hunter2!", encoding="utf-8")
    (problem,) = problems(WEBHOOK + "secret_file = 'secret'")
    assert problem.startswith(
        "cleanbill.toml: webhooks[0].secret_file: the value is no Standard Webhooks secret"
    )


def test_secret_is_given_twice(folder: Path) -> None:
    (folder / "x").write_text("YWJj", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(
            None,
            {
                **registry(password_file="x", password="y"),
                "CLEANBILL_WEBHOOKS": '[{"url": "https://h", "secret": "YWJj", "secret_file": "x"}]',
            },
        )
    assert caught.value.problems == (
        "CLEANBILL_REGISTRIES: registries[0].password_file: password is given too: expected one of them",
        "CLEANBILL_WEBHOOKS: webhooks[0].secret_file: secret is given too: expected one of them",
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"[crawl", "end of document: expected ']'"),
        (b"\xff", "byte 0 is not UTF-8"),
        (b"a = 1\na = 2", "end of document: cannot overwrite"),
    ],
)
def test_file_is_no_toml(folder: Path, data: bytes, sentence: str) -> None:
    (folder / "cleanbill.toml").write_bytes(data)
    with pytest.raises(ConfigError, match=rf"^cleanbill\.toml: {sentence}"):
        load(None, {})


def test_file_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"^other\.toml: no such file$"):
        load(Path("other.toml"), {})


def test_a_store_is_a_file(folder: Path) -> None:
    sentence = rf"^CLEANBILL_STORE__URL: store\.url: '{folder}' is a directory, expected a file in one$"
    with pytest.raises(ConfigError, match=sentence):
        load(None, {"CLEANBILL_STORE__URL": f"sqlite:///{folder}"})


@pytest.mark.parametrize("given", [True, False])
def test_a_folder_is_no_file(folder: Path, given: bool) -> None:  # noqa: FBT001 - a parameter of the test
    (folder / "cleanbill.toml").mkdir()
    sentence = (
        r"^cleanbill\.toml: is a directory, expected a file such as cleanbill\.toml/cleanbill\.toml(;|$)"
    )
    with pytest.raises(ConfigError, match=sentence):
        load(Path("cleanbill.toml") if given else None, {})


def test_a_name_that_is_too_long() -> None:
    with pytest.raises(ConfigError, match=r"^x{500}: File name too long$"):
        load(Path("x" * 5000), {})


def test_a_folder_that_may_not_be_looked_into_is_not_passed_over(folder: Path) -> None:
    home = folder / "home"
    (home / ".config/cleanbill").mkdir(parents=True)
    with (
        closed(home),
        pytest.raises(ConfigError, match=r"toml: Permission denied; --config names another file$"),
    ):
        load(None, {"HOME": str(home)})


def test_file_is_found(folder: Path) -> None:
    def level(path: Path | None, **environ: str) -> str:
        return load(path, environ).log.level

    home = folder / "home/.config/cleanbill/cleanbill.toml"
    configured = folder / "xdg/cleanbill/cleanbill.toml"
    given_path, here = folder / "given.toml", folder / "cleanbill.toml"
    both = {"HOME": str(folder / "home"), "XDG_CONFIG_HOME": str(folder / "xdg")}
    for path, text in {home: "debug", configured: "warning", here: "error", given_path: "info"}.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"log.level = '{text}'", encoding="utf-8")
    assert level(given_path, **both) == "info"
    assert level(None, **both) == "error"
    here.unlink()
    assert level(None, **both) == "warning"
    assert level(None, HOME=both["HOME"]) == "debug"
    assert level(None, XDG_CONFIG_HOME="xdg") == "info"

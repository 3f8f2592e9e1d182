import contextlib
import re
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from prometheus_client import Metric

from analyzers.catalogue import kinds
from config.load import load
from crawler.api.metrics import Metrics
from crawler.cli import COMMANDS, cli
from crawler.cli.options import DONE, INCOMPLETE, NOTHING, USAGE
from crawler.notify import message, webhook
from store.events import (
    AdvisoryFacts,
    EndpointRule,
    Event,
    EventType,
    FindingData,
    TagData,
    TagFinding,
    TagSecret,
    stable_id,
)
from store.status import FeedStatus, Status
from store.touched import Image, LayerGroup, Named, Touched

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    page: (ROOT / page).read_text(encoding="utf-8")
    for page in (
        "README.md",
        "CHANGELOG.md",
        *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
    )
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = "2026-01-05T08:00:12.345678Z"


def blocks(language: str, *, page: str = "README.md") -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", PAGES[page], re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def anchors(text: str) -> set[str]:
    """Return what the headings of a page are called in links to them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def documented() -> Iterator[tuple[str, ...]]:
    """Yield the arguments of every call of the program in the pages' blocks and tables."""
    for page, text in PAGES.items():
        lines = [line for block in blocks("sh", page=page) for line in block.splitlines()]
        for line in (*lines, *re.findall(r"`(cleanbill [^`]+)`", text)):
            words = shlex.split(line, comments=True)
            if words and words[0] == "cleanbill" and "…" not in line:
                yield tuple(present(word) for word in words[1:])


def present(word: str) -> str:
    """Return a path that exists in place of one that need not."""
    return str(ROOT) if word.startswith("/media/") else word


def parse(words: tuple[str, ...]) -> list[str]:
    """Parse as the program does, but do nothing; return the commands."""
    context, names = cli.make_context("cleanbill", [*words]), list[str]()
    group: click.Command = cli
    while isinstance(group, click.Group):
        rest = [*context._protected_args, *context.args]  # noqa: SLF001 - click has no other way to stop here
        name, command, rest = group.resolve_command(context, rest)
        assert command is not None
        names.append(str(name))
        context, group = command.make_context(name, rest, parent=context), command
    return names


@pytest.mark.parametrize("words", sorted(set(documented()) - {("--version",)}), ids=" ".join)
def test_documented_commands_exist_with_their_options(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (word.removeprefix("@") for word in words):
        if name.endswith("-checks"):
            Path(name).mkdir()
        elif re.fullmatch(r"[\w.-]+\.(?:json|yaml)", name):
            Path(name).write_text(standard() if f"@{name}" in words else "", encoding="utf-8")
    assert parse(words)


def standard() -> str:
    return next(block for block in blocks("yaml", page="docs/misconfiguration.md") if "controls:" in block)


def leaves(command: click.Command, names: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(names)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from leaves(inner, (*names, name))


def test_every_command_has_a_row_and_an_example_that_calls_it() -> None:
    rows = re.findall(r"^\| `([a-z0-9 ]+)` \| .* \| `cleanbill (.*)` \|$", README, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted({*leaves(cli), "config check"})
    assert {name.split()[0] for name, _ in rows} == set(COMMANDS)
    for name, example in rows:
        assert " ".join(parse(tuple(map(present, shlex.split(example))))) == name


def test_options_before_the_command_are_named() -> None:
    for parameter in cli.params:
        longest = max(parameter.opts, key=len)
        assert longest in {"--version", "--help"} or f"`{longest}" in README


def test_exit_codes_are_the_programs() -> None:
    rows = re.findall(r"^\| ([0-9N]) \| ", README, re.MULTILINE)
    assert rows == [str(DONE), "N", str(USAGE), str(INCOMPLETE), str(NOTHING)]


@pytest.mark.parametrize("number", range(len(blocks("toml"))))
def test_settings_load(number: int, tmp_path: Path) -> None:
    text = blocks("toml")[number].replace("/etc/cleanbill/", f"{tmp_path}/")
    for name, content in (("password", "hunter2"), ("ca.pem", ""), ("webhook-secret", SECRET)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    file = tmp_path / "cleanbill.toml"
    file.write_text(text, encoding="utf-8")
    settings = load(file, {})
    assert settings.registries or settings.webhooks or settings.advisories.osv.url.startswith("file:")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for link, anchor in re.findall(r"\]\(([^):#]*)(?:#([^)]*))?\)", PAGES[page]):
        target = (ROOT / page).parent.joinpath(link) if link else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), (link, anchor)


@pytest.mark.parametrize("name", ["make demo", "make test", "make check"])
def test_documented_targets_exist(name: str) -> None:
    assert name in README
    assert re.search(rf"^{name.removeprefix('make ')}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def receivers() -> tuple[dict[str, Any], dict[str, Any]]:
    spaces: tuple[dict[str, Any], dict[str, Any]] = ({"__name__": "receiver"}, {})
    for text, space in zip(blocks("python"), spaces, strict=True):
        exec(compile(text, "README.md", "exec"), space)  # noqa: S102 - our own text
    return spaces


def signed(body: bytes) -> dict[str, str]:
    to = webhook.receiver(EndpointRule(name="ops", url="http://127.0.0.1/", secret=SECRET))
    return webhook.sign(to, "msg_1", body, datetime.fromtimestamp(time.time(), UTC))


def test_the_receiver_without_a_library_knows_right_from_wrong() -> None:
    is_genuine: Callable[[str, dict[str, str], bytes], bool] = receivers()[1]["is_genuine"]
    headers = signed(b"{}")
    assert is_genuine(SECRET, headers, b"{}")
    assert not is_genuine(SECRET, headers, b"{ }")
    assert not is_genuine("whsec_AAAA", headers, b"{}")
    assert not is_genuine(SECRET, headers | {"webhook-timestamp": "1700000000"}, b"{}")


def test_the_receiver_with_the_library_takes_what_is_signed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECRET", SECRET)
    body = message.encode(examples()["finding"])
    with HTTPServer(("127.0.0.1", 0), receivers()[0]["Hook"]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            assert post(server.server_port, body, signed(body)) == 204
            assert post(server.server_port, body, signed(b"another")) == 401
        finally:
            server.shutdown()
            thread.join()
    assert capsys.readouterr().out == "cleanbill.finding.opened DEMO-2026-0005\n"


def post(port: int, body: bytes, headers: dict[str, str]) -> int:
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", "/", body, headers)
        return connection.getresponse().status


def digest(digit: str) -> str:
    return f"sha256:{digit * 64}"


def event(seq: int, data: FindingData | TagData, kind: EventType, cause: str) -> Event:
    return Event(
        seq=seq,
        id=stable_id("evt", kind, cause),
        time=NOW,
        type=kind,
        cause=cause,
        severity="CRITICAL",
        fixable=True,
        package_version_id=None,
        data=data,
    )


def examples() -> dict[str, message.CloudEvent]:
    """Return the messages that docs/webhooks.md shows."""
    registry = "https://registry.example.com"
    facts = AdvisoryFacts(
        id="DEMO-2026-0005",
        ids=("DEMO-2026-0005",),
        title="openssl: a made-up handshake runs code",
        severity="CRITICAL",
        score=9.8,
        url="https://osv.dev/vulnerability/DEMO-2026-0005",
    )
    installed, fixed = "3.0.11-1~deb12u2", "3.0.13-1~deb12u1"
    found = FindingData(
        advisory=facts,
        package="openssl",
        ecosystem="Debian:12",
        severity="CRITICAL",
        ids=facts.ids,
        status="fixed",
        installed_version=installed,
        fixed_version=fixed,
    )
    image = Image(
        registry=registry,
        repository="shop/api",
        tags=("1.4", "latest"),
        tags_total=2,
        digest=digest("a"),
        platform="linux/amd64",
        package_path="",
    )
    purl = "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"
    layer = LayerGroup(
        digest=digest("b"),
        diff_id=digest("c"),
        created_by="COPY debian /",
        base_image="registry.example.com/base/debian:12",
        packages=(Named("libssl3", installed, purl),),
        images_total=1,
        images=(image,),
    )
    opened = event(41, found, "finding.opened", "advisory:DEMO-2026-0005@2026-01-05T08:00:00Z")
    moved = TagData(
        registry=registry,
        repository="shop/api",
        tag="latest",
        digest_before=digest("a"),
        digest_after=digest("d"),
        platform="linux/amd64",
        closed={"CRITICAL": 1},
        findings=(
            TagFinding(
                change="closed",
                id="DEMO-2026-0005",
                severity="CRITICAL",
                package="libssl3",
                installed_version=installed,
                fixed_version=fixed,
            ),
        ),
    )
    secret = TagSecret(
        rule="github-pat",
        title="GitHub Personal Access Token",
        severity="CRITICAL",
        path="srv/release.sh",
        line=3,
        match="export GITHUB_TOKEN=****************************************",
        layer=digest("e"),
        created_by="COPY release.sh /srv/",
        is_deleted=False,
    )
    leaked = msgspec.structs.replace(moved, opened={"CRITICAL": 1}, closed={}, findings=(), secrets=(secret,))
    changed = event(42, moved, "image.changed", f"tag:7:latest@{NOW}")
    told = event(43, leaked, "secret.found", f"tag:7:latest@{NOW}")
    touched = Touched({41: (layer,)}, 1, 1)
    of_finding = message.finding_message(stable_id("msg", "1"), "cleanbill", [opened], touched)
    of_tag = message.tag_message(stable_id("msg", "2"), "cleanbill", [changed, told], None)
    assert of_finding is not None
    assert of_tag is not None
    return {"finding": of_finding, "tag": of_tag}


@pytest.mark.parametrize("name", ["finding", "tag"])
def test_the_messages_shown_are_the_programs(name: str) -> None:
    expected = msgspec.json.format(message.encode(examples()[name]), indent=2).decode()
    marked = f"<!-- example {name} -->\n\n```json\n{expected}\n```\n"
    assert marked in PAGES["docs/webhooks.md"]


def test_every_metric_has_a_row() -> None:
    metrics = Metrics("1")
    feed = FeedStatus("npm", "ok", NOW)
    metrics.show(
        Status(
            images={},
            layers=0,
            package_versions=0,
            unchecked={},
            findings={},
            feeds=(feed,),
            deliveries={},
            disabled={},
            event_seq=0,
        )
    )
    named = {shown(metric) for metric in metrics.registry.collect() if metric.name.startswith("cleanbill")}
    rows = set(re.findall(r"^\| `(cleanbill_\w+)` \|", PAGES["docs/operations.md"], re.MULTILINE))
    assert rows == named


def shown(metric: Metric) -> str:
    return metric.name + {"counter": "_total", "info": "_info"}.get(metric.type, "")


def test_every_type_of_package_is_in_the_table_of_formats() -> None:
    page = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    assert [name for name in kinds() if f"`{name}`" not in page] == []

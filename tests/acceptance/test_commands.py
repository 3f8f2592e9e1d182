"""The installed command, as a user's script meets it."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import images as made
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.layouts import write_layout
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.program import Program
from tests.fakes.registry import FakeRegistry
from tests.fakes.waiting import blocking_until

BASE = layer(debian(), dpkg(openssl="3.0.11-1"))


@pytest.fixture(scope="module")
def registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()
    with registry.running():
        for number in range(3):
            push(registry, f"app{number}", "1.0", BASE, layer(made.python("jinja2", f"{number}")))
        yield registry


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Give a program whose advisories come from a mirror on disk."""
    folder = tmp_path_factory.mktemp("program")
    mirror = Mirror()
    openssl = record("CVE-2024-1", "2024-01-01T00:00:00Z", ("Debian:12", "openssl"), fixed="3.0.12-1")
    mirror.put("Debian", openssl)
    mirror.put("PyPI", record("GHSA-1", "2024-01-01T00:00:00Z", ("PyPI", "jinja2"), fixed="1"))
    mirror.write(folder / "osv")
    settings = folder / "cleanbill.toml"
    settings.write_text(f'[advisories]\nosv.url = "{(folder / "osv").as_uri()}"\n')
    return Program(folder / "cache", settings)


def one_sentence(ran: subprocess.CompletedProcess[str], code: int, text: str) -> None:
    """Check that a command failed as documented."""
    assert (ran.returncode, ran.stdout) == (code, ""), ran
    usage = r"(?:Usage: [^\n]*\nTry [^\n]*\n\n)?"
    sentence = rf"(?:cleanbill|Error): [^\n]*{re.escape(text)}[^\n]*\n"
    assert re.fullmatch(usage + sentence, ran.stderr), ran.stderr


def test_a_crawl_reports_to_stdout_and_a_second_one_costs_heads(
    program: Program, registry: FakeRegistry
) -> None:
    table = program.run("crawl", registry.url)
    assert (table.returncode, table.stderr) == (0, "")
    assert "openssl" not in table.stdout
    assert "3 tags" in table.stdout
    registry.requests.clear()
    ran = program.run("crawl", "--format", "json", registry.host)
    summary = json.loads(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (summary["Tags"], summary["ImagesAnalysed"], summary["ImagesKnown"]) == (3, 0, 3)
    assert summary["BytesPulled"] == 0
    assert summary["Findings"] == {"UNKNOWN": 4}
    assert summary["Requests"] == len(registry.requests) == 1 + 1 + 3 + 3
    image = program.run("image", "--format", "json", f"{registry.host}/app0:1.0")
    found = [
        each["VulnerabilityID"]
        for part in json.loads(image.stdout)["Results"]
        for each in part.get("Vulnerabilities", [])
    ]
    assert sorted(found) == ["CVE-2024-1", "GHSA-1"]


def test_what_could_not_be_crawled_is_told_and_part_of_the_code(program: Program) -> None:
    torn = FakeRegistry()
    push(torn, "good", "1", BASE)
    torn.push_image("torn", "1", [b"no layer at all"])
    with torn.running():
        ran = program.run("crawl", torn.url, "-o", str(program.cache.parent / "summary"))
        assert (ran.returncode, ran.stdout) == (3, "")
        text = (program.cache.parent / "summary").read_text()
        assert "torn:1" in text
    ran = program.run("crawl", "127.0.0.1:1")
    assert (ran.returncode, "cannot connect" in ran.stdout) == (4, True)


def test_an_image_layout(program: Program, tmp_path: Path) -> None:
    held = FakeRegistry()
    image = push(held, "x", "1", BASE)
    write_layout(tmp_path / "layout", held, {"1": image})
    for place in (f"{tmp_path}/layout:1", f"{tmp_path}/layout@{image.digest}"):
        ran = program.run("image", "--input", place, "--format", "cyclonedx")
        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout)["bomFormat"] == "CycloneDX"


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (["image", "{host}/none:1"], 4, "none:1: not found"),
        (["image", "registry.invalid/app"], 4, "registry.invalid"),
        (["image", "Bad:Name:1"], 2, "Bad:Name"),
        (["image", "--insecure", "--input", "/nothing"], 4, "/nothing"),
        (["crawl", "http://registry.example.com"], 4, "plain http"),
        (["crawl", ""], 2, "expected HOST"),
        (["crawl", "http://"], 2, "expected an http or https URL, got 'http://'"),
        (["crawl", "ftp://registry.example.com"], 2, "got 'ftp://registry.example.com'"),
        (["crawl", "localhost:99999"], 2, "localhost:99999"),
        (["crawl", "https://me:secret@registry.example.com"], 2, "without username and password"),
        (["image", "{host}/app0:1.0", "--exit-code", "256"], 2, "256 is not in the range"),
        (["image", "{host}/app0:1.0", "--platform", "arm64"], 2, "'arm64' is not a choice of platforms"),
        (["crawl", "{host}", "--platform", "arm64"], 2, "'arm64' is not a choice of platforms"),
        (["diff", "{host}/app0:1.0", "{host}/app1:1.0", "--platform", "all"], 2, "'all' is not a choice"),
        (["crawl"], 2, "no registry: name one"),
        (["watch"], 2, "no registry: put [[registries]] into cleanbill.toml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_input_is_one_sentence(
    program: Program, registry: FakeRegistry, args: list[str], code: int, text: str
) -> None:
    one_sentence(program.run(*(arg.format(host=registry.host) for arg in args)), code, text)


@pytest.mark.parametrize("verb", ["image", "crawl", "watch"])
@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ("[crawl]\nspeed = 3\n", "crawl.speed"),
        ("[[registries]]\nurl = 'ftp://x'\n", "registries[0].url"),
        ("= 3", "cleanbill.toml"),
        (None, "cleanbill.toml: no such file"),
    ],
    ids=["key", "value", "syntax", "none"],
)
def test_broken_settings_are_named(tmp_path: Path, verb: str, settings: str | None, text: str) -> None:
    file = tmp_path / "cleanbill.toml"
    if settings is not None:
        file.write_text(settings)
    name = ["127.0.0.1:1/app"] if verb == "image" else []
    one_sentence(Program(tmp_path / "cache", file).run(verb, *name), 2, text)


@pytest.mark.parametrize("verb", ["image", "crawl", "watch"])
def test_a_cache_directory_that_cannot_be_is_named(tmp_path: Path, verb: str) -> None:
    (tmp_path / "file").touch()
    settings = tmp_path / "cleanbill.toml"
    settings.write_text("[[registries]]\nurl = 'http://127.0.0.1:1'\n[server]\nlisten = '127.0.0.1:0'\n")
    name = ["127.0.0.1:1/app"] if verb == "image" else []
    one_sentence(Program(tmp_path / "file/cache", settings).run(verb, *name), 4, "file/cache")


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cleanbill.db").write_bytes(b"holiday pictures " * 99)
    ran = Program(tmp_path).run("crawl", "127.0.0.1:1")
    one_sentence(ran, 4, "cleanbill.db: file is not a database")
    assert (tmp_path / "cleanbill.db").read_bytes() == b"holiday pictures " * 99


def test_only_one_crawl_at_a_time(program: Program, tmp_path: Path, registry: FakeRegistry) -> None:
    slow = FakeRegistry()
    push(slow, "app", "1", BASE)
    slow.faults.stalled = True
    crowded = Program(tmp_path, program.settings)
    with slow.running(), crowded.started("crawl", slow.url):
        blocking_until(lambda: slow.paths("HEAD"))
        one_sentence(crowded.run("crawl", registry.url), 4, "a crawl is under way in another process")
        image = crowded.run("image", "--skip-db-update", f"{registry.host}/app0:1.0")
        assert (image.returncode, image.stderr) == (3, "")


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = tmp_path / "cleanbill.toml"
        settings.write_text(
            f"[[registries]]\nurl = 'http://127.0.0.1:1'\n[server]\nlisten = '127.0.0.1:{port}'\n"
        )
        one_sentence(Program(tmp_path, settings).run("watch"), 2, f"cannot listen on '127.0.0.1:{port}'")


def test_a_reader_that_has_seen_enough_is_no_error(program: Program, registry: FakeRegistry) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*program._command(("crawl", registry.url))]  # noqa: SLF001 - with another stdout
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, "")

from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from config.load import load
from config.settings import Settings
from tests.crawler.cli.stores import cleanbill

WRITTEN = r"""
[[registries]]
url = "https://registry.example.com"
repositories = ["team/*", 'odd "name" \']
username = "reader"
password = "hunter2"
platforms = "all"

[[registries]]
url = "https://other.example.com"
exclude = []

[crawl]
spool_bytes = "1GiB"

[advisories]
every = "90m"

[advisories.osv]
url = "file:///srv/osv"

[[webhooks]]
url = "https://hooks.example.com/x?token=abc"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

[[policies]]
ids = ["CVE-2024-1"]
reason = 'says "no"'
expires = 2026-12-31
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    file = tmp_path / "written.toml"
    file.write_text(WRITTEN)
    return file


def test_the_settings_in_force_are_printed_without_secrets(written: Path, tmp_path: Path) -> None:
    ran = cleanbill(
        tmp_path, "--config", str(written), "config", "check", env={"CLEANBILL_LOG__LEVEL": "debug"}
    )
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:2] == [f"# from {written}", "# and from CLEANBILL_LOG__LEVEL"]
    for line in (
        'password = "(hidden)"',
        'secret = "(hidden)"',
        'every = "90m"',
        'level = "debug"',
        'expires = "2026-12-31"',
    ):
        assert line in lines
    for secret in ("hunter2", "MfKQ9r8", "token=abc"):
        assert secret not in ran.out


def test_what_is_printed_is_read_back_as_the_same_settings(written: Path, tmp_path: Path) -> None:
    printed = cleanbill(tmp_path, "--config", str(written), "config", "check").out
    again = tmp_path / "again.toml"
    again.write_text(printed.replace('secret = "(hidden)"', 'secret = "aGk="'))
    assert _shared(load(again, {})) == _shared(load(written, {}))


def _shared(settings: Settings) -> Settings:
    """Return the settings without what is not printed."""
    return replace(
        settings,
        registries=tuple(replace(each, password="") for each in settings.registries),
        webhooks=tuple(
            replace(each, secret="", url=each.url.partition("?")[0]) for each in settings.webhooks
        ),
    )


def test_without_a_file_the_defaults_are_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cleanbill(tmp_path, "config", "check")
    assert ran.code == 0
    assert ran.out.startswith("# no settings file: defaults\n\n[crawl]\ncron = ")
    (tmp_path / "printed.toml").write_text(ran.out)
    assert load(tmp_path / "printed.toml", {}) == Settings()


def test_every_problem_is_a_line(written: Path, tmp_path: Path) -> None:
    written.write_text('[crawl]\ncron = "often"\nworkers = -1\n')
    ran = cleanbill(tmp_path, "--config", str(written), "config", "check")
    assert (ran.code, ran.out) == (2, "")
    assert [line.split(": ")[:3] for line in ran.err.splitlines()] == [
        ["cleanbill", str(written), "crawl.cron"],
        ["cleanbill", str(written), "crawl.workers"],
    ]


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    ran = cleanbill(tmp_path, "--config", str(tmp_path / "none.toml"), "config", "check")
    assert ran.code == 2
    assert "no such file" in ran.err


def test_certificates_and_keys_are_read(written: Path, tmp_path: Path) -> None:
    authority, text = trustme.CA(), tmp_path / "text"
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("a@b.example").private_key_and_cert_chain_pem.write_to_path(tmp_path / "mine.pem")
    text.write_text("hello")
    files = {"ca_file": tmp_path / "ca.pem", "client_cert": tmp_path / "mine.pem"}
    lines = [f'{name} = "{path}"' for name, path in files.items()]
    registries = [
        "\n".join(["[[registries]]", f'url = "https://r{number}.example"', *more])
        for number, more in enumerate((lines, [f'ca_file = "{text}"', f'client_cert = "{text}"'], lines))
    ]
    written.write_text("\n".join(registries))
    ran = cleanbill(tmp_path, "--config", str(written), "config", "check")
    assert (ran.code, ran.out) == (2, "")
    place = "cleanbill: registries[1]: r1.example: cannot use"
    assert ran.err.splitlines() == [
        f"{place} ca_file {str(text)!r}: holds no certificate, expected PEM",
        f"{place} client_cert {str(text)!r}: holds no usable certificate, expected PEM",
    ]
    written.write_text(registries[0])
    ran = cleanbill(tmp_path, "--config", str(written), "config", "check")
    assert (ran.code, ran.err) == (0, "")


def test_misspelt_platforms_are_problems(written: Path, tmp_path: Path) -> None:
    registry = '[[registries]]\nurl = "https://r.example"\nplatforms = ["linux/arm64/v8", "linux/x86_64"]\n'
    written.write_text(f'[crawl]\nplatforms = ["linx/amd64", "linux/s390x"]\n{registry}')
    ran = cleanbill(tmp_path, "--config", str(written), "config", "check")
    fault = "is not a platform of images: expected 'linux/amd64', perhaps"
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        f"cleanbill: {written}: registries[0].platforms: 'linux/x86_64' {fault}",
        f"cleanbill: {written}: crawl.platforms: 'linx/amd64' {fault}",
    ]

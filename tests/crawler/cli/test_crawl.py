import contextlib
import gc
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from config.settings import Settings
from crawler.cli import bar, main
from crawler.crawl import Pass
from crawler.engine import crawl_lock
from crawler.locks import FileLock
from tests.crawler.cli.stores import Ran, cleanbill
from tests.fakes import images as made
from tests.fakes.images import debian, dpkg, layer, push
from tests.fakes.osv_mirror import Mirror, record
from tests.fakes.receiver import SECRET, Receiver, receiving
from tests.fakes.registry import FakeRegistry
from tests.fakes.secrets import env_file

BASE = layer(debian(), dpkg(openssl="1.0"))


class World:
    """A registry, a mirror on disk, a receiver and settings that name them."""

    def __init__(self, folder: Path, registry: FakeRegistry, receiver: Receiver) -> None:
        self.folder, self.registry, self.receiver = folder, registry, receiver
        self.mirror = Mirror()
        self.advise(1)
        self.settings = folder / "settings.toml"
        self.settings.write_text(
            f'[[registries]]\nurl = "{registry.url}"\n'
            f'[advisories]\nosv.url = "{(folder / "osv").as_uri()}"\n'
            f'[[webhooks]]\nurl = "{receiver.url}"\nsecret = "{SECRET}"\n'
        )

    def advise(self, number: int) -> None:
        about = ("Debian:12", "openssl")
        self.mirror.put("Debian", record(f"CVE-2024-{number}", f"2024-01-{number:02}T00:00:00Z", about))
        self.mirror.write(self.folder / "osv")

    def crawl(self, *args: str) -> Ran:
        return cleanbill(self.folder / "cache", "--config", str(self.settings), "crawl", *args)

    def summary(self, *args: str) -> dict[str, Any]:
        ran = self.crawl("--format", "json", *args)
        assert ran.code == 0, ran
        found: dict[str, Any] = json.loads(ran.out)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    registry = FakeRegistry()
    push(registry, "app", "1.0", BASE)
    with registry.running(), receiving() as receiver:
        yield World(tmp_path, registry, receiver)


def test_a_first_crawl_is_summed_up(world: World) -> None:
    summary = world.summary()
    assert summary["Registries"] == [world.registry.url]
    assert (summary["Repositories"], summary["Tags"], summary["Manifests"]) == (1, 1, {"analysed": 1})
    assert (summary["ImagesAnalysed"], summary["LayersAnalysed"], summary["LayersReused"]) == (1, 1, 0)
    assert summary["BytesPulled"] == summary["UniqueBytes"] == len(BASE)
    assert summary["Findings"] == {"UNKNOWN": 1}
    assert summary["WorstImages"] == [
        {"Name": f"{world.registry.host}/app:1.0", "Severities": {"UNKNOWN": 1}}
    ]
    assert (summary["Failures"], summary["Incomplete"]) == ([], False)
    assert world.receiver.ids == []


def test_what_is_new_is_sent(world: World) -> None:
    world.crawl()
    world.advise(2)
    push(world.registry, "app", "2.0", BASE)
    assert world.crawl().code == 0
    assert sorted(event["type"] for event in world.receiver.events) == [
        "cleanbill.finding.opened",
        "cleanbill.image.added",
    ]


@pytest.mark.parametrize(
    ("policy", "left", "suppressed"),
    [
        ("ids = ['CVE-2024-1']", {}, 1),
        ("ids = ['CVE-2024-1']\nrepositories = ['other']", {"UNKNOWN": 1}, 0),
        ("ids = ['CVE-2024-1']\nexpires = 2020-01-01", {"UNKNOWN": 1}, 0),
    ],
)
def test_what_policies_cover_is_not_counted(
    world: World, policy: str, left: dict[str, int], suppressed: int
) -> None:
    with world.settings.open("a") as file:
        file.write(f"[[policies]]\n{policy}\n")
    summary = world.summary()
    assert (summary["Findings"], summary["SuppressedFindings"]) == (left, suppressed)
    assert [each["Severities"] for each in summary["WorstImages"]] == ([left] if left else [])
    assert bool(re.search(r"Suppressed +1 finding\n", world.crawl().out)) == bool(suppressed)


def test_secrets_that_policies_cover_are_not_counted(world: World) -> None:
    with world.settings.open("a") as file:
        file.write("[crawl]\nscanners = ['vuln', 'secret']\n")
        file.write(
            "[[policies]]\nids = ['*']\npaths = ['srv/**']\nkinds = ['secret']\nrepositories = ['app']\n"
        )
    secret = layer({"srv/app/.env": env_file(), "etc/app/.env": env_file()})
    push(world.registry, "app", "2.0", BASE, secret)
    push(world.registry, "app", "3.0", BASE, layer({"srv/other/.env": env_file()}))
    found = world.summary()["Secrets"]
    assert (sum(found["Severities"].values()), found["Images"], found["Suppressed"]) == (1, 1, 2)
    assert re.search(r"Suppressed +2 secrets\n", world.crawl().out)
    push(world.registry, "other", "1.0", BASE, secret)  # the same image, where no policy is
    found = world.summary()["Secrets"]
    assert (sum(found["Severities"].values()), found["Images"]) == (2, 1)


DOCKERFILE = {
    "srv/Dockerfile": b"FROM debian:12@sha256:%064d\nUSER app\nRUN sudo make\nHEALTHCHECK CMD true\n" % 1
}
COPYLEFT = {
    "usr/share/doc/openssl/copyright": b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    b"\n\nFiles: *\nCopyright: us\nLicense: AGPL-3.0-only\n"
}
ALL_KINDS = "[crawl]\nscanners = ['vuln', 'secret', 'misconfig', 'license']\n"


def test_kinds_that_nobody_looks_for_are_not_claimed_to_be_none(world: World) -> None:
    summary = world.summary()
    assert summary["Secrets"] == {"Severities": {}, "Images": 0, "Suppressed": 0}
    assert (summary["Misconfigurations"], summary["Licenses"]) == (None, None)
    assert re.search(r"Secrets +none\n", world.crawl().out)


def test_every_kind_is_summed_up_and_sent(world: World) -> None:
    with world.settings.open("a") as file:
        file.write(ALL_KINDS)
    summary = world.summary()
    nothing = {"Severities": {}, "Images": 0, "Suppressed": 0}
    assert [summary[kind] for kind in ("Secrets", "Misconfigurations")] == [nothing, nothing]
    upper = layer(DOCKERFILE, COPYLEFT, {"srv/.env": env_file()})
    push(world.registry, "app", "2.0", BASE, upper)
    push(world.registry, "app", "3.0", BASE, upper, layer({"srv/x": b""}))
    summary = world.summary()
    assert summary["Secrets"] == {"Severities": {"CRITICAL": 1}, "Images": 2, "Suppressed": 0}
    assert summary["Misconfigurations"] == {"Severities": {"CRITICAL": 1}, "Images": 2, "Suppressed": 0}
    assert summary["Licenses"] == {"Severities": {"CRITICAL": 1}, "Images": 2, "Suppressed": 0}
    moves = [event for event in world.receiver.events if event["type"] == "cleanbill.secret.found"]
    changes = {each["type"]: each for each in moves[0]["data"]["changes"]}
    (failed,) = changes["misconfig.found"]["misconfigurations"]
    assert (failed["id"], failed["path"], failed["line"]) == ("DS-0010", "srv/Dockerfile", 3)
    (license_,) = changes["license.found"]["licenses"]
    assert (license_["name"], license_["category"], license_["package"]) == (
        "AGPL-3.0-only",
        "forbidden",
        "openssl",
    )
    assert {each["opened"].get("CRITICAL") for each in changes.values()} == {None, 1}


def test_switching_a_scanner_on_counts_in_known_images_too(world: World) -> None:
    push(world.registry, "app", "2.0", BASE, layer(DOCKERFILE, COPYLEFT))
    assert world.summary()["Licenses"] is None
    with world.settings.open("a") as file:
        file.write(ALL_KINDS)
    summary = world.summary()
    assert summary["Licenses"]["Severities"] == {"CRITICAL": 1}
    assert summary["Misconfigurations"]["Severities"] == {"CRITICAL": 1}
    assert world.summary()["ImagesAnalysed"] == 0


def test_configurations_of_images_count_when_asked_for(world: World) -> None:
    with world.settings.open("a") as file:
        file.write("[crawl]\nimage_config_scanners = ['misconfig']\n")
        file.write("[[policies]]\nids = ['DS-0026']\n")
    found = world.summary()["Misconfigurations"]
    assert (found["Severities"], found["Images"], found["Suppressed"]) == ({"HIGH": 1}, 1, 1)


def test_what_could_not_be_read_of_contents_is_told(world: World) -> None:
    with world.settings.open("a") as file:
        file.write(ALL_KINDS)
    push(world.registry, "app", "2.0", BASE, layer({"srv/main.tf": b'resource "aws_s3_bucket" {\n'}))
    ran = world.crawl("--format", "json")
    name = f"{world.registry.host}/app:2.0"
    assert (ran.code, json.loads(ran.out)["UnreadableImages"]) == (3, [name])
    assert re.search(
        rf"Unreadable +parts of 1 image\n.*says why\n\n{re.escape(name)}\n", world.crawl().out, re.DOTALL
    )


def test_a_policy_whose_day_has_come_is_sent_once(world: World) -> None:
    with world.settings.open("a") as file:
        file.write("[[policies]]\nids = ['CVE-2024-1']\nexpires = 2024-01-01\n")
    said = [world.crawl().err for _ in range(2)]
    remark = "cleanbill: a policy holds no more since 2024-01-01: CVE-2024-1\n"
    assert [each.count(remark) for each in said] == [1, 0]
    assert [event["type"] for event in world.receiver.events] == ["cleanbill.policy.expired"]


def test_what_a_policy_covers_is_not_sent(world: World) -> None:
    with world.settings.open("a") as file:
        file.write("[[policies]]\nids = ['CVE-2024-2']\nrepositories = ['app']\n")
    world.crawl()
    world.advise(2)
    world.advise(3)
    world.crawl()
    assert [event["subject"] for event in world.receiver.events] == ["CVE-2024-3"]


def test_what_cannot_be_sent_is_said(world: World) -> None:
    world.crawl()
    world.advise(2)
    world.receiver.answer = lambda: 500
    ran = world.crawl()
    assert ran.code == 0
    assert "deliveries still to be sent: 1" in ran.err


def test_what_was_sent_is_counted_and_not_listed(world: World) -> None:
    world.crawl()
    world.advise(2)
    world.advise(3)
    said = world.crawl().err.splitlines()
    assert "cleanbill: deliveries sent: 2" in said
    assert not any("message" in line for line in said)


def test_registries_that_are_named_are_crawled_instead(world: World) -> None:
    other = FakeRegistry()
    image = push(other, "multi", "", layer(debian("13")), architecture="arm64")
    entries = [made.entry(image, "linux/arm64"), made.entry(push(other, "multi", "", BASE), "linux/amd64")]
    other.push_index("multi", "1.0", entries)
    with other.running():
        every = world.crawl(other.host, "--skip-db-update", "--insecure", "--platform", "all", "-f", "json")
        summary = json.loads(every.out)
        assert (every.code, every.err, summary["UncheckedPackages"]) == (3, "", 1)
        assert (summary["Registries"], summary["ImagesAnalysed"]) == ([other.url], 2)
        assert summary["Manifests"] == {"analysed": 2, "not_an_image": 1}
        assert world.registry.requests == []
        one = world.crawl(other.host, "--platform", "linux/arm64", "--offline-scan")
        assert one.code == 3
        assert "Unchecked   1 package" in one.out


def test_children_nobody_asked_for_are_not_left_undone(world: World) -> None:
    arm = push(world.registry, "multi", "", layer(debian("13")), architecture="arm64")
    amd = push(world.registry, "multi", "", layer(debian("13"), dpkg(bash="5")))
    world.registry.push_index("multi", "1", [made.entry(arm, "linux/arm64"), made.entry(amd, "linux/amd64")])
    assert json.loads(world.crawl("-f", "json").out)["Manifests"] == {"analysed": 2, "not_an_image": 1}


def test_failures_are_listed_and_count(world: World) -> None:
    world.registry.push_image("torn", "1", [b"no layer"])
    world.registry.faults.head_status = 0
    ran = world.crawl("--format", "json", "-o", str(world.folder / "out.json"))
    summary = json.loads((world.folder / "out.json").read_text())
    assert (ran.code, ran.out, summary["Incomplete"]) == (3, "", True)
    ((name, reason),) = [(each["Name"], each["Reason"]) for each in summary["Failures"]]
    assert (name, reason.startswith("failed: layer sha256:")) == (f"{world.registry.host}/torn:1", True)


def test_a_feed_that_cannot_be_renewed_counts(world: World) -> None:
    assert world.crawl().code == 0
    world.mirror.instead["Debian/modified_id.csv"] = b"not a list"
    world.mirror.write(world.folder / "osv")
    ran = world.crawl()
    assert ran.code == 3
    assert "advisories of Debian" in ran.out
    assert "'not a list'" in ran.out


def test_a_registry_that_cannot_be_listed_leaves_nothing_scanned(world: World) -> None:
    world.registry.faults.refuses_all = True
    ran = world.crawl()
    assert (ran.code, "wants a username and password" in ran.out) == (4, True)


UNREAD = "Findings", "SuppressedFindings", "Secrets", "UncheckedPackages", "UndecidedFindings"


def forbid(world: World) -> None:
    world.registry.faults.refuses_all = True


def tear(world: World) -> None:
    world.registry.manifests.clear()
    world.registry.push_image("torn", "1", [b"no layer"])


@pytest.mark.parametrize(("fault", "code"), [(forbid, 4), (tear, 3)])
def test_what_was_never_read_is_not_called_clean(
    world: World, fault: Callable[[World], None], code: int
) -> None:
    fault(world)
    ran, as_json = world.crawl(), world.crawl("-f", "json")
    assert (ran.code, as_json.code) == (code, code)
    assert "\nNothing was read, now or before: " in ran.out
    assert re.findall(r"Secrets|Total|CRITICAL", ran.out) == []
    assert {json.loads(as_json.out)[key] for key in UNREAD} == {None}


def test_what_was_read_before_is_told_though_nobody_answers_now(world: World) -> None:
    before = world.summary()
    forbid(world)
    after = world.crawl("-f", "json")
    assert after.code == 4
    assert [json.loads(after.out)[key] for key in UNREAD] == [before[key] for key in UNREAD]


def test_an_empty_registry_is_clean_whatever_others_lack(world: World, tmp_path: Path) -> None:
    world.crawl()
    world.mirror.instead["Debian/modified_id.csv"] = b"not a list"
    world.mirror.write(tmp_path / "osv")
    with FakeRegistry().running() as empty:
        ran = world.crawl(empty.url, "-f", "json")
    assert (ran.code, json.loads(ran.out)["Findings"]) == (3, {})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("quiet", [False, True])
def test_progress_is_for_terminals(world: World, monkeypatch: pytest.MonkeyPatch, *, quiet: bool) -> None:
    args = ["cleanbill", "--cache-dir", str(world.folder / "cache"), "--config", str(world.settings)]
    monkeypatch.setattr("sys.argv", [*args, *(["--no-progress"] if quiet else []), "crawl"])
    monkeypatch.setenv("TERM", "xterm")
    with (
        contextlib.redirect_stderr(Terminal()) as err,
        contextlib.redirect_stdout(io.StringIO()) as out,
        pytest.raises(SystemExit),
    ):
        main()
    gc.enable()
    assert ("repositories" in err.getvalue()) is not quiet
    assert out.getvalue().startswith("Registries")


def test_the_line_of_a_pass_tells_how_far_it_has_come() -> None:
    done = Pass(registry="http://a\x1b.test", repositories=3, repositories_done=1, tags=7, manifests=5)
    done.failures.append(("x", "broke off"))
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(bar._table([done, Pass(registry="http://b.test")]))  # noqa: SLF001 - what is drawn
    first, second = console.export_text().splitlines()
    for part in ("1/3 repositories", "7 tags", "0/5 manifests", "1 failure"):
        assert part in first
    assert "\x1b" not in first
    assert "failures" not in second


def test_only_one_at_a_time(world: World) -> None:
    lock = FileLock(crawl_lock(Settings(), world.folder / "cache"))
    assert lock.acquire()
    ran = world.crawl()
    lock.release()
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == "cleanbill: a crawl is under way in another process with this store\n"


def test_without_a_registry_there_is_nothing_to_do(tmp_path: Path) -> None:
    ran = cleanbill(tmp_path, "crawl")
    assert (ran.code, "no registry: name one, or put [[registries]] into cleanbill.toml" in ran.err) == (
        2,
        True,
    )


def test_an_error_of_the_machine_is_one_sentence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong in one of many tasks, say a full disk, is told like everything else."""

    async def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("store.images.add_manifests", full)
    ran = world.crawl()
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("cleanbill: no space left on device; the database and temporary files are in /")
    monkeypatch.setattr("store.images.add_manifests", None)
    with pytest.raises(ExceptionGroup):
        world.crawl()

import json
from pathlib import Path

import pytest

from config.settings import Policy, Settings
from crawler import clock
from crawler.policies.rules import tell_expired
from store import events
from store.database import Store
from tests.crawler.cli.stores import Fleet, cleanbill, digest, in_store, record, wheel
from tests.fakes.fleet import moved


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An advisory that came after the image, and two tags that moved."""
    folder = tmp_path_factory.mktemp("log")

    async def fill(store: Store) -> None:
        made = Fleet(store)
        await made.image("one", {"pip": [wheel("urllib3", "1.0")]}, repository="app", tags=["v1", "v2"])
        await made.advise(record("PYSEC-0", "another", "1.0"), PyPI="ok")
        await made.advise(
            record(
                "PYSEC-1",
                "urllib3",
                "2.0",
                aliases=["CVE-2026-0001"],
                database_specific={"severity": "HIGH"},
            )
        )
        async with store.transaction() as tx:
            await events.append(tx, [moved("v1"), moved("v2\x1b[2J")], [], clock.now())

    in_store(folder, fill)
    return folder


def test_the_log_is_a_line_for_each_event(log: Path) -> None:
    ran = cleanbill(log, "events", columns=120)
    assert ran.code == 0
    head, _, *lines = ran.out.splitlines()
    assert head.split() == ["Seq", "Time", "(UTC)", "Type", "Severity", "What"]
    assert lines[0].endswith("finding.opened  HIGH      CVE-2026-0001 in urllib3 1.0, PyPI, fixed in 2.0")
    assert lines[1].endswith("image.changed   HIGH      registry.test/app:v1 linux/amd64 +1 HIGH")
    assert r"v2\x1b[2J" in lines[2]
    assert ran.err == "cleanbill: up to event 3, the last one\n"


def test_a_policy_whose_time_is_over_has_a_line(tmp_path: Path) -> None:
    over = Policy(
        ids=("CVE-1", "CVE-2"), repositories=("team/*",), owner="ops", reason="unused", expires="2026-01-31"
    )

    async def fill(store: Store) -> None:
        await tell_expired(store, Settings(policies=(over,)), clock.now())

    in_store(tmp_path, fill)
    table = cleanbill(tmp_path, "events", "--images").out
    assert "policy.expired  UNKNOWN   ignored until 2026-01-31: CVE-1, CVE-2 in team/* (ops: unused)" in table
    (line,) = cleanbill(tmp_path, "events", "--format", "json", "--images").out.splitlines()
    event = json.loads(line)
    assert (event["type"], "images" in event) == ("policy.expired", False)
    assert (event["data"]["ids"], event["data"]["owner"]) == (["CVE-1", "CVE-2"], "ops")


def test_a_narrow_terminal_loses_nothing(log: Path) -> None:
    ran = cleanbill(log, "events", "--images", columns=50)
    assert "CVE-2026-0001" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 50


def test_json_lines_have_the_same_keys_always(log: Path) -> None:
    ran = cleanbill(log, "events", "--format", "json")
    first, second, third = (json.loads(line) for line in ran.out.splitlines())
    keys = ["seq", "id", "time", "type", "cause", "severity", "fixable", "data"]
    assert list(first) == list(second) == list(third) == keys
    assert (first["seq"], first["severity"], first["fixable"]) == (1, "HIGH", True)
    assert first["cause"] == "advisory:PYSEC-1@2026-01-01T00:00:00Z"
    assert first["data"]["installed_version"] == "1.0"
    assert "\x1b" not in ran.out


def test_images_are_those_that_the_advisory_touched(log: Path) -> None:
    ran = cleanbill(log, "events", "--format", "json", "--images")
    first, second, _ = (json.loads(line) for line in ran.out.splitlines())
    assert "images" not in second
    assert first["images_total"] == 1
    (image,) = first["images"]
    assert (image["registry"], image["repository"], image["tags"]) == (
        "https://registry.test",
        "app",
        ["v1", "v2"],
    )
    assert (image["layer"], image["created_by"]) == (digest("pip"), "RUN make pip")
    table = cleanbill(log, "events", "--images").out
    assert "  registry.test/app: v1, v2\n" in table


@pytest.mark.parametrize(
    ("args", "seqs", "remark"),
    [
        (["--since", "1"], [2, 3], "up to event 3, the last one"),
        (["--limit", "2"], [1, 2], "up to event 2 of 3: go on with --since 2"),
        (["--since", "1", "--limit", "1"], [2], "up to event 2 of 3: go on with --since 2"),
        (["--since", "3"], [], "no events after 3; the last one is 3"),
    ],
)
def test_the_log_can_be_read_in_parts(log: Path, args: list[str], seqs: list[int], remark: str) -> None:
    ran = cleanbill(log, "events", "--format", "json", *args)
    assert [json.loads(line)["seq"] for line in ran.out.splitlines()] == seqs
    assert (ran.code, ran.err) == (0, f"cleanbill: {remark}\n")


@pytest.mark.parametrize("args", [["--since", "-1"], ["--limit", "0"], ["--since", "x"]])
def test_wrong_numbers_are_refused(log: Path, args: list[str]) -> None:
    assert cleanbill(log, "events", *args).code == 2


def test_without_a_store_there_is_no_log(tmp_path: Path) -> None:
    assert cleanbill(tmp_path, "events").code == 4

from pathlib import Path

import msgspec
import pytest

from crawler.notify.message import (
    FindingMessage,
    TagMessage,
    encode,
    finding_message,
    policy_message,
    repository_filter,
    tag_message,
)
from store.events import Event, EventType, NewEvent, PolicyData, TagData, TagFinding, stable_id
from store.touched import LayerGroup, Touched
from tests.fakes.fleet import NOW, digest, finding, moved


def logged(*events: NewEvent) -> list[Event]:
    return [
        Event(
            seq=seq,
            id=each.id,
            time=NOW,
            type=each.type,
            cause=each.cause,
            severity=each.severity,
            fixable=each.fixable,
            package_version_id=each.package_version_id,
            data=each.data,
        )
        for seq, each in enumerate(events, start=1)
    ]


def layer(images_total: int = 1) -> LayerGroup:
    return LayerGroup(
        digest=digest("base"),
        diff_id=digest("dbase"),
        created_by="RUN make",
        base_image="registry.test/debian:12",
        packages=(),
        images_total=images_total,
        images=(),
    )


def test_a_finding_message_is_a_cloud_event() -> None:
    log = logged(finding("ssl"), finding("zip"), finding("tar"))
    found = Touched({1: (layer(3),), 3: ()}, 1, 3)
    message = finding_message("msg_1", "cleanbill", log, found)
    assert message is not None
    body = msgspec.json.decode(encode(message))
    data = body.pop("data")
    assert body == {
        "specversion": "1.0",
        "id": "msg_1",
        "source": "cleanbill",
        "type": "cleanbill.finding.opened",
        "subject": "CVE-2026-1",
        "time": NOW,
        "datacontenttype": "application/json",
    }
    assert data["cause"] == "CVE-2026-1@1"
    assert data["advisory"]["ids"] == ["CVE-2026-1", "DSA-1"]
    assert [event["seq"] for event in data["events"]] == [1, 3]
    assert [each["package"] for each in data["findings"]] == ["ssl", "tar"]
    assert data["findings"][0]["layers"][0]["base_image"] == "registry.test/debian:12"
    assert data["findings"][0]["fixed_version"] == "1.1"
    assert (data["images_total"], data["findings_total"]) == (3, 2)


@pytest.mark.parametrize(
    ("types", "strongest"),
    [
        (["finding.closed", "finding.opened", "finding.changed"], "finding.opened"),
        (["finding.closed", "finding.changed"], "finding.changed"),
        (["finding.closed"], "finding.closed"),
    ],
)
def test_the_strongest_event_names_the_message(types: list[EventType], strongest: str) -> None:
    log = logged(*(finding("ssl", type=each) for each in types))
    message = finding_message("m", "s", log, Touched({event.seq: () for event in log}, 0, 1))
    assert message is not None
    assert message.type == f"cleanbill.{strongest}"
    assert isinstance(message.data, FindingMessage)
    assert [each.type for each in message.data.findings] == types


def test_findings_that_touched_nothing_are_not_told() -> None:
    assert finding_message("m", "s", logged(finding("ssl")), Touched({}, 0, 0)) is None


def test_long_lists_are_cut_and_counted() -> None:
    log = logged(*(finding(f"p{number}") for number in range(501)))
    message = finding_message("m", "s", log, Touched({event.seq: () for event in log}, 0, 1))
    assert message is not None
    assert isinstance(message.data, FindingMessage)
    assert (len(message.data.findings), message.data.findings_total) == (500, 501)


def test_a_tag_message_tells_before_and_after() -> None:
    message = tag_message("msg_2", "https://c.test", logged(moved("v1")), None)
    assert message is not None
    assert (message.type, message.subject) == ("cleanbill.image.changed", "registry.test/app:v1")
    assert isinstance(message.data, TagMessage)
    (change,) = message.data.changes
    assert (change.digest_before, change.digest_after) == (digest("old"), digest("new"))
    assert (change.platform, change.opened, change.closed) == ("linux/amd64", {"HIGH": 1}, {})


@pytest.mark.parametrize(("counts", "total"), [({}, 501), ({"LOW": 700, "HIGH": 1}, 701)])
def test_a_tags_findings_are_cut_and_counted(counts: dict[str, int], total: int) -> None:
    one = TagFinding(change="opened", id="CVE-1", severity="LOW", package="a", installed_version="1")
    data = TagData(registry="r", repository="a", tag="t", opened=counts, findings=(one,) * 501)
    message = tag_message("m", "s", [msgspec.structs.replace(logged(moved("v"))[0], data=data)], None)
    assert message is not None
    assert isinstance(message.data, TagMessage)
    assert (len(message.data.changes[0].findings), message.data.changes[0].findings_total) == (500, total)


@pytest.mark.parametrize(
    ("globs", "told"),
    [(["*"], True), (["app"], True), (["a*"], True), (["team/*"], False), ([], False), (["x", "*"], True)],
)
def test_globs_decide_whose_tags_are_told(globs: list[str], *, told: bool) -> None:
    message = tag_message("m", "s", logged(moved("v1")), repository_filter(globs))
    assert (message is not None) == told


def test_the_same_events_give_the_same_bytes() -> None:
    log, found = logged(finding("ssl")), Touched({1: (layer(),)}, 1, 1)
    one, two = finding_message("m", "s", log, found), finding_message("m", "s", log, found)
    assert one is not None
    assert two is not None
    assert encode(one) == encode(two)


def test_the_policy_message_that_the_page_shows_is_the_programs() -> None:
    data = PolicyData(
        ids=("DEMO-2026-0005",),
        kinds=("vulnerability",),
        repositories=("registry.example.com/shop/*",),
        owner="shop team",
        reason="no TLS server in these images",
        expires="2026-01-05",
    )
    cause = stable_id("policy", "shown")
    event = Event(
        seq=43,
        id=stable_id("evt", "policy.expired", cause),
        time="2026-01-05T08:00:12.345678Z",
        type="policy.expired",
        cause=cause,
        severity="UNKNOWN",
        fixable=False,
        package_version_id=None,
        data=data,
    )
    message = policy_message(stable_id("msg", "3"), "cleanbill", [event])
    assert message is not None
    shown = msgspec.json.format(encode(message), indent=2).decode()
    page = (Path(__file__).parents[3] / "docs/webhooks.md").read_text(encoding="utf-8")
    assert f"<!-- example policy -->\n\n```json\n{shown}\n```\n" in page


def test_no_policy_makes_no_message() -> None:
    assert policy_message("msg_1", "cleanbill", logged(moved("v1"))) is None

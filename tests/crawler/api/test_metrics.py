import math
from collections.abc import Mapping

import msgspec
import pytest

from crawler import clock
from crawler.api.metrics import MOST_REASONS, Metrics
from store.status import FeedStatus, Status

NOW = "2026-03-01T12:00:00.000000Z"
STATUS = Status(
    images={"analysed": 3, "failed": 1},
    layers=7,
    package_versions=9,
    unchecked={"no feed": 2},
    findings={"HIGH": 4},
    feeds=(
        FeedStatus("Debian", "ok", clock.later(NOW, -60)),
        FeedStatus("PyPI", "partial", clock.later(NOW, -5)),
        FeedStatus("npm", "failed", None),
    ),
    deliveries={("one", "due"): 2, ("one", "delivered"): 5},
    disabled={"one": True, "two": False},
    event_seq=11,
)


def value(metrics: Metrics, name: str, labels: Mapping[str, str] | None = None) -> float | None:
    return metrics.registry.get_sample_value(f"cleanbill_{name}", dict(labels or {}))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("1.2", now=lambda: NOW)


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("info", {"version": "1.2"}, 1),
        ("images", {"state": "analysed"}, 3),
        ("images", {"state": "failed"}, 1),
        ("layers", {}, 7),
        ("package_versions", {}, 9),
        ("package_versions_unchecked", {"reason": "no feed"}, 2),
        ("findings", {"severity": "HIGH"}, 4),
        ("feed_age_seconds", {"feed": "Debian"}, 60),
        ("feed_age_seconds", {"feed": "npm"}, math.inf),
        ("feed_complete", {"feed": "Debian"}, 1),
        ("feed_complete", {"feed": "PyPI"}, 0),
        ("deliveries", {"endpoint": "one", "state": "due"}, 2),
        ("endpoint_disabled", {"endpoint": "one"}, 1),
        ("endpoint_disabled", {"endpoint": "two"}, 0),
        ("events_seq", {}, 11),
    ],
)
def test_the_stores_numbers(metrics: Metrics, name: str, labels: Mapping[str, str], expected: float) -> None:
    metrics.show(STATUS)
    assert value(metrics, name, labels) == expected


def test_before_the_first_count_nothing_is_claimed(metrics: Metrics) -> None:
    assert value(metrics, "layers") is None


def test_what_is_gone_is_not_shown_any_more(metrics: Metrics) -> None:
    metrics.show(STATUS)
    metrics.show(msgspec.structs.replace(STATUS, images={"analysed": 4}))
    assert value(metrics, "images", {"state": "analysed"}) == 4
    assert value(metrics, "images", {"state": "failed"}) is None


def test_rare_reasons_are_put_together(metrics: Metrics) -> None:
    unchecked = {f"version '{number}' is none": 1 for number in range(MOST_REASONS + 4)} | {"no feed": 50}
    metrics.show(msgspec.structs.replace(STATUS, unchecked=unchecked))
    assert value(metrics, "package_versions_unchecked", {"reason": "no feed"}) == 50
    assert value(metrics, "package_versions_unchecked", {"reason": "other"}) == 5


def test_what_conductors_report(metrics: Metrics) -> None:
    metrics.requested("r", "blob")
    metrics.requested("r", "blob", 2)
    metrics.retried("r")
    metrics.pulled("r", 1000)
    metrics.crawled("r", outcome="complete", seconds=2.5)
    metrics.updated(outcome="partial", seconds=1.5)
    assert value(metrics, "requests_total", {"registry": "r", "kind": "blob"}) == 3
    assert value(metrics, "request_retries_total", {"registry": "r"}) == 1
    assert value(metrics, "pulled_bytes_total", {"registry": "r"}) == 1000
    assert value(metrics, "crawls_total", {"registry": "r", "outcome": "complete"}) == 1
    assert value(metrics, "crawl_seconds", {"registry": "r"}) == 2.5
    assert value(metrics, "crawl_end_timestamp_seconds", {"registry": "r"}) == clock.parse(NOW).timestamp()
    assert value(metrics, "crawl_success", {"registry": "r"}) == 1
    assert value(metrics, "advisory_updates_total", {"outcome": "partial"}) == 1
    assert value(metrics, "advisory_update_seconds") == 1.5
    assert value(metrics, "advisory_update_end_timestamp_seconds") == clock.parse(NOW).timestamp()
    metrics.crawled("r", outcome="failed", seconds=1)
    assert value(metrics, "crawl_success", {"registry": "r"}) == 0


def test_what_images_hold_is_told_by_registry(metrics: Metrics) -> None:
    assert value(metrics, "secrets", {"registry": "r", "severity": "HIGH"}) is None
    metrics.holds("r", "secrets", {"HIGH": 3, "LOW": 1})
    metrics.holds("r", "secrets", {"LOW": 2})
    metrics.holds("other", "image_findings", {"HIGH": 5})
    seen = {each: value(metrics, "secrets", {"registry": "r", "severity": each}) for each in ("HIGH", "LOW")}
    assert seen == {"HIGH": 0, "LOW": 2}
    assert value(metrics, "image_findings", {"registry": "other", "severity": "HIGH"}) == 5
    assert value(metrics, "licenses", {"registry": "r", "severity": "HIGH"}) is None

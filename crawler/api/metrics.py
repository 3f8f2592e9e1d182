"""The daemon's numbers for Prometheus.

Names: https://prometheus.io/docs/practices/naming/
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from analyzers.severity import Severity
from crawler import clock
from store.status import Status

MOST_REASONS = 20
"""Reasons of unchecked packages that have a line of their own; they quote strangers' versions."""


_HELD = {
    "image_findings": "Vulnerabilities, counted in every tagged image that has them",
    "secrets": "Secrets in tagged images, those of a shared layer counted once",
    "misconfigurations": "Failed checks in tagged images, those of a shared layer counted once",
    "licenses": "Licences of packages and files in tagged images, those of a shared layer counted once",
}


class Metrics:
    """What the conductors report, and what the store says about itself."""

    def __init__(self, version: str = "", now: Callable[[], str] = clock.now) -> None:
        """Make all metrics; `version` is that of the program, `now` gives the time as crawler.clock does."""
        self.registry = CollectorRegistry()
        self._now = now
        self._stored = _Stored(now)
        self.registry.register(self._stored)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        Info("cleanbill", "The program.", registry=self.registry).info({"version": version})
        self._requests = self._counter("requests", "Requests to registries.", "registry", "kind")
        self._retries = self._counter(
            "request_retries", "Requests to registries that were repeated.", "registry"
        )
        self._bytes = self._counter(
            "pulled_bytes", "Bytes of blobs and manifests from registries.", "registry"
        )
        self._crawls = self._counter("crawls", "Crawls that ended.", "registry", "outcome")
        self._updates = self._counter("advisory_updates", "Advisory updates that ended.", "outcome")
        self._crawl_s = self._gauge("crawl_seconds", "Duration of the last crawl.", "registry")
        self._crawl_at = self._gauge("crawl_end_timestamp_seconds", "End of the last crawl.", "registry")
        self._crawl_ok = self._gauge("crawl_success", "1 if the last crawl was complete.", "registry")
        self._update_s = self._gauge("advisory_update_seconds", "Duration of the last advisory update.")
        self._update_at = self._gauge(
            "advisory_update_end_timestamp_seconds", "End of the last advisory update."
        )

        self._held = {
            name: self._gauge(
                name, f"{text}, as of the last crawl, without what policies cover.", "registry", "severity"
            )
            for name, text in _HELD.items()
        }

    def requested(self, registry: str, kind: str, count: int = 1) -> None:
        """Count requests; `kind` is one of few words: "list", "head", "other"."""
        self._requests.labels(registry, kind).inc(count)

    def retried(self, registry: str, count: int = 1) -> None:
        """Count requests that were repeated."""
        self._retries.labels(registry).inc(count)

    def pulled(self, registry: str, size_bytes: int) -> None:
        """Count bytes that came."""
        self._bytes.labels(registry).inc(size_bytes)

    def crawled(self, registry: str, *, outcome: str, seconds: float) -> None:
        """Remember that a crawl ended; `outcome` is "complete", or another word for what it lacks."""
        self._crawls.labels(registry, outcome).inc()
        self._crawl_s.labels(registry).set(seconds)
        self._crawl_at.labels(registry).set(self._timestamp())
        self._crawl_ok.labels(registry).set(outcome == "complete")

    def holds(self, registry: str, name: str, severities: Mapping[str, int]) -> None:
        """Remember how many of "image_findings", "secrets" … the registry's images have."""
        for severity in Severity:
            self._held[name].labels(registry, severity.name).set(severities.get(severity.name, 0))

    def updated(self, *, outcome: str, seconds: float) -> None:
        """Remember that an advisory update ended."""
        self._updates.labels(outcome).inc()
        self._update_s.set(seconds)
        self._update_at.set(self._timestamp())

    def show(self, status: Status) -> None:
        """Let the next scrape tell this."""
        self._stored.status = status

    def _timestamp(self) -> float:
        return clock.parse(self._now()).timestamp()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"cleanbill_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"cleanbill_{name}", text, labels, registry=self.registry)


class _Stored(Collector):
    """Makes gauges of the store's numbers at each scrape, so that what is gone is not shown any more."""

    def __init__(self, now: Callable[[], str]) -> None:
        self.status: Status | None = None
        self._now = now

    def collect(self) -> Iterable[Metric]:
        return () if self.status is None else self._gauges(self.status)

    def _gauges(self, status: Status) -> Iterator[Metric]:
        yield _family("images", "Manifests met, by what became of them.", "state", status.images)
        yield _family("layers", "Layers known.", "", {"": status.layers})
        yield _family("package_versions", "Package versions known.", "", {"": status.package_versions})
        unchecked = _most(status.unchecked)
        text = "Package versions that could not be matched with advisories."
        yield _family("package_versions_unchecked", text, "reason", unchecked)
        text = "Vulnerable package versions, each counted once however many images carry it."
        yield _family("findings", text, "severity", status.findings)
        ages = {feed.name: self._age_s(feed.current_at) for feed in status.feeds}
        text = "Time since the feed was last followed, though records of it may have been unreadable."
        yield _family("feed_age_seconds", text, "feed", ages)
        complete = {feed.name: feed.state == "ok" for feed in status.feeds}
        yield _family("feed_complete", "1 if all of the feed could be read.", "feed", complete)
        yield _family("events_seq", "Number of the last event.", "", {"": status.event_seq})
        messages = GaugeMetricFamily(
            "cleanbill_deliveries", "Webhook messages.", labels=["endpoint", "state"]
        )
        for labels, count in status.deliveries.items():
            messages.add_metric(labels, count)
        yield messages
        text = "1 if nothing is sent to the endpoint any more: its messages wait."
        yield _family("endpoint_disabled", text, "endpoint", status.disabled)

    def _age_s(self, current_at: str | None) -> float:
        if current_at is None:
            return math.inf
        return (clock.parse(self._now()) - clock.parse(current_at)).total_seconds()


def _family(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"cleanbill_{name}", text, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family


def _most(reasons: Mapping[str, int]) -> dict[str, int]:
    """Return the most frequent reasons, and the rest together."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ordered[MOST_REASONS:])
    return dict(ordered[:MOST_REASONS]) | ({"other": rest} if rest else {})

import json

import msgspec
import pytest

from reports.crawl_summary import CrawlSummary, Failure, ImageFindings, render_crawl_summary, worst
from tests.reports.documents import CONTEXT, crawl_summary


def test_failures_are_cut_with_the_number_of_the_rest() -> None:
    report = json.loads(render_crawl_summary(crawl_summary(), "json", CONTEXT))
    assert (len(report["Failures"]), report["FailuresNotListed"]) == (20, 5)
    assert render_crawl_summary(crawl_summary(), "table", CONTEXT).endswith("\nand 5 more\n")


def test_worst_images_are_ten_with_highest_severities_first() -> None:
    names = [
        image.name.removeprefix("registry.example.com/team/app-")
        for image in worst(crawl_summary().worst_images)
    ]
    assert names == [
        "11:1.0",
        "7:1.0",
        "3:1.0",
        "10:1.0",
        "6:1.0",
        "2:1.0",
        "9:1.0",
        "5:1.0",
        "1:1.0",
        "8:1.0",
    ]


def test_clean_images_are_not_among_the_worst() -> None:
    assert worst((ImageFindings("a", {}), ImageFindings("b", {"LOW": 0}))) == ()


@pytest.mark.parametrize(
    ("summary", "incomplete"),
    [
        (CrawlSummary(manifests={"analysed": 3, "not_an_image": 1}), False),
        (CrawlSummary(manifests={"failed": 1}), True),
        (CrawlSummary(manifests={"pending": 1}), True),
        (CrawlSummary(manifests={"too_large": 1}), True),
        (CrawlSummary(unchecked_packages=1), True),
        (CrawlSummary(failures=(Failure("a", "b"),)), True),
    ],
)
def test_incomplete_crawl_says_so(summary: CrawlSummary, *, incomplete: bool) -> None:
    assert json.loads(render_crawl_summary(summary, "json", CONTEXT))["Incomplete"] is incomplete


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.25, "0.2 s"), (59.94, "59.9 s"), (75.25, "1 min 15 s"), (7260, "2 h 1 min")]
)
def test_time_is_in_readable_units(seconds: float, shown: str) -> None:
    text = render_crawl_summary(CrawlSummary(seconds=seconds), "table", CONTEXT)
    assert f"Time       {shown}\n" in text


@pytest.mark.parametrize(
    ("pulled", "shown"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 KB"), (3_456_789_012, "3.5 GB")]
)
def test_bytes_are_in_readable_units(pulled: int, shown: str) -> None:
    text = render_crawl_summary(CrawlSummary(bytes_pulled=pulled, unique_bytes=pulled), "table", CONTEXT)
    assert f"{shown} of layers," in text


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_table_fits_the_terminal_and_escapes_strangers(width: int) -> None:
    text = render_crawl_summary(crawl_summary(), "table", msgspec.structs.replace(CONTEXT, width=width))
    assert max(map(len, text.split("\n"))) <= width
    assert "\x1b" not in text


def test_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 'xml': expected one of table, json"):
        render_crawl_summary(CrawlSummary(), "xml", CONTEXT)

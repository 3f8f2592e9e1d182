"""How the tagged images of registries stand, in numbers: what crawls and the daemon tell."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from analyzers.ignore.candidate import FindingKind
from config.settings import Settings
from crawler.policies.contents import ContentJudge
from crawler.totals import vulnerabilities
from crawler.totals.contents import content_totals
from reports.crawl_summary import ContentTotals
from store import findings
from store.database import Reader
from store.findings import Overview


class Totals(msgspec.Struct, frozen=True):
    """What is left of all findings when policies have had their say."""

    overview: Overview
    contents: Mapping[FindingKind, ContentTotals]
    """Of each kind that crawls look for."""


async def totals(
    reader: Reader, settings: Settings, registries: Sequence[str], today: date, worst: int = 0
) -> Totals:
    """Return the totals of the images that tags of these registries point to now.

    Args:
        reader: of the store.
        settings: what crawls look for, and the policies.
        registries: their addresses.
        today: the day, in UTC, for which policies hold or do not.
        worst: how many of the images that are worst off are to be named.
    """
    held = await vulnerabilities.held(reader, registries, settings.policies, today)
    parts = vulnerabilities.parts(reader, held, today)
    overview = await findings.overview(reader, registries, worst, parts)
    judge = ContentJudge(settings.licenses, today)
    return Totals(overview, await content_totals(reader, settings, held, judge))

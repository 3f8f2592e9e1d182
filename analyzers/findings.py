"""Findings: the advisories that affect one package version, put together by vulnerability.

Aliases and upstream: https://ossf.github.io/osv-schema/#aliases-field
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from analyzers import severity, versions
from analyzers.severity import UNRATED, Rating
from analyzers.versions.errors import InvalidVersionError, UnknownEcosystemError

_CVE = re.compile(r"CVE-([0-9]{4,9})-([0-9]{4,19})")
# Records that announce one update and name every vulnerability it fixes.
_ERRATUM = re.compile(
    r"(?:AL[SBE]A|RH[SBE]A|R[LX]SA|EL[SBE]A|D[SLT]A|DTSA|ELA|USN|LSN|MGASA|OESA|PHSA"
    r"|(?:open)?SUSE-(?:SU|RU|FU|OU))-"
)


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One record that affects the package version."""

    record_id: str
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    rating: Rating = UNRATED
    fixed: str = ""
    """The version that clears it, as `matching.Affected.fixed`; "" when the record knows none."""
    status: str = "affected"
    """"affected", or why the record expects no fix ("will_not_fix", "end_of_life"), or "unknown"."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One vulnerability of the package version."""

    id: str
    """The lowest CVE, else the lowest GHSA, else the lowest of its records' own ids."""
    ids: tuple[str, ...]
    """Every name of the vulnerability, sorted; those of errata are in `vendor_ids`."""
    vendor_ids: tuple[str, ...] = ()
    """Errata that fix it, sorted."""
    rating: Rating = UNRATED
    fixed: str = ""
    status: str = "affected"
    """"fixed" when a fixed version is known, else what its records say."""


class Changes(NamedTuple):
    """What became of the findings of one package version."""

    opened: tuple[Finding, ...]
    closed: tuple[Finding, ...]
    changed: tuple[tuple[Finding, Finding], ...]
    """Before and after, where the fixed version or the severity is another."""


class _Named(msgspec.Struct, frozen=True):
    """A match under the names of one vulnerability."""

    names: frozenset[str]
    match: Match
    erratum: str = ""


def is_erratum(record_id: str) -> bool:
    """Tell whether a record announces one update and names every vulnerability it fixes."""
    return _ERRATUM.match(record_id) is not None


def group(matches: Sequence[Match], ecosystem: str) -> tuple[Finding, ...]:
    """Return one finding for each vulnerability, sorted by id.

    Records that share a name, their own id or an alias, are about the same vulnerability; a distribution's
    record about one CVE (`upstream`) shares that. A record about several CVEs, above all an erratum, counts
    for each of them.
    """
    named = [each for match in matches for each in _under_each_name(match)]
    return tuple(sorted((_finding(cluster, ecosystem) for cluster in _clusters(named)), key=_order))


def compare_findings(before: Sequence[Finding], after: Sequence[Finding]) -> Changes:
    """Return what was opened, closed and changed; a finding is the same when any id is shared.

    When two findings became one (a new alias joined them) nothing was opened or closed; the one that kept
    its id counts as the earlier state.
    """
    earlier = {name: finding for finding in reversed(before) for name in finding.ids}
    still = {name for finding in after for name in finding.ids}
    pairs = [(_earlier(finding, earlier), finding) for finding in after]
    return Changes(
        opened=tuple(new for old, new in pairs if old is None),
        closed=tuple(finding for finding in before if still.isdisjoint(finding.ids)),
        changed=tuple((old, new) for old, new in pairs if old is not None and _differ(old, new)),
    )


def _earlier(finding: Finding, earlier: dict[str, Finding]) -> Finding | None:
    names = (finding.id, *finding.ids)
    return next((earlier[name] for name in names if name in earlier), None)


def _differ(old: Finding, new: Finding) -> bool:
    return old.fixed != new.fixed or old.rating.severity != new.rating.severity


def _under_each_name(match: Match) -> Iterator[_Named]:
    erratum = is_erratum(match.record_id)
    # an erratum's `related` are what it fixes; any other record's are merely similar
    upstream = dict.fromkeys(match.upstream + (match.related if erratum else ()))
    own = frozenset((match.record_id, *match.aliases))
    cves = [name for name in upstream if _CVE.fullmatch(name)]
    if (erratum and upstream) or len(cves or upstream) > 1:
        for name in cves or upstream:
            yield _Named(frozenset((name,)), match, match.record_id)
    else:
        yield _Named(own | upstream.keys(), match)


def _clusters(named: Sequence[_Named]) -> Iterable[list[_Named]]:
    """Return what hangs together by shared names, in the order of first appearance."""
    cluster_of: dict[str, list[_Named]] = {}
    for each in named:
        met = {id(cluster_of[name]): cluster_of[name] for name in each.names if name in cluster_of}
        cluster = [item for other in met.values() for item in other]
        cluster.append(each)
        for item in cluster:
            cluster_of |= dict.fromkeys(item.names, cluster)
    return {id(cluster): cluster for cluster in cluster_of.values()}.values()


def _finding(cluster: list[_Named], ecosystem: str) -> Finding:
    names = sorted({name for each in cluster for name in each.names})
    fixed = _fixed({each.match.fixed for each in cluster} - {""}, ecosystem)
    return Finding(
        id=_canonical(names, [each.match.record_id for each in cluster if not each.erratum]),
        ids=tuple(names),
        vendor_ids=tuple(sorted({each.erratum for each in cluster} - {""})),
        rating=severity.best(each.match.rating for each in cluster),
        fixed=fixed,
        status="fixed" if fixed else _status({each.match.status for each in cluster}),
    )


def _canonical(names: list[str], record_ids: list[str]) -> str:
    cves = [name for name in names if _CVE.fullmatch(name)]
    if cves:
        return min(cves, key=_cve_order)
    ghsas = [name for name in names if name.startswith("GHSA-")]
    return min(ghsas or record_ids or names)


def _fixed(candidates: set[str], ecosystem: str) -> str:
    """Return the highest: only there is every record's range left behind.

    Records that know no fixed version have no say: they often mean "none at the time of writing". Should the
    version they leave open still be affected, judging it anew will say so.
    """
    try:
        return max(sorted(candidates), key=lambda fixed: versions.key(ecosystem, fixed), default="")
    except (InvalidVersionError, UnknownEcosystemError):
        return max(candidates)


def _status(statuses: set[str]) -> str:
    return statuses.pop() if len(statuses) == 1 else "affected"


def _cve_order(name: str) -> tuple[int, int, str]:
    year, number = name.split("-")[1:]
    return int(year), int(number), name


def _order(finding: Finding) -> tuple[int, tuple[int, int, str], str]:
    if _CVE.fullmatch(finding.id):
        return 0, _cve_order(finding.id), finding.id
    return 1, (0, 0, ""), finding.id

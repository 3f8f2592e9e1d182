"""Searches text for secrets, all rules in one pass."""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from analyzers.errors import ParseError
from analyzers.inventory import Problem, Secret
from analyzers.secrets._allowed import BUILTIN, AllowRule
from analyzers.secrets._config import CustomRule, SecretConfig
from analyzers.secrets._first_filter import FirstFilter, cache_file, installed
from analyzers.secrets._patience import Patience
from analyzers.secrets._rule import Rule
from analyzers.secrets._samples import text
from analyzers.secrets._shown import Page, Span
from analyzers.secrets._text import Text, text_of
from analyzers.secrets._verify import entropy, imprint
from analyzers.secrets.rules import RULES

MOST_FINDINGS = 1000
"""Secrets of one file that are told."""
CHUNK_BYTES = 8 << 20
"""Text that the first filter looks at in one go."""
OVERLAP_BYTES = 64 << 10
"""Text that two chunks share: more than the longest match."""
CUSTOM_WIDTH = 4096
"""Bytes of the longest match of a rule that a user wrote."""


_FEW_PLACES = 16
"""Places that are tried one after the other, rather than searching from the first to the end of a match."""
_FOLDER = "(?:^|/)"
"""How patterns of paths begin that mean a whole name in any folder."""


class _Hit(NamedTuple):
    """A match that is a secret. `end` is the first byte after it."""

    start: int
    end: int
    number: int


class _Paths:
    """Paths that built-in rules let pass; the form that most of them have is asked in one go."""

    def __init__(self, allowed: Iterable[AllowRule]) -> None:
        whole = [rule for rule in allowed if _is_of_paths(rule)]
        folders = [rule for rule in whole if rule.path.startswith(_FOLDER)]
        # With a "/" before the path, all of them begin with this character, and it is searched for quickly.
        self._folders = _any_of((rule.path.removeprefix(_FOLDER) for rule in folders), "/")
        self._others = _any_of(rule.path for rule in whole if rule not in folders)

    def __contains__(self, path: str) -> bool:
        if self._folders and self._folders.search(f"/{path}"):
            return True
        return bool(self._others and self._others.search(path))


def _is_of_paths(rule: AllowRule) -> bool:
    """Tell whether all secrets in files with some paths pass."""
    return bool(rule.path and not rule.regex and not rule.weak_only)


def _any_of(patterns: Iterable[str], head: str = "") -> re.Pattern[str] | None:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(f"{head}(?:{joined})") if joined else None


class _Search:
    """A rule that is asked, with its patterns compiled when they are needed for the first time."""

    def __init__(self, rule: Rule, custom: CustomRule | None = None) -> None:
        self.rule = rule
        self.custom = custom
        self.allow = custom.allow_rules if custom else ()
        self.blocks = custom.exclude_block.regexes if custom else ()

    @functools.cached_property
    def pattern(self) -> re.Pattern[bytes]:
        return re.compile(self.rule.pattern.encode())

    @functools.cached_property
    def group(self) -> str | int:
        named = self.custom.secret_group if self.custom else ""
        return next((name for name in (named, "secret") if name in self.pattern.groupindex), 0)

    @functools.cached_property
    def path(self) -> re.Pattern[str] | None:
        return re.compile(self.rule.path) if self.rule.path else None

    def is_spoken_of(self, data: bytes) -> bool:
        """Tell whether the file has one of the keywords that a user demands."""
        keywords = self.custom.keywords if self.custom else ()
        lower = data.lower() if keywords else b""
        return not keywords or any(keyword.lower().encode() in lower for keyword in keywords)

    def judge(self, secret: bytes) -> bool:
        """Tell whether the value can be one, by its own looks."""
        rule = self.rule
        if rule.entropy and entropy(secret) < rule.entropy:
            return False
        if any(_compiled(pattern).search(secret) for pattern in rule.allow):
            return False
        return rule.verify is None or rule.verify(secret)


@functools.cache
def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())


class SecretScanner:
    """Finds secrets in files; the same bytes at the same path always give the same ones."""

    def __init__(self, config: SecretConfig = SecretConfig(), *, first: FirstFilter | None = None) -> None:  # noqa: B008 - frozen
        """Ask the rules of the configuration; `first` filters for the built-in ones, in their order.

        Raises:
            ParseError: a pattern is none; names its rule and field.
        """
        asked = {rule.id for rule in RULES}
        asked &= set(config.enable_builtin_rules) or asked
        asked -= set(config.disable_rules)
        _check(config)
        self._builtin = [_Search(rule) for rule in RULES]
        self._asked = frozenset(number for number, rule in enumerate(RULES) if rule.id in asked)
        self._custom = [
            _Search(_rule(rule), rule) for rule in config.rules if rule.id not in config.disable_rules
        ]
        self._first = first or _shared_filter()
        self._first_custom = installed([each.rule for each in self._custom]) if self._custom else None
        allowed, own_allowed = [
            [rule for rule in rules if rule.id not in config.disable_allow_rules]
            for rules in (BUILTIN, config.allow_rules)
        ]
        self._paths = _Paths(allowed)
        self._allow = [rule for rule in allowed if not _is_of_paths(rule)]
        self._own_allow = [rule for rule in own_allowed if not _is_of_paths(rule)]
        self._blocks = config.exclude_block.regexes
        self._leaves_out = {f"skip_paths: {each!r}": re.compile(each).search for each in config.skip_paths}
        for rule in filter(_is_of_paths, own_allowed):
            self._leaves_out[f"path of allow rule {rule.id!r}"] = re.compile(rule.path).search
        self._stopped: Counter[str] = Counter()

    def _wants(self, path: str, patience: Patience) -> bool:
        """Tell whether a file with this path is looked at at all."""
        return path not in self._paths and not any(
            patience.bounded(name, functools.partial(leaves_out, path), None)
            for name, leaves_out in self._leaves_out.items()
        )

    def scan(self, path: str, data: bytes) -> Iterator[Secret]:
        """Yield the secrets of a file, in their order, at most MOST_FINDINGS."""
        return (each for each in self.examine(path, data) if isinstance(each, Secret))

    def examine(self, path: str, data: bytes) -> Iterator[Secret | Problem]:
        """Yield the secrets of a file, in their order; Problems at the end say that there may be more."""
        patience = Patience(len(data), self._stopped)
        found = text_of(path, data) if data and self._wants(path, patience) else None
        if found:
            hits = self._hits(path, found.data, patience)
            yield from self._told(path, found, hits) if hits else ()
        yield from (Problem(path, f"secrets/content: {each}") for each in patience.problems)

    def _told(self, path: str, found: Text, hits: Sequence[_Hit]) -> Iterator[Secret | Problem]:
        spans = [Span(hit.start, hit.end) for hit in hits]
        told = self._surest(hits)
        page = Page(found.data, spans)
        for hit in told[:MOST_FINDINGS]:
            yield self._secret(hit, page, found)
        if len(told) > MOST_FINDINGS:
            reason = (
                f"{len(told)} secrets, expected at most {MOST_FINDINGS} (MOST_FINDINGS); the rest is not told"
            )
            yield Problem(path, f"secrets/content: {reason}")

    def spans(self, path: str, data: bytes) -> list[Span]:
        """Return where the secrets of a text are, in their order: all that rules find, also in each other."""
        patience = Patience(len(data), self._stopped)
        hits = self._hits(path, data, patience) if self._wants(path, patience) else ()
        return [Span(hit.start, hit.end) for hit in hits]

    def _search(self, number: int) -> _Search:
        """Return the rule of a number: built-in ones first, then the user's."""
        builtin = len(self._builtin)
        return self._builtin[number] if number < builtin else self._custom[number - builtin]

    def _hits(self, path: str, data: bytes, patience: Patience) -> list[_Hit]:
        """Return all that are secrets, in their order, also where several rules find the same."""
        places: dict[int, list[list[int]]] = {}
        for begin in range(0, max(len(data) - OVERLAP_BYTES, 1), CHUNK_BYTES - OVERLAP_BYTES):
            whole = len(data) <= CHUNK_BYTES
            self._collect(data if whole else data[begin : begin + CHUNK_BYTES], begin, places)
        found: set[_Hit] = set()
        for number, spans in places.items():
            confirm = functools.partial(self._confirmed, number, spans, path, data)
            if number < len(self._builtin):
                found.update(confirm())
            else:
                found.update(patience.bounded(self._name(number), confirm, []))
        return sorted(self._outside_blocks(data, self._not_allowed(path, data, found, patience), patience))

    def _name(self, number: int) -> str:
        return f"rule {self._search(number).rule.id!r}"

    def _collect(self, chunk: bytes, begin: int, places: dict[int, list[list[int]]]) -> None:
        for number, spans in self._first(chunk).items():
            if number in self._asked:
                _merge(places.setdefault(number, []), spans, begin)
        if self._first_custom:
            for number, spans in self._first_custom(chunk).items():
                _merge(places.setdefault(len(self._builtin) + number, []), spans, begin)

    def _confirmed(self, number: int, places: list[list[int]], path: str, data: bytes) -> list[_Hit]:
        search = self._search(number)
        found: list[_Hit] = []
        if (search.path and not search.path.search(path)) or not search.is_spoken_of(data):
            return found
        for low, high, far in places:
            for match in _matches(search.pattern, data, (low, high), far):
                start, end = _secret_span(match, search.group)
                if start < end and self._is_secret(search, data[start:end], match[0], path):
                    found.append(_Hit(start, end, number))
        return found

    def _is_secret(self, search: _Search, secret: bytes, match: bytes, path: str) -> bool:
        if not search.judge(secret):
            return False
        if search.custom:  # ours are about the forms of others; the user's own words are about the match
            return not any(_allows(rule, match, path) for rule in (*self._own_allow, *search.allow))
        weak = not search.rule.in_packages
        return not any(_allows(rule, secret, path) for rule in self._allow if weak or not rule.weak_only)

    def _not_allowed(self, path: str, data: bytes, hits: set[_Hit], patience: Patience) -> set[_Hit]:
        """Return the hits without those of built-in rules that the user lets pass."""
        builtin = {hit for hit in hits if hit.number < len(self._builtin)}
        for rule in self._own_allow:
            for hit in builtin & hits:
                if rule.weak_only and self._search(hit.number).rule.in_packages:
                    continue
                ask = functools.partial(_allows, rule, data[hit.start : hit.end], path)
                if patience.bounded(f"allow rule {rule.id!r}", ask, instead=False):
                    hits.discard(hit)
        return hits

    def _outside_blocks(self, data: bytes, hits: Iterable[_Hit], patience: Patience) -> Iterator[_Hit]:
        def blocks_of(name: str, patterns: Sequence[str]) -> list[Span]:
            if not (patterns and hits):
                return []
            return patience.bounded(name, functools.partial(_blocks, data, patterns), [])

        everywhere = blocks_of("exclude_block", self._blocks)
        own: dict[int, list[Span]] = {}
        for hit in hits:
            if hit.number not in own:
                patterns = self._search(hit.number).blocks
                own[hit.number] = blocks_of(f"exclude_block of {self._name(hit.number)}", patterns)
            blocks = (*everywhere, *own[hit.number])
            if not any(block.start <= hit.start and hit.end <= block.end for block in blocks):
                yield hit

    def _surest(self, hits: Sequence[_Hit]) -> list[_Hit]:
        """Return the hits without those that a surer or longer one overlaps; the user's own all stay."""
        builtin = [hit for hit in hits if self._search(hit.number).custom is None]
        told = [hit for hit in hits if self._search(hit.number).custom]
        group: list[_Hit] = []
        reach = 0
        for hit in builtin:
            if group and hit.start >= reach:
                told += self._best(group)
                group = []
            group.append(hit)
            reach = max(reach, hit.end) if len(group) > 1 else hit.end
        return sorted(told + self._best(group))

    def _best(self, group: list[_Hit]) -> list[_Hit]:
        """Return, of hits that overlap, those that stay beside each other."""
        chosen: list[_Hit] = []
        for hit in sorted(
            group, key=lambda hit: (self._search(hit.number).rule.rank, hit.start - hit.end, hit.number)
        ):
            if all(hit.end <= other.start or other.end <= hit.start for other in chosen):
                chosen.append(hit)
        return chosen

    def _secret(self, hit: _Hit, page: Page, found: Text) -> Secret:
        rule = self._search(hit.number).rule
        forged = rule.checksum is not None and not rule.checksum(found.data[hit.start : hit.end])
        shown = page.shown(Span(hit.start, hit.end))
        return Secret(
            rule=rule.id,
            category=rule.category,
            title=f"{rule.title} (its checksum is wrong)" if forged else rule.title,
            severity="LOW" if forged else rule.severity,
            start_line=shown.start_line,
            end_line=shown.end_line,
            column=shown.column,
            match=shown.match,
            code=shown.code,
            offset=found.offset(hit.start),
            imprint=imprint(found.data[hit.start : hit.end]),
        )


@functools.cache
def _shared_filter() -> FirstFilter:
    return installed(RULES, cache_file())


def _check(config: SecretConfig) -> None:
    for place, pattern in _patterns(config):
        try:
            re.compile(pattern.encode())
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise ParseError(f"{place}: {pattern!r}: {error}, expected a regular expression") from error


def _patterns(config: SecretConfig) -> Iterator[tuple[str, str]]:
    """Yield what users wrote, each with the rule and field it is in."""
    for each in (*config.allow_rules, *(allow for rule in config.rules for allow in rule.allow_rules)):
        yield from ((f"{each.id}: regex", each.regex), (f"{each.id}: path", each.path))
    for rule in config.rules:
        yield from ((f"{rule.id}: regex", rule.regex), (f"{rule.id}: path", rule.path))
        yield from ((f"{rule.id}: exclude_block", pattern) for pattern in rule.exclude_block.regexes)
    yield from (("exclude_block", pattern) for pattern in config.exclude_block.regexes)
    yield from (("skip_paths", pattern) for pattern in config.skip_paths)


def _rule(custom: CustomRule) -> Rule:
    return Rule(
        id=custom.id,
        category=custom.category,
        in_packages=True,
        title=custom.title,
        severity=custom.severity,
        pattern=custom.regex,
        keywords=(),  # they may be anywhere in the file, so they say nothing about places
        path=custom.path,
        width=CUSTOM_WIDTH,
        sample=text(),
        near_miss=text(),
    )


def _merge(known: list[list[int]], more: list[list[int]], begin: int) -> None:
    for low, high, far in more:
        if known and low + begin <= known[-1][1]:
            known[-1][1:] = max(known[-1][1], high + begin), max(known[-1][2], far + begin)
        else:
            known.append([low + begin, high + begin, far + begin])


def _matches(
    pattern: re.Pattern[bytes], data: bytes, begin: tuple[int, int], end: int
) -> Iterator[re.Match[bytes]]:
    """Yield the matches that begin at one of a range of places, one after the other."""
    place, last = begin
    if last - place > _FEW_PLACES:
        # One that begins later may be cut off at the end; if it is one, another range tells of it.
        yield from itertools.takewhile(
            lambda match: match.start() <= last, pattern.finditer(data, place, end)
        )
        return
    while place <= last:
        match = pattern.match(data, place, end)
        if match:
            yield match
        place = max(match.end(), place + 1) if match else place + 1


def _secret_span(match: re.Match[bytes], group: str | int) -> tuple[int, int]:
    """Return where the secret is; where its group has no part in the match, that is the whole match."""
    span = match.span(group)
    return match.span() if span[0] < 0 else span


def _allows(rule: AllowRule, shown: bytes, path: str) -> bool:
    if not rule.regex:
        return bool(rule.path and re.search(rule.path, path))
    if rule.path and not re.search(rule.path, path):
        return False
    return bool(_compiled(rule.regex).search(shown))


def _blocks(data: bytes, patterns: Iterable[str]) -> list[Span]:
    return [Span(*match.span()) for pattern in patterns for match in _compiled(pattern).finditer(data)]

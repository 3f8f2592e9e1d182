"""Decides about findings by rules and VEX statements."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from analyzers.checks.check import canonical
from analyzers.ignore import globs
from analyzers.ignore.candidate import Artifact, Candidate, FindingKind
from analyzers.ignore.decision import Decision, Status
from analyzers.ignore.globs import Glob
from analyzers.ignore.naming import Name, Names, named
from analyzers.ignore.rule import Rule, check
from analyzers.ignore.statement import Statement

_TERMS = re.compile(r"\s+(?:AND|OR)\s+|[()]", re.IGNORECASE)
MOST_REASONS = 20
"""That `Policy.unread` names one by one."""
_ANY = ""
"""The key of rules for all ids."""


class Policy:
    """Rules and statements that hold for a scan.

    A rule that holds comes before all statements, the first of several counts. Statements come in groups:
    the first group that says anything about a finding decides, in it the statement that was made last. A rule
    whose time is over is told only where nothing else applies.

    Args:
        rules: in their order.
        vex: groups of statements, the weightiest first: one for each document, or one for all documents of
            an author who overrides older ones with newer ones.

    Raises:
        ParseError: a rule's glob or purl cannot be read.
    """

    def __init__(self, rules: Iterable[Rule] = (), vex: Iterable[Sequence[Statement]] = ()) -> None:
        self._rules: dict[FindingKind, dict[str, list[_Rule]]] = {kind: {} for kind in FindingKind}
        self._all = tuple(rules)
        self._said: dict[str, dict[str, list[_Said]]] = {}
        self._unread: Counter[tuple[str, str]] = Counter()
        for order, rule in enumerate(self._all):
            self._add_rule(order, rule)
        for group, statements in enumerate(vex):
            for order, statement in enumerate(statements):
                self._add_statement(_Weight(-group, statement.time_s, order), statement)

    def decide(self, candidate: Candidate, today: date) -> Decision | None:
        """Return what is said about a finding, None when nothing is."""
        fitting = self._fitting(candidate)
        held = next((each for each in fitting if not each.is_expired(today)), None)
        held = held or self._of_licenses(candidate, today)
        if held:
            return Decision(
                status=Status.IGNORED, statement=held.statement, source=held.source, owner=held.owner
            )
        if said := self._last_said(candidate):
            return Decision(
                status=said.status, statement=said.statement, source=said.source, owner=said.author
            )
        if fitting:
            over = fitting[0]
            return Decision(
                status=Status.UNKNOWN,
                statement=over.statement,
                source=over.source,
                owner=over.owner,
                expired=True,
            )
        return None

    def expired(self, today: date) -> tuple[Rule, ...]:
        """Return the rules whose time is over, in their order."""
        return tuple(rule for rule in self._all if rule.is_expired(today))

    @property
    def unread(self) -> tuple[str, ...]:
        """Return why statements hold for nothing, in a sentence for each document and reason."""
        told = [
            f"{source}: {reason}; {number} statements with it hold for nothing"
            if number > 1
            else f"{source}: {reason}; the statement holds for nothing"
            for (source, reason), number in islice(self._unread.items(), MOST_REASONS)
        ]
        if (rest := len(self._unread) - len(told)) > 0:
            told.append(f"and {rest} more reasons for which statements hold for nothing")
        return tuple(told)

    def _add_rule(self, order: int, rule: Rule) -> None:
        check(rule)
        made = _Rule(
            order=order,
            rule=rule,
            paths=tuple(map(globs.compiled, rule.paths)),
            purls=tuple(map(named, rule.purls)),
        )
        for kind in FindingKind if rule.kind is None else (rule.kind,):
            key = _key(kind, rule.id) if rule.id else _ANY
            self._rules[kind].setdefault(key, []).append(made)

    def _add_statement(self, weight: "_Weight", statement: Statement) -> None:
        product = tuple(map(named, statement.product))
        subcomponents = [named(each) for names in statement.subcomponents for each in names]
        problems = (statement.problem, *(each.problem for each in (*product, *subcomponents)))
        for problem in dict.fromkeys(filter(None, problems)):
            self._unread[statement.source, problem] += 1
        if statement.problem:
            return
        said = _Said(
            weight=weight,
            statement=statement,
            product=product,
            subcomponents=tuple(subcomponents),
            scope=tuple(map(named, statement.scope)),
        )
        for vulnerability in {each.strip().upper() for each in statement.vulnerabilities}:
            by_product = self._said.setdefault(vulnerability, {})
            for key in {name.key for name in product}:
                by_product.setdefault(key, []).append(said)

    def _fitting(self, candidate: Candidate) -> list[Rule]:
        """Return the rules that speak of the finding, whether or not their time is over."""
        keys = {_key(candidate.kind, each) for each in candidate.ids if each}
        found = [*self._with(keys, candidate), *self._with({_ANY}, candidate)]
        return [each.rule for each in sorted(found, key=lambda each: each.order)]

    def _with(self, keys: Iterable[str], candidate: Candidate) -> Iterator["_Rule"]:
        by_id = self._rules[candidate.kind]
        own: Names | None = None
        for key in keys:
            for each in by_id.get(key, ()):
                if each.purls and own is None:
                    own = Names(candidate.purls)
                if each.fits(candidate, own):
                    yield each

    def _of_licenses(self, candidate: Candidate, today: date) -> Rule | None:
        """Return a rule that ignores an expression: one of those that ignore each of its licences."""
        if candidate.kind is not FindingKind.LICENSE:
            return None
        for expression in candidate.ids:
            names = [name for part in _TERMS.split(expression) if (name := part.strip())]
            found = [self._holding(name, candidate, today) for name in names] if len(names) > 1 else [None]
            if found and all(found):
                return found[0]
        return None

    def _holding(self, name: str, candidate: Candidate, today: date) -> Rule | None:
        rules = sorted(self._with({_key(candidate.kind, name)}, candidate), key=lambda each: each.order)
        return next((each.rule for each in rules if not each.rule.is_expired(today)), None)

    def _last_said(self, candidate: Candidate) -> Statement | None:
        spoken_of = [
            by_product for name in candidate.ids if (by_product := self._said.get(name.strip().upper()))
        ]
        if not spoken_of or candidate.kind is not FindingKind.VULNERABILITY:
            return None
        asked = _Asked.of(candidate)
        last: _Said | None = None
        for by_product in spoken_of:
            for key in asked.all_keys():
                for said in by_product.get(key, ()):
                    if (last is None or said.weight > last.weight) and said.fits(asked):
                        last = said
        return last.statement if last else None


class _Weight(NamedTuple):
    """Of two statements, that with the greater one counts."""

    group: int
    """0 or less."""
    time_s: float
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A rule, ready to be compared."""

    order: int
    rule: Rule
    paths: tuple[Glob, ...]
    purls: tuple[Name, ...]

    def fits(self, candidate: Candidate, own: Names | None) -> bool:
        rule = self.rule
        if rule.severities and candidate.severity not in rule.severities:
            return False
        if rule.purls and not (own and own.are_covered(self.purls)):
            return False
        return not self.paths or any(
            glob.matches(path.removeprefix("/")) for glob in self.paths for path in candidate.paths
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The names by which a statement may speak of a finding."""

    package: Names
    within: Names
    artifact: Names

    @classmethod
    def of(cls, candidate: Candidate) -> "_Asked":
        return cls(
            package=Names(candidate.purls),
            within=Names(candidate.within),
            artifact=_names_of(candidate.artifact),
        )

    def all_keys(self) -> set[str]:
        return {*self.package.keys(), *self.within.keys(), *self.artifact.keys()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A statement, ready to be compared."""

    weight: _Weight
    statement: Statement
    product: tuple[Name, ...]
    subcomponents: tuple[Name, ...]
    scope: tuple[Name, ...]

    def fits(self, asked: _Asked) -> bool:
        if self.statement.scope and not asked.artifact.are_covered(self.scope):
            return False
        if self.statement.subcomponents and not asked.package.are_covered(self.subcomponents):
            return False
        return any(names.are_covered(self.product) for names in (asked.package, asked.within, asked.artifact))


@lru_cache(maxsize=256)
def _names_of(artifact: Artifact) -> Names:
    return Names((*artifact.purls, *artifact.names, *artifact.digests))


@lru_cache(maxsize=131_072)
def _key(kind: FindingKind, id_: str) -> str:
    """Return an id in the one form that all its spellings share."""
    bare = id_.strip()
    return canonical(bare) if kind is FindingKind.MISCONFIGURATION else bare.upper()

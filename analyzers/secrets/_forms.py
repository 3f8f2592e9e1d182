"""The two forms most rules have: a token that shows what it is, and a value under a telling name."""

import re
from collections.abc import Callable, Sequence

from analyzers.secrets._rule import END, START, Rank, Rule
from analyzers.secrets._samples import Sample, text, word

_OPERATOR = r"""["'`\]]{0,2}[ \t]{0,4}(?:=>|:=|\|\|:|<=|==|=|:|>|,|\(|value=) {0,4}(?:["'`]|\\"){0,2}"""
"""Between name and value: assignments, mappings, XML elements, arguments."""


def assigned(names: str, value: str, end: str = END) -> str:
    """Return the pattern of a value given to a name that has one of `names` (a pattern, any case) in it."""
    return rf"(?i:{names})[\w .-]{{0,25}}{_OPERATOR}(?P<secret>{value}){end}"


def token(  # noqa: PLR0913, PLR0917 - they are a rule's own fields
    rule: str,
    category: str,
    title: str,
    severity: str,
    prefix: str,
    body: str,
    alphabet: str,
    length: int,
    *,
    keywords: tuple[str, ...] = (),
    entropy: float = 2.5,
    sample: Sample | None = None,
    checksum: Callable[[bytes], bool] | None = None,
    in_packages: bool = True,
    verify: Callable[[bytes], bool] | None = None,
    end: str = END,
    width: int = 512,
) -> Rule:
    """Return the rule of tokens that begin with a literal prefix.

    Args:
        rule: its id.
        category: see `Rule.category`.
        title: see `Rule.title`.
        severity: see `Rule.severity`.
        prefix: with which all of them begin.
        body: pattern of the rest.
        alphabet: of the rest, for samples.
        length: of the rest, for samples; with half of it, it is none any more.
        keywords: the prefix, when not given.
        entropy: see `Rule.entropy`.
        sample: when prefix, alphabet and length do not say all.
        checksum: see `Rule.checksum`.
        in_packages: see `Rule.in_packages`.
        verify: see `Rule.verify`.
        end: what must follow.
        width: see `Rule.width`.
    """
    return Rule(
        id=rule,
        category=category,
        title=title,
        severity=severity,
        pattern=START + re.escape(prefix) + body + end,
        keywords=keywords or (prefix.lower(),),
        lead=0 if all(each.startswith(prefix.lower()) for each in keywords) else None,
        in_packages=in_packages,
        sample=text('value = "', sample or text(prefix, word(length, alphabet)), '"\n'),
        near_miss=text('value = "', prefix, word(max(length // 4, 1), alphabet), '"\n'),
        entropy=entropy,
        checksum=checksum,
        verify=verify,
        width=width,
    )


def named(  # noqa: PLR0913, PLR0917 - they are a rule's own fields
    rule: str,
    category: str,
    title: str,
    severity: str,
    names: str,
    value: str,
    sample: Sample,
    *,
    keywords: tuple[str, ...] = (),
    name: str = "",
    entropy: float = 2.5,
    end: str = END,
    width: int = 512,
    verify: Callable[[bytes], bool] | None = None,
    allow: tuple[str, ...] = (),
) -> Rule:
    """Return the rule of values that only their name tells.

    Args:
        rule: its id.
        category: see `Rule.category`.
        title: see `Rule.title`.
        severity: see `Rule.severity`.
        names: pattern, of which a part of the name is, in any case.
        value: pattern of the value.
        sample: such a value.
        keywords: `names`, when not given.
        name: of the value in the sample, when `names` is a pattern.
        entropy: see `Rule.entropy`.
        end: what must follow.
        width: see `Rule.width`.
        verify: see `Rule.verify`.
        allow: see `Rule.allow`.
    """
    called = name or f"{names}_key"
    return Rule(
        id=rule,
        category=category,
        title=title,
        severity=severity,
        pattern=assigned(names, value, end),
        keywords=keywords or (names.lower(),),
        lead=0 if _begins(names, keywords or (names.lower(),)) else None,
        in_packages=False,
        sample=text(f'{called} = "', sample, '"\n'),
        near_miss=text('colour = "', sample, '"\n'),
        entropy=entropy,
        rank=Rank.CONTEXT,
        width=width,
        verify=verify,
        allow=allow,
    )


def after(words: Sequence[str], name: str) -> tuple[str, ...]:
    """Return patterns, each of one length, of a name with one of the words before it, apart or not."""
    lengths: dict[int, list[str]] = {}
    for each in words:
        lengths.setdefault(len(each), []).append(each)
    return tuple(
        f"(?:{'|'.join(same)}){separator}{name}" for separator in ("", "[_. -]") for same in lengths.values()
    )


def not_after(*words: str, name: str) -> str:
    """Return what does not match after the name where one of the words is before it, apart or not."""
    return "".join(f"(?<!{each})" for each in after(words, name))


NO_SECRET_TOKEN = not_after(
    *("page", "pagination", "csrf", "xsrf", "sync", "next", "starting", "cancel", "continuation", "design"),
    *(
        "authenticity",
        "verification",
        "form",
        "public",
        "change",
        "lock",
        "request",
        "action",
        "purchase",
        "idempotency",
        "product",
    ),
    name="token",
)
"""Tokens that open nothing: places in a list, names of requests, what a form is sent back with."""
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-"


def _begins(names: str, keywords: Sequence[str]) -> bool:
    """Tell whether all that matches the pattern of names surely begins with one of the keywords."""
    begins = re.compile("|".join(rf"{re.escape(each)}(?![?*{{])" for each in keywords))
    return all(begins.match(each.removeprefix(r"\b").lower()) for each in names.split("|"))

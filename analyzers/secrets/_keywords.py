"""Finds where rules may match by the words that are in each of their matches, without Hyperscan.

Most of a text are words that were seen before and have no keyword in them; only the others are searched.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from analyzers.secrets._rule import Rule

Places = dict[int, list[list[int]]]
"""Number of a rule → first and last offset at which matches may begin, and the last at which they may end.

In ascending order, and where they may begin is apart.
"""

_MOST_WORDS = 1 << 17
"""Words without a keyword that are remembered, more or less: some ten megabytes of them."""
_LONGEST_WORD = 48


def by_keywords(rules: Sequence[Rule]) -> Callable[[bytes], Places]:
    """Return the filter that looks for the keywords of rules; their place in the sequence is their number."""
    return _Keywords(rules).places


class _Keywords:
    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._anchors = {
            number: re.compile(rule.anchor.encode())
            for number, rule in enumerate(rules)
            if rule.anchor and rule.lead is None
        }
        self._numbers: dict[bytes, list[int]] = {}
        self._anywhere: list[int] = []
        """Rules without a keyword that says anything."""
        for number, rule in enumerate(rules):
            words = [keyword.lower().encode() for keyword in rule.keywords]
            if min(map(len, words), default=0) <= 1:
                self._anywhere.append(number)
                continue
            for word in words:
                self._numbers.setdefault(word, []).append(number)
        self._in_spaces = [word for word in self._numbers if word.split() != [word]]
        self._pattern = _any_of(word for word in self._numbers if word.split() == [word])
        self._prefixes = {
            word: [other for other in self._numbers if word.startswith(other)] for word in self._numbers
        }
        self._clean: set[bytes] = set()

    def places(self, data: bytes) -> Places:
        """Return where matches may begin."""
        lower = data.lower()
        anywhere = [[0, len(data), len(data)]]
        found: Places = dict.fromkeys(self._anywhere, anywhere)
        for keyword in self._present(lower):
            for number in self._numbers[keyword]:
                if number in self._anchors:
                    found[number] = anywhere
                else:
                    spans = self._spans(number, _occurrences(lower, keyword))
                    found.setdefault(number, []).extend(spans)
        for number in found.keys() & self._anchors.keys():
            found[number] = self._anchored(number, data)
        return {number: _joined(found[number]) for number in sorted(found) if found[number]}

    def _spans(self, number: int, places: Iterable[int]) -> list[list[int]]:
        rule = self._rules[number]
        lead = rule.width if rule.lead is None else rule.lead
        return [[place - lead, place, place + rule.width] for place in places]

    def _present(self, lower: bytes) -> set[bytes]:
        """Return the keywords that are in the text."""
        found = {word for word in self._in_spaces if word in lower}
        new = set(lower.split()) - self._clean
        short = {word for word in new if len(word) <= _LONGEST_WORD}
        found.update(*(self._prefixes[word] for _, word in self._hits(b" ".join(new - short))))
        text = b" ".join(short)
        for place, word in self._hits(text):
            found.update(self._prefixes[word])
            start, end = text.rfind(b" ", 0, place) + 1, text.find(b" ", place)
            short.discard(text[start : end if end >= 0 else None])
        if len(self._clean) > _MOST_WORDS:
            self._clean.clear()
        self._clean |= short
        return found

    def _hits(self, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield each place that has a keyword, and the longest one there."""
        for hit in self._pattern.finditer(text):
            yield hit.start(), hit[0] + hit[int(hit.lastindex or 0)]

    def _anchored(self, number: int, data: bytes) -> list[list[int]]:
        width = self._rules[number].width
        ends = (hit.end() for hit in self._anchors[number].finditer(data))
        return [[end - width, end, end + width] for end in ends]


def _any_of(words: Iterable[bytes]) -> re.Pattern[bytes]:
    """Return a pattern of the first bytes of words, each with the rest of the longest word there in a group.

    It does not take the rest, so that words which begin in it are found as well.
    """
    rests: dict[bytes, list[bytes]] = {}
    for word in sorted(words):
        rests.setdefault(word[:1], []).append(word[1:])
    heads = [re.escape(head) + b"(?=(" + _tree(rest) + b"))" for head, rest in rests.items()]
    return re.compile(b"|".join(heads) or b"(?!)")


def _tree(words: Sequence[bytes]) -> bytes:
    """Return the pattern of the longest of these words, each letter of which is looked at once."""
    rests: dict[bytes, list[bytes]] = {}
    for word in words:
        if word:
            rests.setdefault(word[:1], []).append(word[1:])
    if not rests:
        return b""
    body = b"|".join(re.escape(head) + _tree(rest) for head, rest in rests.items())
    return b"(?:" + body + (b")?" if b"" in words else b")")


def _occurrences(data: bytes, word: bytes) -> Iterator[int]:
    place = data.find(word)
    while place >= 0:
        yield place
        place = data.find(word, place + 1)


def _joined(spans: list[list[int]]) -> list[list[int]]:
    """Return the spans in their order, those that touch as one."""
    joined: list[list[int]] = []
    for low, high, end in sorted(spans):
        if joined and low <= joined[-1][1]:
            joined[-1][1:] = max(joined[-1][1], high), max(joined[-1][2], end)
        else:
            joined.append([max(low, 0), high, end])
    return joined

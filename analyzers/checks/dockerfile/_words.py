"""Words, flags and variables of Dockerfile instructions.

Format: https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

import re
from collections.abc import Iterator, Mapping

_VARIABLE = re.compile(
    r"(?<!\\)\$(?:(?P<bare>\w+)|\{(?P<name>\w+)(?:(?P<how>:?[-+])(?P<word>[^{}]*))?\})", re.ASCII
)
_MOST_FLAGS = 50
_LONGEST = 4096
"""Characters of what variables are looked for in, and of what they make of it."""
_FLAG = re.compile(r"--[A-Za-z]")


def words(text: str, escape: str) -> Iterator[str]:
    """Yield the words between white space, quotes and escapes as they stand; a quote may stay open."""
    word: list[str] = []
    quote = ""
    characters = iter(text)
    for character in characters:
        if character == escape and quote != "'":
            word += [character, next(characters, "")]
        elif not quote and character.isspace():
            if word:
                yield "".join(word)
            word.clear()
        else:
            quote = _quote(quote, character)
            word.append(character)
    if word:
        yield "".join(word)


def _quote(quote: str, character: str) -> str:
    """Return the quote that is open after a character."""
    if quote:
        return "" if character == quote else quote
    return character if character in "\"'" else ""


def unquoted(word: str, escape: str) -> str:
    """Return a word without its quotes and escapes; an escaped "$" keeps its escape, as it is no variable."""
    out: list[str] = []
    quote = ""
    characters = iter(word)
    for character in characters:
        if character == escape and quote != "'":
            following = next(characters, "")
            out.append(escape + following if following == "$" else following)
            continue
        after = _quote(quote, character)
        if after == quote:
            out.append(character)
        quote = after
    return "".join(out)


def flags_and_rest(text: str, escape: str) -> tuple[tuple[str, ...], str]:
    """Return the leading flags, unquoted, and what comes after them."""
    flags: list[str] = []
    rest = text.lstrip()
    while _FLAG.match(rest) and len(flags) < _MOST_FLAGS:
        first = next(words(rest, escape))
        flags.append(unquoted(first, escape))
        rest = rest[len(first) :].lstrip()
    return tuple(flags), rest


def substituted(text: str, known: Mapping[str, str]) -> str:
    """Return text with the values of the variables that are known; the others stay as they are written."""

    def value(match: re.Match[str]) -> str:
        name = match["bare"] or match["name"]
        how, word = match["how"] or "", match["word"] or ""
        if name not in known:
            return word if "-" in how else match[0]
        is_set = bool(known[name]) or not how.startswith(":")
        if "+" in how:
            return word if is_set else ""
        return known[name] if is_set or not how else word

    if len(text) > _LONGEST or "$" not in text:
        return text
    made = _VARIABLE.sub(value, text)
    return made if len(made) <= _LONGEST else text

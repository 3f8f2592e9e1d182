"""Tells by the name of a variable that its value is secret."""

import re
from collections.abc import Iterable, Sequence

_SECRET = re.compile(
    r"(?:.*[_.-])?(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET(?:[_-]?KEY)?|TOKEN|API[_-]?KEY|APIKEY|ACCESS[_-]?KEY(?:[_-]?ID)?"
    r"|PRIVATE[_-]?KEY|ENCRYPTION[_-]?KEY|SIGNING[_-]?KEY|ACCOUNT[_-]?KEY|CLIENT[_-]?SECRET|CREDENTIALS?"
    r"|CONNECTION[_-]?STRING)",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SWITCHES = {"true", "false", "yes", "no", "on", "off", "0", "1", "none", "null"}
_LONGEST_NAME = 200
_SHORTEST = 3
"""Characters of what can be hidden without hiding all else."""
_NOT = {"PWD", "OLDPWD", "PASS", "NOPASS", "GOOGLE_APPLICATION_CREDENTIALS"}
"""Folders, results of tests, and a path."""


def is_secret_name(name: str) -> bool:
    """Tell whether a variable is called as secrets are: "DB_PASSWORD", "apiKey", but not "TOKEN_URL"."""
    if len(name) > _LONGEST_NAME or name.upper() in _NOT:
        return False
    return bool(_SECRET.fullmatch(_CAMEL.sub("_", name)))


def is_switch(value: str) -> bool:
    """Tell whether a value turns something on or off, as in "ALLOW_EMPTY_PASSWORD=yes"; it is no secret."""
    return value.lower() in _SWITCHES


def hidden(lines: Sequence[str], secrets: Iterable[tuple[int, int, str]]) -> list[str]:
    """Return lines with "*" for each character of the secrets in them.

    Args:
        lines: of a file.
        secrets: first line, counted from 1, last line and text of each; where it is not written like that
            in one line, all of the lines are hidden. 0 for lines that are not known: it may be in any.
    """
    shown = list(lines)
    for first, last, secret in secrets:
        places = range(first - 1, min(last, len(shown))) if first else range(len(shown))
        if len(secret) < _SHORTEST:
            continue
        if first and not any(secret in lines[place] for place in places):  # escaped, or on several lines
            shown[places.start : places.stop] = ["*" * len(shown[place]) for place in places]
        for place in places:
            shown[place] = shown[place].replace(secret, "*" * len(secret))
    return shown

"""How R packages name their licences and what they need.

Format: https://cran.r-project.org/doc/manuals/r-release/R-exts.html (the DESCRIPTION file, licensing)
"""

import re

_OPEN_ENDED = re.compile(r"(A?L?GPL) \(>= ?(\d(?:\.\d)?)\)")
_EXACT = re.compile(r"(A?L?GPL)-(\d(?:\.\d)?)")
_NAMES = {"BSD_2_clause": "BSD-2-Clause", "BSD_3_clause": "BSD-3-Clause"}
_OF_R = "Part of R "  # R itself, which https://www.r-project.org/Licenses/ says is under either
_FILE = re.compile(r"(?:^|\s*\+\s*)file LICEN[CS]E$", re.IGNORECASE)
_REQUIREMENT = re.compile(r"[A-Za-z][A-Za-z0-9.]*")


def licenses(field: str) -> tuple[str, ...]:
    """Return the licence as one expression: "GPL-2 | MIT + file LICENSE" is "GPL-2.0-only OR MIT".

    A file that only completes a licence, or is all that is said, is left out.
    """
    text = " ".join(field.split())
    names = [_license(each) for each in ("GPL-2 | GPL-3" if text.startswith(_OF_R) else text).split("|")]
    return (" OR ".join(names),) if names and all(names) else ()


def _license(text: str) -> str:
    name = _FILE.sub("", text.strip())
    if match := _OPEN_ENDED.fullmatch(name):
        return f"{match[1]}-{_release(match[2])}-or-later"
    if match := _EXACT.fullmatch(name):
        return f"{match[1]}-{_release(match[2])}-only"
    return _NAMES.get(name, name)


def _release(number: str) -> str:
    return number if "." in number else f"{number}.0"


def needs(*fields: str) -> tuple[str, ...]:
    """Return the packages in requirements such as "R (>= 4.0), methods, Rcpp (>= 1.0)", without R itself."""
    matches = (_REQUIREMENT.match(each.strip()) for field in fields for each in field.split(","))
    return tuple(dict.fromkeys(match[0] for match in matches if match and match[0] != "R"))

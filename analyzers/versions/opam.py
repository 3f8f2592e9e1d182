"""Version order of OCaml's packages.

Specification: https://opam.ocaml.org/doc/Manual.html#version-ordering (texts and numbers take turns, as
Debian has it, but without epoch and revision)
"""

from analyzers.versions import debian


def key(version: str) -> tuple[object, ...]:
    """Return a sortable key: 2.0~beta sorts before 2.0.

    Raises:
        InvalidVersionError: the text is empty or has blanks.
    """
    return debian.key(f"0:{version}-0" if version.strip() else version)

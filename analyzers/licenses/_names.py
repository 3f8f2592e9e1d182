"""Files in which licences stand, by their names."""

from itertools import product

_LICENSE_NAMES = (
    *("LICENSE", "License", "license", "LICENCE", "Licence", "licence", "LICENSES", "COPYING", "Copying"),
    *("copying", "COPYRIGHT", "Copyright", "UNLICENSE", "NOTICE", "Notice", "THIRD_PARTY_LICENSES"),
    *("THIRD-PARTY-LICENSES", "THIRD-PARTY-NOTICES", "THIRD_PARTY_NOTICES", "ThirdPartyNotices"),
    *("COPYING.LESSER", "COPYING.LIB", "COPYING3", "COPYING2", "EULA", "PATENTS"),
    *(
        f"{word}{joint}{name}"
        for word, joint, name in product(
            ("LICENSE", "LICENCE", "COPYING"),
            ("-", ".", "_"),
            ("MIT", "APACHE", "APACHE2", "APACHE-2.0", "BSD", "GPL", "GPL2", "GPL3", "LGPL", "MPL", "ZLIB"),
        )
    ),
)
_TEXT_ENDS = ("", ".txt", ".md", ".rst", ".TXT", ".html")
SOURCE_ENDS = frozenset(
    """
    asm awk bash bat c cc cjs clj cljs cmake cmd coffee cpp cs css cu cxx d dart el erl ex exs f90 fs go
    gradle groovy h hh hpp hs hxx ino java jl js jsx kt kts less lisp lua m m4 mjs ml mli mm nim nix pas
    php pl pm pod proto ps1 psm1 py pyi pyx r R rb rs S s sass scala scm scss sh sol sql svelte swift
    tcl tex tf thrift ts tsx v vb vhd vim vue xsl y zig zsh
    """.split()  # noqa: SIM905 - names read best as words
)
"""Extensions of source files, whose first lines may tell their licence."""
LICENSE_GLOBS = (
    *(f"**/{name}{end}" for name, end in product(_LICENSE_NAMES, _TEXT_ENDS)),
    *("**/*.LICENSE", "**/*.license", "**/*LICENSE.txt", "**/*license.txt", "**/*LICENSE.md"),
    *("**/LICENSES/*.txt", "**/licenses/*.txt"),
)
SOURCE_GLOBS = tuple(f"**/*.{end}" for end in sorted(SOURCE_ENDS))

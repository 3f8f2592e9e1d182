"""Licences in the words of the SPDX licence list, as far as they are.

Specifications: https://spdx.org/licenses/ and
https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
"""

import re
from functools import lru_cache

IDS = frozenset(
    """
    0BSD AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-1.0-Perl
    Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-LBNL
    BSD-4-Clause BSD-4-Clause-UC BSD-Source-Code BSL-1.0 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-3.0
    CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CPL-1.0 curl EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 FSFAP FSFUL FSFULLR
    FTL GFDL-1.1-or-later GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3-only GFDL-1.3-or-later GPL-1.0-only
    GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ICU IJG IPL-1.0 ISC
    LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later Libpng
    libtiff MIT MIT-0 MIT-CMU MIT-Modern-Variant MITNFA MPL-1.0 MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception
    MS-PL NCSA Nokia NTP OFL-1.0 OFL-1.1 OLDAP-2.8 OpenSSL OSL-2.1 OSL-3.0 PHP-3.0 PHP-3.01 PostgreSQL PSF-2.0
    Python-2.0 Python-2.0.1 Ruby SGI-B-2.0 Sleepycat SMLNJ TCL Unicode-3.0 Unicode-DFS-2015 Unicode-DFS-2016
    Unlicense UPL-1.0 Vim W3C WTFPL X11 Zend-2.0 Zlib ZPL-2.0 ZPL-2.1
    """.split()  # noqa: SIM905 - names read best as words
)
"""Identifiers of the licences that packages commonly have."""
_EXCEPTIONS = frozenset(
    """
    Autoconf-exception-3.0 Bison-exception-2.2 Classpath-exception-2.0 Font-exception-2.0 GCC-exception-2.0
    GCC-exception-3.1 Linux-syscall-note LLVM-exception OpenSSL-exception openvpn-openssl-exception
    """.split()  # noqa: SIM905 - names read best as words
)
_TOKEN = re.compile(r"[()]|[^\s()]+")


@lru_cache(maxsize=4096)
def is_expression(text: str) -> bool:
    """Tell whether the text is an SPDX expression of more than one word, all licences in `IDS`."""
    shape = ""
    for token in _TOKEN.findall(text):
        if token in ("AND", "OR", "WITH", "(", ")"):
            shape += {"AND": "&", "OR": "&", "WITH": "w"}.get(token, token)
        elif token.removesuffix("+") in IDS:
            shape += "i"
        else:
            shape += "e" if token in _EXCEPTIONS else "?"
    return len(shape) > 1 and _reduced(shape) == "i"


def _reduced(shape: str) -> str:
    """Replace each licence with exception, pair and group by one licence, until nothing changes."""
    while True:
        shorter = shape.replace("iwe", "i").replace("i&i", "i").replace("(i)", "i")
        if shorter == shape:
            return shape
        shape = shorter

"""Providers that a Terraform or OpenTofu configuration is locked to, from .terraform.lock.hcl.

Format: https://developer.hashicorp.com/terraform/language/files/dependency-lock
"""

import re
from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View

_PROVIDER = re.compile(r"\s*provider\s+\"([^\"\s]+)\"\s*\{")
_VERSION = re.compile(r"\s*version\s*=\s*\"([^\"]*)\"")


def parse(file: File) -> Iterator[Fact]:
    """Yield a Package for each provider, called by its whole address.

    Raises:
        ParseError: a block has no end, or the file consists of something else.
    """
    address, version, first = "", "", 0
    for number, raw in enumerate(file.data.decode("utf-8", "replace").split("\n"), 1):
        line = raw.strip()
        if not first:
            match = _PROVIDER.fullmatch(line)
            if match is None and line and not line.startswith(("#", "//")):
                raise ParseError(f"{file.path}: line {number}: {line!r:.100}, expected a provider")
            address, version, first = (match[1], "", number) if match else ("", "", 0)
        elif match := _VERSION.match(line):
            version = match[1]
        elif line == "}":
            yield Package(
                kind="terraform-provider",
                name=address,
                version=version,
                relationship="direct",
                lines=((first, number),),
            )
            first = 0
    if first:
        raise ParseError(f"{file.path}: line {first}: a block without an end")


ANALYZER = Analyzer(
    id="languages/terraform",
    version=1,
    kinds=(Kind(name="terraform-provider", purl_type="terraform"),),
    views=frozenset({View.DECLARED}),
    globs=("**/.terraform.lock.hcl",),
    parse=parse,
)

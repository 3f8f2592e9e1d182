"""What the analyzers find in the files of one layer, before layers are put together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

LISTED = "listed in a bill of materials"
"""`Package.evidence` of what nothing in the target itself tells of."""


class Package(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One package, as its own package manager names it.

    `kind` is the name of a Kind that the analyzer declares. `version` is the full native string:
    "1:2.36-9+deb12u14" (epoch only when not 0), "1.2.4-r1", "3.0.7-6.el9" with "1:" before it for epoch 1,
    "v0.17.0" for Go modules. `name` is what advisories of its ecosystem would call it, in its own case:
    "org.slf4j:slf4j-api", "@babel/core", "github.com/pkg/errors".
    """

    kind: str
    name: str
    version: str
    arch: str = ""
    source_name: str = ""
    """The source package's name; empty when it is the package's own or the format has none."""
    source_version: str = ""
    """The source package's version; empty when it is the package's own."""
    licenses: tuple[str, ...] = ()
    maintainer: str = ""
    depends_on: tuple[str, ...] = ()
    """Packages it declares to need: names as written there; "name@version" where a lock file says which."""
    modularity_label: str = ""
    """RPM only: the module stream that built it, such as "nodejs:18:8080020230…"."""
    relationship: str = ""
    """"root" (the project itself), "workspace" (a part of it), "direct", "indirect"; "" when not known."""
    dev: bool = False
    """Needed for building or testing only, by what the lock file says."""
    lines: tuple[tuple[int, int], ...] = ()
    """First and last line, counted from 1, of each place in a lock file or manifest that names it."""
    inner_path: str = ""
    """Where inside of the file it lies ("BOOT-INF/lib/a.jar"), when the file is an archive with it in."""
    evidence: str = ""
    """How it was recognised, when no package manager says so: "version string in the program"."""


class Release(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operating system and its release, as /etc/os-release and its older relatives tell."""

    id: str
    """os-release's ID in lower case: "debian", "alpine", "rocky", "rhel" …"""
    version_id: str = ""
    """os-release's VERSION_ID: "12", "3.18.2", "9.2"; empty for rolling releases."""
    id_like: tuple[str, ...] = ()
    pretty_name: str = ""
    channels: tuple[str, ...] = ()
    """What decides, beside the version, which advisories apply: Alpine's branches ("edge", "v3.20"), services
    of Ubuntu Pro that are on ("esm-infra"), Red Hat's content sets ("rhel-9-for-x86_64-baseos-rpms")."""


class Owned(msgspec.Struct, frozen=True):
    """Paths that an operating system package installed, as its database writes them."""

    paths: tuple[str, ...]
    package: str
    """Its name, as in the same database's Package."""


class Problem(msgspec.Struct, frozen=True):
    """Something that could not be read, so that what it holds is unknown rather than absent."""

    path: str
    reason: str


class Note(msgspec.Struct, frozen=True):
    """What `Analyzer.combine` has to know of a file besides its packages, in the analyzer's own encoding."""

    data: bytes


class CodeLine(msgspec.Struct, frozen=True):
    """One line of a file, as reports show it."""

    number: int
    """Counted from 1."""
    content: str
    """Without its end, shortened where it is long; secrets in it are replaced by "*"."""
    is_cause: bool = False


class Secret(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A secret in a file. The secret itself is nowhere in it."""

    rule: str
    """Id of the rule that found it, such as "github-pat"."""
    category: str
    """Whose it is: "GitHub"."""
    title: str
    severity: str
    """Name of an analyzers.severity.Severity: "CRITICAL"."""
    start_line: int
    end_line: int
    column: int
    """Of its first character in `start_line`, counted from 1."""
    match: str
    """The line around it, with "*" in its place."""
    code: tuple[CodeLine, ...] = ()
    """The lines of it, and up to two before and after."""
    offset: int = 0
    """Of its first byte in the file."""
    imprint: int = 0
    """Tells it from another one that looks the same in `match`: twelve bits of its digest, plus 1.

    They give away less of a password than its length does, and no report has them. 0: not known, since an
    older version found it.
    """


class License(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A licence that a file states: by its text, in a header, or of the package that it describes."""

    name: str
    """SPDX expression, or "LicenseRef-…" for what SPDX does not list."""
    confidence: float
    """0.0 to 1.0: how much of the licence's text is there."""
    is_header: bool = False
    """Whether the file says so about itself rather than having the text."""
    package: str = ""
    """"name@version" of the package that it is of, where only the file's content tells; "" otherwise."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one check says about one place in a configuration file."""

    check: str
    """Its id, "DS-0002": title, severity and advice are in the catalogue of checks."""
    message: str = ""
    """What is wrong, in one sentence; "" when the check passed."""
    passed: bool = False
    resource: str = ""
    """What it is about, as the file names it: "aws_s3_bucket.logs", "Deployment/web"."""
    start_line: int = 0
    """Counted from 1; 0 when it is about the whole file."""
    end_line: int = 0
    code: tuple[CodeLine, ...] = ()
    ignored: str = ""
    """The comment in the file that says to ignore it; "" when there is none."""
    file_type: str = ""
    """As Trivy's reports have it: "dockerfile", "kubernetes", "terraform", "cloudformation", "helm" …"""


Fact = Package | Release | Owned | Problem | Note | Secret | License | Outcome


class Scanner(StrEnum):
    """What an analyzer looks for, by the words of `--scanners`; packages serve vulnerabilities and SBOMs."""

    PACKAGES = "packages"
    SECRET = "secret"  # noqa: S105 - a word
    LICENSE = "license"
    LICENSE_TEXT = "license-full"
    """The texts and headers of files, which take longer than what packages say."""
    MISCONFIG = "misconfig"


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one analyzer read from one file; a later layer's file at the same path replaces it whole."""

    path: str
    packages: tuple[Package, ...] = ()
    release: Release | None = None
    owned: tuple[Owned, ...] = ()
    """Relative paths, cut to those that another analyzer may report from."""
    problems: tuple[Problem, ...] = ()
    note: bytes = b""
    """The Note, if there was one."""
    secrets: tuple[Secret, ...] = ()
    licenses: tuple[License, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


class File(msgspec.Struct, frozen=True):
    """One regular file of a layer. `path` is normalised: relative, no "." or "..", "/" between names."""

    path: str
    data: bytes
    executable: bool = False


class View(StrEnum):
    """What a target shows: what is installed on a system, or what the files of a project declare."""

    INSTALLED = "installed"
    """Images, root file systems, disks."""
    DECLARED = "declared"
    """Source trees and repositories: lock files, manifests."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A sort of packages, by the type value that Trivy's reports use: "dpkg", "python-pkg", "npm"."""

    name: str
    purl_type: str
    """Of https://github.com/package-url/purl-spec/tree/main/types: "deb", "pypi"."""
    ecosystem: str = ""
    """As OSV names it; "" when no feed has such packages, and for a system's, which its release decides."""
    is_system: bool = False
    """Packages of the operating system, of which there is one set in an image."""
    title: str = ""
    """What reports call all packages of this kind together; "" when each file's are a target of its own."""


class Analyzer(msgspec.Struct, frozen=True, kw_only=True):
    """Reads one file format. Each module of `os`, `languages` and `binaries` has one, named ANALYZER."""

    id: str
    """Folder and module, such as "os/apk"."""
    version: int
    """Raised when the same bytes would give other facts: stored layers are then read again."""
    parse: Callable[[File], Iterator[Fact]]
    """Yields what the file says. Raises ParseError when nothing more can be read from it."""
    scanner: Scanner = Scanner.PACKAGES
    kinds: tuple[Kind, ...] = ()
    """Of the packages it yields. Analyzers may share one."""
    views: frozenset[View] = frozenset({View.INSTALLED})
    """Targets in which it is asked."""
    globs: tuple[str, ...] = ()
    """Paths it wants: literal paths, or with "*" (within one name) and a leading "**/" (any folder).

    With "!" before it: paths it does not want, whatever the others match.
    """
    every_file: bool = False
    """It wants all regular files that are no binaries, but for the paths that globs leave out with "!"."""
    most_bytes: int = 0
    """Longer files become a Problem; 0: only `Limits.file_bytes` counts."""
    magic: tuple[bytes, ...] = ()
    """First bytes of executable regular files it wants, wherever they are."""
    combine: Callable[[Sequence[Found]], Iterable[Found]] | None = None
    """Makes the final findings of what `parse` found in the files that are left, in order of their paths.

    For formats in which files complete each other (a lock file and its manifest, a project and its parent).
    Returns one Found at most per path, of the paths it was given, and never raises on what `parse` may yield.
    """


class LayerInventory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything one layer's walk gave."""

    diff_id: str
    """Digest of the uncompressed tar, "sha256:…"."""
    size_bytes: int
    """Length of the uncompressed tar."""
    entries: int
    found: dict[str, tuple[Found, ...]] = {}
    """Analyzer id → files it read, in the order of the tar; analyzers that read nothing are absent."""
    whiteouts: tuple[str, ...] = ()
    """Paths of lower layers that this layer removes (the ".wh." prefix taken off)."""
    opaque: tuple[str, ...] = ()
    """Directories whose content in lower layers this layer hides (".wh..wh..opq" or overlay's mark)."""
    problems: tuple[Problem, ...] = ()
    """Files that an analyzer wanted and that could not be read at all."""
    files: bytes = b""
    """Which paths it has that are no directories, see `analyzers.path_digest`; empty: none, or not known."""

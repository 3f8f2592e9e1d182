"""What is let pass although it looks like a secret, by rules that can be switched off by their names."""

import msgspec


class AllowRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Lets secrets pass: by a pattern of what is found, by one of paths, or where both match."""

    id: str
    description: str = ""
    regex: str = ""
    """Searched for in the match; "" for any."""
    path: str = ""
    """Searched for in the path of the file; "" for any."""
    weak_only: bool = False
    """Only secrets pass of rules that are not for installed packages; see `Rule.in_packages`."""


# Only places where software comes with keys that are no secret: what a project's own people write is read.
BUILTIN: tuple[AllowRule, ...] = (
    AllowRule(
        id="tests",
        description="tests and their data",
        path=r"(?:^|/)(?:(?:tests?|testdata|test-data|testing|__tests__|fixtures)/"
        r"|(?:test_[^/]*|conftest|[^/]*[._-]tests?)\.[A-Za-z]{1,5}$)",
    ),
    AllowRule(id="examples", description="examples", path=r"(?:^|/)(?:examples?|samples?)/"),
    AllowRule(id="vendor", description="vendored sources", path=r"(?:^|/)vendor/(?:bundle/|[\w.-]+\.\w+/)"),
    AllowRule(
        id="usr-dirs",
        description="documentation and data of the distribution",
        path=r"^usr/(?:share/(?:doc|doc-base|man|info|help|locale|i18n|perl|perl5|vim|zoneinfo|mime|icons|fonts"
        r"|bash-completion|zsh|licenses|common-licenses|javascript|nodejs|gdb|gcc|ca-certificates)/|include/)",
    ),
    AllowRule(id="locale-dir", description="translations", path=r"(?:^|/)(?:locales?|i18n)/"),
    AllowRule(
        id="markdown",
        description="documentation of installed packages",
        path=r"(?:^|/)(?:node_modules|site-packages|dist-packages|gems|vendor)/.*\.(?:md|markdown|rst|adoc)$",
    ),
    AllowRule(
        id="node.js",
        description="package managers' own files",
        path=r"(?:^|/)(?:opt/yarn-v[\d.]+/|node_modules/npm/)",
    ),
    AllowRule(
        id="golang",
        description="Go's own sources",
        path=r"^usr/(?:local|lib)/go(?:-[\d.]+)?/(?:src|test|api)/",
    ),
    AllowRule(
        id="python",
        description="Python's own library, and what says what is installed",
        path=r"(?:^|/)(?:usr/(?:local/)?lib/python[\d.]+/(?!(?:site|dist)-packages/)|[^/]*\.(?:dist|egg)-info/)",
    ),
    AllowRule(
        id="rubygems",
        description="Ruby's own library",
        path=r"^usr/(?:(?:local/)?lib/ruby/(?:\d[\d.]*|vendor_ruby)|lib/gems)/",
    ),
    AllowRule(id="wordpress", description="WordPress's own sources", path=r"^usr/src/wordpress/"),
    AllowRule(id="anaconda-log", description="log of an installation", path=r"^var/log/anaconda/"),
    AllowRule(
        id="third-party",
        description="installed packages of others: what only its name tells to be a secret",
        # Programs have their configuration there in some images, and web servers the pages of others.
        path=r"(?:^|/)(?:node_modules|site-packages|dist-packages|gems|go/pkg/mod)/"
        r"|^usr/share/(?!(?:[\w.-]+/)?(?:html|www|config|conf|pipeline)/)",
        weak_only=True,
    ),
    AllowRule(
        id="snakeoil",
        description="key of the self-signed certificate that a distribution's package makes",
        path=r"^etc/ssl/private/ssl-cert-snakeoil\.key$",
    ),
    AllowRule(
        id="placeholders",
        description="values of documentation",
        regex=r"EXAMPLE|(?i:example[_-]?(?:key|token|secret)|placeholder|changeme|change[_-]me|your[_-](?:\w+[_-])?"
        r"(?:key|token|secret|password)|not[_-]?a[_-]?(?:real|secret)|redacted|dummy[_-]?(?:key|token|secret))"
        r"|([xX*.0#-])\1{7}|\$\{|\{\{|\$\(|<[a-zA-Z][a-zA-Z _-]{0,40}>"
        r"|0123456789abcdef|(?i:abcdefghijkl)"
        # Azure's emulators: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite,
        # https://learn.microsoft.com/azure/cosmos-db/emulator
        r"|Eby8vdM02xNOcqFlqUwJPLlm|C2y6yDjf5/R\+ob0N8A7Cgv30",
    ),
)
"""The ids are Trivy's where it lets the same pass."""

"""WordPress, and the plugins and themes that are installed in it.

Formats: https://developer.wordpress.org/reference/files/wp-includes/version.php/,
https://developer.wordpress.org/plugins/plugin-basics/header-requirements/,
https://developer.wordpress.org/themes/basics/main-stylesheet-style-css/
"""

import re
from collections.abc import Iterator

from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind, Package, View
from analyzers.limits import KIB

_CORE = "wordpress"
_PLUGIN = "wordpress-plugin"
_THEME = "wordpress-theme"
_HEADER_BYTES = 8 * KIB  # as much as WordPress itself looks at
_CORE_VERSION = re.compile(r"""^[ \t]*\$wp_version[ \t]*=[ \t]*['"]([^'"\n]+)['"]""", re.MULTILINE)
_FIELD = re.compile(
    r"^(?:[ \t]*<\?php)?[ \t/*#@]*(Plugin Name|Theme Name|Version|License)[ \t]*:(.*)$",
    re.IGNORECASE | re.MULTILINE,
)


def parse(file: File) -> Iterator[Fact]:
    """Yield WordPress itself, or the plugin or theme whose main file this is; nothing for other files.

    Plugins and themes are named by their folder, a plugin of one file by that, as in WordPress's directory.
    One that tells no version has none.

    Raises:
        ParseError: the file is WordPress's version.php and has no version.
    """
    if file.path.endswith("wp-includes/version.php"):
        yield _core(file)
        return
    fields = _fields(file.data)
    if file.path.endswith("/style.css"):
        if fields.get("theme name"):
            yield _extension(_THEME, file.path.rpartition("/")[0].rpartition("/")[2], fields)
    elif fields.get("plugin name"):
        yield _extension(_PLUGIN, _slug(file.path), fields)


def _core(file: File) -> Package:
    match = _CORE_VERSION.search(file.data.decode("utf-8", "replace"))
    if match is None:
        raise ParseError(f"{file.path}: no $wp_version, expected one")
    return Package(kind=_CORE, name=_CORE, version=match[1])


def _fields(data: bytes) -> dict[str, str]:
    """Return the first value of each field, by its name in lower case."""
    text = data[:_HEADER_BYTES].replace(b"\r", b"\n").decode("utf-8", "replace")
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        # a comment may end on the line of its last field
        fields.setdefault(name.lower(), re.split(r"\*/|\?>", value, maxsplit=1)[0].strip())
    return fields


def _slug(path: str) -> str:
    folder, _, name = path.rpartition("/")
    inner = folder.rpartition("/")[2]
    return name.removesuffix(".php") if inner in ("plugins", "mu-plugins") else inner


def _extension(kind: str, slug: str, fields: dict[str, str]) -> Package:
    license_ = fields.get("license", "")
    return Package(
        kind=kind,
        name=slug,
        version=fields.get("version", ""),
        licenses=(license_,) if license_ else (),
    )


ANALYZER = Analyzer(
    id="languages/wordpress",
    version=1,
    kinds=tuple(Kind(name=name, purl_type="generic") for name in (_CORE, _PLUGIN, _THEME)),
    views=frozenset({View.INSTALLED, View.DECLARED}),
    globs=(
        "**/wp-includes/version.php",
        "**/wp-content/plugins/*.php",
        "**/wp-content/plugins/*/*.php",
        "**/wp-content/mu-plugins/*.php",
        "**/wp-content/themes/*/style.css",
    ),
    parse=parse,
)

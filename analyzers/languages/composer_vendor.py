"""PHP packages that Composer installed, from the list that it keeps in the vendor folder.

Format: https://getcomposer.org/doc/07-runtime.md#installed-versions, written by
https://github.com/composer/composer/blob/main/src/Composer/Repository/FilesystemRepository.php:
Composer 1 wrote a list of packages, Composer 2 writes an object that has it.
"""

from collections.abc import Iterator

from analyzers.documents import Value, json, table
from analyzers.errors import ParseError
from analyzers.inventory import Analyzer, Fact, File, Kind
from analyzers.languages._composer_package import read_packages


def parse(file: File) -> Iterator[Fact]:
    """Yield every package; those for development too, as they are there.

    Raises:
        ParseError: the file is no JSON, or has no list of packages.
    """
    document = json.load(file.data, file.path)
    is_list = isinstance(document, list)
    packages: Value = document if is_list else table(document).get("packages")
    if not isinstance(packages, list):
        raise ParseError(f"{file.path}: no list of packages, expected what Composer installed")
    before = () if is_list else ("packages",)
    lines = json.lines(file.data, 2)
    places = [lines.get((*before, str(number))) for number in range(len(packages))]
    entries = [(one, (place,) if place else (), False) for one, place in zip(packages, places, strict=True)]
    yield from read_packages("composer-vendor", entries, file.path)


ANALYZER = Analyzer(
    id="languages/composer_vendor",
    version=1,
    kinds=(Kind(name="composer-vendor", purl_type="composer", ecosystem="Packagist"),),
    globs=("**/composer/installed.json",),
    parse=parse,
)

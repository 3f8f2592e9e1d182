"""Which of an image's packages the names in `Package.depends_on` mean."""

from collections.abc import Sequence
from functools import partial

from analyzers.ecosystems import normalise_name
from reports.document import Component
from reports.targets import is_of_system

_Index = dict[tuple[str, str, str], int]
_FOLDER = "node_modules/"


def resolve(components: Sequence[Component]) -> list[tuple[int, ...]]:
    """Return for each component the indexes of those it depends on, without itself, each once.

    Names are looked up where the package's own manager would: one database for a system's packages, one
    site-packages for Python, the program for Go, the folders upwards for Node.js. A name that is not
    installed there is left out.
    """
    index: _Index = {}
    for number, component in enumerate(components):
        place, name = _home(component), _normalised(component, component.package.name)
        index.setdefault((component.package.kind, place, name), number)
    return [_needs(number, component, index) for number, component in enumerate(components)]


def _needs(number: int, component: Component, index: _Index) -> tuple[int, ...]:
    needs = component.package.depends_on
    if not needs:
        return ()
    look_up = _upwards if component.package.kind == "node-pkg" else _at_home
    found = map(partial(look_up, component, index), needs)
    return tuple(dict.fromkeys(each for each in found if each is not None and each != number))


def _at_home(component: Component, index: _Index, name: str) -> int | None:
    return index.get((component.package.kind, _home(component), _normalised(component, name)))


def _upwards(component: Component, index: _Index, name: str) -> int | None:
    """Look for a Node.js package as https://nodejs.org/api/modules.html#loading-from-node_modules-folders."""
    own = component.path.removesuffix("package.json")
    places = [f"{own}{_FOLDER}"]
    while (end := own.rfind(_FOLDER)) >= 0:
        places.append(own[: end + len(_FOLDER)])
        own = own[:end]
    numbers = (index.get(("node-pkg", place, name)) for place in places)
    return next((number for number in numbers if number is not None), None)


def _home(component: Component) -> str:
    """Return the place within which the package's manager looks up names."""
    kind, path = component.package.kind, component.path
    if is_of_system(component.package):
        return ""
    if kind == "node-pkg":
        return path.removesuffix(f"{component.package.name}/package.json")
    if kind == "python-pkg":
        folder, _, name = path.rpartition("/")
        return path.rpartition("/")[0] if name.endswith(".egg-info") else folder.rpartition("/")[0]
    return path


def _normalised(component: Component, name: str) -> str:
    return normalise_name("PyPI", name) if component.package.kind == "python-pkg" else name

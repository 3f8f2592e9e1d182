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
    site-packages for Python, one environment for conda, the folders upwards for Node.js, the same program or
    lock file for the others. "name@version" means that version, as lock files have several of one name. What
    is not there is left out.
    """
    index: _Index = {}
    for number, component in enumerate(components):
        package, place = component.package, _home(component)
        index.setdefault((package.kind, place, _normalised(component, package.name)), number)
        if package.version and not is_of_system(package):
            index.setdefault((package.kind, place, f"{package.name}@{package.version}"), number)
    return [_needs(number, component, index) for number, component in enumerate(components)]


def _needs(number: int, component: Component, index: _Index) -> tuple[int, ...]:
    needs = component.package.depends_on
    if not needs:
        return ()
    look_up = _upwards if component.package.kind == "node-pkg" else _at_home
    found = map(partial(look_up, component, index), needs)
    return tuple(dict.fromkeys(each for each in found if each is not None and each != number))


def _at_home(component: Component, index: _Index, name: str) -> int | None:
    kind, place = component.package.kind, _home(component)
    exact = index.get((kind, place, name))
    return index.get((kind, place, _normalised(component, name))) if exact is None else exact


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
    if kind == "conda-pkg":
        return path.rpartition("/")[0]
    return path


def _normalised(component: Component, name: str) -> str:
    return normalise_name("PyPI", name) if component.package.kind == "python-pkg" else name

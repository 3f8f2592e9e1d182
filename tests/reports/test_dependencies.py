import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzers.inventory import Package
from reports.dependencies import resolve
from reports.document import Component

SITE = "usr/lib/python3/site-packages"
META = "opt/conda/conda-meta"


def component(kind: str, path: str, name: str, version: str, *needs: str) -> Component:
    package = Package(kind=kind, name=name, version=version, depends_on=needs)
    return Component(package=package, purl="", path=path, layer=0)


def needed(*components: Component) -> dict[str, list[str]]:
    """Return "path name@version" of what each needs."""
    names = [f"{each.path} {each.package.name}@{each.package.version}" for each in components]
    found = zip(names, resolve(components), strict=True)
    return {name: [names[index] for index in needs] for name, needs in found if needs}


def test_lock_files_say_which_version_is_meant() -> None:
    assert needed(
        component("npm", "package-lock.json", "ms", "2.0.0"),
        component("npm", "package-lock.json", "ms", "2.1.2"),
        component("npm", "package-lock.json", "@s/debug", "4.3.4", "ms@2.1.2", "gone@1.0.0", "ms@2.1.2"),
        component("npm", "package-lock.json", "send", "0.1.0", "ms@2.0.0", "@s/debug@4.3.4"),
    ) == {
        "package-lock.json @s/debug@4.3.4": ["package-lock.json ms@2.1.2"],
        "package-lock.json send@0.1.0": ["package-lock.json ms@2.0.0", "package-lock.json @s/debug@4.3.4"],
    }


def test_lock_files_are_apart_from_each_other() -> None:
    assert (
        needed(
            component("npm", "a/package-lock.json", "ms", "2.1.2"),
            component("yarn", "b/package-lock.json", "ms", "2.1.2"),
            component("npm", "b/package-lock.json", "debug", "4.3.4", "ms@2.1.2", "debug@4.3.4"),
        )
        == {}
    )


def test_a_version_that_is_not_there_is_no_other_one() -> None:
    assert needed(
        component("uv", "uv.lock", "b", "1.0"),
        component("uv", "uv.lock", "a", "1.0", "b@2.0"),
        component("uv", "uv.lock", "c", "1.0", "b"),
    ) == {"uv.lock c@1.0": ["uv.lock b@1.0"]}


@pytest.mark.parametrize(
    ("kind", "first", "second", "need"),
    [
        ("conda-pkg", f"{META}/numpy-1.json", f"{META}/libblas-1.json", "libblas"),
        ("python-pkg", f"{SITE}/a-1.dist-info/METADATA", f"{SITE}/b_c.egg-info", "B.C"),
        ("dpkg", "var/lib/dpkg/status", "var/lib/dpkg/status.d/b", "b-c"),
        ("gobinary", "usr/bin/a", "usr/bin/a", "b-c"),
    ],
)
def test_installed_packages_are_found_by_name_where_their_manager_looks(
    kind: str, first: str, second: str, need: str
) -> None:
    name = "libblas" if kind == "conda-pkg" else "b-c"
    found = needed(component(kind, first, "a", "1", need), component(kind, second, name, "2"))
    assert found == {f"{first} a@1": [f"{second} {name}@2"]}


def test_environments_are_apart() -> None:
    assert (
        needed(
            component("conda-pkg", f"{META}/a-1.json", "a", "1", "b"),
            component("conda-pkg", "opt/conda/envs/x/conda-meta/b-1.json", "b", "1"),
        )
        == {}
    )


WORDS = st.sampled_from(["a", "b", "@s/a", "a@1", "b@2", "@s/a@1", ""])


@given(
    entries=st.lists(
        st.tuples(
            st.sampled_from(["npm", "python-pkg", "node-pkg", "dpkg", "conda-pkg"]),
            st.sampled_from(["x", "y/z"]),
            WORDS,
            st.sampled_from(["1", "2", ""]),
            st.lists(WORDS, max_size=3),
        ),
        max_size=8,
    )
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_nothing_needs_itself_or_twice_or_what_is_not_there(
    entries: list[tuple[str, str, str, str, list[str]]],
) -> None:
    components = [
        component(kind, path, name, version, *needs) for kind, path, name, version, needs in entries
    ]
    for number, needs in enumerate(resolve(components)):
        assert number not in needs
        assert len(set(needs)) == len(needs)
        assert all(components[each].package.kind == components[number].package.kind for each in needs)

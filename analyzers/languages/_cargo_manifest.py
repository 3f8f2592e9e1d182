"""Reads what Cargo.toml says of the packages that a Cargo.lock has no source of.

Format: https://doc.rust-lang.org/cargo/reference/manifest.html
"""

import msgspec

from analyzers.documents import Value, table, text

_NEEDED = ("dependencies", "build-dependencies", "build_dependencies")
_FOR_TESTS = ("dev-dependencies", "dev_dependencies")


class Manifest(msgspec.Struct, frozen=True):
    """One Cargo.toml. Dependencies are names of this manifest, which may be others than the packages'."""

    name: str
    """Of its package; "" for a workspace without one."""
    needed: tuple[str, ...]
    dev: tuple[str, ...]
    """What only tests, examples and benchmarks need."""
    renamed: dict[str, str]
    """Name here → name of the package, of its own dependencies and of those it offers to its workspace."""
    inherited: tuple[str, ...]
    """Dependencies whose package the workspace's manifest names."""

    def package_names(self, keys: tuple[str, ...], workspace: "Manifest | None") -> frozenset[str]:
        """Return the names of the packages that the keys stand for."""
        shared = workspace.renamed if workspace else {}
        return frozenset(
            shared.get(key, key) if key in self.inherited else self.renamed.get(key, key) for key in keys
        )


def read_manifest(document: dict[str, Value]) -> Manifest:
    """Return what the document says; parts of other shapes than the format's are left out."""
    tables = [document, *(table(each) for each in table(document.get("target")).values())]
    needed = _merged(tables, _NEEDED)
    dev = _merged(tables, _FOR_TESTS)
    offered = table(table(document.get("workspace")).get("dependencies"))
    described = {**offered, **dev, **needed}
    return Manifest(
        name=text(table(document.get("package")).get("name")),
        needed=tuple(needed),
        dev=tuple(key for key in dev if key not in needed),
        renamed={
            key: name for key, value in described.items() if (name := text(table(value).get("package")))
        },
        inherited=tuple(
            key for key, value in {**dev, **needed}.items() if table(value).get("workspace") is True
        ),
    )


def _merged(tables: list[dict[str, Value]], names: tuple[str, ...]) -> dict[str, Value]:
    return {key: value for each in tables for name in names for key, value in table(each.get(name)).items()}

"""Where `terraform init` has put the modules of registries and repositories, as its list says.

The list is .terraform/modules/modules.json: https://developer.hashicorp.com/terraform/cli/commands/get
"""

import posixpath
from collections.abc import Iterator

import msgspec

from analyzers.errors import ParseError

_LIST = ".terraform/modules/modules.json"


class _Module(msgspec.Struct, rename="pascal", omit_defaults=True):
    key: str = ""
    source: str = ""
    version: str = ""
    dir: str = ""


class _Modules(msgspec.Struct, rename="pascal"):
    modules: list[_Module] = []


def is_list(path: str) -> bool:
    """Tell whether a file is such a list."""
    return path == _LIST or path.endswith(f"/{_LIST}")


def root_of(path: str) -> str:
    """Return the directory of the root module that a list is of."""
    return path.removesuffix(_LIST).removesuffix("/")


def inside(path: str, data: bytes) -> bytes:
    """Return a list without what lies outside of the tree.

    Raises:
        ParseError: it is no such list.
    """
    found = _read(path, data)
    return msgspec.json.encode(_Modules([each for each in found.modules if _directory(path, each)]))


def fetched(path: str, data: bytes) -> Iterator[str]:
    """Yield the directories beside a list in which modules are that it names.

    Raises:
        ParseError: it is no such list.
    """
    folder = f"{posixpath.dirname(path)}/"
    for each in _read(path, data).modules:
        if _directory(path, each).startswith(folder):
            yield _directory(path, each)


def _read(path: str, data: bytes) -> _Modules:
    try:
        return msgspec.json.decode(data, type=_Modules)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ParseError(f"{path}: {error}, expected a list of modules") from error


def _directory(path: str, module: _Module) -> str:
    """Return where a module is, "." for the topmost; "" when that is outside of the tree."""
    found = posixpath.normpath(posixpath.join(root_of(path), module.dir.replace("\\", "/")))
    return "" if found.startswith(("/", "../")) or found == ".." or "\0" in found else found

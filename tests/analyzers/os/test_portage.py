import runpy
from pathlib import Path

import pytest

from analyzers.inventory import File, Found, Note, Owned, Package, Problem
from analyzers.os.portage import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/portage/make.py"))["SAMPLES"]
BASH = "var/db/pkg/app-shells/bash-5.1_p16-r6"


def read(path: str, data: bytes) -> list[object]:
    return list(ANALYZER.parse(File(path=path, data=data)))


def test_a_package_and_its_files() -> None:
    assert read(f"{BASH}/CONTENTS", SAMPLES[f"good/{BASH}/CONTENTS"]) == [
        Package(kind="portage", name="app-shells/bash", version="5.1_p16-r6"),
        Owned(paths=("bin/bash", "bin/sh", "usr/share/a file"), package="app-shells/bash"),
    ]
    assert read(f"{BASH}/LICENSE", b"GPL-3+\n") == [Note(data=b"GPL-3+\n")]


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("libc-1-r1", "libc", "1-r1"),
        ("libx-86-2.0a_rc1", "libx-86", "2.0a_rc1"),
        ("gtk+-3.24.38_p20230801", "gtk+", "3.24.38_p20230801"),
        ("openjdk-bin-17.0.9_p9", "openjdk-bin", "17.0.9_p9"),
        ("a-9999", "a", "9999"),
    ],
)
def test_names_and_versions(folder: str, name: str, version: str) -> None:
    (package,) = read(f"var/db/pkg/c/{folder}/CONTENTS", b"")
    assert package == Package(kind="portage", name=f"c/{name}", version=version)


def test_what_is_not_understood_is_a_problem() -> None:
    folder = "var/db/pkg/sys-libs/libx-86-2.0a_rc1"
    _, problem = read(f"{folder}/CONTENTS", SAMPLES[f"odd/{folder}/CONTENTS"])
    reason = "1 lines, expected to begin with a kind and a path"
    assert problem == Problem(path=f"{folder}/CONTENTS", reason=reason)
    path = "var/db/pkg/app-misc/nameless/CONTENTS"
    assert read(path, b"") == [Problem(path=path, reason="'nameless', expected a name and a version")]


def test_licences_join_their_packages() -> None:
    assert ANALYZER.combine
    package = Package(kind="portage", name="app-shells/bash", version="5.1")
    other = Found("var/db/pkg/a/b-1/CONTENTS", (package,))
    found = [
        Found(f"{BASH}/CONTENTS", (package,)),
        Found(f"{BASH}/LICENSE", note=b"|| ( MIT\n  Apache-2.0 )\n"),
        other,
    ]
    combined = list(ANALYZER.combine(found))
    assert combined[0].packages[0].licenses == ("|| ( MIT Apache-2.0 )",)
    assert combined[1:] == found[1:]

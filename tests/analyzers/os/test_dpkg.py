import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from analyzers.errors import ParseError
from analyzers.inventory import File, Owned, Package, Problem
from analyzers.os.dpkg import ANALYZER

SAMPLES: dict[str, bytes] = runpy.run_path(str(Path(__file__).parent / "testdata/dpkg/make.py"))["SAMPLES"]


def read(sample: str) -> list[object]:
    kind, _, path = sample.partition("/")
    return list(ANALYZER.parse(File(path=path, data=SAMPLES[f"{kind}/{path}"])))


def read_status(data: bytes) -> list[object]:
    return list(ANALYZER.parse(File(path="var/lib/dpkg/status", data=data)))


def test_installed_packages() -> None:
    assert read("good/var/lib/dpkg/status") == [
        Package(
            kind="dpkg",
            name="libc6",
            version="2.36-9+deb12u14",
            arch="amd64",
            source_name="glibc",
            maintainer="GNU Libc Maintainers <debian-glibc@lists.debian.org>",
            depends_on=("libgcc-s1", "libcrypt1"),
        ),
        Package(
            kind="dpkg",
            name="bash",
            version="5.2.15-2+b10",
            arch="amd64",
            source_version="5.2.15-2",
            depends_on=("libc6", "libtinfo6", "libtinfo5", "base-files", "debianutils"),
        ),
    ]


def test_states_folded_fields_and_odd_line_ends() -> None:
    half, held, removing, problem = read("odd/var/lib/dpkg/status")
    assert half == Package(kind="dpkg", name="half", version="1:0~rc1-1", arch="all")
    assert held == Package(kind="dpkg", name="held", version="2-1", depends_on=("a", "b", "c", "d"))
    assert removing == Package(kind="dpkg", name="removing", version="3-1")
    assert problem == Problem(
        path="var/lib/dpkg/status", reason="stanza 5: package 'noversion', version '', expected both"
    )


@pytest.mark.parametrize(
    ("state", "on_disk"),
    [
        ("not-installed", False),
        ("config-files", False),
        ("half-installed", True),
        ("unpacked", True),
        ("half-configured", True),
        ("triggers-awaited", True),
        ("triggers-pending", True),
        ("installed", True),
    ],
)
def test_every_state_that_dpkg_knows(state: str, on_disk: bool) -> None:  # noqa: FBT001 - a column of the table
    facts = read_status(f"Package: a\nStatus: install ok {state}\nVersion: 1\n".encode())
    assert bool(facts) is on_disk


def test_distroless_keeps_a_stanza_without_status_per_package() -> None:
    assert read("good/var/lib/dpkg/status.d/tzdata") == [
        Package(kind="dpkg", name="tzdata", version="2024a-0+deb12u1", arch="all")
    ]


@pytest.mark.parametrize(
    ("path", "data", "owned"),
    [
        ("info/bash.list", "/.\n/bin\n/bin/bash\n", Owned(paths=("bin", "bin/bash"), package="bash")),
        ("info/libc6:amd64.list", "/lib/x\n", Owned(paths=("lib/x",), package="libc6")),
        ("info/python3.11.list", "/usr\n", Owned(paths=("usr",), package="python3.11")),
        ("status.d/tzdata.md5sums", f"{'0' * 32}  usr/x y\n", Owned(paths=("usr/x y",), package="tzdata")),
        ("status.d/a.md5sums", f"{'0' * 32}  ./etc/x\n\n", Owned(paths=("etc/x",), package="a")),
    ],
)
def test_owned_paths(path: str, data: str, owned: Owned) -> None:
    assert list(ANALYZER.parse(File(path=f"var/lib/dpkg/{path}", data=data.encode()))) == [owned]


def test_a_stanza_may_lie_in_a_file_with_a_dot() -> None:
    file = File(path="var/lib/dpkg/status.d/python3.11", data=b"Package: python3.11\nVersion: 3.11.2-6\n")
    assert list(ANALYZER.parse(file)) == [Package(kind="dpkg", name="python3.11", version="3.11.2-6")]


def test_an_empty_status_has_no_packages() -> None:
    assert read("empty/var/lib/dpkg/status") == []


def test_bytes_that_are_no_stanza() -> None:
    with pytest.raises(ParseError, match="expected a stanza with a Package field"):
        read("broken/var/lib/dpkg/status")


@pytest.mark.program("dpkg-query")
def test_the_same_packages_as_dpkg_itself(tmp_path: Path) -> None:
    (tmp_path / "updates").mkdir()
    (tmp_path / "info").mkdir()
    (tmp_path / "status").write_bytes(SAMPLES["good/var/lib/dpkg/status"])
    shown = subprocess.run(
        [
            "dpkg-query",
            f"--admindir={tmp_path}",
            "-W",
            "-f=${db:Status-Abbrev}|${Package}|${Version}|${source:Package}|${source:Version}\\n",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    theirs = {tuple(line.split("|")[1:]) for line in shown.splitlines() if line.startswith("ii")}
    packages = [fact for fact in read("good/var/lib/dpkg/status") if isinstance(fact, Package)]
    ours = {(p.name, p.version, p.source_name or p.name, p.source_version or p.version) for p in packages}
    assert shutil.which("dpkg-query")
    assert ours == theirs

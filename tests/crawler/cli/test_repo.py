import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.cli.options import DONE, NOTHING, USAGE
from tests.crawler.cli.stores import cleanbill
from tests.fakes.git import GitServer, commit, git, repository

pytestmark = pytest.mark.program("git")
STATUS = "Package: bash\nStatus: install ok installed\nVersion: {}\n"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    made = repository(tmp_path / "srv/app", {"var/lib/dpkg/status": STATUS.format("1.0")})
    git(made, "tag", "v1")
    return commit(made, {"var/lib/dpkg/status": STATUS.format("2.0")}, "the second")


@pytest.fixture
def server(served: Path) -> Iterator[GitServer]:
    with GitServer(served.parent).running() as server:
        yield server


def test_a_repository_of_a_server(server: GitServer, served: Path, tmp_path: Path) -> None:
    url = f"{server.url}/app/.git"
    ran = cleanbill(tmp_path / "cache", "repo", url, "--tag", "v1", "--offline-scan", "-f", "json")
    report = json.loads(ran.out)
    assert (report["ArtifactName"], report["ArtifactType"]) == (url, "repository")
    assert report["Metadata"] == {
        "RepoURL": url,
        "Tags": ["v1"],
        "Commit": git(served, "rev-parse", "v1"),
        "CommitMsg": "a change",
        "Author": "A <a@example.com>",
        "Committer": "C <c@example.com>",
    }
    assert report["Results"][0]["Packages"][0]["Version"] == "1.0"
    assert report["ArtifactID"].startswith("sha256:")
    assert list((tmp_path / "cache/repositories").iterdir()) == []


def test_a_working_tree_as_it_is(served: Path, tmp_path: Path) -> None:
    (served / "var/lib/dpkg/status").write_text(STATUS.format("3.0"))
    ran = cleanbill(tmp_path / "cache", "repository", str(served), "--offline-scan", "-f", "json")
    report = json.loads(ran.out)
    assert report["Metadata"]["CommitMsg"] == "the second"
    assert report["Results"][0]["Packages"][0]["Version"] == "3.0"


def test_a_directory_that_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    ran = cleanbill(tmp_path / "cache", "repo", str(tmp_path / "plain"))
    assert ran.code == DONE
    assert "Commit" not in ran.out


def test_a_bare_repository_is_not_taken_for_files(served: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    git(tmp_path, "clone", "--quiet", "--bare", str(served), str(bare))
    ran = cleanbill(tmp_path / "cache", "repo", str(bare), "--offline-scan", "-f", "json")
    report = json.loads(ran.out)
    assert report["Metadata"]["CommitMsg"] == "the second"
    assert report["Results"][0]["Packages"][0]["Version"] == "2.0"


def test_a_bundle_is_a_repository_and_no_other_file(served: Path, tmp_path: Path) -> None:
    git(served, "bundle", "create", "--quiet", str(tmp_path / "bundle"), "--all", "HEAD")
    ran = cleanbill(tmp_path / "cache", "repo", str(tmp_path / "bundle"), "--offline-scan", "-f", "json")
    assert json.loads(ran.out)["Metadata"]["CommitMsg"] == "the second"
    (tmp_path / "file").write_text("x")
    ran = cleanbill(tmp_path / "cache", "repo", str(tmp_path / "file"))
    assert (ran.code, ran.out) == (NOTHING, "")
    assert (
        ran.err == f"cleanbill: {tmp_path}/file: is a file, expected a directory, a bundle of git or a URL\n"
    )


def test_errors(server: GitServer, tmp_path: Path) -> None:
    ran = cleanbill(tmp_path / "cache", "repo", f"{server.url}/none/.git")
    assert ran.code == NOTHING
    assert ran.err.startswith(f"cleanbill: {server.url}/none/.git: ")
    assert len(ran.err.splitlines()) == 1
    ran = cleanbill(tmp_path / "cache", "repo", "")
    assert ran.code == USAGE
    assert "expected a path, got an empty one" in ran.err
    ran = cleanbill(tmp_path / "cache", "repo", "a", "--tag", "x", "--branch", "y")
    assert ran.code == USAGE
    assert "expected at most one of --branch, --tag and --commit" in ran.err

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.targets.repository import GitError, Wanted, _Remote, fetched, revision_of
from reports.document import Revision
from tests.fakes.git import GitServer, commit, git, repository

pytestmark = pytest.mark.program("git")


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """Make a repository of two commits, a branch and a tag."""
    made = repository(tmp_path / "srv/app", {"first.txt": "1"})
    git(made, "tag", "v1")
    git(made, "branch", "stable")
    return commit(made, {"second.txt": "2"}, "the second\n\nwith a body")


@pytest.fixture
def server(served: Path) -> Iterator[GitServer]:
    with GitServer(served.parent).running() as server:
        yield server


async def files_of(url: str, parent: Path, wanted: Wanted = Wanted()) -> tuple[list[str], Revision]:  # noqa: B008 - frozen
    async with fetched(url, wanted, parent) as (directory, revision):
        names = sorted(name for name in os.listdir(directory) if name != ".git")  # noqa: PTH208 - does not block
    assert os.listdir(parent) == []  # noqa: PTH208 - as above
    return names, revision


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(), ["first.txt", "second.txt"]),
        (Wanted(branch="stable"), ["first.txt"]),
        (Wanted(tag="v1"), ["first.txt"]),
    ],
)
async def test_what_is_wanted_is_fetched(
    server: GitServer, tmp_path: Path, wanted: Wanted, names: list[str]
) -> None:
    found, revision = await files_of(f"{server.url}/app/.git", tmp_path / "work", wanted)
    assert found == names
    assert (revision.branch, revision.tags) == (wanted.branch, (wanted.tag,) if wanted.tag else ())
    assert (revision.author, revision.committer) == ("A <a@example.com>", "C <c@example.com>")


@pytest.mark.parametrize("length", [40, 8])
@pytest.mark.parametrize("is_allowed", [True, False])
async def test_a_commit_that_no_branch_ends_in(
    served: Path, server: GitServer, tmp_path: Path, length: int, *, is_allowed: bool
) -> None:
    git(served, "config", "uploadpack.allowAnySHA1InWant", str(is_allowed).lower())
    git(served, "tag", "--delete", "v1")
    git(served, "branch", "--delete", "stable")
    digest = git(served, "rev-parse", "HEAD~1")
    found, revision = await files_of(
        f"{server.url}/app/.git", tmp_path / "work", Wanted(commit=digest[:length])
    )
    assert found == ["first.txt"]
    assert revision.commit == digest


async def test_the_commit_is_told(served: Path, server: GitServer, tmp_path: Path) -> None:
    _, revision = await files_of(f"{server.url}/app/.git", tmp_path / "work")
    assert revision.commit == git(served, "rev-parse", "HEAD")
    assert revision.message == "the second"
    assert revision.url == f"{server.url}/app/.git"


@pytest.mark.parametrize(
    ("path", "wanted", "said"),
    [
        ("none/.git", Wanted(), "not found"),
        ("app/.git", Wanted(branch="none"), "couldn't find remote ref refs/heads/none"),
        ("app/.git", Wanted(tag="--upload-pack=x"), "--upload-pack=x"),
        ("app/.git", Wanted(commit="0" * 40), "0000000"),
        ("app/.git", Wanted(commit="--help"), "--help"),
    ],
)
async def test_what_is_not_there(
    server: GitServer, tmp_path: Path, path: str, wanted: Wanted, said: str
) -> None:
    with pytest.raises(GitError) as caught:
        await files_of(f"{server.url}/{path}", tmp_path / "work", wanted)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{server.url}/{path}: ")
    assert os.listdir(tmp_path / "work") == []  # noqa: PTH208 - does not block


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("-oProxyCommand=x", "expected the address or path"),
        ("ext::sh -c id", "expected the address or path"),
        ("ftp://example.com/a", "expected an https:// or ssh:// address"),
        ("file:///nowhere/at/all", "nowhere/at/all"),
        ("no/where", "no such file or directory, nor an address"),
        ("https://[", "Invalid IPv6 URL"),
        ("x" * 5000, "no such file or directory, nor an address"),
    ],
)
async def test_addresses_that_are_none(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(GitError, match=said):
        await files_of(url, tmp_path / "work")


async def test_credentials_are_used_and_never_shown(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GitServer(served.parent, "pa:ss@word").running() as server:
        host = server.url.removeprefix("http://")
        for url in (
            f"http://oauth2:pa%3Ass%40word@{host}/app/.git",
            f"http://pa%3Ass%40word@{host}/app/.git",
        ):
            found, revision = await files_of(url, tmp_path / "work")
            assert found == ["first.txt", "second.txt"]
            assert revision.url == f"{server.url}/app/.git"
        for url in (f"{server.url}/app/.git", f"http://oauth2:wrong@{host}/app/.git"):
            with pytest.raises(GitError, match="the login is missing or refused") as caught:
                await files_of(url, tmp_path / "work")
            assert "wrong" not in str(caught.value)
        monkeypatch.setattr("crawler.targets.repository._TOKENS", {"127.0.0.1": "A_TOKEN"})
        monkeypatch.setenv("A_TOKEN", "pa:ss@word")
        found, _ = await files_of(f"{server.url}/app/.git", tmp_path / "work")
    assert found == ["first.txt", "second.txt"]


async def test_a_hostile_repository_runs_nothing(
    server: GitServer, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    other = repository(tmp_path / "other", {"inner.txt": ""})
    git(served, "submodule", "--quiet", "add", str(other), "sub")
    commit(
        served,
        {".gitattributes": "* filter=evil text eol=crlf ident\n", "lines.txt": "a\n$Id$\n", "link": ""},
    )
    (served / "link").unlink()
    (served / "link").symlink_to("/etc/passwd")
    commit(served, {})
    # The filter is one that the user has, such as git-lfs; hooks come from a template of theirs.
    home = tmp_path / "home"
    (home / "template/hooks").mkdir(parents=True)
    (home / "template/hooks/post-checkout").write_text(f"#!/bin/sh\ntouch {trace}\n")
    (home / "template/hooks/post-checkout").chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[filter "evil"]\nsmudge = touch {trace}; cat\nrequired = true\n'
        f"[init]\ntemplateDir = {home}/template\n[submodule]\nrecurse = true\n"
    )
    monkeypatch.setenv("HOME", str(home))
    async with fetched(f"{server.url}/app/.git", Wanted(), tmp_path / "work") as (directory, _):
        assert os.listdir(directory / "sub") == []  # noqa: PTH208 - does not block
        with open(directory / "lines.txt", "rb") as file:  # noqa: ASYNC230, PTH123 - in a test
            assert file.read() == b"a\n$Id$\n"
    assert not os.access(trace, os.F_OK)


async def test_a_local_repository(served: Path, tmp_path: Path) -> None:
    found, _ = await files_of(str(served), tmp_path / "work", Wanted(tag="v1"))
    assert found == ["first.txt"]
    found, _ = await files_of(f"file://{served}", tmp_path / "work")
    assert found == ["first.txt", "second.txt"]
    revision = await revision_of(served)
    assert revision is not None
    assert revision.message == "the second"
    assert await revision_of(tmp_path) is None


async def test_a_repository_without_end_is_given_up(
    server: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.targets.repository.CLONE_BYTES", 10)
    with pytest.raises(GitError, match="more than 10 bytes, expected at most that many"):
        await files_of(f"{server.url}/app/.git", tmp_path / "work")
    assert os.listdir(tmp_path / "work") == []  # noqa: PTH208 - does not block


async def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not installed"):
        await files_of("https://example.com/a", tmp_path / "work")
    assert await revision_of(tmp_path) is None


async def test_a_hostile_working_tree_runs_nothing(served: Path, tmp_path: Path) -> None:
    """What is missing may be fetched by a program of the repository's choice, as its own settings say."""
    trace, program = tmp_path / "trace", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {trace}\n")
    program.chmod(0o755)
    head = git(served, "rev-parse", "HEAD")
    (served / ".git/objects" / head[:2] / head[2:]).unlink()
    for url in ("git://127.0.0.1/x", f"ext::{program}", f"{tmp_path}/other"):
        for key, value in {
            "core.repositoryFormatVersion": "1",
            "extensions.partialClone": "origin",
            "remote.origin.url": url,
            "remote.origin.promisor": "true",
            "remote.origin.uploadPack": str(program),
            "core.gitProxy": str(program),
            "protocol.git.allow": "always",
            "protocol.ext.allow": "always",
            "protocol.file.allow": "always",
        }.items():
            git(served, "config", key, value)
        assert await revision_of(served) is None
        assert not os.access(trace, os.F_OK), url


async def test_an_address_with_a_password_is_not_shown(tmp_path: Path) -> None:
    for url in (
        "ssh://user:secret@127.0.0.1:1/x",
        "ftp://user:secret@127.0.0.1/x",
        "https://user:secret@[/x",
        "https://user:secret@127.0.0.1/ x",
    ):
        with pytest.raises(GitError) as caught:
            await files_of(url, tmp_path / "work")
        assert "secret" not in str(caught.value)


def test_a_token_goes_over_tls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    assert "http.https://github.com/.extraHeader" in _Remote.of("github.com/a/b").settings
    assert _Remote.of("http://github.com/a/b").settings == {}


async def test_why_ssh_did_not_come_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "GIT_SSH_COMMAND", "echo >&2 'a@127.0.0.1: Permission denied (publickey).'; exit 255; #"
    )
    with pytest.raises(
        GitError, match=r"^a@127\.0\.0\.1:x: a@127\.0\.0\.1: Permission denied \(publickey\)\.$"
    ):
        await files_of("a@127.0.0.1:x", tmp_path / "work")

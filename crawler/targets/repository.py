"""Git repositories: one commit, fetched by the git program into a directory that is gone afterwards.

Nothing that a repository brings along is run or obeyed: no hooks, no filters or conversions that its
attributes ask for, no submodules. The user's own git configuration counts: proxies, credential helpers, keys.
"""

import asyncio
import base64
import contextlib
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from analyzers.limits import GIB
from analyzers.tar_header import display
from config.addresses import is_loopback
from crawler.directories import temporary_directory
from crawler.errors import ScanError
from reports.document import Revision

FETCH_S = 1800.0
"""Time for a repository to arrive."""
CLONE_BYTES = 16 * GIB
"""What one commit may take on the disk, packed and unpacked."""
WATCH_S = 1.0
"""How often that is looked at."""
_TOKENS = {"github.com": "GITHUB_TOKEN", "gitlab.com": "GITLAB_TOKEN"}
_HOST = re.compile(r"[^/]*[.:]|localhost(?:/|$)")
_SCP = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//)[^\s]+")
_SAFE = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.symlinks": "true",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "log.showSignature": "false",
    "submodule.recurse": "false",
}
_TRANSPORTS = "git:http:https:ssh"
_NO_TRANSPORT = "none"
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]*@")
_REFUSALS = ("could not read Username", "could not read Password", "Authentication failed")
"""How git begins to say that it has no login, or none that is let in."""
_NO_ANSWER = "Could not read from remote repository."
"""What git says when the program that it talks through ended."""
# Above every .gitattributes: files are written as they are in the repository.
_ATTRIBUTES = "* -filter -text -ident -eol -working-tree-encoding\n"


class GitError(ScanError):
    """A repository cannot be had; the message says which, and what git said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which commit; its default branch when nothing is said."""

    branch: str = ""
    tag: str = ""
    commit: str = ""

    def refspec(self) -> str:
        """Return what to ask the other side for."""
        if self.branch:
            return f"refs/heads/{self.branch}"
        return f"refs/tags/{self.tag}" if self.tag else self.commit or "HEAD"


@contextlib.asynccontextmanager
async def fetched(url: str, wanted: Wanted, parent: Path) -> AsyncIterator[tuple[Path, Revision]]:
    """Give a directory with the files of one commit of a repository, and what is known of that commit.

    Args:
        url: "https://…", "ssh://…", "user@host:path", "host.name/path" for https, or a local path.
        wanted: the commit.
        parent: where the directory may lie meanwhile.

    Raises:
        GitError: it cannot be fetched.
    """
    remote = await asyncio.to_thread(_Remote.of, url)
    with temporary_directory(parent) as directory:
        git = _Git(directory, remote)
        await git.run("init", "--quiet", "--template=")
        await asyncio.to_thread((directory / ".git/info").mkdir, exist_ok=True)
        await asyncio.to_thread((directory / ".git/info/attributes").write_text, _ATTRIBUTES)
        commit = await _fetch(git, remote, wanted)
        await git.run("checkout", "--quiet", "--detach", "--force", commit)
        revision = await _revision(git, commit)
        asked = {"branch": wanted.branch, "tags": (wanted.tag,) if wanted.tag else ()}
        yield directory, msgspec.structs.replace(revision, url=display(os.fsencode(remote.address)), **asked)


async def revision_of(path: Path) -> Revision | None:
    """Return the commit that a local working tree is at; None when it is none, or git does not say."""
    git = _Git(path, None)
    try:
        if not (await git.run("rev-parse", "--is-inside-work-tree")).startswith("true"):
            return None
        return await _revision(git, "HEAD")
    except GitError:
        return None


async def _fetch(git: "_Git", remote: "_Remote", wanted: Wanted) -> str:
    """Fetch as little as the other side allows; return the commit."""
    fetch = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules")
    found = "FETCH_HEAD"
    try:
        await git.run(*fetch, "--depth=1", "--", remote.address, wanted.refspec())
    except GitError:
        if not wanted.commit:
            raise
        # Many servers give single commits to nobody, and none by the beginning of its name: then everything.
        await git.run(*fetch, "--", remote.address, "+refs/*:refs/remotes/all/*")
        found = wanted.commit
    try:
        return (await git.run("rev-parse", "--verify", "--end-of-options", f"{found}^{{commit}}")).strip()
    except GitError as error:
        raise GitError(f"{remote.address}: no commit {found!r:.100}") from error


async def _revision(git: "_Git", commit: str) -> Revision:
    shown = await git.run("show", "--no-patch", "--format=%H%x00%an <%ae>%x00%cn <%ce>%x00%s", commit, "--")
    digest, author, committer, message = shown.rstrip("\n").split("\0", 3)
    return Revision(commit=digest, author=author, committer=committer, message=message)


def is_bare(path: Path) -> bool:
    """Tell whether a directory is a repository without files beside it; blocks."""
    # pathlib raises where a directory may not be looked into.
    folders = all(os.path.isdir(path / name) for name in ("objects", "refs"))  # noqa: PTH112 - as said above
    inner = folders and os.path.isfile(path / "HEAD")  # noqa: PTH113 - as above
    return inner and not os.path.exists(path / ".git")  # noqa: PTH110 - as above


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remote:
    """Where a repository is, without the credentials that its address may hold."""

    address: str
    transports: str = _TRANSPORTS
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, url: str) -> "_Remote":
        local = url.removeprefix("file://")
        if url.startswith("file://") or os.path.exists(local):  # noqa: PTH110 - pathlib raises for names too long
            return cls(address=os.path.realpath(local), transports="file")
        shown = _CREDENTIALS.sub("", url)
        if url.startswith("-") or "::" in url or not url or any(char.isspace() for char in url):
            raise GitError(f"{shown!r:.200}: expected the address or path of a repository")
        if _SCP.fullmatch(url):
            return cls(address=url)
        if "://" not in url and not _HOST.match(url):
            raise GitError(f"{shown!r:.200}: no such file or directory, nor an address as https://host/path")
        try:
            return cls._of_url(url if "://" in url else f"https://{url}")
        except ValueError as error:  # as `urlsplit` calls brackets without end
            raise GitError(f"{shown!r:.200}: {error}") from error

    @classmethod
    def _of_url(cls, url: str) -> "_Remote":
        parts = urlsplit(url)
        if parts.scheme not in {"git", "http", "https", "ssh"} or not parts.hostname:
            shown = _CREDENTIALS.sub("", url)
            raise GitError(f"{shown!r:.200}: expected an https:// or ssh:// address, or a path")
        host = parts.netloc.rpartition("@")[2]
        if parts.scheme not in {"http", "https"}:  # neither can be given a password
            netloc = f"{parts.username}@{host}" if parts.username else host
            return cls(address=parts._replace(netloc=netloc).geturl())
        origin = f"{parts.scheme}://{host}"
        address = f"{origin}{parts.path}"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        # Nobody on the way may read a token that the user did not put there.
        is_private = parts.scheme == "https" or is_loopback(parts.hostname)
        token = os.environ.get(_TOKENS.get(parts.hostname, ""), "") if is_private and not user else ""
        if token:
            user, password = "oauth2", token
        if not user:
            return cls(address=address)
        if user and not password:  # https://TOKEN@host, as code hosts suggest it
            user, password = "oauth2", user
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return cls(address=address, settings={f"http.{origin}/.extraHeader": f"Authorization: Basic {pair}"})


class _Git:
    """The git program in one directory."""

    def __init__(self, directory: Path, remote: _Remote | None) -> None:
        self._directory, self._is_fetched = directory, remote is not None
        settings = {**_SAFE, **(remote.settings if remote else {})}
        self._name = remote.address if remote else str(directory)
        # By the environment: arguments can be read by everybody on this machine.
        self._environment = {
            **os.environ,
            # Not by settings: those of a hostile repository would count beside them. Where nothing is to be
            # fetched, git might still fetch what is missing, by a program that the repository names.
            "GIT_ALLOW_PROTOCOL": remote.transports if remote else _NO_TRANSPORT,
            "GIT_CONFIG_COUNT": str(len(settings)),
            **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(settings)},
            **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(settings.values())},
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_PAGER": "cat",
            "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
            "LC_ALL": "C.UTF-8",
        }

    async def _watched(self, process: Process) -> tuple[bytes, bytes]:
        """Return what a process writes. Raises GitError: its repository grows too large."""
        async with asyncio.TaskGroup() as group:
            done = group.create_task(process.communicate())
            while not done.done():
                if self._is_fetched and await asyncio.to_thread(_size_bytes, self._directory) > CLONE_BYTES:
                    done.cancel()
                await asyncio.wait([done], timeout=WATCH_S)
        if done.cancelled():
            raise GitError(f"{self._name}: more than {CLONE_BYTES} bytes, expected at most that many")
        return done.result()

    async def run(self, *arguments: str) -> str:
        """Return what git writes. Raises GitError with the last lines of what it complains about."""
        try:
            process = await asyncio.create_subprocess_exec(
                "git",
                *arguments,
                cwd=self._directory,
                env=self._environment,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise GitError("git is not installed, and repositories are fetched by it") from error
        try:
            async with asyncio.timeout(FETCH_S):
                out, complaint = await self._watched(process)
        except TimeoutError as error:
            raise GitError(f"{self._name}: git {arguments[0]} did not end in {FETCH_S:g} s") from error
        finally:
            if process.returncode is None:
                # With it go the programs that it started to talk to the other side.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            raise GitError(f"{self._name}: {_reason(complaint.decode('utf-8', 'replace'))}")
        return out.decode("utf-8", "replace")


def _size_bytes(directory: Path) -> int:
    """Return what lies below a directory, at this moment."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - strings, for speed
    return total


def _reason(complaint: str) -> str:
    """Return git's own sentence, without what it says beside it."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    fatal = [line.partition(": ")[2] for line in lines if line.startswith(("fatal: ", "error: "))]
    if any(each.startswith(_REFUSALS) for each in fatal):
        return "the login is missing or refused; the address or git's credential helper may have one"
    if causes := [each for each in fatal if each != _NO_ANSWER]:
        return "; ".join(dict.fromkeys(causes[-2:]))
    if fatal:  # then ssh has said why, before
        lines = lines[: lines.index(f"fatal: {_NO_ANSWER}")] or fatal
    return "; ".join(dict.fromkeys(lines[-2:])) or "git failed without a word"

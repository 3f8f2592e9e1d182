"""Checks of what RUN instructions fetch from elsewhere."""

import re
from collections.abc import Iterator

from analyzers.checks.check import Cause
from analyzers.checks.dockerfile._check import PRACTICES, at, check, each_command, runs
from analyzers.checks.dockerfile.model import Dockerfile
from analyzers.checks.dockerfile.shell import SHELLS, Command, commands
from analyzers.severity import Severity

_FETCHERS = frozenset({"curl", "wget"})
_INTERPRETERS = SHELLS | {"python", "python2", "python3", "perl", "ruby", "node", "php", "pwsh"}
_PLAIN = re.compile(r"http://(?!localhost\b|127\.|\[::1\])", re.IGNORECASE)
_PIP = re.compile(r"pip(?:\d+(?:\.\d+)?)?")


def _two_fetchers(dockerfile: Dockerfile) -> Iterator[Cause]:
    for stage in dockerfile.stages:
        used = [(each, {command.program for command in commands(each)}) for each in stage.of("RUN")]
        if {name for _, names in used for name in names} >= _FETCHERS:
            first = next(each for each, names in used if "wget" in names)
            yield at(first, "both 'wget' and 'curl' are used, expected one of them")


def _runs_fetched(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction, found in runs(dockerfile):
        if runs_what_it_fetches(found):
            yield at(
                instruction, "what is fetched is run at once, expected a checksum or signature before it"
            )


def runs_what_it_fetches(found: tuple[Command, ...]) -> bool:
    """Tell whether some commands give what curl or wget print to an interpreter."""
    return _is_piped_to_shell(found) or any(map(_evaluates, found))


def _is_piped_to_shell(found: tuple[Command, ...]) -> bool:
    is_fetched = False
    for command in found:
        is_fetched = (is_fetched and command.piped) or (is_fetched and command.program in {"sudo", "env"})
        if is_fetched and command.program in _INTERPRETERS:
            return True
        is_fetched = is_fetched or command.program in _FETCHERS
    return False


def _evaluates(command: Command) -> bool:
    """Tell whether a shell is given what a fetcher prints: `sh -c "$(curl …)"`, `bash <(curl …)`."""
    return command.program in SHELLS | {"source", "."} and bool(
        re.search(r"(?:\$\(|<\(|`)\s*(?:curl|wget)\b", command.text)
    )


def _trusts_everybody(command: Command) -> bool:
    match command.program:
        case "curl":
            return command.has("-k", "--insecure", "--proxy-insecure")
        case "wget":
            return command.has("--no-check-certificate")
        case "git":
            return bool(re.search(r"sslverify[= ]+(?:false|0)", command.text, re.IGNORECASE))
        case "npm" | "yarn" | "pnpm":
            return bool(re.search(r"strict-ssl[= ]+false", command.text))
        case _:
            return bool(_PIP.fullmatch(command.program)) and command.has("--trusted-host")


_UNVERIFIED = re.compile(r"(?:NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY)=0|GIT_SSL_NO_VERIFY=(?:1|true)")


def _unverified(dockerfile: Dockerfile) -> Iterator[Cause]:
    for instruction in dockerfile.of("ENV"):
        wrong = next((each for each in instruction.arguments if _UNVERIFIED.fullmatch(each)), None)
        if wrong:
            yield at(instruction, f"{wrong!r} turns the check of certificates off")
    for instruction, found in runs(dockerfile):
        said = any(_UNVERIFIED.fullmatch(word) for each in found for word in each.assignments)
        if said or any(map(_trusts_everybody, found)):
            yield at(instruction, "certificates are not checked, expected them to be")


def _fetches_plainly(command: Command) -> bool:
    return command.program in _FETCHERS and any(map(_PLAIN.match, command.words))


def _is_pip_install(command: Command) -> bool:
    return bool(_PIP.fullmatch(command.program)) and "install" in command.operands[:1]


def _is_module_pip(command: Command) -> bool:
    words = command.words
    return bool(re.fullmatch(r"python[\d.]*", command.program)) and words[1:4] == ("-m", "pip", "install")


def _pip_cache(dockerfile: Dockerfile) -> Iterator[Cause]:
    for stage in dockerfile.stages:
        lineage = dockerfile.lineage(stage)
        named = {name for each in lineage for env in each.of("ENV", "ARG") for name, _ in env.pairs()}
        if "PIP_NO_CACHE_DIR" in named:
            continue
        for instruction in stage.of("RUN"):
            installs = [
                each for each in commands(instruction) if _is_pip_install(each) or _is_module_pip(each)
            ]
            kept = [each for each in installs if not (each.has("--no-cache-dir") or _said(each))]
            if kept and not any("type=cache" in flag for flag in instruction.flags):
                yield at(instruction, "'pip install' without '--no-cache-dir'")


def _said(command: Command) -> bool:
    return any(each.startswith("PIP_NO_CACHE_DIR=") for each in command.assignments)


def _unsafe_scripts(command: Command) -> bool:
    if command.program not in {"npm", "yarn", "pnpm", "npx"}:
        return False
    return command.has("--unsafe-perm", "--allow-root") or "unsafe-perm true" in command.text


CHECKS = (
    check(
        "DS-0014",
        "Both wget and curl",
        Severity.LOW,
        why="Two programs that do the same are twice as much to update.",
        mend="Use one of them.",
        link=f"{PRACTICES}#dont-install-unnecessary-packages",
        judge=_two_fetchers,
    ),
    check(
        "CB-D0004",
        "Scripts are run as they are fetched",
        Severity.HIGH,
        why="Whoever controls the address decides what runs in the build, each time anew.",
        mend="Fetch into a file, compare its checksum, then run it; or install a package.",
        link="https://slsa.dev/spec/v1.0/threats",
        judge=_runs_fetched,
    ),
    check(
        "CB-D0006",
        "Keys are added by apt-key",
        Severity.MEDIUM,
        why="A key that apt-key adds is trusted for all repositories, not only for its own.",
        mend="Put the key below /etc/apt/keyrings and name it by 'signed-by' in the repository's entry.",
        link="https://manpages.debian.org/bookworm/apt/apt-key.8.en.html",
        judge=each_command("'apt-key' is used, expected 'signed-by'", lambda each: each.program == "apt-key"),
    ),
    check(
        "CB-D0007",
        "Cache of pip is left",
        Severity.LOW,
        why="What pip keeps for the next time is never used, and makes the image larger.",
        mend="Use 'pip install --no-cache-dir', or a cache mount.",
        link="https://pip.pypa.io/en/stable/topics/caching/",
        judge=_pip_cache,
    ),
    check(
        "CB-D0008",
        "Scripts of packages run as root",
        Severity.MEDIUM,
        why="With --unsafe-perm the scripts of all dependencies run with the rights of root.",
        mend="Remove the option, and install as another user.",
        link="https://docs.npmjs.com/cli/v6/using-npm/config#unsafe-perm",
        judge=each_command("'{}' runs scripts of packages as root", _unsafe_scripts),
    ),
    check(
        "CB-D0010",
        "Certificates are not checked",
        Severity.HIGH,
        why="Without the check, everybody on the way can answer in the name of the server.",
        mend="Remove the option, and add the authority's certificate to the image where one is missing.",
        link="https://cwe.mitre.org/data/definitions/295.html",
        judge=_unverified,
    ),
    check(
        "CB-D0016",
        "Downloads over a plain connection",
        Severity.MEDIUM,
        why="What comes over HTTP can be changed by everybody on the way.",
        mend="Use an HTTPS address, and compare a checksum.",
        link="https://cwe.mitre.org/data/definitions/319.html",
        judge=each_command("'{}' fetches over HTTP, expected HTTPS", _fetches_plainly),
    ),
)

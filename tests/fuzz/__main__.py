"""Fuzzes parsers one after another: `make fuzz FUZZ_ARGS="os/rpm tar --seconds 120"`."""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import Target, targets


def main() -> int:
    known = targets()
    options = _options(known)
    failed = [name for name in options.names or known if not _fuzz(known[name], options)]
    print("findings:", " ".join(failed) or "none")  # noqa: T201 - the report
    return 1 if failed else 0


def _options(known: dict[str, Target]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=f"Parsers: {', '.join(known)}.")
    parser.add_argument("names", nargs="*", metavar="PARSER", help="all of them when none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each parser (default: %(default)s)")
    parser.add_argument("--slow-s", type=int, default=5, help="an input may take this long")
    parser.add_argument("--memory-mb", type=int, default=1536, help="address space of the process")
    parser.add_argument("--most-bytes", type=int, default=20_000, help="length of an input")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"), help="where inputs are left")
    options = parser.parse_args()
    if unknown := set(options.names) - known.keys():
        parser.error(f"no parsers: {', '.join(sorted(unknown))}")
    return options


def _fuzz(target: Target, options: argparse.Namespace) -> bool:
    """Return whether nothing was found; the input of a finding is left in a file of its own."""
    findings: Path = options.findings / target.name.replace("/", "-")
    findings.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for seed in target.seeds:
            (Path(folder) / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
        command = [
            *(sys.executable, "-m", "tests.fuzz.drive", target.name, str(options.memory_mb)),
            *(f"-max_total_time={options.seconds}", f"-timeout={options.slow_s}"),
            *(f"-max_len={options.most_bytes}", f"-artifact_prefix={findings}-", "-rss_limit_mb=0"),
            *("-print_final_stats=1", "-verbosity=0", "-detect_leaks=0", folder),
        ]
        print(f"== {target.name}", flush=True)  # noqa: T201 - the report
        return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

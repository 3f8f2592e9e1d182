"""The installed command, in processes of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("cleanbill")
WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Program:
    """Runs with one cache directory, and settings when there is a file."""

    cache: Path
    settings: Path | None = None

    def run(self, *args: str, within_s: float = WITHIN_S) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._command(args),
            capture_output=True,
            check=False,
            text=True,
            timeout=within_s,
            env=self._environment(),
        )

    @contextmanager
    def started(self, *args: str) -> Iterator[subprocess.Popen[str]]:
        """Give a running command, which is killed at the end if it still runs."""
        process = subprocess.Popen(
            self._command(args),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment(),
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def killed(self, *args: str, after_s: float) -> bool:
        """Start a command and kill it after a time; return False when it ended by itself before."""
        with self.started(*args) as process:
            try:
                process.communicate(timeout=after_s)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        return process.returncode == -signal.SIGKILL

    def _command(self, args: tuple[str, ...]) -> list[str]:
        settings = ["--config", str(self.settings)] if self.settings else []
        return [str(PROGRAM), "--cache-dir", str(self.cache), *settings, *args]

    def _environment(self) -> dict[str, str]:
        return os.environ | {"COLUMNS": "160"}

import subprocess
import sys

import pytest

PURE = (
    "answers",
    "auth",
    "auth_file",
    "challenge",
    "endpoint",
    "errors",
    "kinds",
    "links",
    "manifest",
    "media_types",
    "origins",
    "reference",
    "retry",
)


@pytest.mark.parametrize("loaded", ["asyncio", "aiohttp", "sqlite3", "subprocess"])
def test_pure_modules_load_no_input_or_output(loaded: str) -> None:
    imports = ", ".join(f"crawler.registry.{name}" for name in PURE)
    program = f"import sys, {imports}; print({loaded!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"

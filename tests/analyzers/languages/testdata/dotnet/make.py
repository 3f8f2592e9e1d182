"""Writes this folder's samples: `python tests/analyzers/languages/testdata/dotnet/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a project, below one of good, odd, empty, broken.
"""

import json
from pathlib import Path

TARGET = ".NETCoreApp,Version=v6.0/linux-x64"
PACK = "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64"
FILES: dict[str, dict[str, object]] = {"runtime": {"lib/net6.0/a.dll": {}}}


def deps(targets: dict[str, object], libraries: dict[str, str], target: str = TARGET) -> bytes:
    """Return a file with these libraries, each "name/version" with its type."""
    types = {name: {"type": kind, "serviceable": False} for name, kind in libraries.items()}
    head = {"runtimeTarget": {"name": target, "signature": ""}, "compilationOptions": {}}
    return json.dumps({**head, "targets": targets, "libraries": types}, indent=2).encode()


SAMPLES = {
    "good/app/App.deps.json": deps(
        {
            ".NETCoreApp,Version=v6.0": {},
            TARGET: {
                "App/1.0.0": {"dependencies": {"Serilog.Sinks": "3.1.0", PACK: "6.0.1"}, **FILES},
                "Serilog.Sinks/3.1.0": {"dependencies": {"Serilog": "2.10.0"}, **FILES},
                "Serilog/2.10.0": FILES,
                "StyleCop/1.0.0": {"dependencies": {"Serilog": "2.10.0"}},
                f"{PACK}/6.0.1": FILES,
            },
        },
        {
            "App/1.0.0": "project",
            "Serilog.Sinks/3.1.0": "package",
            "Serilog/2.10.0": "package",
            "StyleCop/1.0.0": "package",
            f"{PACK}/6.0.1": "runtimepack",
            "Vendored/1.0.0": "reference",
        },
    ),
    "odd/a/App.deps.json": deps({}, {"A/1": "Package", "B": "package", "/1": "package", "C/1": ""}),
    "empty/a/App.deps.json": b"",
    "broken/b/App.deps.json": b'{"targets": {}}',
}

if __name__ == "__main__":
    for path, content in SAMPLES.items():
        target = Path(__file__).parent / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

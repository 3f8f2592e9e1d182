"""Writes this folder's samples: `python tests/analyzers/languages/testdata/nuget/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a project, below one of good, odd, empty, broken.
"""

import json
from pathlib import Path

SAMPLES = {
    "good/app/packages.lock.json": json.dumps(
        {
            "version": 1,
            "dependencies": {
                "net6.0": {
                    "Newtonsoft.Json": {
                        "type": "Direct",
                        "requested": "[12.0.3, )",
                        "resolved": "12.0.3",
                        "contentHash": "x",
                    },
                    "NLog.Extensions": {
                        "type": "Transitive",
                        "resolved": "5.0.0",
                        "dependencies": {"newtonsoft.json": "12.0.1", "System.Text": "1.0.0"},
                    },
                    "shared": {"type": "Project", "dependencies": {"Newtonsoft.Json": "[12.0.3, )"}},
                },
                "net48": {
                    "Newtonsoft.Json": {"type": "CentralTransitive", "resolved": "12.0.3"},
                    "NLog.Extensions": {"type": "Direct", "resolved": "5.0.0"},
                },
            },
        },
        indent=2,
    ).encode(),
    "good/old/packages.config": (
        b'<?xml version="1.0" encoding="utf-8"?>\n<packages>\n'
        b'  <package id="jQuery" version="3.1.1" targetFramework="net46" />\n'
        b'  <package id="StyleCop" version="1.0.0"\n    developmentDependency="true" />\n</packages>\n'
    ),
    "odd/packages.lock.json": b'{"dependencies": {"n": {"A": {"type": "Direct"}, "B": 1, "": {}}, "x": 1}}',
    "odd/packages.config": b"<packages><package version='1'/><package id='a'/></packages>",
    "empty/a/packages.lock.json": b"",
    "broken/b/packages.lock.json": b'{"version": 1}',
    "broken/b/packages.config": b"<configuration/>",
}

if __name__ == "__main__":
    for path, content in SAMPLES.items():
        target = Path(__file__).parent / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

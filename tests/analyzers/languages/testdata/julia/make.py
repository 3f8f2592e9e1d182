"""Writes this folder's samples: `python tests/analyzers/languages/testdata/julia/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/v2/Manifest.toml": b"""\
# This file is machine-generated - editing it directly is not advised

julia_version = "1.9.0"
manifest_format = "2.0"
project_hash = "f65b9de676a27ce78ee011db2d477b3d44d1b7c1"

[[deps.Artifacts]]
uuid = "56f22d72-fd6d-98f1-02f0-08ddc0907c33"

[[deps.HTTP]]
deps = ["Artifacts", "MbedTLS_jll"]
git-tree-sha1 = "877b7bc42729aa2c90bbbf5cb0d4294bd6d42e5a"
uuid = "cd3eb016-35fb-5094-929b-558a96fad6f3"
version = "1.9.1"

[[deps.MbedTLS_jll]]
deps = ["Artifacts"]
uuid = "c8ffd9c3-330d-5841-b78e-0817d7145fa1"
version = "2.28.2+0"
""",
    "good/v2/Project.toml": b"""\
name = "App"
uuid = "0a4e4c2e-5b3c-4ad1-9a6b-6f2d8a6f3b1c"
version = "0.1.0"

[deps]
HTTP = "cd3eb016-35fb-5094-929b-558a96fad6f3"
""",
    "odd/v1/Manifest.toml": b"""\
[[A]]
git-tree-sha1 = "00"
uuid = "ead4f63c-334e-11e9-00e6-e7f0a5f21b60"
version = "1.9.0"

    [A.deps]
    B = "f41f7b98-334e-11e9-1257-49272045fb24"

[[B]]
git-tree-sha1 = "00"
uuid = "f41f7b98-334e-11e9-1257-49272045fb24"
version = "1.2.3"

[[B]]
path = "lib/B"
uuid = "edca9bc6-334e-11e9-3554-9595dbb4349c"
""",
    "empty/Manifest.toml": b'julia_version = "1.9.0"\nmanifest_format = "2.0"\n\n[deps]\n',
    "broken/Manifest.toml": b'manifest_format = "2.0"\n[deps.A]\nversion = "1"\n',
    "broken/Project.toml": b"[deps\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/helm/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/web/Chart.yaml": b"""\
apiVersion: v2
name: web
version: 1.0.0
""",
    "odd/web/templates/_helpers.tpl": b"""\
{{- define "web.name" -}}web{{- end -}}
""",
    "empty/web/Chart.yaml": b"",
    "broken/web/Chart.yaml": b"""\
apiVersion: v2
name: web
version: 1.0.0
dependencies: [
""",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

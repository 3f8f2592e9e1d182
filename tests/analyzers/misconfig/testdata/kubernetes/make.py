"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/kubernetes/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/pod.yaml": b"""\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
""",
    "odd/list.json": b"""\
{
 "apiVersion": "v1",
 "kind": "List",
 "items": [
  {
   "apiVersion": "v1",
   "kind": "Pod",
   "metadata": {
    "name": "a",
    "namespace": "b"
   },
   "spec": {
    "containers": []
   }
  },
  {
   "apiVersion": "example.com/v1",
   "kind": "Unknown"
  }
 ]
}
""",
    "empty/empty.yaml": b"",
    "broken/pod.yaml": b"""\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
  containers: [
""",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

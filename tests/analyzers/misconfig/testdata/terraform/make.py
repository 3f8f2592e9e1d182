"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/terraform/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/main.tf": b"""\
resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}
""",
    "odd/main.tf.json": b'{"resource": {"aws_s3_bucket": {"logs": {"bucket": "logs"}}}}',
    "empty/main.tf": b"",
    "broken/main.tf": b"""\
resource "aws_s3_bucket" "logs" {
  bucket =
""",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

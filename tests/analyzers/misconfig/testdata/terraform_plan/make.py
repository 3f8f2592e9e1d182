"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/terraform_plan/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/plan.json": b"""\
{
 "format_version": "1.2",
 "terraform_version": "1.9.0",
 "planned_values": {
  "root_module": {
   "resources": [
    {
     "address": "aws_s3_bucket.logs",
     "mode": "managed",
     "type": "aws_s3_bucket",
     "name": "logs",
     "provider_name": "registry.terraform.io/hashicorp/aws",
     "values": {
      "bucket": "logs"
     }
    }
   ]
  }
 },
 "configuration": {
  "root_module": {}
 }
}
""",
    "odd/package.json": b'{"name": "terraform_version"}',
    "empty/plan.json": b"",
    "broken/plan.json": b'{"terraform_version": "1.9.0", "planned_values": {',
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

"""Writes this folder's samples: `python tests/analyzers/languages/testdata/terraform/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/infra/.terraform.lock.hcl": b"""\
# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/hashicorp/aws" {
  version     = "4.67.0"
  constraints = "~> 4.0"
  hashes = [
    "h1:dCRc4GqsyfqHEMjgtlM1EympBcgTmcTkWaJmtd91+KA=",
    "zh:0843017ecc24385f2b45f2c5fce79dc25b258e50d516877b3affee3bef34f060",
  ]
}

provider "registry.opentofu.org/hashicorp/random" {
  version = "3.6.0"
  hashes = [
  ]
}
""",
    "odd/infra/.terraform.lock.hcl": b"""\
// without a version
provider "example.com/acme/tool" {
}
""",
    "empty/.terraform.lock.hcl": b"# nothing\n",
    "broken/.terraform.lock.hcl": b'provider "registry.terraform.io/hashicorp/aws" {\n  version = "1.0.0"\n',
    "broken/a/.terraform.lock.hcl": b"terraform {\n}\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

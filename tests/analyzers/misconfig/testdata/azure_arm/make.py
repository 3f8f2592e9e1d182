"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/azure_arm/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/template.json": b"""\
{
 "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
 "contentVersion": "1.0.0.0",
 "resources": [
  {
   "type": "Microsoft.Storage/storageAccounts",
   "apiVersion": "2022-09-01",
   "name": "logs",
   "properties": {}
  }
 ]
}
""",
    "odd/template.json": b"""\
{
 "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
 "contentVersion": "1.0.0.0",
 "resources": []
}
""",
    "empty/template.json": b"",
    "broken/template.json": b"""\
{
 "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
 "resources": [
""",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

"""Writes this folder's samples: `python tests/analyzers/misconfig/testdata/cloudformation/make.py`.

Everything is made up here after the documents of the format that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

SAMPLES = {
    "good/stack.yaml": b"""\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Logs:
    Type: AWS::S3::Bucket
""",
    "odd/stack.json": b"""\
{
 "Parameters": {
  "Name": {
   "Type": "String"
  }
 },
 "Resources": {
  "Logs": {
   "Type": "AWS::S3::Bucket",
   "Properties": {
    "BucketName": {
     "Fn::Sub": "${Name}-logs"
    }
   }
  }
 }
}
""",
    "empty/stack.yaml": b"",
    "broken/stack.yaml": b"""\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Properties: [
""",
}


if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

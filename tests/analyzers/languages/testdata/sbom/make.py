"""Writes this folder's samples: `python tests/analyzers/languages/testdata/sbom/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

import base64
import json
from pathlib import Path


def _purl(locator: str) -> list[dict[str, str]]:
    return [
        {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator},
    ]


BITNAMI = {
    "SPDXID": "SPDXRef-DOCUMENT",
    "spdxVersion": "SPDX-2.3",
    "name": "SPDX document for Bitnami Example 8.9.1",
    "creationInfo": {"created": "2024-01-01T00:00:00Z", "creators": ["Organization: Example, Inc."]},
    "packages": [
        {
            "SPDXID": "SPDXRef-Package-example",
            "name": "example",
            "versionInfo": "8.9.1",
            "licenseDeclared": "Apache-2.0",
            "externalRefs": _purl("pkg:bitnami/example@8.9.1-2?arch=amd64&distro=debian-11"),
        },
        {"SPDXID": "SPDXRef-Application-1", "name": "Python"},
        {
            "SPDXID": "SPDXRef-Package-flask",
            "name": "Flask",
            "versionInfo": "2.3.2",
            "externalRefs": _purl("pkg:pypi/flask@2.3.2"),
            "attributionTexts": ["PkgType: python-pkg"],
            "hasFiles": ["SPDXRef-File-1"],
        },
        {
            "SPDXID": "SPDXRef-Package-zlib",
            "name": "zlib1g",
            "versionInfo": "1:1.2.13",
            "externalRefs": _purl("pkg:deb/debian/zlib1g@1.2.13?epoch=1"),
        },
        {"SPDXID": "SPDXRef-Package-src", "name": "src", "externalRefs": _purl("pkg:generic/src@1")},
    ],
    "files": [{"SPDXID": "SPDXRef-File-1", "fileName": "venv/flask.dist-info/METADATA"}],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-Package-example",
        },
        {
            "spdxElementId": "SPDXRef-Application-1",
            "relationshipType": "CONTAINS",
            "relatedSpdxElement": "SPDXRef-Package-flask",
        },
    ],
}
CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {"component": {"type": "application", "name": "app", "purl": "pkg:npm/app@1.0.0"}},
    "components": [{"type": "library", "name": "lodash", "purl": "pkg:npm/lodash@4.17.20"}],
}
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "predicateType": "https://cyclonedx.org/bom",
    "predicate": {"Data": json.dumps(CYCLONEDX)},
}
ENVELOPE = {
    "payloadType": "application/vnd.in-toto+json",
    "payload": base64.b64encode(json.dumps(STATEMENT).encode()).decode(),
    "signatures": [],
}
TAGS = b"""\
# a comment
SPDXVersion: SPDX-2.2
DocumentName: tool

PackageName: left_pad
SPDXID: SPDXRef-Package-1
PackageVersion: 1.3.0
PackageComment: <text>first
</text>
ExternalRef: PACKAGE-MANAGER purl pkg:npm/left-pad@1.3.0
PackageLicenseDeclared: LicenseRef-1 AND MIT

LicenseID: LicenseRef-1
ExtractedText: <text>Do what
you want.</text>
LicenseName: Want
"""
XML = b"""\
<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1">
  <components><component type="library"><name>six</name><version>1.16.0</version>
    <licenses><license><id>MIT</id></license></licenses><purl>pkg:pypi/six@1.16.0</purl></component></components>
</bom>
"""
SAMPLES = {
    "good/opt/bitnami/example/.spdx-example.spdx": json.dumps(BITNAMI, indent=1).encode(),
    "good/usr/share/app/bom.json": json.dumps(CYCLONEDX).encode(),
    "good/usr/share/app/six.cdx.xml": XML,
    "odd/srv/app/bom.json": b'{"materials": ["steel"]}',
    "odd/srv/app/bom.xml": b"<bom><part>steel</part></bom>",
    "odd/srv/app/tool.spdx": TAGS,
    "odd/srv/app/signed.cdx.json": json.dumps(ENVELOPE).encode(),
    "odd/srv/app/strange.cdx.json": json.dumps(
        CYCLONEDX
        | {"components": [7, None, {"name": "six", "version": 1.16, "purl": "pkg:pypi/six", "licenses": {}}]}
    ).encode(),
    "empty/srv/app/empty.spdx.json": b"",
    "broken/srv/app/cut.cdx.json": b'{"bomFormat": "CycloneDX", "components": [{"name": "a"',
    "broken/srv/app/three.spdx.json": b'{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}',
    "broken/srv/app/text.spdx": b"This is no bill of materials.\n",
    "broken/srv/app/entity.cdx.xml": b'<!DOCTYPE bom [<!ENTITY a "b">]>' + XML.partition(b"\n")[2],
}

if __name__ == "__main__":
    for name, data in SAMPLES.items():
        path = Path(__file__).parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

import warnings

import pytest
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from analyzers import sboms
from analyzers.inventory import Package, Release
from analyzers.sboms.document import Format, Sbom

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6")
PATH = "usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA"


def library(type_: str, name: str, version: str, namespace: str = "", **fields: str) -> Component:
    purl = PackageURL(type_, namespace, name, version, fields)
    return Component(type=ComponentType.LIBRARY, name=name, version=version, purl=purl, bom_ref=name)


def bill() -> Bom:
    six = library("pypi", "six", "1.16.0")
    six.licenses.add(LicenseExpression("MIT OR ISC"))
    six.properties.add(Property(name="aquasecurity:trivy:FilePath", value=PATH))
    ssl = library("deb", "libssl3", "3.0.11-1", "debian", distro="debian-12", upstream="openssl")
    system = Component(type=ComponentType.OPERATING_SYSTEM, name="debian", version="12", bom_ref="os")
    bom = Bom(components=[six, ssl, system])
    bom.metadata.component = Component(type=ComponentType.CONTAINER, name="image", bom_ref="root")
    bom.register_dependency(bom.metadata.component, [six, ssl])
    bom.register_dependency(six, [ssl])
    return bom


def read(version: str, format_: OutputFormat) -> Sbom:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # older versions cannot say everything
        text = make_outputter(bill(), format_, SchemaVersion.from_version(version)).output_as_string()
    return sboms.read(text.encode(), "bom")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("format_", "expected"),
    [(OutputFormat.JSON, Format.CYCLONEDX_JSON), (OutputFormat.XML, Format.CYCLONEDX_XML)],
)
def test_every_version_is_read(version: str, format_: OutputFormat, expected: Format) -> None:
    sbom = read(version, format_)
    assert (sbom.format, sbom.version, sbom.name) == (expected, version, "image")
    assert sbom.release == Release(id="debian", version_id="12")
    assert sbom.problems == ()
    found = {each.package.name: each for each in sbom.packages}
    assert found["six"].package == Package(
        kind="python-pkg",
        name="six",
        version="1.16.0",
        licenses=("MIT OR ISC",),
        depends_on=("libssl3",),
    )
    assert found["libssl3"].package.source_name == "openssl"
    assert found["six"].path == ("" if version == "1.2" else PATH)  # it has no properties

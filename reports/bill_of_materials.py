"""What bills of materials say about a target and its packages, in whichever format.

`analyzers.sboms` reads the facts back, so that nothing is lost between two runs.
"""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from analyzers.inventory import Package, Release
from analyzers.lifecycle import end_of_life
from reports.document import Component, Document
from reports.targets import is_of_system, os_name

Facts = list[tuple[str, str]]
"""Names and values of what a format has no field for. Values may be empty: those are not written."""


def refs_of(components: Sequence[Component]) -> list[str]:
    """Return a unique reference for each: its purl, with "#2" and so on where the package is there again."""
    seen: Counter[str] = Counter()
    refs = []
    for component in components:
        name = component.purl or f"{component.package.kind}:{component.package.name}"
        seen[name] += 1
        refs.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return refs


def facts_of(document: Document, component: Component) -> Facts:
    """Return what neither name, version, licences, supplier nor purl say of a package."""
    package = component.package
    facts = [("kind", package.kind), ("path", component.path), *_package_facts(package)]
    if 0 <= component.layer < len(document.layers):
        layer = document.layers[component.layer]
        facts += [("layer:digest", layer.digest), ("layer:diffId", layer.diff_id)]
    if component.unchecked and document.vulnerabilities_asked:
        facts.append(("unchecked", component.unchecked))
    return facts


def _package_facts(package: Package) -> Facts:
    if is_of_system(package):
        # the purl tells the architecture and the module
        yours = [
            ("source:name", package.source_name or package.name),
            ("source:version", package.source_version or package.version),
        ]
    else:
        yours = [("arch", package.arch)]
    return [
        *yours,
        ("relationship", package.relationship),
        ("dev", "true" if package.dev else ""),
        ("lines", " ".join(f"{first}-{last}" for first, last in package.lines)),
        ("innerPath", package.inner_path),
        ("evidence", package.evidence),
    ]


def image_facts(document: Document) -> Facts:
    """Return what is known of an image beside its name, digest and layers."""
    return [
        ("image:id", document.config_digest),
        ("image:digest", document.manifest_digest),
        ("image:platform", document.platform),
        *(("image:tag", f"{document.repository}:{tag}".removeprefix(":")) for tag in document.tags),
    ]


def system_facts(release: Release) -> Facts:
    """Return what is known of the operating system beside its family and version."""
    return [
        ("os:id", release.id),
        ("os:name", os_name(release)),
        ("os:idLike", " ".join(release.id_like)),
        ("os:channels", " ".join(release.channels)),
        ("os:endOfLife", str(end_of_life(release) or "unknown")),
    ]


def image_purl(document: Document) -> str:
    """Return the purl of type oci; "" for an image from a file, which has no repository."""
    if not document.repository or not document.manifest_digest:
        return ""
    name = document.repository.rpartition("/")[2].lower()
    # "/" within a qualifier's value is written out by the specification's own examples
    url = quote(document.repository, safe="")
    return f"pkg:oci/{quote(name)}@{quote(document.manifest_digest, safe=':')}?repository_url={url}"

"""Writes this folder's samples: `python tests/analyzers/languages/testdata/pom/make.py`.

Everything is made up here after the document of the format that the analyzer names.
Each sample lies at the path it would have in a project, below one of good, odd, empty, broken.
"""

from pathlib import Path

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0">\n'


def pom(*lines: str) -> bytes:
    """Return a project file with these lines, the first of which is line 3."""
    return (HEAD + "\n".join(("<modelVersion>4.0.0</modelVersion>", *lines)) + "\n</project>\n").encode()


def dependency(name: str, **fields: str) -> str:
    """Return a dependency "group:artifact:version", the version optional, in one line."""
    parts = zip(("groupId", "artifactId", "version"), name.split(":"), strict=False)
    content = "".join(f"<{tag}>{text}</{tag}>" for tag, text in (*parts, *fields.items()))
    return f"<dependency>{content}</dependency>"


def managed(*dependencies: str) -> str:
    """Return them under management, in one line."""
    content = "".join(dependencies)
    return f"<dependencyManagement><dependencies>{content}</dependencies></dependencyManagement>"


def name(text: str) -> str:
    """Return the coordinates "group:artifact:version", in one line; an empty one is left out."""
    parts = zip(("groupId", "artifactId", "version"), text.split(":"), strict=True)
    return "".join(f"<{tag}>{value}</{tag}>" for tag, value in parts if value)


PARENT = pom(
    name("org.example:parent:${revision}"),
    "<packaging>pom</packaging>",
    "<licenses><license><name>MIT License</name></license></licenses>",
    "<properties><revision>1.0</revision><guava>31.1-jre</guava></properties>",
    "<modules><module>core</module><module>app</module></modules>",
    managed(
        dependency("com.google.guava:guava:${guava}"),
        dependency("junit:junit:4.12", scope="test"),
        dependency("org.example:bom:1", type="pom", scope="import"),
        dependency("org.example:core:${project.version}"),
    ),
    "<dependencies>",
    dependency("org.slf4j:slf4j-api:1.7.30"),
    "</dependencies>",
)
ABOVE = "<parent>" + name("org.example:parent:${revision}") + "</parent>"
CORE = pom(
    ABOVE,
    "<artifactId>core</artifactId>",
    "<dependencies>",
    dependency("com.google.guava:guava"),
    dependency("commons-io:commons-io:2.7", optional="true"),
    dependency("org.unwanted:unwanted:1"),
    "</dependencies>",
)
APP = pom(
    ABOVE,
    "<artifactId>app</artifactId>",
    "<dependencies>",
    dependency(
        "org.example:core",
        exclusions="<exclusion><groupId>org.unwanted</groupId><artifactId>*</artifactId></exclusion>",
    ),
    dependency("junit:junit"),
    "<dependency>",
    "  <groupId>org.postgresql</groupId>",
    "  <artifactId>postgresql</artifactId>",
    "</dependency>",
    dependency("javax.servlet:servlet-api:2.5", scope="provided"),
    "</dependencies>",
)
BOM = pom(
    name("org.example:bom:1"),
    managed(dependency("org.postgresql:postgresql:42.2.5"), dependency("com.google.guava:guava:1")),
)

SAMPLES = {
    "good/pom.xml": PARENT,
    "good/core/pom.xml": CORE,
    "good/app/pom.xml": APP,
    "good/bom/pom.xml": BOM,
    "odd/boot/pom.xml": pom(
        "<parent>"
        + name("org.springframework.boot:spring-boot-starter-parent:2.6.1")
        + "<relativePath/></parent>",
        "<artifactId>demo</artifactId>",
        "<dependencies>",
        dependency("org.springframework.boot:spring-boot-starter-web"),
        dependency("a:range:[1,2)"),
        dependency("a:exact:[1.5]"),
        dependency("a:latest:LATEST"),
        dependency("a:${unknown}:1"),
        dependency("${unknown}:b:1"),
        "</dependencies>",
        "<profiles><profile><id>x</id><properties><v>7</v></properties><dependencies>",
        dependency("a:profiled:${v}"),
        "</dependencies></profile></profiles>",
    ),
    "odd/self/pom.xml": pom(
        "<parent>" + name("g:self:1") + "<relativePath>pom.xml</relativePath></parent>",
        "<artifactId>self</artifactId><properties><a>${b}${b}</a><b>${a}${a}</b></properties>",
        managed(dependency("g:self:1", type="pom", scope="import")),
        "<dependencies>",
        dependency("g:self:1"),
        dependency("g:loop:${a}"),
        "</dependencies>",
    ),
    "empty/none/pom.xml": b"",
    "broken/a/pom.xml": APP[:-30],
    "broken/b/pom.xml": b"<settings/>",
}

if __name__ == "__main__":
    for path, content in SAMPLES.items():
        target = Path(__file__).parent / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

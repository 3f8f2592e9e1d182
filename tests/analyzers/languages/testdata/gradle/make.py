"""Writes this folder's samples: `python tests/analyzers/languages/testdata/gradle/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a project, below one of good, odd, empty, broken.
"""

from pathlib import Path

NOTICE = "# This is a Gradle generated file for dependency locking.\n# Manual edits can break the build.\n"
SAMPLES = {
    "good/app/gradle.lockfile": (
        NOTICE
        + "com.google.guava:guava:31.1-jre=compileClasspath,runtimeClasspath,testRuntimeClasspath\n"
        + "junit:junit:4.13.2=testCompileClasspath,testRuntimeClasspath\n"
        + "empty=annotationProcessor\n"
    ).encode(),
    "good/buildscript-gradle.lockfile": f"{NOTICE}org.ow2.asm:asm:9.3=classpath\nempty=\n".encode(),
    "good/gradle/dependency-locks/compileClasspath.lockfile": f"{NOTICE}commons-io:commons-io:2.7\n".encode(),
    "odd/gradle/dependency-locks/testRuntimeClasspath.lockfile": b"\xef\xbb\xbfa:b:1\r\n",
    "empty/gradle.lockfile": b"",
    "broken/gradle.lockfile": b"a:b:1=x\n<<<<<<< ours\na:b=x\n",
}

if __name__ == "__main__":
    for path, content in SAMPLES.items():
        target = Path(__file__).parent / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

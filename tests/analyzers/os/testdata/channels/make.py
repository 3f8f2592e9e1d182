"""Writes this folder's samples: `python tests/analyzers/os/testdata/channels/make.py`.

Everything is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

MANIFESTS = "root/buildinfo/content_manifests"
SAMPLES = {
    "good/etc/apk/repositories": (
        b"# comment http://dl-cdn.alpinelinux.org/alpine/edge/main\n"
        b"https://dl-cdn.alpinelinux.org/alpine/v3.20/main\n"
        b"https://dl-cdn.alpinelinux.org/alpine/v3.20/community\n"
        b"@edge https://dl-cdn.alpinelinux.org/alpine/edge/main\n"
        b"https://dl-cdn.alpinelinux.org/alpine/edge/testing\n"
    ),
    "good/var/lib/ubuntu-advantage/status.json": (
        b'{"_schema_version": "0.1", "attached": true, "services": ['
        b'{"name": "esm-infra", "status": "enabled", "available": "yes"},'
        b'{"name": "livepatch", "status": "n/a"}, {"name": "esm-apps", "status": "enabled"}]}'
    ),
    f"good/{MANIFESTS}/ubi9-container-9.4-1123.json": (
        b'{"metadata": {"icm_version": 1, "image_layer_index": 1}, "image_contents": [],'
        b' "content_sets": ["rhel-9-for-x86_64-baseos-rpms", "rhel-9-for-x86_64-appstream-rpms"]}'
    ),
    "good/usr/share/buildinfo/content-sets.json": (
        b'{"metadata": {"icm_version": 1}, "from_dnf_hint": true, "content_sets": ["ubi-9-baseos-rpms"]}'
    ),
    "odd/etc/apk/repositories": (
        b"/media/cdrom/apks\r\nhttp://mirror.example/alpine/edge/main/  \r\nhttp://a/alpine/v3.18/main\r\n"
    ),
    "odd/var/lib/ubuntu-advantage/status.json": (
        b'{"services": [{"name": "esm-infra", "status": "disabled"}]}'
    ),
    "empty/etc/apk/repositories": b"",
    "empty/usr/share/buildinfo/content-sets.json": b'{"content_sets": []}',
    "broken/etc/apk/repositories": b"\x7fELF\0\0\0",
    "broken/var/lib/ubuntu-advantage/status.json": b'{"services": [',
    f"broken/{MANIFESTS}/a.json": b'{"content_sets": {"a": 1}}',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

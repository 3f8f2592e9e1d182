"""Writes this folder's samples: `python tests/analyzers/languages/testdata/composer_vendor/make.py`.

The list below good was written by Composer 2.5 from a repository of made-up packages.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

INSTALLED = b"""\
{
    "packages": [
        {
            "name": "acme/dual",
            "version": "dev-main",
            "version_normalized": "dev-main",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/acme-dual-dev-main.zip"
            },
            "require": {
                "ext-json": "*"
            },
            "type": "library",
            "installation-source": "dist",
            "license": [
                "GPL-2.0-only",
                "proprietary"
            ],
            "install-path": "../acme/dual"
        },
        {
            "name": "monolog/monolog",
            "version": "2.9.1",
            "version_normalized": "2.9.1.0",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/monolog-monolog-2.9.1.zip"
            },
            "require": {
                "php": ">=7.2",
                "psr/log": "^1.0 || ^2.0"
            },
            "type": "library",
            "installation-source": "dist",
            "license": [
                "MIT"
            ],
            "install-path": "../monolog/monolog"
        },
        {
            "name": "psr/log",
            "version": "v1.1.4",
            "version_normalized": "1.1.4.0",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/psr-log-v1.1.4.zip"
            },
            "require": {
                "php": ">=5.3"
            },
            "type": "library",
            "installation-source": "dist",
            "license": [
                "MIT"
            ],
            "install-path": "../psr/log"
        },
        {
            "name": "symfony/polyfill-mbstring",
            "version": "v1.28.0",
            "version_normalized": "1.28.0.0",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/symfony-polyfill-mbstring-v1.28.0.zip"
            },
            "require": {
                "php": ">=7.1"
            },
            "type": "library",
            "installation-source": "dist",
            "license": [
                "MIT"
            ],
            "install-path": "../symfony/polyfill-mbstring"
        },
        {
            "name": "symfony/var-dumper",
            "version": "v5.4.29",
            "version_normalized": "5.4.29.0",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/symfony-var-dumper-v5.4.29.zip"
            },
            "require": {
                "symfony/polyfill-mbstring": "~1.0"
            },
            "type": "library",
            "installation-source": "dist",
            "license": [
                "MIT"
            ],
            "install-path": "../symfony/var-dumper"
        }
    ],
    "dev": true,
    "dev-package-names": [
        "symfony/polyfill-mbstring",
        "symfony/var-dumper"
    ]
}
"""
FIRST_VERSION = b"""\
[
    {"name": "psr/log", "version": "1.1.4", "license": ["MIT"]},
    {
        "name": "Monolog/monolog", "version": "2.9.1", "require": {"php": ">=7.2", "PSR/Log": "^1.0"}
    }
]
"""
SAMPLES = {
    "good/srv/vendor/composer/installed.json": INSTALLED,
    "odd/srv/vendor/composer/installed.json": FIRST_VERSION,
    "empty/srv/vendor/composer/installed.json": b"",
    "broken/srv/vendor/composer/installed.json": b'{"packages": [{"version": "1.0"}]}',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

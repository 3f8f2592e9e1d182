"""Writes this folder's samples: `python tests/analyzers/languages/testdata/composer/make.py`.

The lock below good was written by Composer 2.5 from a repository of made-up packages.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

LOCK = b"""\
{
    "_readme": [
        "This file locks the dependencies of your project to a known state",
        "Read more about it at https://getcomposer.org/doc/01-basic-usage.md#installing-dependencies",
        "This file is @generated automatically"
    ],
    "content-hash": "86d729ed3f22c50490cf23efb636fafc",
    "packages": [
        {
            "name": "acme/dual",
            "version": "dev-main",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/acme-dual-dev-main.zip"
            },
            "require": {
                "ext-json": "*"
            },
            "type": "library",
            "license": [
                "GPL-2.0-only",
                "proprietary"
            ]
        },
        {
            "name": "monolog/monolog",
            "version": "2.9.1",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/monolog-monolog-2.9.1.zip"
            },
            "require": {
                "php": ">=7.2",
                "psr/log": "^1.0 || ^2.0"
            },
            "type": "library",
            "license": [
                "MIT"
            ]
        },
        {
            "name": "psr/log",
            "version": "v1.1.4",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/psr-log-v1.1.4.zip"
            },
            "require": {
                "php": ">=5.3"
            },
            "type": "library",
            "license": [
                "MIT"
            ]
        }
    ],
    "packages-dev": [
        {
            "name": "symfony/polyfill-mbstring",
            "version": "v1.28.0",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/symfony-polyfill-mbstring-v1.28.0.zip"
            },
            "require": {
                "php": ">=7.1"
            },
            "type": "library",
            "license": [
                "MIT"
            ]
        },
        {
            "name": "symfony/var-dumper",
            "version": "v5.4.29",
            "dist": {
                "type": "zip",
                "url": "https://example.org/repo/symfony-var-dumper-v5.4.29.zip"
            },
            "require": {
                "symfony/polyfill-mbstring": "~1.0"
            },
            "type": "library",
            "license": [
                "MIT"
            ]
        }
    ],
    "aliases": [],
    "minimum-stability": "stable",
    "stability-flags": {
        "acme/dual": 20
    },
    "prefer-stable": false,
    "prefer-lowest": false,
    "platform": {
        "php": ">=8.0",
        "ext-json": "*"
    },
    "platform-dev": [],
    "plugin-api-version": "2.3.0"
}
"""
MANIFEST = b"""\
{
    "name": "example/shop",
    "license": "MIT",
    "require": {
        "php": ">=8.0",
        "ext-json": "*",
        "monolog/monolog": "^2.0",
        "acme/dual": "dev-main"
    },
    "require-dev": {
        "symfony/var-dumper": "^5.4"
    }
}
"""
SAMPLES = {
    "good/srv/composer.lock": LOCK,
    "good/srv/composer.json": MANIFEST,
    "odd/srv/composer.lock": b'{"packages": [{"name": "a/b", "version": "1.0", "license": "MIT"}]}',
    "empty/srv/a/composer.lock": b"",
    "broken/srv/b/composer.lock": b'{"packages": [{"name": "a/b"}, 7]}',
    "broken/srv/b/composer.json": b"[]",
    "broken/srv/c/composer.lock": b'{"packages": {}}',
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

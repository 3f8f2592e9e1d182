"""Writes this folder's samples: `python tests/analyzers/languages/testdata/wordpress/make.py`.

All of it is made up here after the documents of the formats that the analyzer names.
Each sample lies at the path it would have in a layer, below one of good, odd, empty, broken.
"""

from pathlib import Path

CORE = b"""<?php
/**
 * WordPress Version
 *
 * @global string $wp_version
 */
$wp_version = '6.4.2';

$wp_db_version = 56657;
"""
PLUGIN = b"""<?php
/**
 * @package Forms
 */

/*
Plugin Name: Forms: Contact and More
Plugin URI: https://example.org/forms
Description: Forms. Version: of a form is kept.
Version: 5.3.1
Requires at least: 5.8
License: GPLv2 or later
Text Domain: forms
*/
define( 'FORMS_VERSION', '5.3.1' );
"""
THEME = b"""\
@charset "UTF-8";
/*
Theme Name: Twenty
Version: 1.3
*/
body { color: black }
"""
CONTENT = "var/www/html/wp-content"
SAMPLES = {
    "good/var/www/html/wp-includes/version.php": CORE,
    f"good/{CONTENT}/plugins/forms/forms-main.php": PLUGIN,
    f"good/{CONTENT}/themes/twenty/style.css": THEME,
    f"odd/{CONTENT}/plugins/hello.php": b"<?php /* Plugin Name: Hello */ ?>",
    f"odd/{CONTENT}/mu-plugins/always.php": PLUGIN.replace(b"\n", b"\r"),
    f"odd/{CONTENT}/plugins/forms/index.php": b"<?php // Silence is golden.",
    f"empty/{CONTENT}/plugins/forms/index.php": b"",
    "broken/var/www/html/wp-includes/version.php": b"<?php\n",
}

if __name__ == "__main__":
    for name, content in SAMPLES.items():
        target = Path(__file__).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

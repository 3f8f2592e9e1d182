<?php
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

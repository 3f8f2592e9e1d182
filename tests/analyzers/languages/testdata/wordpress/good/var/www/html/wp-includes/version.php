<?php
/**
 * WordPress Version
 *
 * @global string $wp_version
 */
$wp_version = '6.4.2';

$wp_db_version = 56657;

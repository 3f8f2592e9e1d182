"""Feeds of advisories."""

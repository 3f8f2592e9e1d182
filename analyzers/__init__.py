"""Bytes in, facts out: layers, package formats, version order, matching; no network, no database."""

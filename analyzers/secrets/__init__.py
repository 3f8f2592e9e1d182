"""Analyzers that look for secrets."""

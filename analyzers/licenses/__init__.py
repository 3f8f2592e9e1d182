"""Analyzers that look for licences."""

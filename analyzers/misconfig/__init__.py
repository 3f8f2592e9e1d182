"""Analyzers of configuration files: each reads one format and has it judged by `analyzers.checks`."""

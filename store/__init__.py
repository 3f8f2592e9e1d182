"""What is remembered: tables, queries, migrations."""

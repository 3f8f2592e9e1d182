"""Everything that goes out or runs over time."""

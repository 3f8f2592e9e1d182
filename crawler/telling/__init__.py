"""Events of tags."""

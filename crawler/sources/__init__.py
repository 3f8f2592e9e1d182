"""Where the bytes of one image come from."""

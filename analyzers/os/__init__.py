"""Operating systems and the databases of their package managers."""

"""Checks of what is declared at cloud providers, whichever format declares it."""

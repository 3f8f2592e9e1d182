"""Packages that executables carry inside."""

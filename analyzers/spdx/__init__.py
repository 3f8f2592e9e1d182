"""Licences in the words of SPDX: how names become expressions, and what expressions oblige to."""

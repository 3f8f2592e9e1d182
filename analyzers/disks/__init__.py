"""Disks of virtual machines: image formats, partitions, volumes, and the file systems on them."""

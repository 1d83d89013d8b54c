"""Hazards, one file each: an intensity at every place, and what it breaks."""

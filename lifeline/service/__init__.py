"""Service rules: what decides who is served in a sector, one file each."""

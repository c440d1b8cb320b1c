"""Theory laws: one file, one family of bounds; what a file names `LAWS` is in the catalogue."""

"""Theory laws: one file, one family of bounds.  Whatever is named `LAWS` in a file here is in the catalogue."""

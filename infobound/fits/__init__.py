"""Published empirical laws: one file, one family.  Whatever is named `LAWS` in a file here is in the catalogue."""

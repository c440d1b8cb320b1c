"""Published empirical laws: one file, one family; what a file names `LAWS` is in the catalogue."""

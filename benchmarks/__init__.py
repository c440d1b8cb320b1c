"""Benchmarks: rivals measured in the same run, ratios printed.  `python -m benchmarks`."""

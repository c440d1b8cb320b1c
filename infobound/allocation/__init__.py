"""Allocations of a budget to size and data."""

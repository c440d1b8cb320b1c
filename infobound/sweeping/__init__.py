"""Sweeps: a law on a product of axes larger than memory, written chunk by chunk and resumed after any end."""

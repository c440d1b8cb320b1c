"""Experiments: what a law states, measured on the model itself."""

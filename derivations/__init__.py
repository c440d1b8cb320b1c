"""Derivations: one readable file for each law or named identity, installed as `infobound.derivations`."""

"""The proof engine: claims, checks, links and named inequalities; it knows no particular law.

A derivation is written from `Step` and `Derivation` (what is claimed), `infobound.proof.check` and
`infobound.proof.calculus` (how a single claim is established), `infobound.proof.rules` (named theorems that
make a claim from their slots) and `infobound.proof.linking` (how a claim is made from earlier ones), and is
re-checked by `infobound.proof.verifying.verify`.
"""

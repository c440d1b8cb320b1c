"""The laws as a good user of an array library writes them: sub-expressions stand on their own axes.

`xp` is the library (NumPy or jax.numpy), `digamma` its function of that name.  Shapes broadcast.
"""

import infobound as ib

__all__ = ["CONSTANTS", "FORMS"]

CONSTANTS = {q.symbol.name: float(q.value) for q in ib.law("chinchilla_replication").parameters}


def radius(xp, c):
    """Root of e^2 (e + 2) = c, at most 2: Newton's method from above."""
    e = xp.minimum(xp.sqrt(c / 2), xp.cbrt(c))
    for _ in range(4):
        e = e - (e * e * (e + 2) - c) / (e * (3 * e + 4))
    return xp.minimum(e, 2.0)


def chinchilla(xp, digamma, N, D):
    """E + A/N^alpha + B/D^beta."""
    q = CONSTANTS
    return (q["E"] + q["A"] * N ** -q["alpha"]) + q["B"] * D ** -q["beta"]


def truncated_student(xp, digamma, n, T, d, K):
    """The truncated student."""
    decay = xp.log1p(2 / K)
    first = xp.log(T / (4 * d * (K + 2)))
    most = xp.floor(1 + first / decay)
    m = xp.minimum(n, most)
    # e^(-decay m) is the larger of e^(-decay n) and e^(-decay most), each on its own axes
    left = xp.maximum(xp.exp(-decay * n), xp.exp(-decay * most)) / 16
    value = left + m * ((d / 2 + xp.log(2.0) + d / 2 * first + d / 4 * decay) / T - (d / 4 * decay / T) * m)
    return xp.where(most >= 1, value, 1 / 16)


def shrunk_student(xp, digamma, n, T, d, K):
    """The shrunk student."""
    ell = xp.log1p((n - 1) / K)
    A1 = 1 + K * ell
    y = (8 * d * A1 * (n + K) / n) / T
    rest = K * (ell + ell**2 / 2) + A1 * xp.log(2.0)
    left, share, half = K / (16 * (n + K)), n / (16 * (n + K)), A1 * d / 2
    return left + share * xp.minimum(1.0, y) + (rest - half * xp.minimum(0.0, xp.log(y))) / T


def sampled_student(xp, digamma, n, T, d, K):
    """The sampled student at its best radius."""
    A = 1 + K * (digamma(K + n) - digamma(K + 1))
    e = radius(xp, 16 * A * d / T)
    return K / (16 * n) + e * e / 16 + (A / T) * (xp.log(2 * n) + d * xp.log1p(2 / e))


def parameter_counting(xp, digamma, n, T, d, K):
    """Every neuron coded for itself, at its best radius."""
    e = radius(xp, 16 * n * d / T)
    return K / (16 * n) + e * e / 16 + (n / T) * (xp.log(2.0) + d * xp.log1p(2 / e))


FORMS = {
    "chinchilla_replication": chinchilla,
    "truncated_student": truncated_student,
    "shrunk_student": shrunk_student,
    "sampled_student": sampled_student,
    "parameter_counting": parameter_counting,
}

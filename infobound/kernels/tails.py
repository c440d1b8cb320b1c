"""Compiled twins of `infobound.special.tails`: sums of a power law, and integrals of its nats, with derivatives.

The sum is Euler and Maclaurin's from its 16th term on.  The integrals are in units of the place z = c^(1/p), at which
c y^-p is 1: a series of positive terms up to there; beyond, what lies between them and their limits is such a series.
"""

from math import nan

from numpy import floor

from infobound.kernels.compiling import jit
from infobound.kernels.elementary import exp, expm1, log, log1p, power

__all__ = [
    "effective_dimension",
    "effective_dimension_rise",
    "power_tail",
    "power_tail_bend",
    "power_tail_fall",
    "power_tail_tilt",
    "spectrum_nats",
    "spectrum_nats_excess",
    "spectrum_nats_rise",
    "spectrum_nats_tilt",
]

# B_2k / (2k)! for k = 1..9
BERNOULLI = (
    0.08333333333333333,
    -0.001388888888888889,
    3.306878306878307e-05,
    -8.267195767195768e-07,
    2.08767569878681e-08,
    -5.284190138687493e-10,
    1.3382536530684679e-11,
    -3.3896802963225827e-13,
    8.586062056277845e-15,
)
# 1 - 1 + 2^-2k - 3^-2k + 4^-2k - ... for k = 1..26: the Laurent series of pi / sin(pi x) without its poles at 0 and 1
REFLECTION = (
    0.17753296657588677,
    0.05296717050275408,
    0.014448908702564895,
    0.0037669981473521007,
    0.0009604924017284343,
    0.00024231485614180915,
    6.082965402028183e-05,
    1.5235785093893558e-05,
    3.8121303898865203e-06,
    9.533884184778849e-07,
    2.383867691774521e-07,
    5.960110760537164e-08,
    1.4900768003431212e-08,
    3.7252465998912724e-09,
    9.313177185460213e-10,
    2.3283010404850917e-10,
    5.8207600954684076e-11,
    1.4551908566115237e-11,
    3.6379780668312444e-12,
    9.094946195211219e-13,
    2.2737366630410227e-13,
    5.684341784534664e-14,
    1.4210854602372805e-14,
    3.5527136662639136e-15,
    8.881784183071704e-16,
    2.2204460477025852e-16,
)


@jit
def tail(n: float, gamma: float, k: int) -> tuple[float, float]:
    """Sum of (n/i)^k i^-(1+gamma) over i > n, and of ln(i) times that."""
    s = 1.0 + gamma
    order = s + k
    total, tilt = 0.0, 0.0
    a = n + 1.0
    steps = 17 - int(floor(a)) if a < 16.0 else 0
    for _ in range(steps):
        place = log(a)
        term = power(a, -s) * (n / a) ** k
        total += term
        tilt += place * term
        a += 1.0
    place = log(a)
    whole = power(a, -gamma) * (n / a) ** k
    total += whole / (gamma + k)
    tilt += whole * (place + 1.0 / (gamma + k)) / (gamma + k)
    term = whole / a
    total += 0.5 * term
    tilt += 0.5 * place * term
    # (order)_(2j-1) a^(-order-2j+1), and the slope of its logarithm in order
    term *= order / a
    fall = place - 1.0 / order
    for coefficient in BERNOULLI:
        total += coefficient * term
        tilt += coefficient * term * fall
        term *= (order + 1.0) * (order + 2.0) / (a * a)
        fall -= 1.0 / (order + 1.0) + 1.0 / (order + 2.0)
        order += 2.0
    return total, tilt


@jit
def power_tail(n: float, gamma: float) -> float:
    """Sum of i^-(1+gamma) over i > n."""
    if not (n >= 0.0 and gamma > 0.0):
        return nan
    return tail(n, gamma, 0)[0]


@jit
def power_tail_fall(n: float, gamma: float) -> float:
    """Minus its slope in ln n."""
    if not (n >= 0.0 and gamma > 0.0):
        return nan
    return (1.0 + gamma) * tail(n, gamma, 1)[0]


@jit
def power_tail_bend(n: float, gamma: float) -> float:
    """Its second derivative in ln n."""
    if not (n >= 0.0 and gamma > 0.0):
        return nan
    return (1.0 + gamma) * ((2.0 + gamma) * tail(n, gamma, 2)[0] - tail(n, gamma, 1)[0])


@jit
def power_tail_tilt(n: float, gamma: float) -> float:
    """Its derivative in gamma."""
    if not (n >= 0.0 and gamma > 0.0):
        return nan
    return -tail(n, gamma, 0)[1]


@jit
def positive_series(z: float, b: float) -> tuple[float, float]:
    """Sum of z^k k! / (b)_k over k >= 0 for z <= 1/2, and minus its derivative in b."""
    term, total, tilt, fall, k = 1.0, 1.0, 0.0, 0.0, 0.0
    while term > 1e-18 * total:
        fall += 1.0 / (b + k)
        term *= z * (k + 1.0) / (b + k)
        total += term
        tilt += term * fall
        k += 1.0
    return total, tilt


@jit
def reflection(delta: float, q: float) -> tuple[float, float]:
    """Pi / sin(pi delta) - 1/delta for q = 1 - delta, and its derivative in delta."""
    square = delta * delta
    power, series, slope, order = 1.0, 0.0, 0.0, 1.0
    for coefficient in REFLECTION:
        series += coefficient * power
        slope += order * coefficient * power
        power *= square
        order += 2.0
    gap = q * (1.0 + delta)
    return 2.0 * delta * (1.0 / gap - series), 2.0 * ((1.0 + square) / (gap * gap) - slope)


@jit
def beyond(place: float, gamma: float) -> tuple[float, float, float]:
    """1 + gamma times the integral of 1 / (1 + t^(1+gamma)) from 0 to e^place >= 1, what it lacks, and its slope."""
    p = 1.0 + gamma
    q = 1.0 / p
    delta = gamma * q
    t = gamma * place
    u = exp(-p * place)
    total, tilt = positive_series(u / (1.0 + u), 2.0 + delta)
    scale = exp(-t) * u / ((1.0 + delta) * (1.0 + u))
    rest = scale * total
    pole, bent = reflection(delta, q)
    slope = bent - scale * (total / (1.0 + delta) + tilt)
    if t < 0.5:
        # (1 - (1+t) e^-t) / t^2
        bend, term, k = 0.0, 0.5, 0.0
        while k < 16.0:
            bend += term
            term *= -t * (k + 2.0) / ((k + 1.0) * (k + 3.0))
            k += 1.0
    else:
        bend = (1.0 - (1.0 + t) * exp(-t)) / (t * t)
    rising = p * place * (-expm1(-t) / t if t > 0.0 else 1.0)
    return rising + pole + rest, rest, -place * place * bend - q * place * rest + q * q * slope


@jit
def placed(n: float, c: float, p: float) -> tuple[float, float]:
    """Place z = c^(1/p), and ln(n/z)."""
    z = power(c, 1.0 / p)
    ratio = n / z
    return z, log(ratio) if ratio < 1e308 else log(n) - log(z)


@jit
def spectrum_nats(n: float, c: float, gamma: float) -> float:
    """Integral of ln(1 + c y^-(1+gamma)) from 0 to n."""
    if not (n >= 0.0 and c > 0.0 and gamma >= 0.0):
        return nan
    if n == 0.0:
        return 0.0
    p = 1.0 + gamma
    z, place = placed(n, c, p)
    if place <= 0.0:
        w = exp(p * place)
        total, _ = positive_series(w / (1.0 + w), 1.0 + 1.0 / p)
        return n * (log1p(w) - p * place + p / (1.0 + w) * total)
    u = exp(-p * place)
    return n * log1p(u) + z * beyond(place, gamma)[0]


@jit
def spectrum_nats_tilt(n: float, c: float, gamma: float) -> float:
    """Its derivative in gamma."""
    if not (n >= 0.0 and c > 0.0 and gamma >= 0.0):
        return nan
    if n == 0.0:
        return 0.0
    p = 1.0 + gamma
    q = 1.0 / p
    z, place = placed(n, c, p)
    if place <= 0.0:
        w = exp(p * place)
        total, tilt = positive_series(w / (1.0 + w), 1.0 + q)
        return n / (1.0 + w) * (total * (1.0 - log(n)) + q * tilt)
    whole, _, slope = beyond(place, gamma)
    return z * (slope - log(z) * q * whole)


@jit
def effective_dimension(n: float, c: float, gamma: float) -> float:
    """Integral of c / (c + y^(1+gamma)) from 0 to n."""
    if not (n >= 0.0 and c > 0.0 and gamma >= 0.0):
        return nan
    if n == 0.0:
        return 0.0
    p = 1.0 + gamma
    z, place = placed(n, c, p)
    if place <= 0.0:
        w = exp(p * place)
        total, _ = positive_series(w / (1.0 + w), 1.0 + 1.0 / p)
        return n / (1.0 + w) * total
    return z * beyond(place, gamma)[0] / p


@jit
def ends(n: float, c: float, gamma: float) -> tuple[float, float]:
    """U = c n^-(1+gamma), and n times u where it is less than 1, neither of which underflows before the other."""
    p = 1.0 + gamma
    z, place = placed(n, c, p)
    return exp(-p * place), z * exp(-gamma * place)


@jit
def spectrum_nats_rise(n: float, c: float, gamma: float) -> float:
    """N ln(1 + u) for u = c n^-(1+gamma)."""
    if not (n >= 0.0 and c > 0.0 and gamma >= 0.0):
        return nan
    if n == 0.0:
        return 0.0
    u, scaled = ends(n, c, gamma)
    if u < 1e-8:
        return scaled * (1.0 - 0.5 * u)
    if u < 1.0:
        return scaled * (log1p(u) / u)
    p = 1.0 + gamma
    return n * (log1p(1.0 / u) - p * placed(n, c, p)[1])


@jit
def effective_dimension_rise(n: float, c: float, gamma: float) -> float:
    """N u / (1 + u)."""
    if not (n >= 0.0 and c > 0.0 and gamma >= 0.0):
        return nan
    if n == 0.0:
        return 0.0
    u, scaled = ends(n, c, gamma)
    return scaled / (1.0 + u) if u < 1.0 else n / (1.0 + 1.0 / u)


@jit
def spectrum_nats_excess(n: float, c: float, gamma: float) -> float:
    """N [ln(1 + u) - u / (1 + u)]."""
    if not (n >= 0.0 and c > 0.0 and gamma >= 0.0):
        return nan
    if n == 0.0:
        return 0.0
    u, scaled = ends(n, c, gamma)
    if u < 0.3:
        # with w = u / (1 + u): -ln(1 - w) - w = w^2 (1/2 + w/3 + w^2/4 + ...)
        w = u / (1.0 + u)
        series, term, k = 0.0, w, 2.0
        while term > 1e-18 * w:
            series += term / k
            term *= w
            k += 1.0
        return scaled / (1.0 + u) * series
    return spectrum_nats_rise(n, c, gamma) - effective_dimension_rise(n, c, gamma)

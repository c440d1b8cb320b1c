"""Compiled twins of `infobound.special.harmonics`: sums over the coded degrees, and the energy that they leave.

While much energy is left it is what the coded degrees lack of 1.  Where little is left that would cancel: the next
degrees are added up to `FAR`, and those beyond by an expansion of the sum that is accurate there for every d.
"""

from math import nan, pi

from infobound.kernels.compiling import inlined
from infobound.kernels.elementary import exp, log
from infobound.kernels.twins import shift_to
from infobound.special.harmonics import MOST

__all__ = ["coded_modes", "coding_nats", "coding_slope", "uncoded_energy"]

FAR = 64.0
MUCH = 1 / 16
# -B_(2j+1)(1/4) / (j (2j+1)) for j = 1..7: ln of Gamma(w + 1/4) / Gamma(w + 3/4) * sqrt(w) in powers of 1/w^2.
GAMMA_RATIO = (
    -1 / 64,
    5 / 2048,
    -61 / 49152,
    1385 / 1048576,
    -50521 / 20971520,
    2702765 / 402653184,
    -199360981 / 7516192768,
)


@inlined
def constant_energy(d: float) -> tuple[float, float]:
    """kappa_0 = d/(2 pi) (Gamma(d/2) / Gamma((d+1)/2))^2 and its logarithmic derivative in d."""
    x = 0.5 * d
    shift = shift_to(x)
    product, slope = 1.0, 0.0
    for i in range(int(shift)):
        low = x + i
        product *= (low + 0.5) / low
        slope -= 0.5 / (low * (low + 0.5))
    w = x + shift - 0.25
    v = 1.0 / (w * w)
    series, steep, power, order = 0.0, 0.0, 1.0, 0.0
    for coefficient in GAMMA_RATIO:
        power *= v
        order += 2.0
        series += coefficient * power
        steep -= order * coefficient * power
    # 1/d - 1/(2w), whose parts cancel for large d
    slope += (2.0 * shift - 0.5) / (d * (2.0 * w)) + steep / w
    return x / (pi * w) * product * product * exp(2.0 * series), slope


@inlined
def beyond(degree: float, d: float) -> tuple[float, float]:
    """Energy of all even degrees above `degree`, over the energy of that degree, and its derivative in d.

    With s = l + 1 and t = l + d - 1 the ratio is (t-1)(s-2)^2 / (3 s (s+t-2)) times a series in 1/(s t) whose
    coefficients make kappa_l the difference of neighbours, order by order; they are of degree k in d, so that from
    `FAR` on eight terms leave 1e-13 at most.
    """
    s, t = degree + 1.0, degree + d - 1.0
    a, z = d - 3.0, 1.0 / (s * t)
    # coefficients over d - 3, and their derivatives in d
    c2, b2 = 8 / 35 * (d - 12.0), 8 / 35
    c3, b3 = -16 / 35 * (d * d - 32.0), -32 / 35 * d
    c4, b4 = (
        -32 / 385 * (((5.0 * d - 116.0) * d + 176.0) * d + 1472.0),
        -32 / 385 * ((15.0 * d - 232.0) * d + 176.0),
    )
    c5, b5 = (
        64 / 5005 * ((((81.0 * d + 216.0) * d - 12944.0) * d + 25536.0) * d + 119296.0),
        64 / 5005 * (((324.0 * d + 648.0) * d - 25888.0) * d + 25536.0),
    )
    c6, b6 = (
        128 / 5005 * (((((63.0 * d - 2324.0) * d + 4896.0) * d + 126016.0) * d - 292864.0) * d - 1043456.0),
        128 / 5005 * ((((315.0 * d - 9296.0) * d + 14688.0) * d + 252032.0) * d - 292864.0),
    )
    c7, b7 = (
        -256
        / 85085
        * (
            (((((1631.0 * d + 12912.0) * d - 771072.0) * d + 2559488.0) * d + 25753088.0) * d - 68102144.0) * d
            - 207183872.0
        ),
        -256 / 85085 * (((((9786.0 * d + 64560.0) * d - 3084288.0) * d + 7678464.0) * d + 51506176.0) * d - 68102144.0),
    )
    series = z * (0.8 + z * (c2 + z * (c3 + z * (c4 + z * (c5 + z * (c6 + z * c7))))))
    in_z = z * (0.8 + z * (2.0 * c2 + z * (3.0 * c3 + z * (4.0 * c4 + z * (5.0 * c5 + z * (6.0 * c6 + z * 7.0 * c7))))))
    in_d = z * z * (b2 + z * (b3 + z * (b4 + z * (b5 + z * (b6 + z * b7)))))
    leading = (t - 1.0) * (s - 2.0) ** 2 / (3.0 * s * (s + t - 2.0))
    rise = 1.0 / (t - 1.0) - 1.0 / (s + t - 2.0)
    whole = 1.0 + a * series
    return leading * whole, leading * (rise * whole + series + a * (in_d - in_z / t))


@inlined
def coding(T: float, d: float, slopes: bool) -> tuple[float, float, float, float, float, float]:
    """Modes, nats and energy left, then their derivatives in d; a caller pays for what it uses.

    From degree 2 on the energies are (d-1) times numbers that are carried instead, so that d = 1 is no exception;
    there these degrees count for the slopes only.
    """
    if not (T >= 0.0 and d >= 1.0):
        return nan, nan, nan, nan, nan, nan
    energy, steep = constant_energy(d)
    ratio = 0.125 * T * energy
    if not ratio > 1.0:
        return 0.0, 0.0, 1.0, 0.0, 0.0, 0.0
    nats = log(ratio)
    modes, nats, rest = 1.0, 0.5 * nats, 1.0 - energy
    modes_d, nats_d, rest_d = 0.0, 0.5 * steep, -energy * steep
    ratio = T / (16.0 * d)
    if not ratio > 1.0:
        return modes, nats, rest, modes_d, nats_d, rest_d
    cost = log(ratio)
    modes, nats, rest = modes + d, nats + 0.5 * d * cost, rest - 0.5
    modes_d, nats_d = modes_d + 1.0, nats_d + 0.5 * (cost - 1.0)
    above = d - 1.0
    most = MOST if slopes or above > 0.0 else 0
    # for degree l: kappa_l / (d-1) and its slope's two parts, kappa_l / (2 N_l), and the logarithmic slopes of the
    # last and of N_l / (d-1)
    share = 0.5 * energy * (d + 2.0) / (d + 1.0) ** 2
    first = (d + 5.0) / ((d + 1.0) * (d + 2.0))
    mode = 0.5 * energy / (d + 1.0) ** 2
    mode_slope = steep - 2.0 / (d + 1.0)
    count_slope = 1.0 / (d + 2.0)
    degree = 2.0
    left = 0.0
    left_d = 0.0
    while True:
        part, part_d = above * share, share * (first + above * steep)
        ratio = 0.25 * T * mode
        if ratio > 1.0 and degree <= most:
            count = share / (2.0 * mode)
            cost = log(ratio)
            modes += above * count
            nats += 0.5 * above * count * cost
            rest -= part
            count_d = count * (1.0 + above * count_slope)
            modes_d += count_d
            nats_d += 0.5 * (count_d * cost + above * count * mode_slope)
            rest_d -= part_d
        elif rest > MUCH:
            return modes, nats, rest, modes_d, nats_d, rest_d
        elif degree <= FAR:
            left += part
            left_d += part_d
        else:
            break
        degree += 2.0
        e = degree + d
        outer = degree + e
        grown = (outer - 2.0) / (outer - 6.0) * (e - 3.0) * (e - 4.0) / (degree * (degree - 1.0))
        shrunk = (degree - 3.0) / (e - 1.0)
        shrunk *= shrunk
        share *= grown * shrunk
        mode *= shrunk
        bent = -4.0 / ((outer - 2.0) * (outer - 6.0))
        steep += 2.0 / ((e - 3.0) * (e - 1.0)) + 3.0 / ((e - 4.0) * (e - 1.0)) + bent
        mode_slope -= 2.0 / (e - 1.0)
        count_slope += 1.0 / (e - 3.0) + 1.0 / (e - 4.0) + bent
    # what lies beyond the last degree before this one, in terms of this one: its share is counted as well
    factor, factor_d = beyond(degree, d)
    left += part * (1.0 + factor)
    left_d += part_d * (1.0 + factor) + part * factor_d
    return modes, nats, left, modes_d, nats_d, left_d


@inlined
def coded_modes(T: float, d: float) -> float:
    """Number of coded coefficients."""
    return coding(T, d, False)[0]


@inlined
def coding_nats(T: float, d: float) -> float:
    """Nats that they cost."""
    return coding(T, d, False)[1]


@inlined
def uncoded_energy(T: float, d: float) -> float:
    """Share of the energy in the degrees that are not coded."""
    return coding(T, d, False)[2]


@inlined
def coding_slope(k: float, T: float, d: float) -> float:
    """Derivative in d of one of the three, the same degrees coded."""
    found = coding(T, d, True)
    return found[3] if k == 0.0 else found[4] if k == 1.0 else found[5]

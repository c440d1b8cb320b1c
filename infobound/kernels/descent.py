"""Compiled minimisation along one budget: a scan of the whole feasible range, then refinement.

The text of this file is copied into every generated minimiser, behind the functions it calls, which are
lowered from a law and a cost.  Sizes are handled as x = ln n, data as y = ln T; q holds the parameters, and
`tables` what a scan reads instead of computing it for every budget anew.
"""

from math import inf, nan
from typing import TYPE_CHECKING

from numpy import ceil, floor

from infobound.kernels.compiling import inlined, jit
from infobound.kernels.elementary import exp, log
from infobound.kernels.scratch import row

if TYPE_CHECKING:
    Q = tuple[float, ...]
    Tables = tuple[list[float], ...]

    def objective(n: float, T: float, q: Q) -> tuple[float]:
        """Loss without the addends that hold neither size nor data."""

    def slopes(n: float, T: float, q: Q) -> tuple[float, float, float, float, float]:
        """Derivatives of the objective L in (x, y): L_x, L_y, L_xx, L_xy, L_yy."""

    def spending(n: float, T: float, q: Q) -> tuple[float]:
        """Cost of (n, T)."""

    def spending_slopes(n: float, T: float, q: Q) -> tuple[float, float, float, float, float]:
        """Derivatives of the cost in (x, y), in the order of `slopes`."""

    def data_left(n: float, C: float, q: Q) -> tuple[float]:
        """Data size that the budget C leaves beside n."""

    def end_guessed(C: float, q: Q) -> float:
        """Largest x that leaves one sample, to rounding; NaN where the cost has no simple form."""

    def tabulated(first: int, last: int, q: Q, tables: Tables) -> None:
        """Fill the tables at x = i * SCAN_STEP for first <= i < last."""

    def scanned(last: int, C: float, q: Q, tables: Tables, heights: list[float]) -> None:
        """Put the objective at x = i * SCAN_STEP, 0 <= i < last, into heights[i + 1], to a dozen digits."""


CONVERGED, LOWER_EDGE, UPPER_EDGE, FLAT, INFEASIBLE, NOT_FINITE, NOT_CONVERGED = range(7)
# A row of memory holds the scan of the longest range that doubles allow, ln 1e308 = 709.
SCAN_STEP = 0.2
SCAN_FEWEST = 64
LANES = 64
WALLS = 4.0


@jit
def price_slopes(n: float, T: float, q: "Q") -> tuple[float, float, float, float, float]:
    """Derivatives of the logarithm of the cost in (x, y), in the order of `slopes`."""
    cost = spending(n, T, q)[0]
    cx, cy, cxx, cxy, cyy = spending_slopes(n, T, q)
    cx, cy = cx / cost, cy / cost
    return cx, cy, cxx / cost - cx * cx, cxy / cost - cx * cy, cyy / cost - cy * cy


@jit
def searched_data(n: float, C: float, q: "Q") -> float:
    """Solve Cost(n, T) = C for T >= 1 by Newton's method in y, kept inside a bracket."""
    if not spending(n, 1.0, q)[0] <= C:
        return nan
    low, high = 0.0, 1.0
    while high < 709.0 and spending(n, exp(high), q)[0] <= C:
        low, high = high, 2.0 * high
    y = 0.5 * (low + high)
    for _ in range(200):
        T = exp(y)
        miss = log(spending(n, T, q)[0]) - log(C)
        if miss < 0.0:
            low = y
        else:
            high = y
        following = y - miss / price_slopes(n, T, q)[1]
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - y) <= 1e-15 * (1.0 + abs(y)):
            break
        y = following
    return exp(y)


@inlined
def data_at(x: float, C: float, q: "Q") -> float:
    """Data size on the budget at x, never below one sample."""
    T = data_left(exp(x), C, q)[0]
    return T if T > 1.0 or T != T else 1.0


@inlined
def height(x: float, C: float, q: "Q") -> float:
    """Objective on the budget at x; infinite where it is not a number."""
    value = objective(exp(x), data_at(x, C, q), q)[0]
    return value if value == value else inf


@jit
def value_at(x: float, C: float, q: "Q") -> float:
    """Height as a call, for places outside of loops."""
    return height(x, C, q)


@jit
def slope_at(x: float, C: float, q: "Q") -> tuple[float, float]:
    """First and second derivative in x of the objective along the budget."""
    n, T = exp(x), data_at(x, C, q)
    Lx, Ly, Lxx, Lxy, Lyy = slopes(n, T, q)
    cx, cy, cxx, cxy, cyy = price_slopes(n, T, q)
    s = -cx / cy
    bend = -(cxx + 2.0 * cxy * s + cyy * s * s) / cy
    return Lx + Ly * s, Lxx + 2.0 * Lxy * s + Lyy * s * s + Ly * bend


@jit
def root(low: float, high: float, C: float, q: "Q") -> float:
    """Zero of the slope between low (where it is negative) and high: Newton's method, else bisection."""
    x = 0.5 * (low + high)
    before = last = high - low
    for _ in range(200):
        slope, bend = slope_at(x, C, q)
        if slope < 0.0:
            low = x
        elif slope > 0.0:
            high = x
        else:
            return x if slope == 0.0 else nan
        outside = ((x - high) * bend - slope) * ((x - low) * bend - slope) > 0.0
        if outside or not abs(2.0 * slope) <= abs(before * bend):
            before, last = last, 0.5 * (high - low)
            following = low + last
        else:
            before, last = last, slope / bend
            following = x - last
        if abs(following - x) <= 1e-14 * (1.0 + abs(x)):
            return following
        x = following
    return x if high - low <= 1e-10 else nan


@jit
def golden(low: float, high: float, C: float, q: "Q") -> float:
    """Least value between low and high by golden section: for kinks and jumps, where no slope vanishes."""
    ratio = 0.6180339887498949
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = value_at(left, C, q), value_at(right, C, q)
    for _ in range(200):
        if high - low <= 1e-11 * (1.0 + abs(high)):
            break
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = value_at(left, C, q)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = value_at(right, C, q)
    return left if at_left <= at_right else right


@jit
def polished(x: float, low: float, high: float, C: float, q: "Q") -> float:
    """Zero of the slope by Newton's method alone, from a good start; NaN where that leaves [low, high] or a valley."""
    for _ in range(8):
        slope, bend = slope_at(x, C, q)
        if not bend > 0.0:
            return nan
        move = slope / bend
        x -= move
        if not low < x < high:
            return nan
        if abs(move) <= 1e-9 * (1.0 + abs(x)):
            return x
    return nan


@jit
def refined(low: float, middle: float, high: float, start: float, C: float, q: "Q") -> tuple[float, float, bool]:
    """Minimiser and its height in a bracket whose middle is no higher than its ends, and whether the valley bends."""
    bound = value_at(middle, C, q)
    x = polished(start, low, high, C, q)
    found = value_at(x, C, q)
    if found <= bound + 1e-12 * abs(bound):
        return x, found, True
    if slope_at(low, C, q)[0] < 0.0 < slope_at(high, C, q)[0]:
        x = root(low, high, C, q)
        found = value_at(x, C, q)
        if found <= bound + 1e-12 * abs(bound):
            return x, found, False
    x = golden(low, high, C, q)
    found = value_at(x, C, q)
    return (x, found, False) if found <= bound else (middle, bound, False)


@jit
def feasible_end(C: float, q: "Q") -> float:
    """Largest x that leaves one sample; negative where even x = 0 does not."""
    if not spending(1.0, 1.0, q)[0] <= C:
        return -1.0
    guess = end_guessed(C, q)
    for _ in range(8):
        # what a guess misses is rounding; a little less always leaves one sample
        if 0.0 < guess < 709.0 and spending(exp(guess), 1.0, q)[0] <= C:
            return guess
        guess -= 2e-16 * guess
    low, high = 0.0, 1.0
    while high < 709.0 and spending(exp(high), 1.0, q)[0] <= C:
        low, high = high, 2.0 * high
    x = low
    for _ in range(120):
        if high - low <= 4e-16 * high:
            break
        # Newton's method for the logarithm of the cost, a little short of the end, else bisection
        n = exp(x)
        x += log(C / spending(n, 1.0, q)[0]) / price_slopes(n, 1.0, q)[0]
        for near in (x - 1e-15 * high, x + 1e-15 * high, 0.5 * (low + high)):
            if low < near < high:
                if spending(exp(near), 1.0, q)[0] <= C:
                    low = near
                else:
                    high = near
        x = low
    return low


@jit
def next_well(heights: list[float], i: int, last: int) -> int:
    """First place from i on that is lower than that before it and no higher than that after it; beyond last if none.

    The place i is heights[i + 1]; LANES of them are asked at once.
    """
    while i <= last:
        wells = 0
        for lane in range(LANES):
            j = i + lane
            fell, rises = heights[j] > heights[j + 1], heights[j + 1] <= heights[j + 2]
            wells |= 1 if fell & rises else 0
        if wells > 0:
            while not (heights[i] > heights[i + 1] and heights[i + 1] <= heights[i + 2]):
                i += 1
            return i
        i += LANES
    return i


@jit
def vertex(heights: list[float], i: int) -> float:
    """Where five heights around the place i are least, in steps from i, by their first three derivatives; else 0."""
    a, b, c, d, e = heights[i - 1], heights[i], heights[i + 1], heights[i + 2], heights[i + 3]
    slope, bend, twist = (
        (a - e) / 12.0 + (d - b) / 1.5,
        (16.0 * (b + d) - 30.0 * c - a - e) / 12.0,
        0.5 * (e - a) + b - d,
    )
    move = -slope / bend
    for _ in range(2):
        move = -slope / (bend + 0.5 * twist * move)
    return move if abs(move) < 1.0 else 0.0


@jit
def lowest(end: float, C: float, q: "Q", tables: "Tables") -> tuple[float, float, int]:
    """Global minimiser on [0, end], its height and status; of equal minima the one at the smallest x."""
    heights = row()
    last = int(ceil(end / SCAN_STEP))
    if last >= SCAN_FEWEST:
        step = SCAN_STEP
        scanned(last, C, q, tables, heights)
    else:
        last = SCAN_FEWEST
        step = end / last
        for i in range(last):
            heights[i + 1] = height(i * step, C, q)
    heights[0] = inf
    heights[last + 1] = value_at(end, C, q)
    for i in range(last + 2, last + 3 + LANES):
        heights[i] = inf
    best_x, best, status, single = 0.0, inf, NOT_FINITE, False
    i = next_well(heights, 0, last)
    while i <= last:
        before, here, after = heights[i], heights[i + 1], heights[i + 2]
        # a well that lies above the best by far more than its own walls rise is left alone
        if here < inf and not here - best > WALLS * (max(before, after) - here):
            x, kind = min(i * step, end), CONVERGED
            low, high = max(x - step, 0.0), min(x + step, end)
            plain = False
            if i == 0 and not slope_at(0.0, C, q)[0] < 0.0:
                kind, found = LOWER_EDGE, value_at(x, C, q)
            elif i == last and not slope_at(x, C, q)[0] > 0.0:
                kind, found = UPPER_EDGE, value_at(x, C, q)
            elif i in (0, last):
                middle = 0.5 * (low + high)
                x, found, plain = refined(low, middle, high, middle, C, q)
            else:
                start = x + step * vertex(heights, i)
                x, found, plain = refined(low, x, high, start, C, q)
            if found < best - 4e-16 * abs(best) or (status == NOT_FINITE and found < inf):
                best_x, best, status, single = x, found, kind, plain
        i = next_well(heights, i + 1, last)
    if status == NOT_FINITE or best != best or best == -inf:
        return nan, nan, NOT_FINITE
    if single:
        return best_x, best, status
    x, status = plateau(best_x, best, status, end, step, C, q)
    return x, best, status


@jit
def plateau(x: float, value: float, status: int, end: float, step: float, C: float, q: "Q") -> tuple[float, int]:
    """Left end of the plateau on which x lies, with status FLAT; x itself where it lies on none."""
    level = False
    for near in (max(x - 0.01 * step, 0.0), min(x + 0.01 * step, end)):
        if near != x and value_at(near, C, q) == value and slope_at(near, C, q)[0] == 0.0:
            level = True
    if not level:
        return x, status
    high = x
    while high > 0.0 and value_at(max(high - step, 0.0), C, q) <= value:
        high = max(high - step, 0.0)
    low = max(high - step, 0.0)
    while high - low > 1e-11 * (1.0 + high):
        middle = 0.5 * (low + high)
        if value_at(middle, C, q) <= value:
            high = middle
        else:
            low = middle
    return high, FLAT


@jit
def exponents(x: float, status: int, C: float, q: "Q") -> tuple[float, float, float]:
    """Rates of ln n, ln T and L in ln C: by the implicit function theorem, or along an edge."""
    n, T = exp(x), data_at(x, C, q)
    Lx, Ly, Lxx, Lxy, Lyy = slopes(n, T, q)
    cx, cy, cxx, cxy, cyy = price_slopes(n, T, q)
    if status == LOWER_EDGE:
        return 0.0, 1.0 / cy, Ly / cy
    if status == UPPER_EDGE:
        return 1.0 / cx, 0.0, Lx / cx
    s = -cx / cy
    # where more data change nothing, the loss is stationary in size alone
    scale = abs(Lx) + abs(Ly * s) if Ly != 0.0 else abs(Lxx)
    if status != CONVERGED or not abs(Lx + Ly * s) <= 1e-6 * scale:
        return nan, nan, nan
    bend = Lxx + 2.0 * Lxy * s + Lyy * s * s - Ly * (cxx + 2.0 * cxy * s + cyy * s * s) / cy
    s_y = (cx * cyy - cxy * cy) / (cy * cy)
    rate = -((Lxy + Lyy * s) + Ly * s_y) / (cy * bend)
    return rate, s * rate + 1.0 / cy, Ly / cy


@jit
def whole(x: float, C: float, q: "Q") -> tuple[float, float]:
    """Better of floor and ceiling of n, with the whole samples that the budget leaves."""
    n = exp(x)
    best_n, best_T, best = nan, nan, inf
    for candidate in (floor(n), ceil(n)):
        if candidate < 1.0 or not spending(candidate, 1.0, q)[0] <= C:
            continue
        T = data_left(candidate, C, q)[0]
        T = floor(T)
        if T < 1e15 and spending(candidate, T + 1.0, q)[0] <= C:
            T += 1.0
        T = max(T, 1.0)
        value = objective(candidate, T, q)[0]
        if value < best:
            best_n, best_T, best = candidate, T, value
    return best_n, best_T


@jit
def minimised(end: float, C: float, q: "Q", tables: "Tables") -> tuple[float, ...]:
    """n, T, status, exponents of n, T and slope of the loss in ln C, whole n and whole T at one budget."""
    if end < 0.0:
        return nan, nan, float(INFEASIBLE), nan, nan, nan, nan, nan
    x, _, status = lowest(end, C, q, tables)
    if status == NOT_FINITE:
        return nan, nan, float(NOT_FINITE), nan, nan, nan, nan, nan
    if x != x:
        return nan, nan, float(NOT_CONVERGED), nan, nan, nan, nan, nan
    rate_n, rate_T, rate_loss = exponents(x, status, C, q)
    whole_n, whole_T = whole(x, C, q)
    return exp(x), data_at(x, C, q), float(status), rate_n, rate_T, rate_loss, whole_n, whole_T

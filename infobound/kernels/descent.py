"""Compiled minimisation along one budget: a scan of the whole feasible range, then refinement.

The text of this file is copied into every generated minimiser, behind the functions it calls, which are
lowered from a law and a cost: `objective`, `slopes`, `spending`, `spending_slopes` and `data_left`.
Sizes are handled as x = ln n, data as y = ln T; q holds the parameters.
"""

from math import ceil, floor, inf, nan
from typing import TYPE_CHECKING

from infobound.kernels.compiling import inlined, jit
from infobound.kernels.elementary import exp, log
from infobound.kernels.scratch import ROW, row

if TYPE_CHECKING:
    Q = tuple[float, ...]

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


CONVERGED, LOWER_EDGE, UPPER_EDGE, FLAT, INFEASIBLE, NOT_FINITE, NOT_CONVERGED = range(7)
SCAN_STEP = 0.1
SCAN_FEWEST, SCAN_MOST = 64, ROW - 2


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
def refined(low: float, middle: float, high: float, C: float, q: "Q") -> float:
    """Minimiser in a bracket whose middle is no higher than its ends."""
    bound = value_at(middle, C, q)
    if slope_at(low, C, q)[0] < 0.0 < slope_at(high, C, q)[0]:
        x = root(low, high, C, q)
        if value_at(x, C, q) <= bound + 1e-12 * abs(bound):
            return x
    x = golden(low, high, C, q)
    return x if value_at(x, C, q) <= bound else middle


@jit
def feasible_end(C: float, q: "Q") -> float:
    """Largest x that leaves one sample; negative where even x = 0 does not."""
    if not spending(1.0, 1.0, q)[0] <= C:
        return -1.0
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
def lowest(end: float, C: float, q: "Q") -> tuple[float, int]:
    """Global minimiser on [0, end] and its status; of equal minima the one at the smallest x."""
    count = min(max(ceil(end / SCAN_STEP), SCAN_FEWEST), SCAN_MOST)
    step = end / count
    heights = row()
    for i in range(count + 1):
        heights[i] = height(i * step, C, q)
    heights[count + 1] = inf
    best_x, best, status = 0.0, inf, NOT_FINITE
    before, here = inf, heights[0]
    for i in range(count + 1):
        after = heights[i + 1]
        if here < inf and (before > here or i == 0) and here <= after:
            x, kind = i * step, CONVERGED
            low, high = max(x - step, 0.0), min(x + step, end)
            slope = slope_at(x, C, q)[0]
            if i == 0 and not slope < 0.0:
                kind = LOWER_EDGE
            elif i == count and not slope > 0.0:
                kind = UPPER_EDGE
            else:
                middle = 0.5 * (low + high) if i in (0, count) else x
                x = refined(low, middle, high, C, q)
            found = value_at(x, C, q)
            if found < best - 4e-16 * abs(best) or status == NOT_FINITE:
                best_x, best, status = x, found, kind
        before, here = here, after
    if status == NOT_FINITE or best != best or best == -inf:
        return nan, NOT_FINITE
    return plateau(best_x, best, status, end, step, C, q)


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
    Lx, Ly, _, Lxy, Lyy = slopes(n, T, q)
    cx, cy, _, cxy, cyy = price_slopes(n, T, q)
    if status == LOWER_EDGE:
        return 0.0, 1.0 / cy, Ly / cy
    if status == UPPER_EDGE:
        return 1.0 / cx, 0.0, Lx / cx
    s = -cx / cy
    slope, bend = slope_at(x, C, q)
    if status != CONVERGED or not abs(slope) <= 1e-6 * (abs(Lx) + abs(Ly * s)):
        return nan, nan, nan
    s_y = (cx * cyy - cxy * cy) / (cy * cy)
    rate = -((Lxy + Lyy * s) + Ly * s_y) / (cy * bend)
    return rate, s * rate + 1.0 / cy, Ly / cy


@jit
def whole(x: float, C: float, q: "Q") -> tuple[float, float]:
    """Better of floor and ceiling of n, with the whole samples that the budget leaves."""
    n = exp(x)
    best_n, best_T, best = nan, nan, inf
    for candidate in (float(floor(n)) if n < 1e15 else n, float(ceil(n)) if n < 1e15 else n):
        if candidate < 1.0 or not spending(candidate, 1.0, q)[0] <= C:
            continue
        T = data_left(candidate, C, q)[0]
        T = float(floor(T)) if T < 1e15 else T
        if T < 1e15 and spending(candidate, T + 1.0, q)[0] <= C:
            T += 1.0
        T = max(T, 1.0)
        value = objective(candidate, T, q)[0]
        if value < best:
            best_n, best_T, best = candidate, T, value
    return best_n, best_T


@jit
def minimised(C: float, q: "Q") -> tuple[float, float, float, float, float, float, float, float]:
    """n, T, status, exponents of n, T and slope of the loss in ln C, whole n and whole T at one budget."""
    end = feasible_end(C, q)
    if end < 0.0:
        return nan, nan, float(INFEASIBLE), nan, nan, nan, nan, nan
    x, status = lowest(end, C, q)
    if status == NOT_FINITE:
        return nan, nan, float(NOT_FINITE), nan, nan, nan, nan, nan
    if x != x:
        return nan, nan, float(NOT_CONVERGED), nan, nan, nan, nan, nan
    rate_n, rate_T, rate_loss = exponents(x, status, C, q)
    whole_n, whole_T = whole(x, C, q)
    return exp(x), data_at(x, C, q), float(status), rate_n, rate_T, rate_loss, whole_n, whole_T

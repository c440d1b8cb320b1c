"""Compiled fits: Newton's method for a sum of Huber losses of log residuals, damped by its own majorant.

The text of this file is copied into every generated fit, behind the functions it calls, which are lowered from
a law: `level` and `model`.  The law's free parameters are handled as coordinates u (a logarithm, or the number
itself); a fit moves in the directions of a basis Z, u = start + Z v, within a box.

With r_j = ln y_j - ln L_j(u) the sum is sum_j w_j rho(r_j), rho(r) = r^2/2 for |r| <= delta and
delta (|r| - delta/2) beyond.  Its Hessian H may be indefinite; M = sum_j w_j min(1, delta/|r_j|) g_j g_j' with
g_j the gradient of ln L_j is the Hessian of the quadratic that iteratively reweighted least squares put above the
sum.  A step solves (H + damping M) s = -gradient: Newton's where damping is small, reweighted least squares, cut
short, where it is large, and both do not depend on how a parameter is scaled.
"""

from math import inf
from typing import TYPE_CHECKING

from infobound.kernels.compiling import jit
from infobound.kernels.elementary import log
from infobound.kernels.scratch import row

if TYPE_CHECKING:
    Doubles = list[float]
    FREE = 0
    COLUMNS = 0

    def level(u: Doubles, at: int, table: Doubles, j: int) -> tuple[float]:
        """Loss that the law gives row j of the table."""

    def model(u: Doubles, at: int, table: Doubles, j: int) -> tuple[float, ...]:
        """Loss, its gradient and the lower triangle of its Hessian, row by row, in the coordinates u."""


# Places in a fit's memory: vectors of at most 32 numbers, and squares of them.
MOST_FREE = 32
TRIAL, STEP, SLOPE, REDUCED, FROZEN = 32, 64, 96, 128, 160
HESSIAN, METRIC, SYSTEM, REDUCED_HESSIAN, REDUCED_METRIC = 1024, 2048, 3072, 4096, 5120
LONGEST_STEP = 3.0


@jit
def summed(m: "Doubles", at: int, table: "Doubles", rows: int, weights: "Doubles", first: int, delta: float) -> float:
    """Weighted sum of Huber losses; infinite where the law is not a positive number."""
    total = 0.0
    for j in range(rows):
        w = weights[first + j]
        if w == 0.0:
            continue
        L = level(m, at, table, j)[0]
        if not 0.0 < L < inf:
            return inf
        r = abs(table[j * COLUMNS] - log(L))
        total += w * (0.5 * r * r if r <= delta else delta * (r - 0.5 * delta))
    return total


@jit
def assembled(m: "Doubles", table: "Doubles", rows: int, weights: "Doubles", first: int, delta: float) -> None:
    """Gradient, Hessian and majorant of the sum at u, into the memory."""
    for a in range(FREE):
        m[SLOPE + a] = 0.0
        for b in range(FREE):
            m[HESSIAN + a * FREE + b] = m[METRIC + a * FREE + b] = 0.0
    for j in range(rows):
        w = weights[first + j]
        if w == 0.0:
            continue
        values = model(m, 0, table, j)
        L = values[0]
        r = table[j * COLUMNS] - log(L)
        inside = abs(r) <= delta
        pull = w * (r if inside else delta if r > 0.0 else -delta)
        tight = w * (1.0 if inside else delta / abs(r))
        bend = pull + (w if inside else 0.0)
        place = 1 + FREE
        for a in range(FREE):
            ga = values[1 + a] / L
            m[SLOPE + a] -= pull * ga
            for b in range(a + 1):
                product = ga * values[1 + b] / L
                m[HESSIAN + a * FREE + b] += bend * product - pull * values[place] / L
                m[METRIC + a * FREE + b] += tight * product
                place += 1
    for a in range(FREE):
        for b in range(a):
            m[HESSIAN + b * FREE + a] = m[HESSIAN + a * FREE + b]
            m[METRIC + b * FREE + a] = m[METRIC + a * FREE + b]


@jit
def reduce(m: "Doubles", basis: "Doubles", k: int) -> None:
    """Bring gradient, Hessian and majorant into the directions of the basis."""
    for c in range(k):
        total = 0.0
        for a in range(FREE):
            total += basis[a * k + c] * m[SLOPE + a]
        m[REDUCED + c] = total
        for e in range(c + 1):
            hessian = metric = 0.0
            for a in range(FREE):
                if basis[a * k + c] != 0.0:
                    for b in range(FREE):
                        z = basis[a * k + c] * basis[b * k + e]
                        hessian += z * m[HESSIAN + a * FREE + b]
                        metric += z * m[METRIC + a * FREE + b]
            m[REDUCED_HESSIAN + c * k + e] = m[REDUCED_HESSIAN + e * k + c] = hessian
            m[REDUCED_METRIC + c * k + e] = m[REDUCED_METRIC + e * k + c] = metric


@jit
def freeze(m: "Doubles", k: int, owners: "Doubles", box: "Doubles") -> None:
    """Mark the directions that press against the box."""
    for c in range(k):
        m[FROZEN + c] = 0.0
        owner = int(owners[c])
        if owner >= 0:
            low = m[owner] <= box[2 * owner] and m[REDUCED + c] > 0.0
            high = m[owner] >= box[2 * owner + 1] and m[REDUCED + c] < 0.0
            m[FROZEN + c] = 1.0 if low or high else 0.0


@jit
def solved(m: "Doubles", k: int, damping: float) -> bool:
    """Solve (H + damping M) s = -gradient by Cholesky's method; False where the matrix is not positive."""
    for c in range(k):
        for e in range(c + 1):
            total = m[REDUCED_HESSIAN + c * k + e] + damping * m[REDUCED_METRIC + c * k + e]
            if c == e:
                total += 1e-13 * m[REDUCED_METRIC + c * k + c]
            if m[FROZEN + c] + m[FROZEN + e] > 0.0:
                total = 1.0 if c == e else 0.0
            for i in range(e):
                total -= m[SYSTEM + c * k + i] * m[SYSTEM + e * k + i]
            if c > e:
                m[SYSTEM + c * k + e] = total / m[SYSTEM + e * k + e]
            elif total > 1e-14 * damping * m[REDUCED_METRIC + c * k + c]:
                m[SYSTEM + c * k + c] = total**0.5
            else:
                return False
    for c in range(k):
        total = 0.0 if m[FROZEN + c] > 0.0 else -m[REDUCED + c]
        for i in range(c):
            total -= m[SYSTEM + c * k + i] * m[STEP + i]
        m[STEP + c] = total / m[SYSTEM + c * k + c]
    for c in range(k - 1, -1, -1):
        total = m[STEP + c]
        for i in range(c + 1, k):
            total -= m[SYSTEM + i * k + c] * m[STEP + i]
        m[STEP + c] = total / m[SYSTEM + c * k + c]
    return True


@jit
def tried(m: "Doubles", basis: "Doubles", k: int, box: "Doubles") -> float:
    """Write u + Z s, cut short and kept in the box, into the trial; return the decrease that is expected."""
    longest = 0.0
    for a in range(FREE):
        total = 0.0
        for c in range(k):
            total += basis[a * k + c] * m[STEP + c]
        m[TRIAL + a] = total
        longest = max(longest, abs(total))
    scale = 1.0 if longest <= LONGEST_STEP else LONGEST_STEP / longest
    for a in range(FREE):
        m[TRIAL + a] = min(max(m[a] + scale * m[TRIAL + a], box[2 * a]), box[2 * a + 1])
    gain = 0.0
    for a in range(FREE):
        s = m[TRIAL + a] - m[a]
        gain -= s * m[SLOPE + a]
        for b in range(FREE):
            gain -= 0.5 * s * m[HESSIAN + a * FREE + b] * (m[TRIAL + b] - m[b])
    return gain


@jit
def descended(
    m: "Doubles",
    table: "Doubles",
    rows: int,
    weights: "Doubles",
    first: int,
    delta: float,
    basis: "Doubles",
    k: int,
    owners: "Doubles",
    box: "Doubles",
    most: int,
) -> tuple[float, bool]:
    """Descend from the coordinates in the memory; return the least sum and whether the steps have come to rest."""
    f = summed(m, 0, table, rows, weights, first, delta)
    damping = 1e-2
    for _ in range(most):
        if not f < inf:
            return f, False
        assembled(m, table, rows, weights, first, delta)
        reduce(m, basis, k)
        freeze(m, k, owners, box)
        moved = False
        for _ in range(60):
            if not solved(m, k, damping):
                damping = max(4.0 * damping, 1e-4)
                continue
            expected = tried(m, basis, k, box)
            found = summed(m, TRIAL, table, rows, weights, first, delta)
            resting = abs(expected) <= 1e-13 * f
            if found < f or (resting and found <= f * (1.0 + 1e-14)):
                gain = f - found
                for a in range(FREE):
                    m[a] = m[TRIAL + a]
                f = found
                if gain > 0.75 * expected:
                    damping = damping * 0.1 if damping > 1e-12 else 0.0
                elif gain < 0.25 * expected:
                    damping = max(4.0 * damping, 1e-4)
                moved = True
                break
            if resting:
                return f, True
            damping = max(4.0 * damping, 1e-4)
        if not moved or resting:
            return f, moved
    return f, False


@jit
def fitted(
    m: "Doubles",
    table: "Doubles",
    rows: int,
    weights: "Doubles",
    first: int,
    coarse: float,
    delta: float,
    basis: "Doubles",
    k: int,
    owners: "Doubles",
    box: "Doubles",
    most: int,
) -> tuple[float, bool]:
    """Descend with the threshold lowered from `coarse` to `delta` by tenths: each optimum starts the next."""
    threshold = coarse
    while threshold > delta:
        descended(m, table, rows, weights, first, threshold, basis, k, owners, box, 20)
        threshold *= 0.1
    return descended(m, table, rows, weights, first, delta, basis, k, owners, box, most)


def kernel(
    start: int,
    stop: int,
    task: int,
    width: int,
    out: "Doubles",
    points: "Doubles",
    table: "Doubles",
    rows: int,
    weights: "Doubles",
    each: int,
    thresholds: "Doubles",
    basis: "Doubles",
    k: int,
    owners: "Doubles",
    box: "Doubles",
    most: int,
) -> None:
    """Fit from the starts `points`, `each` to a weighting; or, as task 1, list the law's values at points and rows."""
    m = row()
    for i in range(start, stop):
        if task == 1:
            values = model(points, i // rows * FREE, table, i % rows)
            for a in range(width):
                out[i * width + a] = values[a]
            continue
        for a in range(FREE):
            m[a] = min(max(points[i * FREE + a], box[2 * a]), box[2 * a + 1])
        f, rested = fitted(
            m, table, rows, weights, i // each * rows, thresholds[0], thresholds[1], basis, k, owners, box, most
        )
        for a in range(FREE):
            out[i * width + a] = m[a]
        out[i * width + FREE] = f
        out[i * width + FREE + 1] = 1.0 if rested else 0.0

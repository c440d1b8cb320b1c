"""The path norm student: n ReLU neurons of bounded path norm, fitted to T samples by least squares.

The a-priori estimate in the spirit of E, Ma and Wu: error and estimation both depend on the target's path norm.
Derived along their construction; the constants are not quoted from the paper.
"""

import sympy as sp

from infobound.record import PRODUCT, Cap, Law, Parameter, Reference
from infobound.symbols import THEORY, T, d, n

Q = sp.Symbol("Q", positive=True)
_DIMENSION = THEORY["d"].domain

LAWS = (
    Law(
        name="path_norm_student",
        title="Least squares over networks of n ReLU neurons in a ball of the path norm",
        kind="upper bound",
        quantity="expected excess square risk of the empirical minimiser",
        unit="squared label units",
        # Sampling, and four times the Rademacher complexity of the ball: derivations/path_norm_student.py.
        terms={
            "misspecification": Q**2 / n,
            "estimation": 8 * Q * sp.sqrt(2 * sp.log(2 * d) / T),
        },
        size=n,
        data=T,
        parameters=(
            Parameter(d, low=_DIMENSION.low, high=_DIMENSION.high),
            Parameter(
                Q,
                sp.Integer(1),
                low=0,
                high=1e6,
                low_included=False,
                printed="1",
                source="an example: the least path norm of a neuron that reaches 1; any other by keyword",
            ),
        ),
        parameter_count=(d + 1) * n,
        cost=PRODUCT,
        cap=Cap(
            sp.Rational(1, 4),
            "The predictor that always says 1/2 has excess square risk at most 1/4; this does not bound the empirical "
            "minimiser, whose excess square risk is at most 1.",
        ),
        assumptions=(
            "Inputs x have coordinates between -1 and 1; labels lie between 0 and 1; the T samples are independent "
            "with one law.",
            "The target f(x) = E[y|x] is the mean of Q s ReLU(w.x) over some law of signs s = +-1 and weights w "
            "with |w|_1 <= 1: Q bounds its path norm (its norm as a Barron function). A bias is a coordinate of x "
            "that is 1.",
            "The student is a sum of n neurons a_i ReLU(w_i.x) with sum_i |a_i| |w_i|_1 <= Q, clipped to [0, 1], "
            "that minimises the mean square loss on the samples: the global minimiser, which training need not find.",
            "The bound is on the risk after T samples, above that of the target, in expectation over the samples: "
            "a square loss, not a log-loss, and not averaged over time.",
            "The constants are derived here along the construction of E, Ma and Wu, not quoted from the paper; "
            "symmetrisation, contraction and the complexity of the linear class are cited.",
        ),
        references=(
            Reference(
                "Weinan E, Chao Ma, Lei Wu",
                "A Priori Estimates of the Population Risk for Two-layer Neural Networks",
                2018,
                "arXiv:1810.06397",
                "the construction, with other constants",
            ),
            Reference(
                "Shai Shalev-Shwartz, Shai Ben-David",
                "Understanding Machine Learning: From Theory to Algorithms",
                2014,
                "ISBN 978-1-107-05713-5",
                "lemmas 26.2, 26.9 and 26.11: symmetrisation, contraction, linear classes in the 1-norm",
            ),
            Reference(
                "Andrew R. Barron",
                "Universal approximation bounds for superpositions of a sigmoidal function",
                1993,
                "IEEE Trans. Inf. Theory 39(3)",
                "the sampling argument",
            ),
        ),
        notes=(
            "The other bounds of the theory are on a time-averaged log-loss: exponents and allocations may be "
            "compared with theirs, values may not.",
            "The estimation term does not grow with n, so p* ~ C^(1/3) and T* ~ C^(2/3) without logarithms.",
        ),
    ),
)

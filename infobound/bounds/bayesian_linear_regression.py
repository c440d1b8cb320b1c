"""Bayesian linear regression in d features: what a Gaussian prior costs, in the data size alone.

The classical benchmark beside the bounds for networks: d parameters, and nothing that a size could be traded for.
"""

import sympy as sp

from infobound.bounds import teacher
from infobound.record import Law, Parameter, Reference
from infobound.symbols import THEORY, T, d

rho = sp.Symbol("rho", positive=True)
_DIMENSION = THEORY["d"].domain

LAWS = (
    Law(
        name="bayesian_linear_regression",
        title="Bayesian linear regression in d features",
        kind="upper bound",
        quantity="time-averaged excess log-loss",
        unit="nats per sample",
        # (1/2T) E ln det(I + (rho/d) X'X) <= (d/2T) ln(1 + rho T/d): derivations/bayesian_linear_regression.py.
        terms={"estimation": d * sp.log(1 + rho * T / d) / (2 * T)},
        size=None,
        data=T,
        parameters=(
            Parameter(d, low=_DIMENSION.low, high=_DIMENSION.high),
            Parameter(
                rho,
                sp.Integer(1),
                low=0,
                high=1e3,
                low_included=False,
                printed="1",
                source="an example: a label's signal is as strong as its noise; any other by keyword",
            ),
        ),
        assumptions=(
            "The teacher is f(x) = theta.x with theta ~ N(0, (rho/d) I); a label is f(x) plus independent normal noise "
            "of variance 1. Only the ratio rho of signal to noise matters.",
            "Inputs x are independent of theta and have mean square length d; they may depend on each other.",
            "The learner is exact Bayes: it predicts with the posterior of theta.",
            teacher.LOSS,
        ),
        references=(
            Reference(
                "Thomas M. Cover, Joy A. Thomas",
                "Elements of Information Theory",
                2006,
                "ISBN 978-0-471-24195-9",
                "section 9.4: parallel Gaussian channels",
            ),
            Reference(
                "Sham M. Kakade, Andrew Y. Ng",
                "Online Bounds for Bayesian Algorithms",
                2004,
                "Advances in Neural Information Processing Systems 17 (NIPS 2004)",
                "the same rate for inputs of bounded length, against the best theta in hindsight",
            ),
        ),
        notes=(
            "Labels are real numbers, so the cap 1/16 of the bounds for coin-flip labels is not one here.",
            "For T much larger than d it is (d/2T) ln(T/d), the parametric rate: one half ln T for each parameter.",
        ),
    ),
)

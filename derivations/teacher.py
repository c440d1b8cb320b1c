"""The Dirichlet teacher: setting, assumptions, symbols, and the first steps that all four bounds share.

A learner that mixes over students pays the information its student has about the teacher plus the divergence
between the two (docs/math.md, section 1); for logits that divergence is at most an eighth of the squared
difference (section 2).  The blocks of steps here and in `neurons` are put together by each derivation; they
refer to each other's steps by name, and each block says in which step it ends.
"""

import sympy as sp

from infobound.proof.averages import Mean
from infobound.proof.calculus import ConvexMinimum
from infobound.proof.check import Algebra, Definition
from infobound.proof.information import DivergenceChainRule, GibbsVariational, ProductDivergence
from infobound.proof.linking import Average, Combine, Insert
from infobound.proof.step import Assumption, Letter, Step, at_most, equal
from infobound.symbols import THEORY, T

__all__ = [
    "ASSUMPTIONS",
    "DIVERGENCE",
    "KL",
    "LETTERS",
    "LOGITS",
    "MISSPECIFIED_BAYES",
    "REFERENCES",
    "SETTING",
    "SQUARED_ERROR",
    "F",
    "F_tilde",
    "Information",
    "L",
    "beta",
    "k",
    "mu",
    "u",
    "u_tilde",
]

# What is bounded, and the divergences on the way (section 1).
L = sp.Symbol("L", nonnegative=True)
Information = sp.Symbol("I", nonnegative=True)
D_mixture = sp.Symbol("D_Q", nonnegative=True)
D_student = sp.Symbol("D_Ftilde", nonnegative=True)

# Logits of teacher and student at one input (section 2).
F, F_tilde = sp.symbols("F Ftilde", real=True)
KL = sp.Function("KL", real=True)
DIVERGENCE = Mean(KL(F, F_tilde), F, F_tilde)
SQUARED_ERROR = Mean((F - F_tilde) ** 2, F, F_tilde)

# Stick and second moment of the k-th weight; projections of an input on a direction and its copy (section 3).
beta = sp.Symbol("beta", nonnegative=True)
k = sp.Symbol("k", integer=True, positive=True)
mu = sp.Function("mu_2", nonnegative=True)
u, u_tilde = sp.symbols("u utilde", real=True)

SETTING = (
    r"The teacher is $F(x)=\sqrt{K+1}\,\sum_{k\ge1}s_k\pi_k\max(0,w_k\cdot x)$: infinitely many neurons with "
    r"weights $\pi$ from a stick-breaking process of concentration $K$, random signs $s_k$ and random directions "
    r"$w_k$ on the unit sphere of $\mathbb{R}^d$.",
    r"At time $t$ the learner sees an input $X_t$, states a probability for the label $Y_{t+1}$, and then sees the "
    r"label, which is 1 with probability $\sigma(F(X_t))=1/(1+e^{-F(X_t)})$.",
    r"A student $\tilde F$ is a random function made from the teacher. The learner is the Bayes mixture of the "
    r"students: its prior is the law of $\tilde F$, and it updates on the labels that the teacher makes. "
    r"$\tilde P_t$ is its prediction at time $t$, and $P_F(\cdot|x)$ is the law of a label at input $x$.",
    r"The loss $L=\frac1T\sum_{t<T}\mathbb{E}\,\mathrm{KL}(P_F(\cdot|X_t)\,\|\,\tilde P_t)$ is the excess log-loss "
    r"over the teacher, averaged over the first $T$ samples; it is not the loss after $T$ samples. Logarithms are "
    r"natural.",
)

ASSUMPTIONS = (
    Assumption(
        "inputs",
        r"The inputs $X_t$ are independent standard Gaussian vectors in $\mathbb{R}^d$, independent of teacher and "
        r"student; the projection of an input on a unit vector is then a standard normal variable.",
    ),
    Assumption(
        "labels",
        "Given the teacher and the inputs, the labels are independent of each other and of the student.",
    ),
    Assumption(
        "sticks",
        r"$\pi_k=\beta_k\prod_{j<k}(1-\beta_j)$, where the $\beta_j$ are independent with density "
        r"$K(1-\beta)^{K-1}$ on $(0,1)$.",
    ),
    Assumption(
        "signs",
        r"The signs $s_k$ are $+1$ or $-1$ with probability $1/2$ each, independent of each other and of the weights, "
        r"directions and inputs.",
    ),
    Assumption(
        "directions",
        r"The directions $w_k$ are independent and uniform on the unit sphere, independent of the weights and "
        r"signs; the student's copy $\tilde w_k$ is made from $w_k$, and from independent noise if any, alone.",
    ),
)

LETTERS = (
    *(Letter(q.symbol, q.meaning, q.unit) for q in THEORY.values()),
    Letter(L, "excess log-loss of the learner, averaged over time and teachers", "nats per sample"),
    Letter(D_mixture, r"$\mathbb{E}\,\mathrm{KL}(P_F^T\|Q)$, where $Q$ is the mixture's law of $T$ labels", "nats"),
    Letter(D_student, r"$\mathbb{E}\,\mathrm{KL}(P_F^T\|P_{\tilde F}^T)$ for a student made from the teacher", "nats"),
    Letter(Information, r"mutual information $I(F;\tilde F)$ of teacher and student", "nats"),
    Letter(F, "logit of the teacher at an input"),
    Letter(F_tilde, "logit of the student at the same input"),
    Letter(KL(F, F_tilde), "divergence of the labels' laws at these logits", "nats"),
    Letter(beta, "a stick of the stick-breaking process"),
    Letter(k, "index of a neuron of the teacher"),
    Letter(mu(k), r"second moment $\mathbb{E}\pi_k^2$ of the $k$-th weight"),
    Letter(u, r"projection $w\cdot X$ of an input on a teacher's direction"),
    Letter(u_tilde, r"projection $\tilde w\cdot X$ on the student's copy $\tilde w$ of that direction"),
)

REFERENCES = (
    "H. J. Jeon and B. Van Roy, An Information-Theoretic Analysis of Compute-Optimal Neural Scaling Laws, "
    "arXiv:2212.01365 (2022).",
    "H. J. Jeon and B. Van Roy, Information-Theoretic Foundations for Neural Scaling Laws, arXiv:2407.01456 (2024).",
    "A. R. Barron, Universal approximation bounds for superpositions of a sigmoidal function, "
    "IEEE Trans. Inf. Theory 39 (1993) 930-945.",
    "T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd edition, Wiley (2006).",
    "M. D. Donsker and S. R. S. Varadhan, Asymptotic evaluation of certain Markov process expectations for large "
    "time, Comm. Pure Appl. Math. 28 (1975) 1-47.",
    "D. Williams, Probability with Martingales, Cambridge University Press (1991).",
)


def _sigmoid(x: sp.Expr) -> sp.Expr:
    return 1 / (1 + sp.exp(-x))


_BERNOULLI = _sigmoid(F) * sp.log(_sigmoid(F) / _sigmoid(F_tilde)) + (1 - _sigmoid(F)) * sp.log(
    (1 - _sigmoid(F)) / (1 - _sigmoid(F_tilde))
)
_BREGMAN = sp.log(1 + sp.exp(F_tilde)) - sp.log(1 + sp.exp(F)) - sp.exp(F) / (1 + sp.exp(F)) * (F_tilde - F)

# docs/math.md, section 1, theorem 1. Ends in step "misspecified_bayes": L <= I/T + E KL(P_F || P_F~).
MISSPECIFIED_BAYES = (
    Step(
        name="label_divergence",
        title="Divergence of two labels",
        prose=r"Labels with logits $F$ and $\tilde F$ are coins with probabilities $1/(1+e^{-F})$ and "
        r"$1/(1+e^{-\tilde F})$.",
        claim=equal(KL(F, F_tilde), _BERNOULLI),
        check=Definition(),
        source="definition",
    ),
    Step(
        name="loss_as_divergence",
        title="The loss is a divergence of sequences",
        prose=r"The mixture's law of all $T$ labels is $Q$, and its predictions $\tilde P_t$ are the conditional laws "
        r"of $Q$. The chain rule of relative entropy turns the sum of the losses into one divergence.",
        claim=equal(D_mixture, T * L),
        check=DivergenceChainRule(joint=D_mixture, average=L, length=T, resting_on=("inputs",)),
        source="docs/math.md, section 1",
    ),
    Step(
        name="mixture",
        title="A mixture predicts as well as a member, up to information",
        prose=r"For every law $\rho$ on students, $-\ln Q(y)\le\mathbb{E}_\rho[-\ln P_{\tilde f}(y)]+"
        r"\mathrm{KL}(\rho\,\|\,\mathrm{law}\,\tilde F)$. Take for $\rho$ the law of the student given the teacher and "
        r"average over teachers and labels: the last term becomes $I(F;\tilde F)$.",
        claim=at_most(D_mixture, D_student + Information),
        check=GibbsVariational(mixture=D_mixture, matched=D_student, information=Information, resting_on=("labels",)),
        source="docs/math.md, section 1",
    ),
    Step(
        name="independent_labels",
        title="Independent labels",
        prose="Given teacher, student and inputs both sides are product laws, so the divergence of sequences is $T$ "
        "times that of one label.",
        claim=equal(D_student, T * DIVERGENCE),
        check=ProductDivergence(joint=D_student, single=DIVERGENCE, length=T, resting_on=("inputs", "labels")),
        source="docs/math.md, section 1",
    ),
    Step(
        name="misspecified_bayes",
        title="Theorem for a misspecified Bayes learner",
        prose="Divide by $T$: the learner pays for what its student knows of the teacher, once, and for the mismatch "
        "of student and teacher, in each sample.",
        claim=at_most(L, Information / T + DIVERGENCE),
        check=Combine({"loss_as_divergence": -1 / T, "mixture": 1 / T, "independent_labels": 1 / T}),
        source="docs/math.md, section 1, theorem 1; after Jeon and Van Roy (2024)",
    ),
)


# docs/math.md, section 2, from step "label_divergence". Ends in step "logits": E KL <= E (F - F~)^2 / 8.
LOGITS = (
    Step(
        name="bregman",
        title="It is a Bregman divergence",
        prose=r"With $A(x)=\ln(1+e^x)$, whose derivative is $A'(x)=e^x/(1+e^x)$, the divergence is the distance of $A$ "
        r"at $\tilde F$ from its tangent at $F$.",
        claim=equal(_BERNOULLI, _BREGMAN),
        check=Algebra(),
        source="docs/math.md, section 2",
    ),
    Step(
        name="curvature",
        title="Curvature at most one quarter",
        prose=r"As a function of $\tilde F$ the difference of the two sides is convex, since $A''=A'(1-A')\le1/4$; at "
        r"$\tilde F=F$ it is zero and stationary.",
        claim=at_most(_BREGMAN, (F - F_tilde) ** 2 / 8),
        check=ConvexMinimum(F_tilde, F),
        source="docs/math.md, section 2",
    ),
    Step(
        name="logits_pointwise",
        title="Divergence and difference of logits",
        prose="The three steps together.",
        claim=at_most(KL(F, F_tilde), (F - F_tilde) ** 2 / 8),
        check=Insert("label_divergence", ("bregman", "curvature")),
        source="docs/math.md, section 2",
    ),
    Step(
        name="logits",
        title="Mismatch and squared error",
        prose="Take expectations over teacher, student and input.",
        claim=at_most(DIVERGENCE, SQUARED_ERROR / 8),
        check=Average("logits_pointwise", (F, F_tilde)),
        source="docs/math.md, section 2",
    ),
)

"""The special functions that this field needs and SymPy lacks.

Each class is the SymPy head of one function and carries everything known about it: derivative, LaTeX,
value in mpmath (`mp_value`, the oracle) and enclosure in ball arithmetic (`arb_value`).  Its compiled
twin has the same name and lives in `infobound.kernels`: in `twins`, `heavy_tails`, `compositions`, `spectra` or
`tails`.
"""

from infobound.special.atoms import (
    digamma_quotient,
    digamma_quotient_slope,
    expected_atoms,
    expected_atoms_slope,
    pitman_yor_atoms,
    pitman_yor_atoms_slope,
    pitman_yor_atoms_tilt,
    scaled_polygamma,
    scaled_polygamma_slope,
)
from infobound.special.compositions import (
    composition_nats,
    new_share,
    new_share_fall,
    novelty_lost,
    novelty_lost_slope,
    novelty_lost_tilt,
)
from infobound.special.harmonics import coded_modes, coding_nats, coding_slope, uncoded_energy
from infobound.special.radius import codebook_radius, codebook_radius_elasticity
from infobound.special.tails import (
    effective_dimension,
    effective_dimension_rise,
    power_tail,
    power_tail_bend,
    power_tail_fall,
    power_tail_tilt,
    spectrum_nats,
    spectrum_nats_excess,
    spectrum_nats_rise,
    spectrum_nats_tilt,
)
from infobound.special.truncation import (
    admissible_atoms,
    admissible_features,
    log_remainder,
    log_remainder_bend,
    log_remainder_fall,
    log_remainder_slope,
    log_remainder_tilt,
)

__all__ = [
    "admissible_atoms",
    "admissible_features",
    "codebook_radius",
    "codebook_radius_elasticity",
    "coded_modes",
    "coding_nats",
    "coding_slope",
    "composition_nats",
    "digamma_quotient",
    "digamma_quotient_slope",
    "effective_dimension",
    "effective_dimension_rise",
    "expected_atoms",
    "expected_atoms_slope",
    "log_remainder",
    "log_remainder_bend",
    "log_remainder_fall",
    "log_remainder_slope",
    "log_remainder_tilt",
    "new_share",
    "new_share_fall",
    "novelty_lost",
    "novelty_lost_slope",
    "novelty_lost_tilt",
    "pitman_yor_atoms",
    "pitman_yor_atoms_slope",
    "pitman_yor_atoms_tilt",
    "power_tail",
    "power_tail_bend",
    "power_tail_fall",
    "power_tail_tilt",
    "scaled_polygamma",
    "scaled_polygamma_slope",
    "spectrum_nats",
    "spectrum_nats_excess",
    "spectrum_nats_rise",
    "spectrum_nats_tilt",
    "uncoded_energy",
]

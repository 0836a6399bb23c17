"""A count's level, trend and step on the log scale, by iteration; its spread learnt from what it leaves over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ROUNDS, _LEAST_MEAN = 25, 1e-6


def fitted(y: Floats, exposure: Floats, x: Floats, prior: Floats) -> tuple[Floats, Floats, float]:
    """Counts, exposure, columns, prior standard deviations (inf: free) -> coefficients, covariance, dispersion.

    Poisson means, a variance that is so many times as large (at least once), penalised least squares in rounds.
    """
    penalty = np.diag(1.0 / prior**2)
    beta = np.zeros(x.shape[1])
    beta[0] = np.log((y.sum() + 0.5) / exposure.sum())
    information = penalty.copy()
    for _ in range(_ROUNDS):
        mean = np.maximum(exposure * np.exp(np.clip(x @ beta, -30, 30)), _LEAST_MEAN)
        information = (x * mean[:, None]).T @ x + penalty + 1e-9 * np.eye(x.shape[1])
        step = np.linalg.solve(information, x.T @ (y - mean) - penalty @ beta)
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-4:
            break
    mean = np.maximum(exposure * np.exp(np.clip(x @ beta, -30, 30)), _LEAST_MEAN)
    left = max(1, len(y) - x.shape[1])
    spread = max(1.0, float(((y - mean) ** 2 / mean).sum() / left))
    return beta, np.asarray(np.linalg.inv(information) * spread, dtype=np.float64), spread

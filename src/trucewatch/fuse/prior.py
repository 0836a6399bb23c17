"""The chance that an incident happened, before anybody has judged any: from who tells of it, and who does not.

If it happened, each source reports it or not by its own chance. If it did not, one source invented it, and only those
that repeat that source tell of it too: two that saw nothing do not invent the same thing at one place and time. So

    P(told by X | it happened)  = product over sources of p or 1 - p, a copier's raised where its original tells of it
    P(told by X | one invented) = sum over who invented it: its invented reports for each incident, times who repeats it

and what is told by X happened with the share of the first in both. Copies add almost nothing: they are as likely where
nothing happened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.params import FuseParams

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_STEPS = 60


@dataclass(frozen=True)
class Sources:
    """What is believed of each source: own: its chance to report what happens, by itself; invents: invented reports
    for each true incident; copies: (copier, original, share of the original's reports that it repeats)."""

    own: Floats
    invents: Floats
    copies: list[tuple[int, int, float]]


def believed(names: list[str], orbit: Flags, learnt: Learnt, params: FuseParams) -> Sources:
    """Names of sources, and which of them are instruments -> what is learnt of them, first values where nothing is."""
    import polars as pl

    known = learnt.of(pl.DataFrame({"source": names}, schema={"source": pl.String}))
    p = known["p_reports"].fill_null(params.p_both).to_numpy().copy()
    plain = 1 - np.where(orbit, params.p_instrument, params.p_statement)
    q = known["spurious"].to_numpy().astype(np.float64)
    q = np.clip(np.where(np.isnan(q), plain, q), params.least_spurious, params.most_spurious)
    at = {name: n for n, name in enumerate(names)}
    copies = []
    for copier, original, share in learnt.dependence.select("copier", "original", "p").rows():
        if copier in at and original in at:
            c, o = at[copier], at[original]
            own, repeats = _split(p[c], p[o], q[o], share)
            p[c] = own
            copies.append((c, o, repeats))
    return Sources(p, p * q / (1 - q), copies)


def _split(p: float, p_original: float, q_original: float, share: float) -> tuple[float, float]:
    """A copier's chance to report, and the share of what both tell that is copied -> what it sees for itself, and the
    share of its original's reports that it repeats.

    p = 1 - (1 - own)(1 - repeats p_original), and share = repeats / (repeats + own (1 - q_original)).
    """
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        repeats = (low + high) / 2
        own = 1 - (1 - p) / max(1 - repeats * p_original, 1e-9)
        if repeats * (1 - share) < share * max(own, 0.0) * (1 - q_original):
            low = repeats
        else:
            high = repeats
    return max(1 - (1 - p) / max(1 - low * p_original, 1e-9), 1e-3), low


def prior(told: Flags, silent: Flags, sources: Sources, by_chance: Floats) -> Floats:
    """told, silent: incidents x sources, who tells of it and whose silence counts -> chance that each happened.

    by_chance: how often each source lies beside anything without being of it.
    """
    raised = np.broadcast_to(1 - (1 - sources.own) * (1 - by_chance), told.shape).copy()
    for copier, original, repeats in sources.copies:
        lift = 1 - (1 - raised[:, copier]) * (1 - repeats)
        raised[:, copier] = np.where(told[:, original], lift, raised[:, copier])
    happened: Floats = np.where(told, raised, np.where(silent, 1 - raised, 1.0)).prod(axis=1)
    invented = np.zeros(told.shape[0])
    for one in range(told.shape[1]):
        also = by_chance.copy()
        for copier, original, share in sources.copies:
            if original == one:
                also[copier] = 1 - (1 - share) * (1 - by_chance[copier])
        # Whoever else tells of it repeats the inventor, or lies there by chance.
        others = np.where(told, also, np.where(silent, 1 - also, 1.0))
        others[:, one] = 1.0
        invented += np.where(told[:, one], sources.invents[one] * others.prod(axis=1), 0.0)
    share_of: Floats = happened / np.maximum(happened + invented, 1e-300)
    return np.clip(share_of, 0.0, 1.0)

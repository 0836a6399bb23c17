"""How much line the wanted rows need, and what lies along it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from trucewatch.simulate.ground import Ints
from trucewatch.simulate.truth import NOBODY


def cut(seen: Mapping[str, pl.DataFrame], wanted: int) -> tuple[float, dict[str, pl.DataFrame]] | None:
    """Rows along the line -> (km of line that hold `wanted` of them, just those). None where there are too few.

    The theatre is cut short, never thinned: along what is left nothing is missing, so its density stays as it was.
    """
    y = np.concatenate([rows["_y"].to_numpy() for rows in seen.values()])
    if len(y) < wanted:
        return None
    length_km = float(np.partition(y, wanted - 1)[wanted - 1])
    # Rows of the incident at the very edge: as many as are still wanted.
    room = wanted - int((y < length_km).sum())
    edge = y == length_km
    stays = (y < length_km) | (edge & (np.cumsum(edge) <= room))
    parts = np.split(stays, np.cumsum([rows.height for rows in seen.values()])[:-1])
    kept = {name: rows.filter(pl.Series(part)) for (name, rows), part in zip(seen.items(), parts, strict=True)}
    return length_km, kept


def renumbered(seen: Mapping[str, pl.DataFrame], moved: Ints) -> dict[str, pl.DataFrame]:
    """Rows whose `_cause` counts the whole truth -> counting what was kept of it."""
    made = {}
    for name, rows in seen.items():
        cause = rows["_cause"].to_numpy()
        made[name] = rows.with_columns(_cause=np.where(cause < 0, NOBODY, moved[cause]))
    return made

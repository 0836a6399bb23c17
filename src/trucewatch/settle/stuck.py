"""Steps 2 and 3 in one: positions -> why it is stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from trucewatch.settle.conflicts import Knot, knots
from trucewatch.settle.lines import Line, lines, space
from trucewatch.settle.model import Positions
from trucewatch.settle.params import SettleParams
from trucewatch.settle.ranking import conflicts_table


@dataclass(frozen=True)
class Stuck:
    """lines: what was held; knots: by place in that list; table: `conflicts`."""

    lines: list[Line]
    knots: list[Knot]
    table: pl.DataFrame


def stuck(
    made: Positions, firmness: str = "red_line", on: date | None = None, params: SettleParams | None = None
) -> Stuck:
    """positions -> conflicts: which lines at least so firm cannot all hold, as of a day, and what would open it.

    A line that no package can meet even by itself has options of nobody: the parser refuses it.
    """
    params = params or SettleParams()
    held = lines(made, firmness, on)
    found = knots(space(made).sizes, held, params)
    return Stuck(held, found, conflicts_table(made, held, found))

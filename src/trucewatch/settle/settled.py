"""Steps 2 to 4 in one: positions -> every table of a run, with no weight in and no point out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from trucewatch.settle.drafts import crossed
from trucewatch.settle.lines import Line, moves
from trucewatch.settle.model import Positions
from trucewatch.settle.params import SettleParams
from trucewatch.settle.possible import possible
from trucewatch.settle.ranking import line_says
from trucewatch.settle.stuck import stuck
from trucewatch.tables import ALLOWED, HELD


@dataclass(frozen=True)
class Settled:
    """What a run of the room keeps: each a table of that name."""

    moves: pl.DataFrame
    crossed: pl.DataFrame
    held: pl.DataFrame
    conflicts: pl.DataFrame
    allowed: pl.DataFrame
    packages: pl.DataFrame


def settled(
    made: Positions, firmness: str = "red_line", on: date | None = None, params: SettleParams | None = None
) -> Settled:
    """positions -> how they moved, what each draft crosses, what is held, why it is stuck, what every line allows."""
    why, left = stuck(made, firmness, on, params), possible(made, firmness, on, params)
    moved = moves(made)
    return Settled(
        moves=moved if on is None else moved.filter(pl.col("to_day") <= on),
        crossed=crossed(made, on),
        held=_held(made, why.lines),
        conflicts=why.table,
        allowed=_allowed(made, left.left),
        packages=left.table,
    )


def _held(made: Positions, held: Sequence[Line]) -> pl.DataFrame:
    rows = []
    for line in held:
        one = line.position
        accepts = [option.id for option in made.issue(one.issue).options if option.id in one.accepts]
        says = line_says(made, line)
        rows.append((one.id, one.issue, one.party, one.on, one.firmness, accepts, one.quote, one.source, says))
    return HELD.check(pl.DataFrame(rows, schema=HELD.schema, orient="row"))


def _allowed(made: Positions, left: dict[str, list[str]]) -> pl.DataFrame:
    rows = [
        (issue.id, issue.asks, option.id, option.says, option.id in left[issue.id])
        for issue in made.issues
        for option in issue.options
    ]
    return ALLOWED.check(pl.DataFrame(rows, schema=ALLOWED.schema, orient="row"))

"""Steps 2 and 5 in one: positions -> what every line allows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import polars as pl

from trucewatch.settle.lines import Line, lines, space, standing
from trucewatch.settle.model import Positions
from trucewatch.settle.packages import Part, order_of, parts
from trucewatch.settle.params import SettleParams
from trucewatch.tables import PACKAGES


@dataclass(frozen=True)
class Possible:
    """held: the lines; left: per issue the options that some allowed package takes, none where lines collide;
    table: `packages`, those of each part that no other is known to better."""

    held: list[Line]
    left: dict[str, list[str]]
    parts: list[Part]
    table: pl.DataFrame

    @property
    def count(self) -> int | None:
        """How many packages every line allows; None where a part was too large to count."""
        counts = [part.count for part in self.parts]
        return None if None in counts else math.prod(count for count in counts if count is not None)


def possible(
    made: Positions, firmness: str = "red_line", on: date | None = None, params: SettleParams | None = None
) -> Possible:
    """positions -> packages. Order alone is used: no weight goes in, and no point comes out."""
    params = params or SettleParams()
    held = lines(made, firmness, on)
    said = standing(made, on)
    orders = [order_of(made, party.id, said) for party in made.parties]
    found = parts(space(made, held).sizes, held, orders, params)
    left = {
        made.issues[issue].id: [made.issues[issue].options[o].id for o in sorted(options)]
        for part in found
        for issue, options in zip(part.issues, part.left, strict=True)
    }
    return Possible(held, {issue.id: left[issue.id] for issue in made.issues}, found, _table(made, found))


def _table(made: Positions, found: list[Part]) -> pl.DataFrame:
    rows = []
    for n, part in enumerate(found, 1):
        issues = [made.issues[at] for at in part.issues]
        for package in part.best:
            options = [issue.options[o] for issue, o in zip(issues, package, strict=True)]
            says = "; ".join(f"{i.asks}: {o.says}" for i, o in zip(issues, options, strict=True))
            rows.append((n, [issue.id for issue in issues], [option.id for option in options], says))
    return PACKAGES.check(pl.DataFrame(rows, schema=PACKAGES.schema, orient="row"))

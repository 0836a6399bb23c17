"""What a weapon, or who acts in person, reaches from the ground that each party holds, by one map."""

from __future__ import annotations

import numpy as np
import polars as pl

from trucewatch.assess.held import Sheet, distance
from trucewatch.assess.model import Agreement
from trucewatch.assess.params import AttributionParams
from trucewatch.assess.ranges import Ranges, reach_of
from trucewatch.kinds import ARMED, KINDS

FROM_THE_GROUND = {"shelling", "small_arms", "air_defence", "assault"}
"""Fire that comes from the ground for sure: only its weapons are bounded by the table."""
IN_PERSON = {"small_arms", "assault", "works", "detention", "control", "obstruction"}
"""Acts for which somebody has to be there."""


def tasks(incidents: pl.DataFrame, table: Ranges, params: AttributionParams) -> pl.DataFrame:
    """incidents -> incident, basis, reach_m, means, sure, voiced: what has to be held against maps.

    sure: nothing else can be what happened; voiced: enough voices say so. Only both together may rule a party out.
    """
    kinds = {kind: set(acts) for kind, acts in KINDS.items()}
    # Of a loss or of forces seen the weapon named is what was lost or seen, not what was used.
    fired = [kind for kind, acts in kinds.items() if acts & FROM_THE_GROUND and acts <= set(ARMED)]
    surely = [kind for kind, acts in kinds.items() if acts <= FROM_THE_GROUND]
    there = [kind for kind, acts in kinds.items() if acts <= IN_PERSON]
    words = incidents["weapon"].drop_nulls().unique().sort().to_list()
    known = [(word, reach.metres, reach.by) for word in words if (reach := reach_of(word, table)) is not None]
    reaches = pl.DataFrame(known, schema={"weapon": pl.String, "reach_m": pl.Float64, "means": pl.String}, orient="row")
    columns = ("incident", "basis", "reach_m", "means", "sure", "voiced")
    placed = incidents.filter(pl.col("lon").is_not_null()).rename({"id": "incident"})
    placed = placed.with_columns(voiced=pl.col("n_lineages") >= params.least_voices)
    by_weapon = placed.filter(pl.col("kind").is_in(fired)).join(reaches, on="weapon")
    in_person = placed.filter(pl.col("kind").is_in(there))
    return pl.concat(
        [
            by_weapon.with_columns(basis=pl.lit("range"), sure=pl.col("kind").is_in(surely)).select(columns),
            in_person.with_columns(
                basis=pl.lit("ground"), reach_m=params.presence_m, means=pl.lit("who acts in person"), sure=True
            ).select(columns),
        ]
    )


def rows(sheet: Sheet, asked: pl.DataFrame, agreement: Agreement, params: AttributionParams) -> pl.DataFrame:
    """tasks with lon, lat, radius_m -> a row for each party: what this map says of it.

    `could_not` only where no ground on which it may stand lies within reach, the place's error and the map's edge.
    """
    points = sheet.points(asked["lon"].to_numpy(), asked["lat"].to_numpy())
    radius = asked["radius_m"].fill_null(np.nan).to_numpy()
    within = asked["reach_m"].to_numpy() + np.nan_to_num(radius) + params.map_edge_m
    near = np.nan_to_num(distance(sheet.strangers, points), nan=np.inf) <= within
    made = []
    for party in agreement.parties:
        away, kept = sheet.away_m(party.id, points, params), sheet.kept_m(party.id, points, params)
        made.append(
            asked.with_columns(
                party=pl.lit(party.id),
                away_m=pl.Series(away).fill_nan(None),
                kept_m=pl.Series(kept),
                within_m=pl.Series(within),
                stranger=pl.Series(near),
            )
        )
    out = pl.col("sure") & pl.col("voiced") & pl.col("radius_m").is_not_null() & (pl.col("kept_m") > pl.col("within_m"))
    says = (
        pl.when(out)
        .then(pl.lit("could_not"))
        .when(pl.col("away_m") <= pl.col("within_m"))
        .then(pl.lit("could"))
        .otherwise(pl.lit(None, pl.String))
    )
    return pl.concat(made).with_columns(says=says).with_columns(because=_because())


def _because() -> pl.Expr:
    near = pl.coalesce(
        pl.format("the nearest ground that this map draws as its own is {} km off", _km("away_m")),
        pl.lit("this map draws no ground as its own"),
    )
    reach = pl.format("{}: {} km at the most", "means", _km("reach_m"))
    return (
        pl.when(pl.col("says") == "could_not")
        .then(
            pl.format(
                "{}; {}, and all ground within {} km is drawn as held by others; it could not from there, unless the "
                "place, the kind or the weapon is told wrong",
                reach,
                near,
                _km("within_m"),
            )
        )
        .when(pl.col("says") == "could")
        .then(pl.format("{}; {}", reach, near))
        .when(pl.col("kept_m") <= pl.col("within_m"))
        .then(pl.format("{}; {}, but of ground within reach this map does not tell who holds it", reach, near))
        .when(pl.col("radius_m").is_null())
        .then(pl.format("{}; {}, but how far off the place itself may be is not told", reach, near))
        .when("sure")
        .then(pl.format("{}; {}, but too few voices say what happened, and where", reach, near))
        .otherwise(pl.format("{}; {}, but it may have been done with other means", reach, near))
    )


def _km(metres: str) -> pl.Expr:
    return (pl.col(metres) / 1000).round(1)

"""An independent list of deadly events, by the day, in the form of UCDP's."""

from __future__ import annotations

import numpy as np
import polars as pl

from trucewatch.simulate.ground import Ground
from trucewatch.simulate.truth import Truth, instants


def listed(ground: Ground, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """Truth -> one row for each event on the list: _cause, _y, day, span, where_prec, x, y, best, low, high, place."""
    book = ground.params.event_list
    cause = np.flatnonzero((truth.killed > 0) & (rng.random(len(truth.day)) < book.listed))
    many = len(cause)
    roll = rng.random(many)
    prec = np.where(roll < book.exact, 1, np.where(roll < book.exact + book.near, 2, 3))
    off = np.array([0.0, 0.0, book.near_km, book.district_km])[prec]
    place = truth.place[cause]
    killed = truth.killed[cause]
    span = np.where(rng.random(many) < book.one_day, 0, rng.integers(1, book.span_days, many))
    day = np.maximum(np.floor(truth.day[cause]) - np.minimum(span, rng.integers(0, book.span_days, many)), 0)
    best = np.maximum(killed + rng.integers(-1, 2, many) * (killed > 3), 1)
    return pl.DataFrame(
        {
            "_cause": cause,
            "_y": truth.y[cause],
            "day": day,
            "span": span,
            "where_prec": prec,
            "x": ground.place_x[place] + rng.normal(0, 1, many) * off,
            "y": ground.place_y[place] + rng.normal(0, 1, many) * off,
            "place": place,
            "best": best,
            "low": np.minimum(best, killed),
            "high": np.maximum(best, killed) + rng.binomial(best, 0.1),
            "civil": rng.binomial(best, 0.4),
        }
    )


def dress(ground: Ground, rows: pl.DataFrame) -> pl.DataFrame:
    """Listed events -> rows with the columns of UCDP's list that matter, in its form."""
    first, second = ground.params.parties
    params = ground.params
    day, span, x, y = (rows[name].to_numpy() for name in ("day", "span", "x", "y"))
    name = ground.names.gather(rows["place"])
    start, end = instants(params, day, "start"), instants(params, np.minimum(day + span, params.days - 1), "end")
    form = "%Y-%m-%d 00:00:00.000"
    return (
        rows.with_row_index("n", 1)
        .with_columns(start=start, end=end, name=name)
        .select(
            id=pl.col("n").cast(pl.Int64),
            relid=pl.format("SIM-{}", "n"),
            year=pl.col("start").dt.year().cast(pl.Int64),
            code_status=pl.lit("Clear"),
            type_of_violence=pl.lit(1),
            conflict_name=pl.lit("Simulated"),
            dyad_name=pl.lit(f"{first} - {second}"),
            side_a=pl.lit(first),
            side_b=pl.lit(second),
            number_of_sources=pl.lit(1),
            source_office=pl.lit(None, dtype=pl.String),
            where_prec=pl.col("where_prec").cast(pl.Int64),
            where_coordinates=pl.format("{} village", "name"),
            where_description=pl.format("Near {}", "name"),
            latitude=pl.Series(ground.lat(y)).round(6),
            longitude=pl.Series(ground.lon(x, y)).round(6),
            country=pl.lit("Simulated theatre"),
            event_clarity=pl.lit(1),
            date_prec=pl.when(pl.col("span") == 0).then(1).otherwise(2).cast(pl.Int64),
            date_start=pl.col("start").dt.strftime(form),
            date_end=pl.col("end").dt.strftime(form),
            deaths_a=pl.lit(0),
            deaths_b=pl.lit(0),
            deaths_civilians="civil",
            deaths_unknown=pl.col("best") - pl.col("civil"),
            best="best",
            high="high",
            low="low",
        )
    )

"""trucewatch cover map"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.base.place import METRES_PER_DEGREE, cell_centre
from trucewatch.cli.base import tools
from trucewatch.cli.cover.common import ask_options, asked_of, level_option, params_of
from trucewatch.covering import covered, only_restricted
from trucewatch.stores import open_store
from trucewatch.stores.files import write_all


@click.command("map")
@ask_options
@level_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it here (default: print it).")
def map_(level: str, out: Path | None, **words: Any) -> None:
    """Coverage as GeoJSON: a square per cell with its mean chance over the spans, by source. Restricted."""
    only_restricted(level, "which ground was seen and which was not")
    use = tools()
    params = params_of(words)
    made = covered(open_store(words["case"]), use, asked_of(words), params)
    use.tell.done()  # type: ignore[attr-defined]
    given = made.body["given"]
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "trucewatch:level": level,
            "trucewatch:asked": given,
            "features": _features(made.tables["exposure"], params.cell_m, params.span_s, given),
        },
        indent=1,
    )
    if out is None:
        click.echo(text)
        return
    write_all({out: (text + "\n").encode()})
    click.echo(f"{out}  ({len(text) + 1:,} bytes), restricted: not to be passed on")


def _features(exposed: pl.DataFrame, cell_m: float, span_s: float, given: dict[str, str]) -> list[dict[str, Any]]:
    """exposure -> squares; spans without a look count as no chance at all, and their number is told."""
    since, until = (pl.lit(given[name]).str.to_datetime(time_zone="UTC") for name in ("since", "until"))
    spans = exposed.select(spans=((until - since).dt.total_microseconds() / (span_s * 1e6)).ceil()).head(1)
    many = float(spans.item()) if spans.height else 1.0
    lon, lat = cell_centre(pl.col("cell"), cell_m)
    table = (
        exposed.group_by("cell", "source")
        .agg(pl.col("low").sum() / many, pl.col("high").sum() / many, seen=pl.len())
        .with_columns(lon=lon, lat=lat)
        .sort("cell", "source")
    )
    tall = cell_m / METRES_PER_DEGREE / 2
    made = []
    for row in table.with_columns(wide=tall / pl.col("lat").radians().cos()).rows(named=True):
        x, y, w = row["lon"], row["lat"], row["wide"]
        ring = [[x - w, y - tall], [x + w, y - tall], [x + w, y + tall], [x - w, y + tall], [x - w, y - tall]]
        facts = {"source": row["source"], "low": row["low"], "high": row["high"], "spans_seen": row["seen"]}
        facts["spans"] = int(many)
        made.append({"type": "Feature", "properties": facts, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    return made

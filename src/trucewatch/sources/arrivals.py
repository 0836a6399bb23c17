"""Arrival times at acoustic, seismic or infrasound sensors -> observations: places that explain them, with errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.problem import problems
from trucewatch.base.time import UTC_US
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.http import given
from trucewatch.tables import OBSERVATIONS

FORM = "a list of happenings as for `trucewatch locate FILE.json`"
KINDS = {"launch": "firing", "impact": "explosion"}
"""A gun's report is firing, a burst an explosion; what is not told apart is an explosion, too."""
LEAST_S = 1.0
"""A happening's span is no shorter than this: other sources know no tenths of a second."""
_YES, _NO = ("yes", "true", "1"), ("", "no", "false", "0")


class Arrivals:
    """The file of `trucewatch locate`, with places in degrees and times with an offset."""

    name = "arrivals"
    about = "arrival times at sensors (JSON, as for `trucewatch locate`): each happening's place with its error"
    licence = "the mission's own"
    options: Mapping[str, str] = {
        "feed": "name for the source column, as `arrivals/north-array`",
        "stream": "yes: each object is a stream of several shots, to be told apart first",
        "url": "an address to get the file from, in place of --file",
    }
    default_mapping: str | None = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files that the door has read, and the answer of `url` where one is given."""
        if (said := str(request.options.get("stream") or "")).lower() not in (*_YES, *_NO):
            raise InputError(f"is {said[:40]!r}", field="stream", expected="yes or no")
        yield from given(request, transport, "application/json", self.licence, ("feed", "stream"))

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Happenings -> observations; what has no place, no date or no degrees is a lost problem."""
        from trucewatch.locate.arrivals import locate
        from trucewatch.locate.stream import told_apart
        from trucewatch.locate.told import told

        stream = str(capture.options.get("stream") or "").lower() in _YES
        heads, rows, noted = told(_parsed(raw, capture.name), capture.name, stream)
        whole = heads["dated"] & heads["degrees"]
        vague = problems(
            (f"{capture.name}, happening {name}" + (f" ({phase})" if phase else ""), "no_degrees", "sensors",
             "a case needs sensors' places in degrees and times with an offset", True)
            for name, phase in heads.filter(~whole).select("id", "phase").rows()
        )  # fmt: skip
        heads = heads.filter(whole)
        rows = rows.join(heads.select("happening"), on="happening", how="semi")
        if stream:
            heads, rows, left = told_apart(heads, rows)
            why = f"{left.height} arrivals are of no shot"
            told_left = problems([(capture.name, "unexplained", "sensors", why, False)] if left.height else [])
            noted = pl.concat([noted, told_left])
        located, lost = locate(heads, rows)
        lost = lost.with_columns(where=pl.format("{}, {}", pl.lit(capture.name), "where"))
        gone = int(noted["lost"].sum()) + vague.height
        return Read(
            heads.height + gone,
            observations=_observations(heads.join(located, on="happening", maintain_order="left"), capture),
            problems=pl.concat([noted, vague, lost]),
        )


def _parsed(raw: bytes, file: str) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputError("is not JSON", file=file, expected=FORM) from None


def _observations(made: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    """Located happenings -> rows. The radius is the ellipse's longer half axis: the circle holds all of it."""
    if made.is_empty():
        return OBSERVATIONS.empty()
    feed = capture.options.get("feed")
    source = f"arrivals/{feed}" if feed else "arrivals"
    half = pl.max_horizontal(2 * pl.col("t_sd_s"), pl.lit(LEAST_S / 2))
    at = pl.col("t")
    name = pl.concat_str(["id", "phase"], separator=" ", ignore_nulls=True)
    return OBSERVATIONS.fit(
        made.with_row_index("row", 1).select(
            id=pl.format("{}#{}", pl.lit(capture.id), "row"),
            capture=pl.lit(capture.id),
            locator=pl.format("happening {}", name),
            source=pl.lit(source),
            key=name,
            lineage=pl.concat_list(pl.lit(source)),
            kind=pl.col("phase").replace_strict(KINDS, default="explosion", return_dtype=pl.String),
            stance=pl.lit("affirms"),
            t0=_instant(at - half),
            t1=_instant(at + half),
            # Rounded far below the error, so that another machine's arithmetic gives the same row.
            lon=pl.col("x").round(6),
            lat=pl.col("y").round(6),
            radius_m=pl.col("semi_major_m").round(1),
            sensed=pl.lit("recorded"),
            phase="phase",
            count=pl.lit(1, pl.Int64),
            says=_says(),
        )
    )


def _instant(seconds: pl.Expr) -> pl.Expr:
    """To a hundredth of a second, for the same reason."""
    made = pl.from_epoch((seconds * 100).round().cast(pl.Int64) * 10, time_unit="ms")
    return made.dt.replace_time_zone("UTC").cast(UTC_US)


def _says() -> pl.Expr:
    """How many arrivals agree, and another place that explains them about as well."""
    agree = pl.format("{} of {} arrivals agree", pl.col("agreeing").round(1), "given")
    rival = pl.format(
        "; or {}, {} (chance {})", pl.col("rival_y").round(4), pl.col("rival_x").round(4), pl.col("rival_p").round(2)
    )
    return pl.concat_str(agree, pl.when(pl.col("rival_p").is_not_null()).then(rival).otherwise(pl.lit("")))


SOURCE = Arrivals()

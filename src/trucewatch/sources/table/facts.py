"""Rows of a table -> observations. Bad cells become null and a problem; a row with no usable time is lost."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.problem import problems, problems_where
from trucewatch.base.time import UTC_US
from trucewatch.kinds import KINDS, TARGETS
from trucewatch.ports import Capture, Read
from trucewatch.sources.table import cells
from trucewatch.sources.table.mapping import REALS, WHOLES, Cell, Plan
from trucewatch.sources.table.rows import Rows
from trucewatch.sources.table.times import lost_for_time, times
from trucewatch.tables import OBSERVATIONS

_NUMBERS = (*REALS["observations"], *WHOLES["observations"])


def observations_of(capture: Capture, made: Plan, rows: Rows) -> Read:
    """Steps: their cells to ours; time; place; words; what is lost; what is only flawed; the table."""
    if not made.kinds and "kind" not in made.columns:
        raise InputError("says nothing of kinds", file=made.file, field="kinds", expected="rules, or columns.kind")
    table = rows.frame.select(rows.number, *ours(made, rows.frame.columns), *times(made), *_words(made))
    table = _placed(lost_for_time(table, made, capture.fetched_at))
    table = _stanced(_named(table)).rechunk()
    kept = table.filter(pl.col("lost").is_null()).rechunk()
    lost = problems_where(
        table,
        pl.col("lost").is_not_null(),
        file=capture.name,
        code="",
        subject="row",
        message=pl.col("why"),
        lost=True,
    ).with_columns(code=table["lost"].drop_nulls())
    flawed = list(_flaws(kept, made, capture.name))
    noted = pl.concat([problems(rows.problems), lost, *flawed])
    return Read(rows.count, observations=_table(kept, capture, made), problems=noted)


def ours(made: Plan, there: list[str]) -> Iterator[pl.Expr]:
    """Each of our columns from theirs; numbers come with the text that they were read from, as `told_<name>`."""
    if made.source_column is None:
        yield pl.lit(made.source).alias("source")
    else:
        named = cells.text(made.source_column).str.replace_all(r"\s+", " ")
        yield named.fill_null(made.source).alias("source")
    for name, cell in made.columns.items():
        raw = _raw(cell, there)
        if name == "lineage":
            yield cells.parts(raw, cell.form == "urls", cell.replace).alias(name)
        elif name in REALS[made.makes]:
            yield cells.real(raw, cell.form == "decimal comma").alias(name)
            yield raw.alias(f"told_{name}")
        elif name in WHOLES[made.makes]:
            yield cells.whole(raw, cell.form == "about").alias(name)
            yield raw.alias(f"told_{name}")
        else:
            yield raw.alias(name)


def _raw(cell: Cell, there: list[str]) -> pl.Expr:
    if cell.join:
        made = pl.concat_str(
            [cells.text(n, cell.nulls) for n in cell.join if n in there], separator=" | ", ignore_nulls=True
        )
        made = pl.when(made != "").then(made)
    elif cell.column is not None and cell.column in there:
        made = cells.text(cell.column, cell.nulls)
    else:
        made = pl.lit(cell.value, pl.String)
    for pattern, to in () if cell.form in ("list", "urls") else cell.replace:
        made = made.str.replace(pattern, to)
    return made


def _words(made: Plan) -> Iterator[pl.Expr]:
    if made.kinds:
        yield cells.words(made.kinds).alias("kind_ruled")
        yield cells.text(made.kinds.column).alias("kind_told")
    if made.targets:
        yield cells.words(made.targets).alias("target_ruled")
    if made.by:
        yield cells.words(made.by).alias("by_ruled")
    if made.stances:
        yield cells.words(made.stances).alias("stance")
        yield cells.text(made.stances.column).alias("stance_told")


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """Kind, target and `by` in our words; what is no word of the dictionary is kept in `<name>_told`."""
    has = set(table.columns)
    steps: list[pl.Expr] = []
    if "kind_ruled" in has:
        steps.append(pl.col("kind_ruled").alias("kind"))
    else:
        steps.append(pl.when(pl.col("kind").is_in(list(KINDS))).then(pl.col("kind")))
        steps.append(pl.col("kind").alias("kind_told"))
    if "target" in has:
        steps.append(pl.col("target").alias("target_told"))
        steps.append(pl.when(pl.col("target").is_in(TARGETS)).then(pl.col("target")).alias("target"))
    if "key" in has:
        times_seen = pl.int_range(1, pl.len() + 1).over("source", "key")
        steps.append(pl.when(pl.col("key").is_not_null() & (times_seen > 1)).then(times_seen).alias("again"))
    named = table.with_columns(steps)
    for name in ("target", "by"):
        if f"{name}_ruled" in has:
            told = [pl.col(name)] if name in has else []
            named = named.with_columns(pl.coalesce(*told, f"{name}_ruled").alias(name))
    return named


def _stanced(table: pl.DataFrame) -> pl.DataFrame:
    """A row that may be a denial and may not is lost: either guess would put words into somebody's mouth."""
    if "stance" not in table.columns:
        return table
    bad = pl.col("stance").is_null() & pl.col("lost").is_null()
    why = pl.format("{} says neither that it happened nor that it did not, by any rule", quoted("stance_told"))
    return table.with_columns(
        why=pl.when(bad).then(why.fill_null("no stance is told")).otherwise("why"),
        lost=pl.when(bad).then(pl.lit("no_stance")).otherwise("lost"),
    )


def _placed(table: pl.DataFrame) -> pl.DataFrame:
    """lon and lat, both or none; `nowhere` says why there are none."""
    if not {"lon", "lat"} <= set(table.columns):
        return table.drop([c for c in ("lon", "lat", "told_lon", "told_lat") if c in table.columns])
    lon, lat = pl.col("lon"), pl.col("lat")
    told = pl.col("told_lon").is_not_null() | pl.col("told_lat").is_not_null()
    why = (
        pl.when(~told).then(None)
        .when(pl.col("told_lon").is_null() | pl.col("told_lat").is_null()).then(pl.lit("half_place"))
        .when(lon.is_null() | lat.is_null()).then(pl.lit("bad_number"))
        .when(cells.off_earth()).then(pl.lit("bad_place"))
        .when(cells.nowhere()).then(pl.lit("null_island"))
        .when((lon == lat) & (lon != lon.round(2))).then(pl.lit("same_lon_lat"))
    )  # fmt: skip
    good = pl.col("nowhere").is_null()
    table = table.with_columns(why.alias("nowhere"))
    return table.with_columns(pl.when(good).then("lon"), pl.when(good).then("lat"))


_NOWHERE = {
    "half_place": "longitude without latitude, or the other way about; kept without a place",
    "bad_number": "the coordinates are not numbers; kept without a place",
    "bad_place": "there are no such degrees; kept without a place",
    "null_island": "is at 0, 0, where nobody filled in a place; kept without a place",
    "same_lon_lat": "longitude and latitude are the same figure, copied by mistake; kept without a place",
}


def _flaws(kept: pl.DataFrame, made: Plan, file: str) -> Iterator[pl.DataFrame]:
    """Problems of rows that are kept all the same."""
    has = set(kept.columns)

    def noted(bad: pl.Expr, code: str, subject: str, message: pl.Expr) -> pl.DataFrame:
        rows = kept.filter(bad.fill_null(False)).rechunk()  # polars 2.1 panics at format over some chunks
        if rows.is_empty():
            return problems()
        return problems_where(rows, pl.lit(True), file=file, code=code, subject=subject, message=message, lost=False)

    if "nowhere" in has:
        for code, why in _NOWHERE.items():
            yield noted(pl.col("nowhere") == code, code, "lon, lat", pl.lit(why))
    for name in _NUMBERS:
        if f"told_{name}" not in has or name in ("lon", "lat"):
            continue
        bad = pl.col(f"told_{name}").is_not_null() & (pl.col(name).is_null() | ~_fair(name).fill_null(True))
        yield noted(bad, "bad_number", name, pl.format("{} is no figure for it; left out", quoted(f"told_{name}")))
    unsettled = pl.col("kind").is_null()
    if not (made.kinds and made.kinds.told):
        said = pl.format("{} is no kind that we know; kept as unspecified", quoted("kind_told"))
        yield noted(unsettled, "unknown_kind", "kind", said.fill_null("no kind is told; kept as unspecified"))
    if "target_told" in has:
        odd = pl.col("target_told").is_not_null() & ~pl.col("target_told").is_in(TARGETS)
        yield noted(
            odd, "unknown_target", "target", pl.format("{} is no target that we know; left out", quoted("target_told"))
        )
    if "again" in has:
        seen = pl.format("comes for the {}. time in this file; its key ends in /{}", "again", "again")
        yield noted(pl.col("again").is_not_null(), "repeated_key", "key", seen)
    for name in ("end", "said"):
        if f"bad_{name}" in has:
            late = pl.format("{} is no time that it can be; left out", quoted(f"told_{name}"))
            yield noted(pl.col(f"bad_{name}"), "bad_time", f"time.{name}", late)


def quoted(name: str) -> pl.Expr:
    """A told value for a message: in quotes, its first 40 characters."""
    return pl.format("'{}'", pl.col(name).str.slice(0, 40))


def _fair(name: str) -> pl.Expr:
    if name == "p":
        return pl.col(name).is_between(0, 1)
    return pl.col(name) >= 0


def _table(kept: pl.DataFrame, capture: Capture, made: Plan) -> pl.DataFrame:
    has = set(kept.columns)
    row = pl.col("row").cast(pl.String)
    steps = [
        pl.format("{}#{}", pl.lit(capture.id), row).alias("id"),
        pl.lit(capture.id).alias("capture"),
        pl.format("row {}", row).alias("locator"),
        pl.col("source"),
        # A cell that no rule knows must not speak for what happened, nor against it: the row is lost before this.
        (pl.col("stance") if "stance" in has else pl.lit("affirms")).alias("stance"),
        pl.col("kind").fill_null("unspecified"),
        pl.col("t0"),
        pl.col("t1"),
    ]
    if "said" in has:
        steps.append(pl.col("said").cast(UTC_US).alias("published_at"))
    if "key" in has:
        steps.append(
            pl.when(pl.col("again").is_null()).then("key").otherwise(pl.format("{}/{}", "key", "again")).alias("key")
        )
    for name in ("lon", "lat", "lineage", "place", "weapon", "target", "by", "says"):
        if name in has:
            steps.append(pl.col(name))
    for name in _NUMBERS[2:]:
        if name in has:
            fair = _fair(name) if name != "radius_m" else _fair(name) & pl.col("lon").is_not_null()
            steps.append(pl.when(fair).then(name).alias(name))
    if "radius_m" in has and "lon" not in has:
        raise InputError("has a radius and no place", file=made.file, field="columns.radius_m", expected="lon and lat")
    return OBSERVATIONS.fit(kept.select(steps))

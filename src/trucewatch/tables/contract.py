"""What a table promises: its columns in order, their types, what each means, and what no value may be."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from trucewatch.base.errors import TableError
from trucewatch.base.time import UTC_US
from trucewatch.kinds import KINDS


@dataclass(frozen=True)
class Contract:
    """A table's name, its columns in order, and what each column means.

    columns: name -> (type, meaning); `needed`: columns that hold no null; `key`: the column that
    names a row, unique in its table; None where rows need no name.
    """

    name: str
    columns: dict[str, tuple[pl.DataType | type[pl.DataType], str]]
    needed: tuple[str, ...]
    key: str | None = "id"

    @property
    def schema(self) -> pl.Schema:
        """The exact column types in order."""
        return pl.Schema({name: kind for name, (kind, _) in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """No rows, every column.

        >>> from trucewatch.tables import LINKS
        >>> LINKS.empty().shape
        (0, 4)
        """
        return pl.DataFrame(schema=self.schema)

    def fit(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Columns in our order and of our types; columns that are absent come in as null, others are refused."""
        extra = sorted(set(frame.columns) - set(self.columns))
        if extra:
            raise TableError(f"{self.name} has no column {', '.join(extra)}")
        try:
            made = frame.select(
                (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
                for name, kind in self.schema.items()
            )
        except pl.exceptions.PolarsError as wrong:
            raise TableError(
                f"{self.name}: a column cannot become what it has to be: {str(wrong).splitlines()[0]}"
            ) from None
        return self.check(made)

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Hold a frame to the contract and hand it back; TableError says what is wrong.

        >>> from trucewatch.tables import LINKS
        >>> LINKS.check(pl.DataFrame({"incident": ["a"]}))
        Traceback (most recent call last):
        trucewatch.base.errors.TableError: links lacks observation, score, because
        """
        if lacking := [name for name in self.schema if name not in frame.columns]:
            raise TableError(f"{self.name} lacks {', '.join(lacking)}")
        if frame.columns != list(self.schema):
            raise TableError(f"{self.name} wants the columns {list(self.schema)}, has {frame.columns}")
        for name, wanted in self.schema.items():
            if frame.schema[name] != wanted:
                raise TableError(f"{self.name}.{name} wants {wanted}, is {frame.schema[name]}")
        for name in self.needed:
            if holes := frame[name].null_count():
                raise TableError(f"{self.name}.{name} is null in {holes} of {frame.height} rows")
        if self.key and frame[self.key].n_unique() != frame.height:
            raise TableError(f"{self.name}.{self.key} is not unique")
        self._check_values(frame)
        return frame

    def _check_values(self, frame: pl.DataFrame) -> None:
        faults: list[tuple[str, pl.Expr]] = []
        if {"t0", "t1"} <= set(self.columns):
            faults.append(("t1 is before t0", pl.col("t1") < pl.col("t0")))
        if {"lon", "lat"} <= set(self.columns):
            faults.append(("lon is not in [-180, 180]", ~pl.col("lon").is_between(-180, 180)))
            faults.append(("lat is not in [-90, 90]", ~pl.col("lat").is_between(-90, 90)))
            faults.append(("lon without lat", pl.col("lon").is_null() != pl.col("lat").is_null()))
        if "radius_m" in self.columns:
            faults.append(
                ("radius_m is negative or not finite", ~(pl.col("radius_m").is_finite() & (pl.col("radius_m") >= 0)))
            )
        for name in ("p", "p_seen_if_there", "p_noticed", "low", "high"):
            if name in self.columns:
                faults.append((f"{name} is not in [0, 1]", ~pl.col(name).is_between(0, 1)))
        if "kind" in self.columns and self.name in ("observations", "incidents"):
            faults.append(("kind is not in the dictionary (trucewatch.kinds)", ~pl.col("kind").is_in(list(KINDS))))
        if not faults or frame.is_empty():
            return
        counts = frame.select(bad.fill_null(False).sum().alias(str(n)) for n, (_, bad) in enumerate(faults)).row(0)
        for (what, _), count in zip(faults, counts, strict=True):
            if count:
                raise TableError(f"{self.name}: {what} in {count} of {frame.height} rows")


ID = (pl.String, "name of the row, made from content")
CAPTURE = (pl.String, "id of the capture that it was read from")
SOURCE = (pl.String, "the feed, as `firms` or `report`")
T0 = (UTC_US, "start of the span in which it happened")
T1 = (UTC_US, "end of that span, not included")
LON = (pl.Float64, "degrees east, OGC:CRS84; null where no point is told")
LAT = (pl.Float64, "degrees north, OGC:CRS84")
RADIUS = (pl.Float64, "metres around the point that hold the true place 95 times in 100; null where not told")
REGION = (
    pl.Binary,
    "ground that holds the true place 95 times in 100, where it is no circle: WKB in OGC:CRS84; it shows where "
    "observers stood, so it is restricted",
)
SPREAD = (
    pl.Binary,
    "points that stand for that ground, each as likely as any other: WKB in OGC:CRS84; restricted, too",
)
KILLED = (pl.Int64, "persons killed, best figure of this source")
KILLED_LOW = (pl.Int64, "lowest figure")
KILLED_HIGH = (pl.Int64, "highest figure")
INJURED = (pl.Int64, "persons injured")
SPANS = pl.List(pl.Struct({"from": UTC_US, "until": UTC_US}))
"""Half-open spans; a null bound is open, or nobody knows it."""

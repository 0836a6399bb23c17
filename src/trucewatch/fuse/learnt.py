"""What was learnt of the sources, as it is handed to `fuse`: three tables, and which version of them it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from trucewatch.tables import CALIBRATION, DEPENDENCE, LEARNT


@dataclass(frozen=True)
class Learnt:
    """sources, dependence, calibration: tables of those contracts. version: the number of the log's entry that keeps
    them, or what a file calls itself; `none` where nothing was learnt.

    A null in `sources` means: not learnt, so that what the source tells and the room's params hold.
    """

    version: str = "none"
    sources: pl.DataFrame = field(default_factory=LEARNT.empty)
    dependence: pl.DataFrame = field(default_factory=DEPENDENCE.empty)
    calibration: pl.DataFrame = field(default_factory=CALIBRATION.empty)
    shares: pl.DataFrame | None = None
    """source, mask, n: how often each source says each kind, so that a part of the reports is linked like the whole;
    where it is not told, it is counted in what is linked."""
    words: tuple[str, ...] | None = None
    """Words of a bare file that are no kinds of the dictionary, in the order of their bits; else the file decides."""

    def __post_init__(self) -> None:
        LEARNT.check(self.sources)
        DEPENDENCE.check(self.dependence)
        CALIBRATION.check(self.calibration)

    def of(self, sources: pl.DataFrame) -> pl.DataFrame:
        """sources(source) -> its rows in their order, each with what was learnt of it; nulls where nothing was.

        >>> Learnt().of(pl.DataFrame({"source": ["a"]})).row(0)
        ('a', None, None, None, None, None, None, 1)
        """
        told = sources.select("source").join(self.sources, on="source", how="left", maintain_order="left")
        return told.with_columns(pl.col("most_per_incident").fill_null(1))


@dataclass(frozen=True)
class Judged:
    """What people have judged: tables of the contracts `constraints` and `happened`. It wins over every score."""

    constraints: pl.DataFrame
    happened: pl.DataFrame

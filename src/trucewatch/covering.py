"""Floor 4, beside the pipeline: who could have seen it, from what the case holds. Its runs are entries too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from trucewatch import pipeline
from trucewatch.archive import Known, know
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cover import CoverAsk, CoverParams, Rate, cover, rate
from trucewatch.ports import Store, Tools
from trucewatch.report.params import ReportParams

RESTRICTED = "restricted"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """What is asked: between when (None: the days on which anybody looked), for which kind and size, as of when."""

    since: datetime | None = None
    until: datetime | None = None
    kind: str = "shelling"
    size: int = 1
    as_of: int | None = None


def covered(store: Store, tools: Tools, asked: Asked, params: CoverParams | None = None) -> pipeline.Run:
    """The case's looks -> exposure, gaps, silent."""
    return _run(store, tools, _held(store, tools, asked), params or CoverParams())


def totals(
    store: Store, tools: Tools, asked: Asked, params: CoverParams | None = None
) -> tuple[pipeline.Run, Rate]:  # fmt: skip
    """The same, and what the case's incidents of that kind stand for, as far as looks tell: that is kept nowhere."""
    held, params = _held(store, tools, asked), params or CoverParams()
    return _run(store, tools, held, params), rate(*held.tables, held.ask, params)


@dataclass(frozen=True)
class _Held:
    """What the case holds. tables: looks, incidents, observations, links."""

    known: Known
    ask: CoverAsk
    fused: pipeline.Run
    tables: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]


def _held(store: Store, tools: Tools, asked: Asked) -> _Held:
    known = know(store, asked.as_of)
    looks, observations = known.table(store, "looks"), known.table(store, "observations")
    ask, fused = _ask(looks, asked), pipeline.fuse(store, tools, known.size)
    return _Held(known, ask, fused, (looks, fused.tables["incidents"], observations, fused.tables["links"]))


def _run(store: Store, tools: Tools, held: _Held, params: CoverParams) -> pipeline.Run:
    inputs = {
        "looks": held.known.batches["looks"],
        "observations": held.known.batches["observations"],
        "incidents": held.fused.body["outputs"]["incidents"],
        "links": held.fused.body["outputs"]["links"],
    }

    def think() -> dict[str, pl.DataFrame]:
        made = cover(*held.tables, held.ask, params)
        return {"exposure": made.exposure, "gaps": made.gaps, "silent": made.silent}

    wanted = {**pipeline.identified("cover", inputs, params, tools), "given": held.ask.told()}
    return pipeline.remembered(store, held.known, wanted, tools, think)


def _ask(looks: pl.DataFrame, asked: Asked) -> CoverAsk:
    """Whole days of UTC, from the first look to the last, where no time is asked for."""
    if looks.is_empty():
        raise InputError(
            "nobody is recorded to have looked, so all ground is unknown at all times",
            expected="looks, as from: trucewatch pull looks, or report",
        )
    first, last = looks.select(pl.col("t0").min(), pl.col("t1").max()).row(0)
    since, until = asked.since or _midnight(first), asked.until or _midnight(last - timedelta(microseconds=1)) + _DAY
    return CoverAsk(since, max(until, since + _DAY) if asked.until is None else until, asked.kind, asked.size).checked()


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def whole_record(level: str, asked: Asked) -> None:
    """Totals between times of one's own choosing tell when nobody looked: by themselves of a day, by subtraction of two
    longer spans. Below `restricted` they are of the whole record. Raises InputError."""
    _known_level(level)
    if asked.since or asked.until:
        only_restricted(level, "who could have seen between --since and --until")


def _known_level(level: str) -> None:
    if level not in ReportParams().levels:
        raise UnknownName("release level", level, ReportParams().levels, field="--level")


def only_restricted(level: str, what: str) -> None:
    """Where and when nobody could have seen is told at one level alone. Raises InputError at any other."""
    _known_level(level)
    if level != RESTRICTED:
        raise InputError(
            f"{what} is never told at the level {level}: in the wrong hands it aims",
            field="--level",
            expected=f"--level {RESTRICTED}, for the mission itself",
        )

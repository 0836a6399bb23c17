"""Floor 4, beside the pipeline: is the pause used, did the truce change anything, from what the case holds.

Each answer is a run in the log; asked again it is found, and `replay` makes it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from trucewatch import pipeline
from trucewatch.archive import Known, know
from trucewatch.interrupted import Recorded, changed_of, days_of, pause_ask_of, paused_of
from trucewatch.ports import Store, Tools
from trucewatch.reporting import exposed
from trucewatch.watch import ChangeAsk, PauseAsk, PauseParams


@dataclass(frozen=True)
class PauseAsked:
    """Between which days (None: the agreement's own), with which lag and windows, of which agreement, as of when."""

    since: date | None = None
    until: date | None = None
    lag: tuple[int, int] = (0, 0)
    before: int = 28
    after: int = 14
    agreement: str | None = None
    as_of: int | None = None


@dataclass(frozen=True)
class ChangeAsked:
    """From which day (None: each term's own), which windows, of which agreement, as of when."""

    at: date | None = None
    before: int = 56
    after: int = 28
    agreement: str | None = None
    as_of: int | None = None


@dataclass(frozen=True)
class Answered:
    """The run and its table, for which days (of a pause), and what has to be known beside it."""

    run: pipeline.Run
    table: pl.DataFrame
    ask: PauseAsk | None
    notes: list[str]


def paused(store: Store, tools: Tools, asked: PauseAsked) -> Answered:
    """The case, an agreement -> PAUSED: named acts, armed acts and mapped advance, of every party."""
    known, held, inputs = _held(store, tools, asked.agreement, asked.as_of)
    since, until = days_of(held.terms, asked.since, asked.until)
    ask = PauseAsk(since, until, asked.lag, asked.before, asked.after).checked()
    given = {
        "since": str(since), "until": str(until), "lag": [str(day) for day in ask.lag],
        "before": str(ask.before), "after": str(ask.after),
    }  # fmt: skip
    params = PauseParams()
    told = paused_of(held, pause_ask_of(given), params)
    wanted = {**pipeline.identified("pause", inputs, params, tools), "given": given}
    run = pipeline.remembered(store, known, wanted, tools, lambda: {"paused": told.table})
    return Answered(run, run.tables["paused"], ask, told.notes)


def changed(store: Store, tools: Tools, asked: ChangeAsked) -> Answered:
    """The case, an agreement -> CHANGED, a series per term: what it bars, in its zone, from its own first day."""
    known, held, inputs = _held(store, tools, asked.agreement, asked.as_of)
    if asked.at is not None:
        ChangeAsk(asked.at, asked.before, asked.after).checked()
    given = {"at": str(asked.at or ""), "before": str(asked.before), "after": str(asked.after)}
    params = PauseParams()
    told = changed_of(held, given, params)
    wanted = {**pipeline.identified("change", inputs, params, tools), "given": given}
    run = pipeline.remembered(store, known, wanted, tools, lambda: {"changed": told.table})
    return Answered(run, run.tables["changed"], None, told.notes)


def _held(
    store: Store, tools: Tools, agreement: str | None, as_of: int | None
) -> tuple[Known, Recorded, dict[str, Any]]:
    """What is known, what of it is asked, and the hashes of the same."""
    known = know(store, as_of)
    agreed = pipeline.chosen(known, agreement)
    judged, fused = pipeline.assess(store, tools, agreed.id, known.size), pipeline.fuse(store, tools, known.size)
    held = Recorded(
        fused.tables["incidents"], judged.tables["terms"], known.table(store, "areas"),
        exposed(known.table(store, "looks")), agreed,
    )  # fmt: skip
    inputs = {
        "agreement": judged.body["inputs"]["agreement"], "terms": judged.body["outputs"]["terms"],
        "incidents": fused.body["outputs"]["incidents"],
        "areas": known.batches["areas"], "looks": known.batches["looks"],
    }  # fmt: skip
    return known, held, inputs

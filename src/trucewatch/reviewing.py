"""Floor 4, beside the pipeline: learning of the sources, and what people are asked of what was fused."""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch import fuse as fuse_room
from trucewatch import learning, pipeline
from trucewatch.archive import know
from trucewatch.fuse.params import LearnParams
from trucewatch.fuse.review import review as ask
from trucewatch.ports import Store, Tools


def learn(
    store: Store, tools: Tools, as_of: int | None = None, written: str = "", params: LearnParams | None = None
) -> pipeline.Run:
    """Batches and judgements of the first `as_of` entries -> learnt, dependence, calibration: the next version of them.

    written: a table of who repeats whom, as a person wrote it; kept with the run, it stands before what is learnt.
    """
    known, params = know(store, as_of), params or LearnParams()
    people = learning.judged(known)

    def think() -> dict[str, pl.DataFrame]:
        by_hand = learning.written_dependence(written, learning.WRITTEN)
        observations, times = known.table(store, "observations"), known.capture_times()
        made = learning.learnt_of(observations, times, people, by_hand, params)
        return {"learnt": made.sources, "dependence": made.dependence, "calibration": made.calibration}

    inputs: dict[str, Any] = {"observations": known.batches["observations"]}
    if bodies := learning.judgement_bodies(known):
        inputs["judgements"] = bodies
    wanted = {**pipeline.identified("learn", inputs, params, tools), "given": {"dependence": written}}
    return pipeline.remembered(store, known, wanted, tools, think)


def review(
    store: Store, tools: Tools, as_of: int | None = None, learnt: str = learning.LATEST, most: int = 20
) -> pl.DataFrame:
    """What `fuse` made of it -> the questions to people whose answers would change most."""
    known, params = know(store, as_of), fuse_room.FuseParams()
    made = pipeline.fuse(store, tools, as_of, params, learnt).tables
    return ask(made["incidents"], made["links"], learning.judged(known), params, most)


def entry_of(store: Store, made: pipeline.Run) -> int:
    """The number of the entry that keeps a run."""
    known = know(store)
    pairs = zip(known.run_at, known.runs, strict=True)
    return next(n for n, body in pairs if body == made.body)

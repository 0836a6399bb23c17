"""Floor 4, above `covering`: clusters, alarms and trends from what a case holds. Its runs are entries too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from trucewatch import pipeline
from trucewatch.archive import Known, know
from trucewatch.base.errors import InputError
from trucewatch.cover import CoverParams
from trucewatch.covering import Asked, covered
from trucewatch.ports import Store, Tools
from trucewatch.watch import CaseAsk, CaseParams, fitting, placed, watch_case


@dataclass(frozen=True)
class Watched:
    """The run, and what has to be known beside it."""

    run: pipeline.Run
    notes: tuple[str, ...]


def watched(store: Store, tools: Tools, ask: CaseAsk, as_of: int | None = None) -> Watched:
    """The case -> clusters, alarms or trend, and what each series' baseline was."""
    ask.checked()
    known = know(store, as_of)
    inputs: dict[str, Any] = {"observations": known.batches["observations"], "areas": known.batches["areas"]}
    if ask.source is None:
        fused = pipeline.fuse(store, tools, known.size)
        rows = fused.tables["incidents"]
        inputs["incidents"] = fused.body["outputs"]["incidents"]
    else:
        rows = known.table(store, "observations")
    if rows.is_empty():
        raise InputError("nothing is recorded in this case", expected="something pulled first")
    given, exposed = ask.told(), None
    if _grounds(known, store):
        seen, side = _exposure(store, tools, ask, known.size)
        exposed, inputs["exposure"] = seen.tables["exposure"], seen.body["outputs"]["exposure"]
        given["seen_cell_m"] = repr(side)
    made = placed(ask, rows, known.table(store, "areas"), exposed, float(given.get("seen_cell_m", "0")))
    fitting(ask, made)
    wanted = {**pipeline.identified("watch", inputs, CaseParams(), tools), "given": given}
    return Watched(pipeline.remembered(store, known, wanted, tools, lambda: watch_case(ask, made)), made.notes)


def _grounds(known: Known, store: Store) -> bool:
    """Does any look tell its ground?"""
    looks = known.table(store, "looks")
    return looks.filter(pl.col("footprint").is_not_null(), pl.col("gap").is_null()).height > 0


def _exposure(store: Store, tools: Tools, ask: CaseAsk, size: int) -> tuple[pipeline.Run, float]:
    """The exposure of the case, in cells as small as there is room for and no larger than the watch's; their side."""
    params = CoverParams()
    kind = ask.kinds[0] if len(ask.kinds) == 1 else Asked.kind
    if ask.by == "cell":
        params = replace(params, cell_m=min(params.cell_m, ask.cell_km * 1000))
    while True:
        try:
            return covered(store, tools, Asked(kind=kind, as_of=size), params), params.cell_m
        except InputError as wrong:
            if "--cell-km" not in str(wrong):
                raise
            params = replace(params, cell_m=2 * params.cell_m)
            if ask.by == "cell" and params.cell_m > ask.cell_km * 1000:
                says = f"at least {params.cell_m / 1000:g}: the looks cover so much ground"
                raise InputError(f"is {ask.cell_km:g} km", field="--cell-km", expected=says) from None

"""Floor 4, beside the pipeline: the register held against what the case holds. Its runs are entries too.

Rooms join here by their tables: statements and their parties' words, incidents, exposure where `cover` has made it,
maps, terms, and what another room answers of a statement.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch import claims as claims_room
from trucewatch import pipeline
from trucewatch.archive import Known, know
from trucewatch.base.errors import UnknownName
from trucewatch.base.ids import sha256
from trucewatch.ports import Store, Tools
from trucewatch.recorded import given_of, held_against
from trucewatch.tables import ANSWERS


def check(
    store: Store,
    tools: Tools,
    agreement: str | None = None,
    as_of: int | None = None,
    answers: pl.DataFrame | None = None,
    elsewhere: str | None = None,
) -> pipeline.Run:
    """Statements of the first `as_of` entries -> checks, left_out. answers: what was found elsewhere of some of them;
    elsewhere: the party that holds what maps leave unmarked."""
    known = know(store, as_of)
    agreed = pipeline.chosen(known, agreement) if agreement or known.agreements else None
    if elsewhere is not None and (agreed is None or agreed.party(elsewhere) is None):
        raise UnknownName("party", elsewhere, [p.id for p in agreed.parties] if agreed else (), field="--elsewhere")
    fused = pipeline.fuse(store, tools, known.size)
    judged = pipeline.assess(store, tools, agreed.id, known.size) if agreed is not None else None
    covered = _output(known, "exposure")
    told = ANSWERS.empty() if answers is None else answers
    inputs: dict[str, Any] = {
        "statements": known.batches["statements"],
        "observations": known.batches["observations"],
        "areas": known.batches["areas"],
        "incidents": fused.body["outputs"]["incidents"],
        "links": fused.body["outputs"]["links"],
    }
    if agreed is not None and judged is not None:
        inputs |= {"terms": judged.body["outputs"]["terms"], "agreement": sha256(known.agreements[agreed.id][1])}
    if covered is not None:
        inputs["exposure"] = covered
    params, given = claims_room.CheckParams(), {"answers": given_of(told), "elsewhere": elsewhere}
    wanted = {**pipeline.identified("claims", inputs, params, tools), "given": given}
    return pipeline.remembered(store, known, wanted, tools, lambda: held_against(store, known, inputs, given, params))


def _output(known: Known, name: str) -> str | None:
    """The newest table of that name that a run has made and that still stands, as `exposure` by `cover`."""
    for run in reversed(known.runs):
        made: str | None = run["outputs"].get(name) if run["room"] != "report" else None
        if made is not None and not known.standing({made}):
            return made
    return None

"""Floor 4, beneath the pipeline: what a case holds, as the record that statements are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch import claims as claims_room
from trucewatch import encircled
from trucewatch.archive import Known
from trucewatch.assess import Agreement
from trucewatch.assess import agreement as parsed
from trucewatch.ports import Store
from trucewatch.tables import ANSWERS, AREAS, OBSERVATIONS, STATEMENTS, Contract


def held_against(
    store: Store,
    known: Known,
    inputs: Mapping[str, Any],
    given: Mapping[str, Any],
    params: claims_room.CheckParams,
) -> dict[str, pl.DataFrame]:
    """Names of tables in the log, and what was told from outside -> checks, left_out. known: of when the run was.

    given: `answers` of some statements, and `elsewhere`, who holds what maps leave unmarked. What was told stands in
    the place of what `ring` finds.
    """
    agreed = parsed(store.objects.get(inputs["agreement"]).decode()) if "agreement" in inputs else None
    optional = {name: known.table_of(store, inputs[name]) for name in ("exposure", "terms") if name in inputs}
    evidence = claims_room.Evidence(
        incidents=known.table_of(store, inputs["incidents"]),
        links=known.table_of(store, inputs["links"]),
        observations=_all(store, known, inputs, OBSERVATIONS),
        areas=_all(store, known, inputs, AREAS),
        answers=answers_of(given["answers"]),
        parties=words(agreed),
        until=_until(known),
        **optional,
    )
    statements = _all(store, known, inputs, STATEMENTS)
    told = evidence.answers["statement"].to_list()
    asked = statements.filter(~(pl.col("id").is_in(told) | pl.col("key").is_in(told).fill_null(False)))
    found = encircled.answers(asked, evidence, given["elsewhere"], params)
    evidence = replace(evidence, answers=pl.concat([evidence.answers, found]))
    made = claims_room.check(statements, evidence, params)
    return {"checks": made.checks, "left_out": made.left_out}


def _all(store: Store, known: Known, inputs: Mapping[str, Any], of: Contract) -> pl.DataFrame:
    frames = [known.table_of(store, sha) for sha in inputs[of.name]]
    return of.check(pl.concat([of.empty(), *frames], how="diagonal"))


def words(agreed: Agreement | None) -> dict[str, str]:
    """Every word for a party, in small letters -> its id. A word of two parties is neither's."""
    made: dict[str, set[str]] = {}
    for party in agreed.parties if agreed is not None else ():
        for word in (party.id, party.name, *party.also):
            made.setdefault(" ".join(word.lower().split()), set()).add(party.id)
    return {word: next(iter(ids)) for word, ids in made.items() if len(ids) == 1}


def given_of(answers: pl.DataFrame) -> list[list[str | None]]:
    """Answers from outside the case, as they stand in a run's entry: texts, since numbers differ in spelling."""
    return [[None if part is None else str(part) for part in row] for row in answers.sort(pl.all()).rows()]


def answers_of(given: Sequence[Sequence[str | None]]) -> pl.DataFrame:
    """The contrary of `given_of`."""
    schema = dict.fromkeys(ANSWERS.columns, pl.String)
    return ANSWERS.fit(pl.DataFrame([list(row) for row in given], schema=schema, orient="row"))


def _until(known: Known) -> datetime | None:
    """The record ends when the last of it was captured."""
    return max((capture.fetched_at for capture in known.captures.values()), default=None)

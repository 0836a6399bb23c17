"""Floor 4, beneath the pipeline: the register's figures as published counts, each of which has to hold to its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from trucewatch.assess import tallies
from trucewatch.assess.model import Count
from trucewatch.base.ids import SHORT


def counts_of(statements: pl.DataFrame) -> tuple[list[Count], int]:
    """statements -> counts, each with the parts that name it, by the same speaker; and how many figures are none."""
    told = statements.filter(pl.col("figure").is_not_null(), pl.col("unit").is_not_null())
    rows = told.sort("said_at", "figure", "unit", "says", "id", nulls_last=True).rows(named=True)
    whole = [row for row in rows if float(row["figure"]).is_integer()]
    keyed = {(row["key"], row["speaker"]) for row in whole if row["key"]}
    parts = [row for row in whole if (row["part_of"], row["speaker"]) in keyed and row["part_of"] != row["key"]]
    inside = {row["id"] for row in parts}
    made = [_count(row, [p for p in parts if p["part_of"] == row["key"]]) for row in whole if row["id"] not in inside]
    return made, len(rows) - len(whole)


def told_of(statements: pl.DataFrame) -> dict[str, Any]:
    """statements -> their counts as plain values, each with `over`: when what it counts, and its telling, was over."""
    counts, _ = counts_of(statements)
    made = tallies.as_told(counts)
    ended = statements.select("id", "key", over=pl.max_horizontal("t1", "said_at"))
    over = {name: at for one, key, at in ended.rows() for name in (key, short(one)) if name}
    return {**made, "counts": [{**count, "over": over.get(count["id"])} for count in made["counts"]]}


def short(name: str) -> str:
    """An id as people are shown it: the start of its capture's, and its row."""
    capture, _, row = name.partition("#")
    return f"{capture[:SHORT]}#{row}"


def _count(row: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Count:
    whose = row["on_behalf_of"] or row["speaker"] or "somebody"
    return Count(
        id=row["key"] or short(row["id"]),
        by=whose if row["on_behalf_of"] in (None, row["speaker"]) else f"{row['speaker']} for {whose}",
        of=row["whom"],
        says=row["about"] or f"{row['unit']}; no other heading is told",
        unit=row["unit"],
        total=int(row["figure"]),
        qualifier=row["qualifier"] or "exact",
        parts=tuple((p["about"] or p["unit"], int(p["figure"])) for p in parts if p["speaker"] == row["speaker"]),
        source=row["source"],
    )

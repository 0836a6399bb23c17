"""Floor 4, beneath the pipeline: the register's figures as published counts, each of which has to hold to its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from trucewatch.assess import tallies
from trucewatch.assess.model import Count
from trucewatch.base.ids import SHORT


def counts_of(statements: pl.DataFrame) -> tuple[list[Count], int]:
    """statements -> counts, each with the parts that name it, by the same speaker; and how many figures are none.

    A part that has parts of its own is a count, too.
    """
    figures = statements.filter(pl.col("figure").is_not_null(), pl.col("unit").is_not_null())
    rows = figures.sort("said_at", "figure", "unit", "says", "id", nulls_last=True).rows(named=True)
    whole = [row for row in rows if float(row["figure"]).is_integer() and row["figure"] >= 0]
    keyed = {(row["key"], row["speaker"]) for row in whole if row["key"]}
    parts = [row for row in whole if (row["part_of"], row["speaker"]) in keyed and row["part_of"] != row["key"]]
    inside, over = {row["id"] for row in parts}, {(row["part_of"], row["speaker"]) for row in parts}
    told = [row for row in whole if row["id"] not in inside or (row["key"], row["speaker"]) in over]
    made = [_count(row, [p for p in parts if p["part_of"] == row["key"]]) for row in told]
    return made, len(rows) - len(whole)


def _of(part: Mapping[str, Any], unit: str) -> str:
    """What a part counts, with its unit where that is another than the whole's and its heading does not say it."""
    about: str = part["about"] or part["unit"]
    return about if part["unit"] in (unit, about) else f"{about} ({part['unit']})"


def astray(statements: pl.DataFrame) -> list[str]:
    """statements -> what of them leads nowhere, or to two: keys that are cited and that none has, and that two have."""
    table = statements.sort("said_at", "key", "id", nulls_last=True)
    keys: dict[str, list[str | None]] = {}
    for key, speaker in table.filter(pl.col("key").is_not_null()).select("key", "speaker").rows():
        keys.setdefault(key, []).append(speaker)
    twice = [key for key, of in keys.items() if len(of) > 1]
    what = f"the key {twice[0]!r} stands" if len(twice) == 1 else f"{len(twice)} keys stand" if twice else ""
    told = (
        [f"{what} more than once, so that all of it counts again: a correction has a key of its own, and a file typed "
         f"in twice can be withheld{'' if len(twice) == 1 else f'; the first is {twice[0]!r}'}"] if twice else []
    )  # fmt: skip
    for row in table.select("id", "key", "speaker", "answers", "part_of").rows(named=True):
        for field in ("answers", "part_of"):
            if (cited := row[field]) is None:
                continue
            who = row["key"] or short(row["id"])
            if cited not in keys:
                told.append(f"{who}: {field} {cited!r} is the key of no statement in the register")
            elif field == "part_of" and row["speaker"] not in keys[cited]:
                told.append(f"{who}: part_of {cited!r} is another speaker's count, so that this one stands by itself")
    return told


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
        parts=tuple((_of(p, row["unit"]), int(p["figure"])) for p in parts if p["speaker"] == row["speaker"]),
        source=row["source"],
    )

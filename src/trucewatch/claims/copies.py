"""Which statements repeat one another: copies of one are one lineage, however many spread it."""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from trucewatch.base.graph import components
from trucewatch.base.ids import column_id
from trucewatch.claims.params import CheckParams

_SAME = ("asserts", "kind", "whom", "place", "t0", "t1", "figure")


def lineages(statements: pl.DataFrame, params: CheckParams) -> pl.DataFrame:
    """statements -> statement, lineage, n_copies. A denial is never a copy of what it denies.

    Two are one lineage where one says that it repeats the other (by key, or by its speaker's name), where one speaker
    says the same again, or where their quotes have `copied_words` words in a row in common.
    """
    table = statements.sort("said_at", "t0", "figure", "says", "id", nulls_last=True)
    edges = [*_named(table), *_again(table), *_quoted(table, params.copied_words)]
    left, right = (np.array([edge[n] for edge in edges], dtype=np.int64) for n in (0, 1))
    group = components(left, right, table.height)
    made = table.select(statement=pl.col("id"), group=pl.Series(group))
    first = pl.col("statement").sort().str.join(",").over("group")
    return made.select(
        "statement", lineage=column_id(pl.lit("lineage"), first), n_copies=pl.len().over("group").cast(pl.Int64)
    )


def _named(table: pl.DataFrame) -> list[tuple[int, int]]:
    """Edges by `repeats`: the key of a statement, or the name of a speaker who said the same."""
    keys = {key: n for n, key in enumerate(table["key"].to_list()) if key is not None}
    rows = table.select("repeats", "speaker", *_SAME).rows(named=True)
    edges = []
    for n, row in enumerate(rows):
        if row["repeats"] is None:
            continue
        if row["repeats"] in keys:
            edges.append((keys[row["repeats"]], n))
            continue
        wanted = row["repeats"].lower()
        same = [m for m, other in enumerate(rows) if m != n and (other["speaker"] or "").lower() == wanted]
        edges += [(m, n) for m in same if all(rows[m][name] == row[name] for name in _SAME[:4])]
    return edges


def _again(table: pl.DataFrame) -> list[tuple[int, int]]:
    """Edges between statements by one speaker that say the same of the same place and time."""
    first: dict[tuple[object, ...], int] = {}
    edges = []
    rows = table.select("speaker", "says", "quote", *_SAME).rows(named=True)
    for n, row in enumerate(rows):
        told = tuple(row[name] for name in _SAME)
        if row["asserts"] is None:
            told = (*told, row["says"], row["quote"])
        who = ((row["speaker"] or "").lower(), told)
        if row["speaker"] is None:
            continue
        if who in first:
            edges.append((first[who], n))
        first.setdefault(who, n)
    return edges


def _quoted(table: pl.DataFrame, words: int) -> list[tuple[int, int]]:
    """Edges between statements whose quotes have so many words in a row in common, and that say no contrary."""
    seen: dict[tuple[str, ...], list[int]] = {}
    edges = []
    rows = table.select("quote", "asserts", "speech").rows()
    for n, (quote, asserts, speech) in enumerate(rows):
        told = re.findall(r"\w+", (quote or "").lower())
        for at in range(len(told) - words + 1):
            piece = tuple(told[at : at + words])
            for m in seen.setdefault(piece, []):
                if asserts == rows[m][1] and (speech == "denies") == (rows[m][2] == "denies"):
                    edges.append((m, n))
            seen[piece].append(n)
    return edges

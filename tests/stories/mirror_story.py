"""A story with its parties exchanged, in everything that goes in."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl
from read_story import Story

from trucewatch.assess import agreement

LABELS = ("by", "held_by", "speaker", "on_behalf_of")


def swap_of(text: str) -> dict[str, str]:
    """Each name of the first party <-> that of the second: ids, formal names, and the first other names."""
    one, two = agreement(text, "mirror").parties[:2]
    names = {one.id: two.id, one.name: two.name}
    names |= dict(zip(one.also, two.also, strict=False))
    return names | {b: a for a, b in names.items()}


def swapped_text(text: str, swap: dict[str, str]) -> str:
    pattern = "|".join(re.escape(name) for name in sorted(swap, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])({pattern})(?![\w-])", lambda found: swap[found[0]], text)


def swapped_table(table: pl.DataFrame, swap: dict[str, str]) -> pl.DataFrame:
    table = table.with_columns(pl.col(name).replace(swap) for name in LABELS if name in table.columns)
    if "between" in table.columns:
        table = table.with_columns(pl.col("between").list.eval(pl.element().replace(swap)).list.sort())
    if "says" not in table.columns:
        return table
    words = [None if said is None else swapped_text(said, swap) for said in table["says"]]
    return table.with_columns(says=pl.Series(words, dtype=pl.String))


def swapped_said(table: pl.DataFrame, swap: dict[str, str]) -> pl.DataFrame:
    """Statements with names exchanged in every text, but for their ids."""
    texts = [c for c, kind in table.schema.items() if kind == pl.String and c not in ("id", "capture")]
    return table.with_columns(
        pl.Series(c, [t if t is None else swapped_text(t, swap) for t in table[c]], pl.String) for c in texts
    )


def mirrored_story(story: Story) -> Story:
    """The same story of the other side: names exchanged in what is agreed, in what was seen, and in what follows."""
    swap = swap_of(story.agreement)

    def turned(rows):  # type: ignore[no-untyped-def]
        return [tuple(swapped_text(cell, swap) for cell in row) for row in rows]

    return replace(
        story,
        agreement=swapped_text(story.agreement, swap),
        observations=swapped_table(story.observations, swap),
        areas=swapped_table(story.areas, swap),
        said=None if story.said is None else swapped_table(story.said, swap),
        then=turned(story.then),
        settles=turned(story.settles),
        left_out=None if story.left_out is None else turned(story.left_out),
    )

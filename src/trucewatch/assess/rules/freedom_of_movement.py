"""Freedom of movement: monitors, or aid, are let pass.

It asks that those who watch can go where they have to, when they have to. A denial, a delay, a condition set on
passage, or the jamming of their drones shows that it was not kept: each is an obstruction, whatever the reason given.
It stays open where no source says who was stopped: a checkpoint that is closed to everybody is a matter for the text.
Where the term names no class, monitors are meant; aid convoys and crossings are named where they are. Fire at monitors
belongs to a term about protected targets.

It serves the freedom of movement of missions, humanitarian access, and crossing points that have to be open.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all

ACTS: tuple[str, ...] = ("obstruction",)
"""Denial, delay, condition, jamming."""

_WHO = ("monitors",)


def applies(term: dict[str, Any]) -> bool:
    """Terms that name acts, or leave it at those above."""
    return bool(term["acts"] or ACTS)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> Kleene's "and" of an obstruction and that it was of those who are to pass.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of("obstruction")] * 3, "target": ["monitors", "aid", None]})
    >>> seen.select(p_barred({"acts": [], "targets": None})).to_series().to_list()
    [1.0, 0.0, None]
    """
    return p_all(term, ACTS, _WHO)

"""Kinds of term, one file each: what the term asks, what shows it, what leaves it open, and whom it serves.

Each has `ACTS` (the acts that it is about where the text names none), `applies(term)` (can an incident bear on it at
all?) and `p_barred(term)`: terms row -> expression over incidents with `mask`, `target` and `weapon`, in [0, 1] or
null. All conditions that a term sets have to hold: one about guns near hospitals bars neither other arms nor other
places.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

import polars as pl

from trucewatch.assess.rules import (
    bars_acts,
    freedom_of_movement,
    limitation,
    no_advance,
    no_advantage,
    no_reinforcement,
    notification,
    quota,
    return_fire,
    separation,
    target_class,
    weapon_withdrawal,
)
from trucewatch.assess.rules.conditions import NEVER


class Rule(Protocol):
    """A kind of term, as a module."""

    ACTS: tuple[str, ...]

    def applies(self, term: dict[str, Any]) -> bool:
        """Terms row -> can an incident bear on it?"""

    def p_barred(self, term: dict[str, Any]) -> pl.Expr:
        """Terms row -> the doubt whether what happened is barred."""


BY_KIND: Mapping[str, Rule] = MappingProxyType(
    {
        "barred_acts": bars_acts,
        "protected_targets": target_class,
        "weapon_withdrawal": weapon_withdrawal,
        "no_advance": no_advance,
        "separation": separation,
        "limitation": limitation,
        "no_reinforcement": no_reinforcement,
        "quota": quota,
        "return_fire": return_fire,
        "freedom_of_movement": freedom_of_movement,
        "no_advantage": no_advantage,
        "notification": notification,
    }
)
"""Name of a kind of term -> its file."""


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> the doubt whether what happened is barred, as its kind of term has it.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of("control")]})
    >>> [seen.select(p_barred({"kind": kind, "acts": []})).item() for kind in ("no_advance", "quota")]
    [1.0, 0.0]
    """
    rule = BY_KIND[term.get("kind") or "barred_acts"]
    return rule.p_barred(term) if rule.applies(term) else NEVER

"""What is made of statements: whether the record bears each out, and what another room answers of it."""

from __future__ import annotations

import polars as pl

from trucewatch.tables.contract import Contract
from trucewatch.tables.seen import ASSERTS

BORNE = pl.Enum(["not borne out", "cannot be told", "borne out"])

CHECKS = Contract(
    "checks",
    {
        "id": (pl.String, "name of the row, made from content"),
        "statement": (pl.String, "id of the statement"),
        "key": (pl.String, "its short name in the register; null where it has none"),
        "speaker": (pl.String, "who said it"),
        "asserts": (ASSERTS, "what it says of the record"),
        "low": (pl.Float64, "least chance, as far as the record goes, that what is said is so"),
        "high": (pl.Float64, "most that the record leaves room for"),
        "verdict": (BORNE, "what the bounds tell; it is of the record, and of nobody's honesty"),
        "looked_at": (pl.List(pl.String), "what of the record was held against it, in words"),
        "not_looked_at": (pl.List(pl.String), "what was not, or could not be"),
        "evidence": (pl.List(pl.String), "ids of incidents, maps and terms that bear on it"),
        "because": (pl.String, "what limits the answer most"),
        "would_settle": (pl.String, "what would settle it; null where it is settled"),
        "against_interest": (pl.Boolean, "it speaks against the side of its own speaker; null where no side is told"),
        "lineage": (pl.String, "name of the lineage: copies of one statement share it"),
        "n_copies": (pl.Int64, "statements of that lineage"),
        "n_lineages": (pl.Int64, "lineages that say the same; no number of them is evidence"),
        "denied_by": (pl.List(pl.String), "statements that say the contrary, or deny it"),
    },
    needed=(
        "id", "statement", "asserts", "low", "high", "verdict", "looked_at", "not_looked_at", "evidence", "because",
        "lineage", "n_copies", "n_lineages", "denied_by",
    ),
)  # fmt: skip
ANSWERS = Contract(
    "answers",
    {
        "statement": (pl.String, "id or key of the statement that is answered"),
        "low": (pl.Float64, "least chance that what it says is so"),
        "high": (pl.Float64, "most"),
        "looked_at": (pl.String, "what was looked at, in words"),
        "because": (pl.String, "why it is so"),
        "would_settle": (pl.String, "what would settle it; null where it is settled"),
    },
    needed=("statement", "low", "high", "looked_at", "because"),
    key=None,
)

"""Floor 4, beneath the pipeline: from a conflict back to who said what, and on to what became of it since.

A conflict is of one edition of positions. A later edition may hold the same lines, firmer or softer ones, or none: what
it says of the same parties on the same issues is told beside, and whether they still collide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from trucewatch.archive import Known
from trucewatch.base.errors import InputError
from trucewatch.ports import Store
from trucewatch.positioned import entry_of, positions_in
from trucewatch.settle import Positions, SettleParams, settled

_LEAST = 4
"""So many characters of an id at the least: fewer would be a guess."""


@dataclass(frozen=True)
class Collision:
    """A row of `conflicts` as a run made it: the run, the entry of its positions, and those."""

    run: dict[str, Any]
    row: Mapping[str, Any]
    entry: int
    made: Positions
    held: pl.DataFrame


def collision(store: Store, known: Known, wanted: str) -> Collision | None:
    """The newest standing run that has a conflict, or a way out, whose id begins so; None where there is none."""
    for run in reversed(known.runs):
        if len(wanted) < _LEAST or run["room"] != "settle" or known.standing(set(run["outputs"].values())):
            continue
        hits = known.table_of(store, run["outputs"]["conflicts"]).filter(pl.col("id").str.starts_with(wanted))
        if hits.height > 1:
            raise InputError(f"{wanted!r} begins {hits.height} ids", expected="more of its characters")
        if hits.height:
            body = run["inputs"]["positions"]
            entry = entry_of(known, body)
            made = positions_in(json.loads(store.objects.get(body)), entry)
            return Collision(
                run, hits.row(0, named=True), entry, made, known.table_of(store, run["outputs"]["held"])
            )  # fmt: skip
    return None


def told(of: Collision) -> dict[str, str]:
    """What it says."""
    row, kind = (
        of.row,
        "lines that cannot all hold" if of.row["kind"] == "conflict" else "once softened, the rest holds",
    )
    return {
        "kind": f"{row['kind'].replace('_', ' ')}: {kind}",
        "rank": f"{row['rank']} (by firmness, then by how many lines; no side counts)",
        "knot": str(row["knot"]),
        "says": row["says"],
    }


def lines_of(of: Collision) -> Iterator[tuple[str, dict[str, str]]]:
    """What each line of it is, as it was said."""
    for row in of.held.filter(pl.col("id").is_in(of.row["lines"])).rows(named=True):
        yield (
            f"position {row['id']}",
            {
                "says": row["says"],
                "quote": row["quote"],
                "source": row["source"],
                "firmness": row["firmness"].replace("_", " "),
                "said on": f"{row['said_on']}",
            },
        )


def since(store: Store, known: Known, of: Collision) -> dict[str, str]:
    """What became of it in the edition that stands: the same, moved, or gone; what each party says there now.

    The edition is asked now, as firm and of the same day as the run was: no run of it is needed.
    """
    entry, said = known.positions[of.made.id]
    if entry == of.entry:
        return {"stands": f"in the edition that stands (entry {entry})"}
    newest, given = positions_in(said, entry), of.run["given"]
    on = None if given["on"] is None else date.fromisoformat(given["on"])
    now = settled(newest, given["firmness"], on, SettleParams())
    was = _about(of.held.filter(pl.col("id").is_in(of.row["lines"])))
    facts = {"moved": f"entry {entry} is a later edition of {of.made.id!r}"}
    for party, issue in sorted(was):
        here = now.held.filter((pl.col("party") == party) & (pl.col("issue") == issue))
        name = f"{newest.name(party)} on {issue}"
        before = of.held.filter((pl.col("party") == party) & (pl.col("issue") == issue))
        same = before.drop("id").equals(here.drop("id"))
        facts[name] = "says the same" if same else "; ".join(here["says"]) or "holds no line so firm any more"
    still = [row for row in now.conflicts.rows(named=True) if _same(row, of.row["kind"], now.held, was)]
    if still:
        facts["there"] = f"the same parties still collide on the same issues: {still[0]['id']}, rank {still[0]['rank']}"
    else:
        facts["there"] = "these lines no longer stand among those of its kind"
    return facts


def _about(held: pl.DataFrame) -> set[tuple[str, str]]:
    return set(held.select("party", "issue").rows())


def _same(row: Mapping[str, Any], kind: str, held: pl.DataFrame, was: set[tuple[str, str]]) -> bool:
    return row["kind"] == kind and _about(held.filter(pl.col("id").is_in(row["lines"]))) == was

"""Floor 4, beneath the pipeline: the positions and the stakes that a case holds, and what runs made of them.

Both are typed in by people and entered as they are, under a salt. A later file of the same id is its next edition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from trucewatch.archive import Known
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.ids import derived_salt
from trucewatch.detecting import Watching, likely, noticing, watching_of
from trucewatch.ports import Store
from trucewatch.report.settled import Kept, Settled
from trucewatch.settle import FIRMNESS, Keep, Positions, SettleParams, keepings, look_values, positions, settled, stakes

SETTLED = ("moves", "crossed", "held", "conflicts", "allowed", "packages")
"""What a run of settle keeps."""
KEPT = ("keepings", "look_values")
"""What a run of keep keeps."""
_REPORTED = ("held", "conflicts", "allowed", "packages")


@dataclass(frozen=True)
class Edition:
    """An entry of positions: its number, the hash of its body, and the positions that it holds."""

    entry: int
    body: str
    salt: str
    made: Positions


def edition(known: Known, wanted: str | None) -> Edition:
    """The newest edition of those positions, or of the only ones. InputError where the case has none of that id."""
    if not known.positions:
        what = f"no positions were entered among the first {known.size} entries of the log"
        raise InputError(what, expected="some to be added with: trucewatch settle enter FILE")
    if wanted is None and len(known.positions) > 1:
        there = ", ".join(sorted(known.positions))
        raise InputError("the case has several files of positions", field="FILE", expected=f"one of {there}")
    if wanted is not None and wanted not in known.positions:
        raise UnknownName("positions in this case", wanted, known.positions)
    entry, said = known.positions[wanted if wanted is not None else next(iter(known.positions))]
    return Edition(entry, known.entries[entry].body_hash, said["salt"], positions_in(said, entry))


def positions_in(said: Mapping[str, Any], entry: int | None = None) -> Positions:
    """The body of an entry of positions -> what it holds."""
    where = "" if entry is None else f" (entry {entry})"
    return positions(said["text"], f"positions {said['positions']}{where}")


def given_of(of: Edition, firmness: str, on: date | None) -> dict[str, Any]:
    """What was asked of them. The salt keeps a run's hash from confirming a guess at positions that are not public."""
    told = None if on is None else on.isoformat()
    return {"firmness": firmness, "on": told, "salt": derived_salt(bytes.fromhex(of.salt), "settle")}


def settled_again(store: Store, body: Mapping[str, Any], params: SettleParams) -> dict[str, pl.DataFrame]:
    """What a run of settle says that it was made of -> its tables."""
    said, given = json.loads(store.objects.get(body["inputs"]["positions"])), body["given"]
    on = None if given["on"] is None else date.fromisoformat(given["on"])
    return settled_tables(positions_in(said), given["firmness"], on, params)


def settled_tables(made: Positions, firmness: str, on: date | None, params: SettleParams) -> dict[str, pl.DataFrame]:
    """Positions -> the tables of a run."""
    found = settled(made, firmness, on, params)
    return {name: getattr(found, name) for name in SETTLED}


def kept_again(store: Store, known: Known, body: Mapping[str, Any], params: SettleParams) -> dict[str, pl.DataFrame]:
    """What a run of keep says that it was made of -> its tables."""
    said = json.loads(store.objects.get(body["inputs"]["stakes"]))
    exposure = known.table_of(store, body["inputs"]["exposure"])
    made, given = stakes(said["text"], f"stakes {said['stakes']}"), body.get("given", {})
    if "watched" not in body["inputs"]:
        return kept_tables(made, exposure, params)
    watch = watching_of(given["watch"], known.table_of(store, body["inputs"]["watched"]))
    return kept_tables(made, exposure, params, watch, float(given["cover_cell_m"]))


def kept_tables(
    made: Keep, exposure: pl.DataFrame, params: SettleParams, watch: Watching | None = None, cover_cell_m: float = 0.0
) -> dict[str, pl.DataFrame]:
    """Stakes, exposure, and what a watch knew -> the tables of a run."""
    return {
        "keepings": keepings(made, exposure, noticing(made, exposure, watch, cover_cell_m)),
        "look_values": look_values(made, exposure, likely(exposure, watch, cover_cell_m, params), params),
    }


def inputs_of_positions(known: Known) -> dict[str, list[str]]:
    """What a report is made of, of these: the newest run of each standing edition, by its names in the log."""
    found = {
        "settled": [name for run, body in _settled(known) for name in (body, *(run["outputs"][n] for n in _REPORTED))],
        "kept": [name for run, body in _kept(known) for name in (body, *(run["outputs"][n] for n in KEPT))],
    }
    return {name: told for name, told in found.items() if told}


def settled_of(store: Store, known: Known, level: str) -> tuple[Settled, ...]:
    """What the report says of positions at a level, in the order in which they were entered.

    Where some may not be told at it, all is made again without them: conflicts, and what is left, would give them away.
    """
    made = []
    for run, body in _settled(known):
        entry, of = entry_of(known, body), positions_in(json.loads(store.objects.get(body)))
        given, shown = run["given"], of.at(level)
        if not shown.issues:
            continue
        hidden = shown != of
        if hidden:
            tables = settled_tables(shown, given["firmness"], None, SettleParams())
            tables = {name: tables[name] for name in _REPORTED}
        else:
            tables = {name: known.table_of(store, run["outputs"][name]) for name in _REPORTED}
        made.append(
            Settled(of.title, of.source, entry, given["firmness"], given["on"], len(shown.faults), hidden, **tables)
        )
    return tuple(made)


def kept_of(store: Store, known: Known) -> tuple[Kept, ...]:
    """What the report says, at one level alone, of whether obligations are worth keeping."""
    made = []
    for run, body in _kept(known):
        of = stakes(json.loads(store.objects.get(body))["text"], "stakes")
        tables = {name: known.table_of(store, run["outputs"][name]) for name in KEPT}
        made.append(Kept(of.title, entry_of(known, body), **tables))
    return tuple(made)


def entry_of(known: Known, body: str) -> int:
    """The number of the entry whose body has that hash."""
    return next(n for n, entry in enumerate(known.entries) if entry.body_hash == body)


def _settled(known: Known) -> Iterator[tuple[dict[str, Any], str]]:
    """For each standing edition the newest run of each firmness, the firmest first; of a day gone by there is none."""
    for firmness in reversed(FIRMNESS):
        yield from _newest(known, "settle", "positions", known.positions, {"firmness": firmness, "on": None})


def _kept(known: Known) -> Iterator[tuple[dict[str, Any], str]]:
    yield from _newest(known, "keep", "stakes", known.stakes, {})


def _newest(
    known: Known, room: str, of: str, entered: Mapping[str, tuple[int, Any]], asked: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], str]]:
    """(run, body of what it was made of) for each standing edition of which such a run stands, in the log's order."""
    for entry in sorted(n for n, _ in entered.values()):
        body = known.entries[entry].body_hash
        for run in reversed(known.runs):
            same = run["room"] == room and run["inputs"].get(of) == body
            if same and all(run["given"][name] == value for name, value in asked.items()):
                if not known.standing(set(run["outputs"].values())):
                    yield run, body
                break

"""Floor 4: read and think again, and hold what comes out to what the log says came out.

A hash shows that bytes did not change since they were entered; it does not show that they were right when they were.
Reading is pure and so are the rooms: done again by the same code, they give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import polars as pl

from trucewatch import assess as assess_room
from trucewatch import fuse as fuse_room
from trucewatch.archive import Known, batch, captured, know, salt_of_inputs, table_of
from trucewatch.base.ids import sha256
from trucewatch.ports import Source, Store
from trucewatch.tables import AREAS

Check = tuple[str, bool, str]


def again(store: Store, find: Callable[[str], Source], code: str) -> Iterator[Check]:
    """Every batch read again, every run of fuse and assess made again -> (what, well, says).

    What other code or other params made cannot be made again by this code; it is counted, not judged.
    """
    known = know(store)
    bodies = [
        json.loads(store.objects.get(entry.body_hash))
        for entry in known.entries
        if entry.kind in ("observations", "run")
    ]
    yield _told(
        "batches", [_read(store, known, find, b) for b in bodies if "capture" in b and b["code"] == code], bodies
    )
    mine = [b for b in bodies if b.get("room") in _ROOMS and b["code"] == code and b["params"] == _params(b["room"])]
    yield _told("results", [_made(store, b) for b in mine], bodies)


def _told(noun: str, faults: list[str | None], bodies: list[Any]) -> Check:
    wrong = [fault for fault in faults if fault]
    if wrong:
        return f"{noun} again", False, "; ".join(wrong[:3])
    every = sum(("capture" in b) == (noun == "batches") and b.get("room") != "report" for b in bodies)
    others = f"; {every - len(faults)} were made by other code or params" if every > len(faults) else ""
    return f"{noun} again", True, f"{len(faults)} made again, the same bytes each{others}"


def _read(store: Store, known: Known, find: Callable[[str], Source], body: dict[str, Any]) -> str | None:
    capture = known.captures[body["capture"]]
    salt, raw = captured(store, capture.id)
    tables = find(capture.source).read(capture, raw).tables()
    made = {name: sha256(batch(t, name, capture.id, salt)) for name, t in tables.items() if t.height}
    if made == body["tables"]:
        return None
    name = next(n for n in (*tables, *body["tables"]) if made.get(n) != body["tables"].get(n))
    return f"capture {capture.id[:12]} does not read as the {name} that the log names"


_ROOMS = ("fuse", "assess")


def _params(room: str) -> dict[str, str]:
    params = fuse_room.FuseParams() if room == "fuse" else assess_room.AssessParams()
    return {name: repr(value) for name, value in asdict(params).items()}


def _made(store: Store, body: dict[str, Any]) -> str | None:
    inputs = body["inputs"]
    if body["room"] == "fuse":
        then = know(store, body["tree_size"])
        if then.batches["observations"] != inputs["observations"]:
            return f"a run of fuse names other batches than the first {body['tree_size']} entries hold"
        fused = fuse_room.fuse(then.table(store, "observations"), then.capture_times())
        tables = {"incidents": fused.incidents, "links": fused.links, "problems": fused.problems}
    else:
        agreed = assess_room.agreement(store.objects.get(inputs["agreement"]).decode())
        areas = pl.concat([AREAS.empty(), *(table_of(store, sha) for sha in inputs["areas"])])
        judged = assess_room.assess(table_of(store, inputs["incidents"]), areas, agreed)
        tables = {"terms": judged.terms, "findings": judged.findings, "left_out": judged.left_out}
    salt = salt_of_inputs(inputs)
    for name, table in tables.items():
        if sha256(batch(table, name, body["room"], salt)) != body["outputs"].get(name):
            return f"a run of {body['room']} does not give the {name} that the log names"
    return None

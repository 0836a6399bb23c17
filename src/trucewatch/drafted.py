"""Floor 4, beside the pipeline: what people made of drafts of statements. A draft counts when a person accepts it.

Accepting writes a statement into the register, as if it had been typed: a small file of its own, with the draft's id,
and an entry of kind `review` that says who and when. Rejecting is such an entry alone. Nothing is overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from trucewatch import pipeline
from trucewatch.archive import Known, commit, know
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.ids import SHORT, canonical, sha256
from trucewatch.ports import Request, Source, Store, Tools, Transport

FIELDS = (
    "speaker", "on_behalf_of", "side", "said_at", "speech", "answers", "repeats", "about", "asserts", "kind", "whom",
    "place", "lon", "lat", "radius_m", "figure", "unit", "qualifier", "part_of", "says", "quote", "source", "language",
    "key",
)  # fmt: skip
"""What a draft hands on to the statement that is made of it."""
_SPAN = {"from": "t0", "until": "t1"}


def standing(store: Store, known: Known) -> pl.DataFrame:
    """drafts with `review`: accepted, rejected, or null where nobody has looked yet; `by` and `reviewed_at`."""
    drafts = known.table(store, "drafts")
    rows = [
        (one, said["call"], said["by"], known.entries[n].made_at)
        for n, said in known.reviews.items()
        for one in said["drafts"]
    ]
    kinds: dict[str, Any] = {
        "id": pl.String,
        "review": pl.String,
        "by": pl.String,
        "reviewed_at": pl.Datetime("us", "UTC"),
    }
    seen = pl.DataFrame(rows, schema=kinds, orient="row").unique("id", keep="last", maintain_order=True)
    return drafts.join(seen, on="id", how="left", maintain_order="left")


def accept(
    store: Store, source: Source, transport: Transport, tools: Tools, names: Sequence[str], changes: Mapping[str, str]
) -> list[pipeline.Pulled]:
    """Drafts, by the start of their ids -> statements in the register, with what the person changed. InputError."""
    known = know(store)
    rows = _named(standing(store, known), names)
    if done := [row for row in rows if row["review"] == "accepted"]:
        raise InputError(f"draft {_short(done[0]['id'])} is accepted already, by {done[0]['by']}")
    if changes and len(rows) > 1:
        raise InputError("changes one draft at a time", field="--set", expected="one draft")
    for name in changes:
        if name not in (*FIELDS, *_SPAN):
            raise UnknownName("field of a statement", name, (*FIELDS, *_SPAN), field="--set")
    if not tools.by:
        raise InputError("who accepts it?", field="--by", expected="a name")
    raw = json.dumps([_typed(row, changes) for row in rows], ensure_ascii=False, indent=1, sort_keys=True).encode()
    request = Request(files=((f"accepted-{sha256(raw)[:SHORT]}.json", raw),))
    _readable(source, request, transport, tools, changes)
    return pipeline.pull(store, source, request, transport, tools, (_review("accepted", rows, tools, None),))


def reject(store: Store, tools: Tools, names: Sequence[str], why: str | None) -> int:
    """Drafts -> an entry that says that they are none; the drafts stay. -> how many."""
    rows = _named(standing(store, know(store)), names)
    if done := [row for row in rows if row["review"] == "accepted"]:
        raise InputError(
            f"draft {_short(done[0]['id'])} is in the register, by {done[0]['by']}", expected="a correction there"
        )
    if not tools.by:
        raise InputError("who rejects it?", field="--by", expected="a name")
    with store.writing():
        commit(store, [_review("rejected", rows, tools, why)], tools.clock, tools.maker)
    return len(rows)


def _readable(source: Source, request: Request, transport: Transport, tools: Tools, changes: Mapping[str, str]) -> None:
    """What a person sets has to be what the register can hold: left out, nobody would have accepted the rest."""
    told = {"lon, lat": {"lon", "lat"}}
    for fetched in source.fetch(request, transport):
        made = source.read(fetched.capture(bytes(32), source.name, tools.clock.now()), fetched.raw)
        for row in made.problems.rows(named=True):
            if told.get(row["subject"], {row["subject"]}) & set(changes):
                raise InputError(row["message"], field=f"--set {row['subject']}")


def _review(call: str, rows: Sequence[Mapping[str, Any]], tools: Tools, why: str | None) -> tuple[str, bytes]:
    body = {"call": call, "drafts": [row["id"] for row in rows], "by": tools.by, "why": why, "salt": tools.salt().hex()}
    return "review", canonical(body)


def _typed(row: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, str]:
    told: dict[str, Any] = {name: row[name] for name in FIELDS}
    told |= {name: row[column] for name, column in _SPAN.items()}
    told |= {"said_at": row["said_at"]}
    made = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in told.items()}
    made = {**made, **changes, "draft": row["id"]}
    return {name: str(value) for name, value in made.items() if value not in (None, "")}


def _named(drafts: pl.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        capture, _, number = name.partition("#")
        if not (capture or number):
            raise InputError("names no draft", expected="an id from: trucewatch claims list --drafts")
        one = pl.col("id").str.ends_with(f"#{number}") if number else pl.col("review").is_null()
        hits = drafts.filter(pl.col("id").str.starts_with(capture), one)
        if hits.is_empty() or (hits.height > 1 and number):
            what = f"there is no draft {name!r}" if hits.is_empty() else f"{name!r} begins {hits.height} ids"
            raise InputError(what, expected="an id from: trucewatch claims list --drafts")
        if not number and len(capture) < SHORT and hits["capture"].n_unique() > 1:
            raise InputError(f"{name!r} begins ids of several texts", expected="more of its characters")
        found |= {row["id"]: row for row in hits.rows(named=True)}
    return list(found.values())


def _short(name: str) -> str:
    capture, _, row = name.partition("#")
    return f"{capture[:SHORT]}#{row}"

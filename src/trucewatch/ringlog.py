"""Floor 4, beneath the pipeline: what the log's runs of `ring` found, as a report takes it.

A question that was answered from a reading of a map that no longer stands, or of which something is withheld, is left
out: it has to be asked again. Of one map's answer to one question the newest run counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from trucewatch.archive import Known
from trucewatch.ports import Store
from trucewatch.report.rings import RINGED, RINGED_ROUTES, Ringed
from trucewatch.ring import became
from trucewatch.tables.ring import BECAME

_OF_A_DAY = ("kind", "since", "until", "source", "corridor_m")
"""What of a question says of when and by whom, and not of what."""


def ringed_inputs(known: Known) -> dict[str, list[str]]:
    """The tables of the runs that count, by their names in the log; empty where there are none."""
    runs = list(_standing(known))
    names = ("rings", "routes")
    return {f"ring_{name}": [run["outputs"][name] for _, run in runs] for name in names} if runs else {}


def ringed_of(store: Store, known: Known) -> Ringed:
    """The log's runs -> their rings and routes, each with its question: `asked` counts questions in the log's order."""
    order: dict[str, int] = {}
    asked = [name for name in RINGED.names() if name not in BECAME]
    rings, routes = [pl.DataFrame(schema=RINGED).select(asked)], [pl.DataFrame(schema=RINGED_ROUTES)]
    for entry, run in _standing(known):
        given = run["given"]
        about = json.dumps({k: v for k, v in given.items() if k not in _OF_A_DAY}, sort_keys=True)
        mark = {"asked": order.setdefault(about, len(order)), "entry": entry, "elsewhere": given.get("elsewhere")}
        kinds = {"asked": pl.Int64, "entry": pl.Int64, "elsewhere": pl.String}
        marks = [pl.lit(mark[name], kind).alias(name) for name, kind in kinds.items()]
        for made, name, columns in ((rings, "rings", asked), (routes, "routes", RINGED_ROUTES.names())):
            made.append(known.table_of(store, run["outputs"][name]).with_columns(marks).select(columns))
    key = ["asked", "source", "on", "treatment"]
    newest = pl.concat(rings).sort("entry").unique(key, keep="last", maintain_order=True)
    ways = pl.concat(routes).join(newest.select(*key, "entry"), on=[*key, "entry"], how="semi")
    return Ringed(became(newest, ("asked",)).select(RINGED.names()).sort(key), ways.sort(*key, "route"))


def _standing(known: Known) -> Iterator[tuple[int, dict[str, Any]]]:
    """entry, run: in the log's order."""
    maps = set(known.batches["areas"])
    for entry, run in zip(known.run_at, known.runs, strict=True):
        if run["room"] != "ring" or "rings" not in run["outputs"] or not set(run["inputs"]["areas"]) <= maps:
            continue
        if not known.standing(set(run["outputs"].values())):
            yield entry, run

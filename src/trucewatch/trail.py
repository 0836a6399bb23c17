"""Floor 4: from a finding back to the bytes, each hop verified against the log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from trucewatch.archive import Known, captured, know, table_of
from trucewatch.base.errors import InputError
from trucewatch.base.ids import sha256
from trucewatch.base.place import spoken
from trucewatch.excerpt import excerpt
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head
from trucewatch.log.verify import verify_body, verify_capture
from trucewatch.ports import Store

_MOST_OBSERVATIONS = 12


@dataclass(frozen=True)
class Hop:
    """One step back: what it is, its facts, and what was verified of it."""

    what: str
    facts: dict[str, str]
    verified: str


class _Case:
    """The committed log with its tree, to prove entries against."""

    def __init__(self, store: Store) -> None:
        self.store, self.known = store, know(store)
        self.lines = store.log.lines()
        self.leaves = [merkle.leaf(line) for line in self.lines]
        self.tree = merkle.in_memory(self.leaves)
        self.head = Head("this case", len(self.lines), merkle.root(self.leaves))

    def proved(self, n: int) -> str:
        body = self.store.objects.get(self.known.entries[n].body_hash)
        verify_body(body, self.lines[n], n, merkle.path(self.tree, n, self.head.size), self.head)
        root = self.head.root.hex()[:12]
        return f"entry {n} is in the tree of {self.head.size} (root {root}) and commits to these bytes"

    def entry_of(self, kind: str, body: dict[str, Any]) -> int:
        for n, entry in enumerate(self.known.entries):
            if entry.kind == kind and json.loads(self.store.objects.get(entry.body_hash)) == body:
                return n
        raise InputError(f"the log has no such {kind}")


def trail(store: Store, wanted: str) -> list[Hop]:
    """First characters of a finding's or incident's id -> the hops from it to the bytes, or InputError."""
    case = _Case(store)
    hops: list[Hop] = []
    found = _finding(case, wanted)
    if found is not None:
        run, finding = found
        hops += [_hop_finding(finding), _hop_run(case, run, "findings")]
        incident, incidents_in = finding["subject"], run["inputs"]["incidents"]
    else:
        incident, incidents_in = wanted, None
    run, row = _incident(case, incident, incidents_in)
    hops += [_hop_incident(row), _hop_run(case, run, "incidents")]
    links = table_of(store, run["outputs"]["links"]).filter(pl.col("incident") == row["id"])
    for n in range(min(links.height, _MOST_OBSERVATIONS)):
        hops += _hops_observation(case, links.row(n, named=True))
    if links.height > _MOST_OBSERVATIONS:
        hops.append(Hop(f"and {links.height - _MOST_OBSERVATIONS} more observations", {}, "not followed here"))
    return hops


def _one(table: pl.DataFrame, wanted: str) -> dict[str, Any] | None:
    hits = table.filter(pl.col("id").str.starts_with(wanted))
    if hits.height > 1:
        raise InputError(f"{wanted!r} begins {hits.height} ids", expected="more of its characters")
    return hits.row(0, named=True) if hits.height else None


def _finding(case: _Case, wanted: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    for run in reversed(case.known.runs):
        if run["room"] == "assess" and (row := _one(table_of(case.store, run["outputs"]["findings"]), wanted)):
            return run, row
    return None


def _incident(case: _Case, wanted: str, output: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    for run in reversed(case.known.runs):
        if run["room"] == "fuse" and output in (None, run["outputs"]["incidents"]):
            row = _one(table_of(case.store, run["outputs"]["incidents"]), wanted)
            if row is not None:
                return run, row
    raise InputError(
        f"there is no finding or incident {wanted!r} in this case", expected="an id from the report's annex"
    )


def _hop_finding(row: dict[str, Any]) -> Hop:
    doubts = {name: "not known" if row[name] is None else f"{row[name]:.3g}" for name in row if name.startswith("p_")}
    facts = {
        "article": f"{row['article']} ({row['term']}) of {row['agreement']}, reading: {row['reading']}",
        "verdict": f"{row['verdict'].replace('_', ' ')}, between {row['low']:.3g} and {row['high']:.3g}",
        "doubts": ", ".join(f"{name} {value}" for name, value in doubts.items()),
        "weakest link": row["because"],
        "would settle": row["would_settle"],
        "attribution": row["attribution"],
    }
    return Hop(f"finding {row['id']}", facts, "stands in the output of the run below")


def _hop_run(case: _Case, run: dict[str, Any], output: str) -> Hop:
    n = case.entry_of("run", run)
    proved = case.proved(n)
    case.store.objects.get(run["outputs"][output])  # checks its own hash
    facts = {"code": run["code"], "saw": f"the first {run['tree_size']} entries", output: run["outputs"][output]}
    return Hop(f"run of {run['room']} (entry {n})", facts, f"{proved}; {output} have the hash it names")


def _hop_incident(row: dict[str, Any]) -> Hop:
    place = "no point" if row["lon"] is None else spoken(row["lon"], row["lat"], 4)
    facts = {
        "what": f"{row['kind']}, chance that it happened {row['p']:.3g}, independent voices: {row['n_lineages']}",
        "when": f"{row['t0']:%Y-%m-%d %H:%M} to {row['t1']:%Y-%m-%d %H:%M} UTC",
        "where": f"{row['place'] or ''} {place}".strip(),
    }
    return Hop(f"incident {row['id']}", facts, "stands in the output of the run below")


def _hops_observation(case: _Case, link: dict[str, Any]) -> list[Hop]:
    store, known = case.store, case.known
    capture_id = link["observation"].split("#")[0]
    manifest, n = _manifest(case, capture_id)
    table = table_of(store, manifest["tables"]["observations"])
    row = table.filter(pl.col("id") == link["observation"]).row(0, named=True)
    score = "" if link["score"] is None else f" (log odds {link['score']:.2f})"
    told = {
        "says": f"{row['stance']} {row['kind']}, {row['t0']:%Y-%m-%d %H:%M} to {row['t1']:%Y-%m-%d %H:%M} UTC",
        "source": f"{row['source']}, repeating {', '.join(row['lineage'])}" if row["lineage"] else row["source"],
        "linked": f"{link['because']}{score}",
        "batch": manifest["tables"]["observations"],
    }
    batch = Hop(f"observation {capture_id[:12]}#{link['observation'].split('#')[1]} (entry {n})", told, case.proved(n))
    return [batch, _hop_bytes(known, store, case, capture_id, row["locator"])]


def _manifest(case: _Case, capture_id: str) -> tuple[dict[str, Any], int]:
    for n, entry in enumerate(case.known.entries):
        if entry.kind == "observations":
            body = json.loads(case.store.objects.get(entry.body_hash))
            if body["capture"] == capture_id:
                return body, n
    raise InputError(f"no batch was read from capture {capture_id[:12]}")


def _hop_bytes(known: Known, store: Store, case: _Case, capture_id: str, locator: str) -> Hop:
    capture, n = known.captures[capture_id], known.at[capture_id]
    salt, raw = captured(store, capture_id)
    verify_capture(capture_id, salt, raw)
    facts = {
        "file": f"{capture.name}, {len(raw):,} bytes, sha256 {sha256(raw)[:12]}",
        "fetched": f"{capture.fetched_at:%Y-%m-%d %H:%M} UTC",
        "licence": capture.licence,
        locator: excerpt(raw, locator, capture.source, capture.options),
    }
    return Hop(f"capture {capture_id[:12]} (entry {n})", facts, f"{case.proved(n)}; salt and bytes open the commitment")

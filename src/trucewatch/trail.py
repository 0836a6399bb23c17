"""Floor 4: from a finding back to the bytes, each hop verified against the log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.archive import LEAST, Proofs, Withholding, know
from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT, column_id, sha256
from trucewatch.base.place import spoken
from trucewatch.casework import placed, standing, worded
from trucewatch.collided import Collision, collision, lines_of, since, told
from trucewatch.cover import CoverParams, silent
from trucewatch.excerpt import excerpt
from trucewatch.log.verify import verify_capture
from trucewatch.ports import Store
from trucewatch.report.beside import answer, who
from trucewatch.tables import INCIDENTS, LINKS

_MOST_OBSERVATIONS = 12


@dataclass(frozen=True)
class Hop:
    """One step back: what it is, its facts, and what was verified of it."""

    what: str
    facts: dict[str, str]
    verified: str
    capture: str | None = None
    """Whose bytes are shown here, if any are."""


class _Case(Proofs):
    """The committed log with its tree, to prove entries against."""

    def entry_of(self, run: dict[str, Any]) -> int:
        return next(n for n, body in zip(self.known.run_at, self.known.runs, strict=True) if body is run)

    def table(self, name: str) -> pl.DataFrame:
        return self.known.table_of(self.store, name)

    def held(self, run: dict[str, Any]) -> Withholding | None:
        return self.known.standing(set(run["outputs"].values()))


def trail(store: Store, wanted: str, as_of: int | None = None) -> list[Hop]:
    """First characters of a finding's or incident's id -> the hops from it to the bytes, or InputError.

    Where nothing that is still held has the id, but something was withheld that may have had it, the hops are the
    withheld results: each is in the log, and so is who withheld it and why.
    """
    case = _Case(store, know(store, as_of))
    hops: list[Hop] = []
    found = _finding(case, wanted)
    if found is not None:
        run, finding = found
        hops += [_hop_finding(finding), _hop_run(case, run, "findings")]
        incident, incidents_in = finding["subject"], run["inputs"].get("incidents")
    else:
        incident, incidents_in = wanted, None
    hit = _incident(case, incident, incidents_in)
    if hit is None and found is not None:  # its subject is no incident: a period, or ground that changed hands
        return [*hops, *_hops_evidence(case, *found), *_hops_casework(case, LINKS.empty(), found[1])]
    if hit is None and (said := _statement(case, wanted)) is not None:
        return _hops_statement(case, said)
    if hit is None and (of := collision(store, case.known, wanted)) is not None:
        return _hops_conflict(case, of)
    if hit is None:
        withheld = [_hop_withheld(case, run, held) for run in case.known.runs if (held := case.held(run))]
        if withheld:
            return [*hops, *withheld]
        raise InputError(
            f"there is no finding or incident {wanted!r} in this case, nor a statement or conflict",
            expected="an id from the report's annex, or of a conflict, or a statement's id or key",
        )
    run, row = hit
    links = case.table(run["outputs"]["links"]).filter(pl.col("incident") == row["id"])
    hops += [*_hops_casework(case, links, found[1] if found else None), _hop_incident(row)]
    hops.append(_hop_run(case, run, "incidents"))
    hops += _hops_silent(case, row, links)
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
        if run["room"] == "assess" and "findings" in run["outputs"] and not case.held(run):
            row = _one(case.table(run["outputs"]["findings"]), wanted)
            if row is not None:
                return run, row
    return None


def _incident(case: _Case, wanted: str, output: str | None) -> tuple[dict[str, Any], dict[str, Any]] | None:
    for run in reversed(case.known.runs):
        if run["room"] == "fuse" and _made(run, output) and not case.held(run):
            row = _one(case.table(run["outputs"]["incidents"]), wanted)
            if row is not None:
                return run, row
    return None


def _made(run: dict[str, Any], incidents: str | None) -> bool:
    """Has the run made incidents and their links; those, where any are named?"""
    return {"incidents", "links"} <= set(run["outputs"]) and incidents in (None, run["outputs"]["incidents"])


def _hop_withheld(case: _Case, run: dict[str, Any], held: Withholding) -> Hop:
    n = case.entry_of(run)
    facts = {
        "withheld": f"what it was made of: capture {held.capture[:SHORT]}, entry {held.entry}, by {held.by}",
        "since": f"{held.when:%Y-%m-%d %H:%M} UTC",
        "why": held.why,
        "says": "the id may have stood in it; that can no longer be seen here",
    }
    proved = case.proved(n)
    if held.entry < case.known.size:
        proved = f"{proved}; {case.proved(held.entry)}"
    return Hop(f"run of {run['room']} (entry {n}): withheld", facts, proved)


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
    n = case.entry_of(run)
    proved = case.proved(n)
    case.store.objects.get(run["outputs"][output])  # checks its own hash
    facts = {"code": run["code"], "saw": f"the first {run['tree_size']} entries", output: run["outputs"][output]}
    return Hop(f"run of {run['room']} (entry {n})", facts, f"{proved}; {output} have the hash it names")


def _hops_casework(case: _Case, links: pl.DataFrame, finding: dict[str, Any] | None) -> list[Hop]:
    """What people said and decided of the incident, or of the finding's term in it, as it stands; the log's order."""
    known = case.known
    table = placed(known, standing(known), links)
    named = pl.col("subjects").list.contains(finding["id"]) if finding is not None else pl.lit(False)
    mine = table.filter((pl.col("incidents").list.len() > 0) | named, pl.col("superseded_by").is_null())
    if finding is not None:
        under = (pl.col("agreement") == finding["agreement"]) & (
            pl.col("term").fill_null(finding["term"]) == finding["term"]
        )
        mine = mine.filter(under & (pl.col("reading").fill_null(finding["reading"]) == finding["reading"]))
    return [_hop_filed(case, row) for row in worded(case.store, known, mine).rows(named=True)]


def _hop_filed(case: _Case, row: dict[str, Any]) -> Hop:
    told = {
        "by": f"{who(row, {})}, {row['at']:%Y-%m-%d %H:%M} UTC",
        "says": answer(row, {}, "UTC"),
        "words": row["words"] or row["held"] or "",
        "answers": f"entry {row['answers']}" if row["answers"] is not None else "",
        "in the place of": f"entry {row['supersedes']}" if row["supersedes"] is not None else "",
    }
    facts = {name: " ".join(text.split()) for name, text in told.items() if text}
    what = f"{row['kind'].replace('_', ' ')} (entry {row['entry']}), beside what the tool indicates"
    return Hop(what, facts, case.proved(row["entry"]), row["text"] if row["words"] is not None else None)


def _hop_incident(row: dict[str, Any]) -> Hop:
    place = "no point" if row["lon"] is None else spoken(row["lon"], row["lat"], 4)
    facts = {
        "what": f"{row['kind']}, chance that it happened {row['p']:.3g}, independent voices: {row['n_lineages']}",
        "when": f"{row['t0']:%Y-%m-%d %H:%M} to {row['t1']:%Y-%m-%d %H:%M} UTC",
        "where": f"{row['place'] or ''} {place}".strip(),
    }
    return Hop(f"incident {row['id']}", facts, "stands in the output of the run below")


def _hops_silent(case: _Case, row: dict[str, Any], links: pl.DataFrame) -> list[Hop]:
    """Who looked there and then, by what the case holds now, and says nothing of it: no denial, and not nothing."""
    looks, observations = (case.known.table(case.store, name) for name in ("looks", "observations"))
    incident = pl.DataFrame([row], schema=INCIDENTS.schema)
    found = silent(incident, observations, links, looks, CoverParams()).sort("high", "source", descending=[True, False])
    if found.is_empty():
        return []
    facts = {
        f"{r['source']}, {r['t0']:%Y-%m-%d %H:%M} to {r['t1']:%Y-%m-%d %H:%M} UTC": (
            f"look {r['look'].split('#')[0][:SHORT]}#{r['look'].split('#')[1]}, chance to notice between "
            f"{r['low']:.3g} and {r['high']:.3g}"
        )
        for r in found.head(_MOST_OBSERVATIONS).rows(named=True)
    }
    what = f"who looked there and then and says nothing of it: {found.height} (restricted: not to be passed on)"
    return [Hop(what, facts, "made now of the looks that the case holds; no entry says it")]


def _hops_observation(case: _Case, link: dict[str, Any]) -> list[Hop]:
    capture_id = link["observation"].split("#")[0]
    manifest, n = _manifest(case, capture_id)
    table = case.table(manifest["tables"]["observations"])
    row = table.filter(pl.col("id") == link["observation"]).row(0, named=True)
    score = "" if link["score"] is None else f" (log odds {link['score']:.2f})"
    told = {
        "says": f"{row['stance']} {row['kind']}, {row['t0']:%Y-%m-%d %H:%M} to {row['t1']:%Y-%m-%d %H:%M} UTC",
        "source": f"{row['source']}, repeating {', '.join(row['lineage'])}" if row["lineage"] else row["source"],
        "linked": f"{link['because']}{score}",
        "batch": manifest["tables"]["observations"],
    }
    batch = Hop(f"observation {capture_id[:12]}#{link['observation'].split('#')[1]} (entry {n})", told, case.proved(n))
    return [batch, _hop_bytes(case, capture_id, row["locator"])]


def _hops_evidence(case: _Case, run: dict[str, Any], finding: dict[str, Any]) -> list[Hop]:
    """A finding of a period, or of ground -> the counts, or the maps, that it was made of, and their bytes."""
    hops = []
    if finding["subject"].startswith("period:"):
        owed = case.table(run["outputs"]["owed"]).with_columns(finding=column_id(pl.lit("finding"), pl.col("id")))
        ids = owed.filter(pl.col("finding") == finding["id"])["statements"].explode().drop_nulls().to_list()
        for one in ids[:_MOST_OBSERVATIONS]:
            hops += _hops_row(case, "statements", one)
        rest = len(ids) - _MOST_OBSERVATIONS
        return [*hops, Hop(f"and {rest} more counts", {}, "not followed here")] if rest > 0 else hops
    _, source, dates = finding["subject"].split(":", 2)
    instants = [datetime.fromisoformat(date) for date in dates.split("/")]
    areas = case.known.table(case.store, "areas").filter((pl.col("source") == source) & pl.col("on").is_in(instants))
    for one in areas.sort("on", "id").unique("capture", maintain_order=True)["id"].to_list():
        hops += _hops_row(case, "areas", one)
    return hops


def _statement(case: _Case, wanted: str) -> dict[str, Any] | None:
    """A statement by its key, or by the start of its capture's id, `#` and its row."""
    table = case.known.table(case.store, "statements")
    named = table.filter(pl.col("key") == wanted)
    capture, mark, row = wanted.partition("#")
    if named.is_empty() and mark and len(capture) >= LEAST:
        named = table.filter(pl.col("id").str.starts_with(capture), pl.col("id").str.ends_with(f"#{row}"))
    if named.height > 1:
        raise InputError(f"{wanted!r} names {named.height} statements", expected="its capture's id, # and its row")
    return named.row(0, named=True) if named.height else None


def _hops_statement(case: _Case, row: dict[str, Any]) -> list[Hop]:
    """A statement -> what the record made of it, its row and bytes; who accepted it, and what it was drafted from."""
    hops: list[Hop] = []
    for run in reversed(case.known.runs):
        if run["room"] == "claims" and not case.held(run):
            mine = case.table(run["outputs"]["checks"]).filter(pl.col("statement") == row["id"])
            if mine.height:
                hops += [_hop_check(mine.row(0, named=True)), _hop_run(case, run, "checks")]
            break
    hops += _hops_row(case, "statements", row["id"])
    if row["draft"] not in case.known.table(case.store, "drafts")["id"].to_list():
        return hops
    for n, review in case.known.reviews.items():
        if row["draft"] in review["drafts"]:
            facts = {
                "call": review["call"],
                "by": review["by"],
                "at": f"{case.known.entries[n].made_at:%Y-%m-%d %H:%M} UTC",
            }
            hops.append(Hop(f"review (entry {n})", facts, case.proved(n)))
    return hops + _hops_row(case, "drafts", row["draft"])


def _hop_check(row: dict[str, Any]) -> Hop:
    facts = {
        "asserts": str(row["asserts"]).replace("_", " "),
        "verdict": f"{row['verdict']}, between {row['low']:.3g} and {row['high']:.3g}",
        "because": row["because"],
        "looked at": "; ".join(row["looked_at"]),
        "not looked at": "; ".join(row["not_looked_at"]),
        "bears on it": ", ".join(name[:SHORT] for name in row["evidence"][:_MOST_OBSERVATIONS]),
        "would settle": row["would_settle"] or "",
    }
    return Hop(f"check {row['id']}", {name: text for name, text in facts.items() if text}, "stands in the run below")


def _hops_conflict(case: _Case, of: Collision) -> list[Hop]:
    """A conflict, or a way out -> its run, each line as it was said, the entry of them, and what became of it."""
    hops = [
        Hop(f"{of.row['kind'].replace('_', ' ')} {of.row['id']}", told(of), "stands in the output of the run below")
    ]
    hops.append(_hop_run(case, of.run, "conflicts"))
    hops += [Hop(what, facts, f"stands in entry {of.entry} below") for what, facts in lines_of(of)]
    facts = {"file": of.made.id, "title": of.made.title, "source": of.made.source}
    hops.append(Hop(f"positions (entry {of.entry})", facts, case.proved(of.entry)))
    newest = case.known.positions[of.made.id][0]
    return [*hops, Hop("what became of it", since(case.store, case.known, of), case.proved(newest))]


def _hops_row(case: _Case, name: str, wanted: str) -> list[Hop]:
    """A row of a batch of statements or areas -> what it says, its entry, and the bytes that it was read from."""
    capture_id = wanted.split("#")[0]
    manifest, n = _manifest(case, capture_id)
    row = case.table(manifest["tables"][name]).filter(pl.col("id") == wanted).row(0, named=True)
    if name in ("statements", "drafts"):
        figure = "no figure" if row["figure"] is None else f"{row['figure']:g} {row['unit'] or ''}".strip()
        span = " to ".join("not told" if row[t] is None else f"{row[t]:%Y-%m-%d %H:%M}" for t in ("t0", "t1"))
        says = f"{row['speaker']}: {row['about'] or row['says'] or row['quote']}, {figure}, {span} UTC"
    else:
        says = f"a map of {row['on']:%Y-%m-%d %H:%M} UTC"
    told = {"says": says, "source": row["source"], "batch": manifest["tables"][name]}
    if name == "drafts":
        told["rules"] = "; ".join(row["because"])
    noun = {"statements": "statement", "drafts": "draft"}.get(name, "map")
    batch = Hop(f"{noun} {capture_id[:12]}#{wanted.split('#')[1]} (entry {n})", told, case.proved(n))
    return [batch, _hop_bytes(case, capture_id, row["locator"])]


def _manifest(case: _Case, capture_id: str) -> tuple[dict[str, Any], int]:
    for n, entry in enumerate(case.known.entries):
        if entry.kind == "observations":
            body = json.loads(case.store.objects.get(entry.body_hash))
            if body["capture"] == capture_id:
                return body, n
    raise InputError(f"no batch was read from capture {capture_id[:12]}")


def _hop_bytes(case: _Case, capture_id: str, locator: str) -> Hop:
    capture, n = case.known.captures[capture_id], case.known.at[capture_id]
    salt, raw = case.known.captured(case.store, capture_id)
    verify_capture(capture_id, salt, raw)
    facts = {
        "file": f"{capture.name}, {len(raw):,} bytes, sha256 {sha256(raw)[:SHORT]}",
        "fetched": f"{capture.fetched_at:%Y-%m-%d %H:%M} UTC",
        "licence": capture.licence,
        locator: excerpt(raw, locator, capture.source, capture.options),
    }
    proved = f"{case.proved(n)}; salt and bytes open the commitment"
    return Hop(f"capture {capture_id[:SHORT]} (entry {n})", facts, proved, capture_id)

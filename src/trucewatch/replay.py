"""Floor 4: do again what the log says was done, from the stored bytes, and hold the outcome to what it says came out.

A hash shows that bytes did not change since they were entered; it does not show that they were right when they were.
Reading is pure and so are the rooms: done again by the same code, they give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from trucewatch import assess as assess_room
from trucewatch import casework, learning
from trucewatch import fuse as fuse_room
from trucewatch import report as report_room
from trucewatch.archive import Known, batch, frame, is_number, know, one_of, salt_of_inputs
from trucewatch.assess.attribution import Evidence
from trucewatch.assess.params import AttributionParams
from trucewatch.assess.sides import Given, sides
from trucewatch.base.errors import CaseBroken, InputError, UnknownName
from trucewatch.base.ids import SHORT, leaves, sha256
from trucewatch.claims import CheckParams
from trucewatch.cover import CoverParams, ask_of, cover
from trucewatch.dailies import daily_asked, daily_files, daily_inputs
from trucewatch.differing import WRITTEN, first_cell, first_line, names_of
from trucewatch.fuse.params import LearnParams
from trucewatch.interrupted import Recorded, changed_of, pause_ask_of, paused_of
from trucewatch.locating import fused as fused_with_places
from trucewatch.locating import regions_of, sector_params
from trucewatch.ports import Source, Store
from trucewatch.positioned import kept_again, settled_again
from trucewatch.recorded import held_against
from trucewatch.reporting import asked_in, exposed, files_of, inputs_of, material_of, numbers_in, report_folder
from trucewatch.ring import RingParams, answered, question
from trucewatch.settle import SettleParams
from trucewatch.tables import AREAS, LINKS, OBSERVATIONS, STATEMENTS
from trucewatch.watch import CaseParams, PauseParams, case_ask_of, placed, watch_case

Check = tuple[str, bool, str]
Find = Callable[[str], Source]
SAME, DIFFERS, WITHHELD = "same bytes", "differs", "withheld"


class UnknownFeed(InputError):
    """A reading cannot be done again: its feed is not installed here."""


@dataclass(frozen=True)
class Replayed:
    """An entry, what it is of, and what came of doing it again; outputs: name -> the hash that the log names.

    says: the first difference, or who withheld it and why; made_by, by: the code that made it and the one that did it
    again.
    """

    entry: int
    what: str
    outcome: str
    outputs: dict[str, str]
    says: str
    made_by: str
    by: str


@dataclass(frozen=True)
class Again:
    """What an entry is replayed with: the case, what it knows, where feeds are found, and which code this is."""

    store: Store
    known: Known
    find: Find
    code: str


def chosen(known: Known, wanted: str) -> list[int]:
    """`all`, an entry's number or the first characters of its body's hash -> the entries to do again."""
    able = {n: entry for n, entry in enumerate(known.entries) if entry.kind in ("observations", "run")}
    if wanted == "all":
        return list(able)
    if not is_number(wanted):
        name = one_of({entry.body_hash for entry in able.values()}, wanted, "run")
        return [n for n, entry in able.items() if entry.body_hash == name][:1]
    if int(wanted) in able:
        return [int(wanted)]
    there = f"entry {wanted} is of kind {known.entries[int(wanted)].kind}" if int(wanted) < known.size else "no entry"
    raise InputError(f"{wanted}: {there}", expected="an entry of kind run or observations")


def replay(again: Again, n: int) -> Replayed:
    """One entry, done again. InputError where this code cannot: what it was done with is not kept, or not known."""
    reading = again.known.entries[n].kind == "observations"
    body = _body(again, n)
    try:
        what = f"reading of capture {body['capture'][:SHORT]}" if reading else f"run of {body['room']}"
        named, code = body["tables"] if reading else body["outputs"], body["code"]
        needs = {body["capture"]} if reading else leaves(body["inputs"]) | set(named.values())
        if held := again.known.standing(needs):
            says = f"capture {held.capture[:SHORT]} {held.says}"
            return Replayed(n, what, WITHHELD, named, says, code, again.code)
        difference = _read(again, body) if reading else _ROOMS[body["room"]](again, body)
    except UnknownFeed as wrong:
        raise UnknownFeed(f"entry {n} {wrong}") from None
    except InputError as wrong:
        raise InputError(f"entry {n} {wrong}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        raise InputError(f"entry {n} says nothing that this code can do again ({type(wrong).__name__})") from None
    return Replayed(n, what, DIFFERS if difference else SAME, named, difference or "", code, again.code)


def _body(again: Again, n: int) -> dict[str, Any]:
    """What an entry says; of a report's run, with its detail."""
    if again.known.entries[n].kind == "run":
        return again.known.runs[again.known.run_at.index(n)]
    body: dict[str, Any] = json.loads(again.store.objects.get(again.known.entries[n].body_hash))
    return body


def checked(again: Again) -> Iterator[Check]:
    """Every reading, and every result that this very code made, done again -> (what, well, says), for the doctor.

    A reading that differs is not well, whatever code it says made it: whoever makes up a batch can name any code. That
    other code may be the reason is said; where it wrote the same rows as another file, that is counted. Results of
    other code are counted, not judged; so is what is withheld, and a reading whose feed is not installed here. What
    cannot be done again for any other reason is not well.
    """
    for noun, kind in (("batches", "observations"), ("results", "run")):
        counts: dict[str, int] = {}
        wrong: list[str] = []
        for n in chosen(again.known, "all"):
            if again.known.entries[n].kind == kind:
                outcome, says = _judged(again, n)
                counts[outcome] = counts.get(outcome, 0) + 1
                wrong += [says] if outcome in (DIFFERS, "cannot") else []
        rest = [f"; {counts[other]} {words}" for other, words in _REST.items() if other in counts]
        told = f"{counts.get(SAME, 0)} made again, the same bytes each{''.join(rest)}"
        yield f"{noun} again", not wrong, "; ".join(wrong[:3]) or told


_REST = {
    WITHHELD: "are withheld",
    "other": "were made by other code",
    "written": "hold the same rows, written otherwise by other code",
    "feed": "need a feed that is not installed here",
}


def _judged(again: Again, n: int) -> tuple[str, str]:
    elsewhere = _body(again, n)["code"] != again.code
    if elsewhere and again.known.entries[n].kind == "run":
        return "other", ""
    try:
        done = replay(again, n)
    except UnknownFeed:
        return "feed", ""
    except InputError as wrong:
        return "cannot", str(wrong)
    if elsewhere and done.says.endswith(WRITTEN):
        return "written", ""
    codes = (
        f" (made by other code, {done.made_by}; read again by {done.by}: that may be the reason)" if elsewhere else ""
    )
    return done.outcome, f"entry {n}, {done.what}: {done.says}{codes}"


def _read(again: Again, body: dict[str, Any]) -> str | None:
    capture = again.known.captures[body["capture"]]
    salt, raw = again.known.captured(again.store, capture.id)
    try:
        feed = again.find(capture.source)
    except UnknownName as wrong:
        raise UnknownFeed(str(wrong)) from None
    tables = feed.read(capture, raw).tables()
    made = {name: (table, batch(table, name, capture.id, salt)) for name, table in tables.items() if table.height}
    return _first_table(again, body["tables"], made)


def _fuse(again: Again, body: dict[str, Any]) -> str | None:
    params = fuse_room.FuseParams(**numbers_in(body["params"], fuse_room.FuseParams(), "fuse"))
    then = _then(again, body)
    if then.batches["observations"] != body["inputs"]["observations"]:
        return f"it names other batches than the first {body['tree_size']} entries hold"
    inputs = body["inputs"]
    if learning.judgement_bodies(then) != inputs.get("judgements", []):
        return f"it names other judgements than the first {body['tree_size']} entries hold"
    learnt = learning.kept(again.store, then, inputs["learnt"], "") if "learnt" in inputs else None
    fused = fused_with_places(
        then.table(again.store, "observations"), then.capture_times(), params, learnt, learning.judged(then)
    )
    return _results(again, body, {name: getattr(fused, name) for name in learning.FUSED})


def _locate(again: Again, body: dict[str, Any]) -> str | None:
    params = sector_params(numbers_in(body["params"], sector_params({}), "locate"))
    then = _then(again, body)
    if then.batches["observations"] != body["inputs"]["observations"]:
        return f"it names other batches than the first {body['tree_size']} entries hold"
    return _results(again, body, {"regions": regions_of(then.table(again.store, "observations"), params)})


def _learn(again: Again, body: dict[str, Any]) -> str | None:
    params = LearnParams(**numbers_in(body["params"], LearnParams(), "learn"))
    then = _then(again, body)
    if then.batches["observations"] != body["inputs"]["observations"]:
        return f"it names other batches than the first {body['tree_size']} entries hold"
    if learning.judgement_bodies(then) != body["inputs"].get("judgements", []):
        return f"it names other judgements than the first {body['tree_size']} entries hold"
    by_hand = learning.written_dependence(body["given"]["dependence"], learning.WRITTEN)
    made = learning.learnt_of(
        then.table(again.store, "observations"), then.capture_times(), learning.judged(then), by_hand, params
    )
    tables = {"learnt": made.sources, "dependence": made.dependence, "calibration": made.calibration}
    return _results(again, body, tables)


def _assess(again: Again, body: dict[str, Any]) -> str | None:
    params = assess_room.AssessParams(**numbers_in(body["params"], assess_room.AssessParams(), "assess"))
    inputs, known = body["inputs"], again.known
    agreed = assess_room.agreement(again.store.objects.get(inputs["agreement"]).decode())
    areas, statements = (
        pl.concat([of.empty(), *(known.table_of(again.store, sha) for sha in inputs.get(of.name, []))], how="diagonal")
        for of in (AREAS, STATEMENTS)
    )
    then = _then(again, body)
    if casework.judgements(then, agreed.id) != inputs.get("judgements", []):
        return f"it names other judgements than the first {body['tree_size']} entries hold"
    links = known.table_of(again.store, inputs["links"]) if "links" in inputs else LINKS.empty()
    settled = casework.settled(then, agreed.id, links)
    made = assess_room.assess(
        known.table_of(again.store, inputs["incidents"]), areas, agreed, params, statements, settled
    )
    return _results(again, body, {name: getattr(made, name) for name in body["outputs"]})


def _attribute(again: Again, body: dict[str, Any]) -> str | None:
    params = AttributionParams(**numbers_in(body["params"], AttributionParams(), "attribute"))
    inputs, known = body["inputs"], again.known
    agreed = assess_room.agreement(again.store.objects.get(inputs["agreement"]).decode())
    one = {name: known.table_of(again.store, inputs[name]) for name in ("incidents", "links")}
    many = {
        contract.name: pl.concat(
            [contract.empty(), *(known.table_of(again.store, sha) for sha in inputs[contract.name])]
        )
        for contract in (OBSERVATIONS, AREAS)
    }
    return _results(again, body, sides(Evidence(**one, **many), agreed, Given(**body["given"]), params))


def _cover(again: Again, body: dict[str, Any]) -> str | None:
    params = CoverParams(**numbers_in(body["params"], CoverParams(), "cover"))
    inputs, known = body["inputs"], again.known
    then = _then(again, body)
    if any(then.batches[name] != inputs[name] for name in ("looks", "observations")):
        return f"it names other batches than the first {body['tree_size']} entries hold"
    one = [known.table_of(again.store, inputs[name]) for name in ("incidents", "links")]
    looks, observations = then.table(again.store, "looks"), then.table(again.store, "observations")
    made = cover(looks, one[0], observations, one[1], ask_of(body["given"]), params)
    return _results(again, body, {"exposure": made.exposure, "gaps": made.gaps, "silent": made.silent})


def _claims(again: Again, body: dict[str, Any]) -> str | None:
    params = CheckParams(**numbers_in(body["params"], CheckParams(), "claims"))
    then = _then(again, body)
    return _results(again, body, held_against(again.store, then, body["inputs"], body["given"], params))


def _ring(again: Again, body: dict[str, Any]) -> str | None:
    params = RingParams(**numbers_in(body["params"], RingParams(), "ring"))
    inputs, known = body["inputs"], again.known
    areas = pl.concat([AREAS.empty(), *(known.table_of(again.store, sha) for sha in inputs["areas"])], how="diagonal")
    incidents = known.table_of(again.store, inputs["incidents"]) if "incidents" in inputs else None
    return _results(again, body, answered(question(body["given"]), areas, incidents, params))


def _watch(again: Again, body: dict[str, Any]) -> str | None:
    numbers_in(body["params"], CaseParams(), "watch")
    inputs, given, then = body["inputs"], body["given"], _then(again, body)
    if any(then.batches[name] != inputs[name] for name in ("observations", "areas")):
        return f"it names other batches than the first {body['tree_size']} entries hold"
    kept = {
        name: again.known.table_of(again.store, inputs[name]) for name in ("incidents", "exposure") if name in inputs
    }
    rows = kept["incidents"] if "incidents" in kept else then.table(again.store, "observations")
    ask, side = case_ask_of(given), float(given.get("seen_cell_m", "0"))
    made = placed(ask, rows, then.table(again.store, "areas"), kept.get("exposure"), side)
    return _results(again, body, watch_case(ask, made))


def _interrupted(again: Again, body: dict[str, Any]) -> str | None:
    params = PauseParams(**numbers_in(body["params"], PauseParams(), body["room"]))
    inputs, known, given, then = body["inputs"], again.known, body["given"], _then(again, body)
    if any(then.batches[name] != inputs[name] for name in ("areas", "looks")):
        return f"it names other batches than the first {body['tree_size']} entries hold"
    incidents, terms = (known.table_of(again.store, inputs[name]) for name in ("incidents", "terms"))
    agreed = assess_room.agreement(again.store.objects.get(inputs["agreement"]).decode())
    held = Recorded(
        incidents, terms, then.table(again.store, "areas"), exposed(then.table(again.store, "looks")), agreed
    )
    if body["room"] == "pause":
        return _results(again, body, {"paused": paused_of(held, pause_ask_of(given), params).table})
    return _results(again, body, {"changed": changed_of(held, given, params).table})


def _settle(again: Again, body: dict[str, Any]) -> str | None:
    params = SettleParams(**numbers_in(body["params"], SettleParams(), "settle"))
    if not any(entry.body_hash == body["inputs"]["positions"] for entry in _then(again, body).entries):
        return f"it names positions that the first {body['tree_size']} entries do not hold"
    return _results(again, body, settled_again(again.store, body, params))


def _keep(again: Again, body: dict[str, Any]) -> str | None:
    params = SettleParams(**numbers_in(body["params"], SettleParams(), "settle"))
    return _results(again, body, kept_again(again.store, again.known, body, params))


def _then(again: Again, body: dict[str, Any]) -> Known:
    """What the run saw: the entries before it, as many as it says."""
    if not 0 <= body["tree_size"] <= again.known.size:
        raise InputError(f"says that it saw {body['tree_size']} entries of a log of {again.known.size}")
    return know(again.store, body["tree_size"])


def _results(again: Again, body: dict[str, Any], tables: dict[str, pl.DataFrame]) -> str | None:
    salt = salt_of_inputs(again.store, body["inputs"])
    made = {name: (table, batch(table, name, body["room"], salt)) for name, table in tables.items()}
    return _first_table(again, body["outputs"], made)


def _daily(again: Again, body: dict[str, Any]) -> str | None:
    asked, then, inputs = daily_asked(body), _then(again, body), body["inputs"]
    made = {name: inputs[name] for name in ("incidents", "links", "terms")}
    if daily_inputs(then, body["agreement"], made) != inputs:
        return f"it names other inputs than the first {body['tree_size']} entries hold"
    agreed = assess_room.agreement(again.store.objects.get(inputs["agreement"]).decode())
    tables = {name: then.table_of(again.store, sha) for name, sha in made.items()}
    return _first_file(again, body, daily_files(again.store, then, agreed, tables, asked))


def _report(again: Again, body: dict[str, Any]) -> str | None:
    if "daily" in body:
        return _daily(again, body)
    request, params = asked_in(body)
    then = _then(again, body)
    inputs = body["inputs"]
    names = ("incidents", "links", "completeness", "reliability")
    fused = {**{name: inputs[name] for name in names if name in inputs}, "problems": inputs["fuse_problems"]}
    judged = {name: inputs[name] for name in ("terms", "findings", "left_out", "owed", "ground") if name in inputs}
    if inputs_of(then, body["agreement"], fused, judged) != inputs:
        return f"it names other inputs than the first {body['tree_size']} entries hold"
    agreed = assess_room.agreement(again.store.objects.get(inputs["agreement"]).decode())
    got, found = ({name: then.table_of(again.store, sha) for name, sha in names.items()} for names in (fused, judged))
    given = material_of(again.store, then, agreed, got, found, request.level)
    return _first_file(again, body, files_of(report_room.report(given, request, params)))


def _first_file(again: Again, body: dict[str, Any], made: dict[str, bytes]) -> str | None:
    """The first difference between the files that the log names and those made now, or None."""
    for name in names_of(body["outputs"], made):
        if name not in made or sha256(made[name]) != body["outputs"].get(name):
            kept = again.store.published.get(f"{report_folder(body['level'])}/{name}")
            return first_line(name, kept, body["outputs"].get(name), made.get(name))
    return None


_ROOMS: Mapping[str, Callable[[Again, dict[str, Any]], str | None]] = {
    "locate": _locate, "learn": _learn, "fuse": _fuse, "assess": _assess, "attribute": _attribute, "cover": _cover,
    "claims": _claims, "ring": _ring, "watch": _watch, "pause": _interrupted, "change": _interrupted,
    "settle": _settle, "keep": _keep, "report": _report,
}  # fmt: skip


def _first_table(again: Again, logged: dict[str, str], made: dict[str, tuple[pl.DataFrame, bytes]]) -> str | None:
    """The first difference between the tables that the log names and those made now, or None. That a file was only
    written otherwise is told where no row of any table differs."""
    written = None
    for name in names_of(logged, made):
        if name not in made:
            return f"{name}: the log names a table, now there are no such rows"
        table, raw = made[name]
        if name not in logged:
            return f"{name}: the log names none, now there are {table.height} rows"
        if sha256(raw) != logged[name]:
            try:
                then = frame(again.store.objects.get(logged[name]))
            except KeyError:
                raise CaseBroken(f"the table {logged[name][:SHORT]} that the log speaks of is gone") from None
            says = f"{name}: {first_cell(then, table)}"
            if not says.endswith(WRITTEN):
                return says
            written = written or says
    return written

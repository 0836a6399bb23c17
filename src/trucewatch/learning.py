"""Floor 4, beneath the pipeline: what was learnt of the sources and judged by people, as `fuse` is handed it.

A version of the learnt table is a run of `learn`, so an entry of the log; its number names it. Judgements are entries
of case work. Both are read from a prefix of the log, as everything is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import yaml

from trucewatch import fuse as fuse_room
from trucewatch.archive import Known
from trucewatch.base.errors import InputError
from trucewatch.bodies import SAME
from trucewatch.casework import succession
from trucewatch.fuse.calibrate import calibration
from trucewatch.fuse.latest import latest
from trucewatch.fuse.learn import learn
from trucewatch.fuse.learnt import Judged, Learnt
from trucewatch.fuse.params import FuseParams, LearnParams
from trucewatch.fuse.reliable import judged_evidence
from trucewatch.ports import Store
from trucewatch.tables import CALIBRATION, CONSTRAINTS, DEPENDENCE, HAPPENED

OUTPUTS = ("learnt", "dependence", "calibration")
FUSED = ("incidents", "links", "problems", "completeness", "reliability")
"""What a run of fuse keeps."""
NONE, LATEST = "none", "latest"
WRITTEN = "dependence.yaml"
"""What a written table is called inside: the door turns whatever form it has into this one."""
_CALLED = {"yes": True, "no": False}


@dataclass(frozen=True)
class Use:
    """What a run of fuse uses beside the batches: the learnt tables and judgements, and how the log names both."""

    learnt: Learnt
    judged: Judged | None
    inputs: dict[str, Any]


def versions(known: Known) -> list[int]:
    """The entries that keep a version of the learnt table, in the log's order."""
    return [n for n, run in zip(known.run_at, known.runs, strict=True) if run["room"] == "learn"]


def chosen(known: Known, wanted: str) -> int | None:
    """`none`, `latest` or an entry's number -> that entry, None where none is used. InputError where it keeps none."""
    there = versions(known)
    if wanted == NONE:
        return None
    if wanted == LATEST:
        return there[-1] if there else None
    if not (wanted.isascii() and wanted.isdigit()) or int(wanted) not in there:
        versions_told = (
            f"one of {', '.join(map(str, there))}, latest or none" if there else "first: trucewatch fuse learn"
        )
        raise InputError(f"entry {wanted} keeps no learnt table", field="--learnt", expected=versions_told)
    return int(wanted)


def used(store: Store, known: Known, wanted: str = LATEST) -> Use:
    """What `fuse` is to use of these entries."""
    entry = chosen(known, wanted)
    inputs: dict[str, Any] = {}
    learnt = Learnt()
    if entry is not None:
        outputs = known.runs[known.run_at.index(entry)]["outputs"]
        inputs["learnt"] = {name: outputs[name] for name in OUTPUTS}
        learnt = kept(store, known, outputs, str(entry))
    if bodies := judgement_bodies(known):
        inputs["judgements"] = bodies
    return Use(learnt, judged(known), inputs)


def kept(store: Store, known: Known, outputs: Mapping[str, str], version: str) -> Learnt:
    """The tables that a run of learn keeps."""
    sources, dependence, calibrated = (known.table_of(store, outputs[name]) for name in OUTPUTS)
    return Learnt(version, sources, dependence, calibrated)


def _standing(known: Known) -> list[int]:
    gone = set(succession(known)[0].values())
    mine = [n for n, said in known.filed.items() if known.entries[n].kind == "judgement" and n not in gone]
    return [n for n in mine if known.filed[n]["agreement"] is None]


def judgement_bodies(known: Known) -> list[str]:
    """The hashes of the judgements that fuse heeds: those of pairs and of incidents, under no agreement."""
    return [known.entries[n].body_hash for n in _standing(known)]


def judged(known: Known) -> Judged | None:
    """Standing judgements of pairs and incidents -> what linking and existence take; None where there are none."""
    pairs: list[tuple[str, str, bool, str]] = []
    happened: list[tuple[str, bool, str, int]] = []
    for n in _standing(known):
        said = known.filed[n]
        if said["call"] not in _CALLED:
            continue
        call, by = _CALLED[said["call"]], said["by"]
        if said["doubt"] == SAME:
            one, two = (part["observations"] for part in said["about"])
            pairs += [(a, b, call, by) for a, b in _spelled(one, two, call)]
        else:
            happened += [(o, call, by, n) for o in said["about"][0]["observations"]]
    if not pairs and not happened:
        return None
    return Judged(
        CONSTRAINTS.check(pl.DataFrame(pairs, schema=CONSTRAINTS.schema, orient="row")),
        HAPPENED.check(pl.DataFrame(happened, schema=HAPPENED.schema, orient="row")),
    )


def _spelled(one: list[str], two: list[str], same: bool) -> list[tuple[str, str]]:
    """Two sides of a judgement -> pairs: all across where they differ; where they are the same, all with the first."""
    if not same:
        return [(a, b) for a in one for b in two if a != b]
    return [(one[0], other) for other in dict.fromkeys([*one[1:], *two]) if other != one[0]]


def learnt_of(
    observations: pl.DataFrame, captures: pl.DataFrame, people: Judged | None, written: pl.DataFrame,
    params: LearnParams,
) -> Learnt:  # fmt: skip
    """Everything known -> what is learnt: sources, who repeats whom (as a person wrote it, where one did), and, from
    incidents that people have judged, the calibration."""
    learnt = learn(latest(observations, captures)[0], params)
    learnt = replace(learnt, dependence=_with_written(learnt.dependence, written))
    if people is None or people.happened.is_empty():
        return learnt
    fused = fuse_room.fuse(observations, captures, FuseParams(), learnt, replace(people, happened=HAPPENED.empty()))
    seen, happened, _ = judged_evidence(observations, fused.incidents, fused.links, learnt, people)
    if happened.size == 0:
        return learnt
    made = calibration(seen, happened, FuseParams())
    return replace(learnt, calibration=CALIBRATION.check(pl.concat([learnt.calibration, made])))


def _with_written(learnt: pl.DataFrame, written: pl.DataFrame) -> pl.DataFrame:
    """What a person wrote of two sources stands in the place of what was learnt of them, either way round; p 0 takes
    it away."""
    named = pl.concat([written.select("copier", "original"), written.select(copier="original", original="copier")])
    rest = learnt.join(named, on=["copier", "original"], how="anti")
    return DEPENDENCE.check(pl.concat([rest, written.filter(pl.col("p") > 0)]).sort("copier", "original"))


def written_dependence(text: str, file: str) -> pl.DataFrame:
    """A file that a person wrote, CSV or YAML: rows of copier, original, p, because -> dependence. InputError says
    which row is wrong."""
    rows = [] if not text.strip() else _yaml(text, file) if file.endswith((".yaml", ".yml")) else _csv(text)
    made = []
    for n, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise InputError("is no row of fields", file=file, row=n, expected="copier, original, p, because")
        told = {name: row.get(name) for name in DEPENDENCE.columns}
        for name in ("copier", "original", "because"):
            if not str(told[name] or "").strip() or not isinstance(told[name], str):
                raise InputError("is not told", file=file, row=n, field=name, expected="some words")
        try:
            p = float(told["p"])  # type: ignore[arg-type]
        except (TypeError, ValueError):
            p = float("nan")
        if not 0 <= p <= 1:
            raise InputError(f"is {told['p']!r}", file=file, row=n, field="p", expected="a chance from 0 to 1")
        if told["copier"] == told["original"]:
            raise InputError("repeats itself", file=file, row=n, field="original", expected="another source")
        made.append((told["copier"], told["original"], p, told["because"]))
    frame = pl.DataFrame(made, schema=DEPENDENCE.schema, orient="row")
    if frame.select(pl.struct("copier", "original").is_duplicated().any()).item():
        raise InputError("names two sources twice", file=file, expected="one row for each two")
    return DEPENDENCE.check(frame)


def _yaml(text: str, file: str) -> list[Any]:
    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as wrong:
        raise InputError(f"is not YAML: {' '.join(str(wrong).split())[:80]}", file=file) from None
    if not isinstance(said, list):
        raise InputError("is no list", file=file, expected="a list of copier, original, p, because")
    return said


def _csv(text: str) -> list[Any]:
    return list(csv.DictReader(io.StringIO(text)))

"""Floor 4, beneath the pipeline: what a report is made of, what the log keeps of it, and its files.

All of it is told from the log alone, so that `replay` makes the same bytes as `report` did.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from trucewatch import assess as assess_room
from trucewatch import counted
from trucewatch import report as report_room
from trucewatch.archive import Known, geoparquet
from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT, sha256
from trucewatch.casework import inputs_of_casework, placed, standing, worded
from trucewatch.cover import CoverAsk, CoverParams, daily, exposure, silent
from trucewatch.ports import Store
from trucewatch.positioned import inputs_of_positions, kept_of, settled_of
from trucewatch.report.params import LevelParams
from trucewatch.ringlog import ringed_inputs, ringed_of
from trucewatch.tables import CHECKS, EXPOSURE

_TIMES = ("since", "until", "made_at")
_SHARES = ("indicated", "strongly")


_MORE = ("completeness", "reliability")
"""What fuse says besides, of how far it can be trusted; earlier runs say nothing of it."""


def material_of(
    store: Store,
    known: Known,
    agreed: assess_room.Agreement,
    fused: Mapping[str, pl.DataFrame],
    judged: Mapping[str, pl.DataFrame],
    level: str,
) -> report_room.Material:
    """All that a report at a level is made of, of one state of the log."""
    looks, observations = known.table(store, "looks"), known.table(store, "observations")
    return report_room.Material(
        agreement=agreed_words(agreed),
        parties=pl.DataFrame(
            [(p.id, p.name, name) for p in agreed.parties for name in (p.id, p.name, *p.also)],
            schema={"party": pl.String, "name": pl.String, "alias": pl.String},
            orient="row",
        ).unique(maintain_order=True),
        observations=observations,
        looks=looks,
        exposure=exposed(looks),
        silent=silent(fused["incidents"], observations, fused["links"], looks, CoverParams()),
        areas=known.table(store, "areas"),
        statements=known.table(store, "statements"),
        problems=pl.concat([known.table(store, "problems"), fused["problems"]]),
        captures=known.capture_table(),
        quotes=_quotes(store, known, agreed.id),
        withheld=known.withheld_table(),
        casework=_casework(store, known, agreed.id, fused["links"]),
        checks=_checks(store, known, agreed.id),
        ringed=ringed_of(store, known),
        settled=settled_of(store, known, level),
        kept=kept_of(store, known),
        watches=_watches(store, known),
        tallies=counted.told_of(known.table(store, "statements")),
        size=known.size,
        root=known.root.hex(),
        **{name: fused[name] for name in ("incidents", "links", *_MORE) if name in fused},
        **judged,
    )


def withheld_too(known: Known, wrong: InputError) -> InputError:
    """Why no report can be made -> the same, and that all that was pulled is withheld, where it is."""
    held = known.withheld_table().sort("entry")
    if held.is_empty() or not known.capture_table().is_empty():
        return wrong
    last = held["capture"][-1]
    more = f" (and {held.height - 1} more before)" if held.height > 1 else ""
    what = f"what was pulled is withheld: capture {last[:SHORT]} {known.withheld[last].says}{more}"
    return InputError(f"{wrong.what}; {what}", expected=wrong.expected)


def exposed(looks: pl.DataFrame) -> pl.DataFrame:
    """looks -> (t0, t1, low, high, share) by day, over the ground at which anybody looked at any time.

    The cells are as small as the machine has room for: their size changes the edges of the ground and little else.
    """
    first, last = looks.select(pl.col("t0").min().dt.truncate("1d"), pl.col("t1").max()).row(0)
    params = CoverParams()
    while first is not None:
        ask = CoverAsk(first, max(last, first + timedelta(days=1)))
        try:
            made = exposure(looks, ask, params)
        except InputError:
            params = replace(params, cell_m=2 * params.cell_m)
            continue
        return daily(made, made["cell"].n_unique())
    return daily(EXPOSURE.empty(), 0)


def inputs_of(
    known: Known, agreement: str, fused: Mapping[str, str], judged: Mapping[str, str]
) -> dict[str, str | list[str]]:
    """What a report is made of, by its names in the log: the agreement, every batch, the results, what is quoted, and
    what people said and decided."""
    quoted = [body["capture"] for body in known.attachments if body["agreement"] == agreement]
    return {
        "agreement": sha256(known.agreements[agreement][1]),
        "quotes": [capture for capture in quoted if capture not in known.withheld],
        **known.batches,
        **{name: fused[name] for name in ("incidents", "links", *_MORE) if name in fused},
        "fuse_problems": fused["problems"],
        **judged,
        **inputs_of_casework(known, agreement),
        **ringed_inputs(known),
        **inputs_of_positions(known),
        **({"watches": shas} if (shas := _watched_hashes(known)) else {}),
        **({"checks": sha} if (sha := checks_of(known, agreement)) is not None else {}),
    }


def watches_of(known: Known) -> list[dict[str, Any]]:
    """The newest run of each watch of the very observations that these entries hold."""
    made: dict[str, dict[str, Any]] = {}
    for run in reversed(known.runs):
        if run["room"] == "watch" and run["given"]["what"] not in made:
            same = run["inputs"]["observations"] == known.batches["observations"]
            if same and not known.standing(set(run["outputs"].values())):
                made[run["given"]["what"]] = run
    return [made[what] for what in sorted(made)]


def _watched_hashes(known: Known) -> list[str]:
    return [sha for run in watches_of(known) for _, sha in sorted(run["outputs"].items())]


def _watches(store: Store, known: Known) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"given": run["given"], **{name: known.table_of(store, sha) for name, sha in run["outputs"].items()}}
        for run in watches_of(known)
    )


def checks_of(known: Known, agreement: str) -> str | None:
    """The newest checks of the very statements that these entries hold, under the agreement, if there are any."""
    wanted = sha256(known.agreements[agreement][1])
    for run in reversed(known.runs):
        inputs = run["inputs"]
        if run["room"] == "claims" and inputs.get("agreement") == wanted:
            made: str = run["outputs"]["checks"]
            same = inputs["statements"] == known.batches["statements"]
            return made if same and not known.standing({made}) else None
    return None


def _checks(store: Store, known: Known, agreement: str) -> pl.DataFrame:
    sha = checks_of(known, agreement)
    return CHECKS.empty() if sha is None else known.table_of(store, sha)


def _casework(store: Store, known: Known, agreement: str, links: pl.DataFrame) -> pl.DataFrame:
    """What people said and decided under the agreement. What is overdue depends on when the report is made: it says."""
    table = standing(known).filter(pl.col("agreement") == agreement)
    return worded(store, known, placed(known, table, links))


def agreed_words(agreed: assess_room.Agreement) -> dict[str, str]:
    """What the report's head says of the agreement."""
    told = "published text" if agreed.published else "known from reports only; no text was published"
    return {"id": agreed.id, "title": agreed.title, "zone": agreed.display_zone, "source": agreed.source, "text": told}


def report_folder(level: str) -> str:
    """Where the files of a level lie in a case: the public ones in `report`, others apart, so that none is mistaken."""
    return "report" if level == "public" else f"report/{level}"


def _quotes(store: Store, known: Known, agreement: str) -> pl.DataFrame:
    """quotes(term, quote, capture): the quote is null where its document is withheld."""
    rows: list[tuple[str, str | None, str]] = []
    for body in known.attachments:
        if body["agreement"] == agreement:
            rows.append((body["term"], _quote(store, known, body), body["capture"]))
    return pl.DataFrame(rows, schema={"term": pl.String, "quote": pl.String, "capture": pl.String}, orient="row")


def _quote(store: Store, known: Known, body: dict[str, Any]) -> str | None:
    if body["capture"] in known.withheld:
        return None
    first, last = body["lines"]
    return "\n".join(known.captured(store, body["capture"])[1].decode().splitlines()[first - 1 : last])


def told_of(request: report_room.ReportRequest, agreement: str) -> dict[str, Any]:
    """A request -> what a run's body keeps of it, so that it can be made again; numbers as text, for the log has none
    with a fraction. The level's own numbers (cell, delay) and the page's are among `params`."""
    told = asdict(request)
    told |= {name: told[name] and told[name].isoformat() for name in _TIMES}
    told |= {name: repr(told[name]) for name in _SHARES}
    every = report_room.ReportParams()
    params = {name: repr(value) for name, value in asdict(every).items() if name != "levels"}
    return {"agreement": agreement, "request": told, "params": {**params, "level": level_told(request.level)}}


def level_told(name: str) -> dict[str, str]:
    """A release level's own numbers, as a run's body keeps them."""
    return {key: _plain(value) for key, value in asdict(report_room.ReportParams().levels[name]).items()}


def level_again(name: str, said: Mapping[str, str]) -> dict[str, LevelParams]:
    """What a run's body keeps of its level's numbers -> all levels, that one as it was then."""
    levels = report_room.ReportParams().levels
    kept = levels[name]
    numbers = numbers_in({k: v for k, v in said.items() if k != "delay"}, kept, "release level")
    delay = timedelta(seconds=number("delay", said["delay"], 0.0))
    return {**levels, name: LevelParams(**{**asdict(kept), **numbers, "delay": delay})}


def _plain(value: Any) -> str:
    """A number of a release level as text; a length of time as seconds."""
    return repr(value.total_seconds() if isinstance(value, timedelta) else value)


def asked_in(body: Mapping[str, Any]) -> tuple[report_room.ReportRequest, report_room.ReportParams]:
    """What a run's body keeps -> the request and the numbers. InputError in one line where this code knows no such."""
    if "request" not in body:
        raise InputError("was entered before requests were kept in the log: it cannot be made again")
    told = dict(body["request"])
    told |= {name: told[name] and datetime.fromisoformat(told[name]) for name in _TIMES}
    told |= {name: number(name, told[name], 0.5) for name in _SHARES}
    if strange := set(told) - {f.name for f in fields(report_room.ReportRequest)}:
        raise InputError(f"asks for {sorted(strange)[0]!r}, which this code does not know")
    said = dict(body["params"])
    level = said.pop("level")
    known = report_room.ReportParams()
    levels = level_again(told["level"], level)
    page = numbers_in(said, known, "report")
    flat = {f.name: getattr(known, f.name) for f in fields(known)}
    return report_room.ReportRequest(**told), report_room.ReportParams(**{**flat, **page, "levels": levels})


def numbers_in(said: Mapping[str, str], known: Any, noun: str) -> dict[str, Any]:
    """Numbers as a run's body keeps them -> as the room takes them. InputError names one that this code has not."""
    for name in said:
        if not hasattr(known, name):
            raise InputError(f"was made with {name!r}, a number of {noun} that this code does not know")
    return {name: number(name, text, getattr(known, name)) for name, text in said.items()}


def number(name: str, text: Any, like: Any) -> Any:
    """Text as the log keeps a number -> the number, of the kind of `like`.

    >>> number("cell_m", "500.0", 0.0)
    500.0
    """
    try:
        value = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        value = None
    if type(value) is not type(like):
        raise InputError(f"says that {name} is {str(text)[:40]!r}", expected=f"a value such as {like!r}")
    return value


def files_of(made: report_room.Report) -> dict[str, bytes]:
    """A report -> its files."""
    return {name: raw if isinstance(raw, bytes) else raw.encode() for name, raw in _encoded(made)}


def _encoded(made: report_room.Report) -> Iterator[tuple[str, bytes | str]]:
    yield "report.html", made.html
    yield "report.json", made.json
    yield "incidents.parquet", geoparquet(made.incidents, made.stamp)
    yield "findings.csv", unarmed(made.findings).write_csv()


def unarmed(table: pl.DataFrame) -> pl.DataFrame:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it: feeds are not ours to trust."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    armed = {name: pl.col(name).str.contains(r"^[=+\-@\t\r]") for name in texts}
    return table.with_columns(
        pl.when(armed[name]).then(pl.format("'{}", name)).otherwise(name).alias(name) for name in texts
    )

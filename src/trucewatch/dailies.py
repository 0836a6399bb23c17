"""Floor 4, beneath the pipeline: what a daily report is made of, what the log keeps of it, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

import polars as pl

from trucewatch import assess as assess_room
from trucewatch.archive import Known
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.ids import sha256
from trucewatch.ports import Store
from trucewatch.report.daily import Catalogue, DailyMaterial, DailyRequest, catalogue, daily
from trucewatch.report.daily.speaker import SOURCE
from trucewatch.report.params import DailyParams, ReportParams
from trucewatch.reporting import agreed_words, level_again, level_told, numbers_in, unarmed

_TABLES = ("observations", "looks", "areas", "statements")
_MADE = ("incidents", "links", "terms")
_TIMES = {"on": date.fromisoformat, "made_at": datetime.fromisoformat}


def daily_inputs(known: Known, agreement: str, made: Mapping[str, str]) -> dict[str, Any]:
    """What a daily report is made of, by its names in the log."""
    tables = {name: known.batches[name] for name in _TABLES}
    return {"agreement": sha256(known.agreements[agreement][1]), **tables, **{name: made[name] for name in _MADE}}


def daily_files(
    store: Store,
    known: Known,
    agreed: assess_room.Agreement,
    made: Mapping[str, pl.DataFrame],
    asked: tuple[DailyRequest, Mapping[str, str], DailyParams, ReportParams],
) -> dict[str, bytes]:
    """One state of the log, the results of fuse and assess, what is asked -> the files. asked: the request, language ->
    text of its catalogue, the numbers, and those of the levels."""
    request, texts, params, shared = asked
    material = DailyMaterial(
        agreement=agreed_words(agreed),
        **{name: known.table(store, name) for name in _TABLES},
        **{name: made[name] for name in _MADE},
        entries=dict(known.at),
        size=known.size,
        root=known.root.hex(),
    )
    out = daily(material, request, catalogues(texts), params, shared)
    files = {f"{request.name}.{name}.html": text.encode() for name, text in out.pages.items() if name in texts}
    table = unarmed(out.annex).write_csv().encode()
    return {**files, f"{request.name}.json": out.json.encode(), f"{request.name}.csv": table}


def catalogues(texts: Mapping[str, str]) -> dict[str, Catalogue]:
    """Language -> text of its file, English among them -> catalogues, each held to the English one."""
    if SOURCE not in texts:
        raise InputError("is not there", file=f"{SOURCE}.yaml", expected="the catalogue that the others translate")
    english = catalogue(texts[SOURCE], f"{SOURCE}.yaml")
    rest = {name: catalogue(text, f"{name}.yaml", english) for name, text in texts.items() if name != SOURCE}
    return {SOURCE: english, **rest}


def daily_told(request: DailyRequest, texts: Mapping[str, str], agreement: str) -> dict[str, Any]:
    """A request -> what a run's body keeps, so that it can be made again: the catalogues whole, for they change."""
    told = {name: value.isoformat() if name in _TIMES else value for name, value in asdict(request).items()}
    told = {name: repr(value) if isinstance(value, int) else value for name, value in told.items()}
    params = {name: repr(value) for name, value in asdict(DailyParams()).items()}
    params |= {"similar_sd": repr(ReportParams().similar_sd)}
    return {
        "agreement": agreement, "daily": told, "catalogues": dict(texts),
        "params": {**params, "level": level_told(request.level)},
    }  # fmt: skip


def daily_asked(body: Mapping[str, Any]) -> tuple[DailyRequest, Mapping[str, str], DailyParams, ReportParams]:
    """What a run's body keeps -> what was asked. InputError in one line where this code knows no such."""
    told = dict(body["daily"])
    if strange := set(told) - {f.name for f in fields(DailyRequest)}:
        raise InputError(f"asks for {sorted(strange)[0]!r}, which this code does not know")
    told |= {name: read(told[name]) for name, read in _TIMES.items()}
    told |= {"evenings": int(told["evenings"]), "simulated": told["simulated"] == "True"}
    request = DailyRequest(**told)
    said = {name: text for name, text in body["params"].items() if name != "level"}
    sd = numbers_in({"similar_sd": said.pop("similar_sd")}, ReportParams(), "report")
    shared = ReportParams(levels=level_again(request.level, body["params"]["level"]), **sd)
    return request, body["catalogues"], DailyParams(**numbers_in(said, DailyParams(), "daily report")), shared


def spoken(shipped: Mapping[str, str], wanted: tuple[str, ...]) -> dict[str, str]:
    """All catalogues' texts, languages -> the texts of those, and of English. UnknownName for one that is not there."""
    for name in wanted:
        if name not in shipped:
            raise UnknownName("language", name, shipped, field="--lang")
    return {name: shipped[name] for name in sorted({SOURCE, *wanted})}

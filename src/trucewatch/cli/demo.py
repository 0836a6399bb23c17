"""trucewatch demo"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.base.errors import NotACase
from trucewatch.cli.base import case_option, json_option, mapping, read_file, shipped, show, tools
from trucewatch.cli.report import level_option
from trucewatch.ports import Request, Store, Tools
from trucewatch.report import ReportRequest
from trucewatch.report.daily import DailyRequest
from trucewatch.reporting import report_folder
from trucewatch.simulate import Feed, SimulateParams, Simulation, simulate
from trucewatch.simulate.compare import compare, told_rows
from trucewatch.sources import source
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores import Where, make_store

REMARK = "A demonstration: the theatre, its parties, its dates and the clock are simulated; nothing in it happened."
AFTER = timedelta(days=30)
"""The demo's report is made this long after its theatre ends, so that the public level's delay holds nothing back."""
ORIGIN = "trucewatch.case/demo"
"""The log of a demo says so, and only such a case takes simulated rows."""


@click.command()
@case_option
@click.option(
    "--observations", default=10_000, show_default=True, help="How many rows the simulated feeds have, about."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same theatre.")
@level_option
@json_option
def demo(case: Where, observations: int, seed: int, level: str, as_json: bool) -> None:
    """Simulate a theatre whose truth is known, run every room on it, write the report, and say how far off it is.

    Uses the folder demo-case below the current one, unless --case names another. Needs no network.
    """
    folder = case if case != Path() else Path("demo-case")
    use = tools()
    use.tell("simulate")
    theatre = simulate(SimulateParams(observations=observations, seed=seed))
    store = make_store(folder, ORIGIN)
    if store.log.origin != ORIGIN:
        raise NotACase(
            f"{store.where} is a case of its own, and simulated rows have no place in it; give --case a new folder"
        )
    names = play(store, theatre, use)
    request = ReportRequest(level, made_at=theatre.until + AFTER, remark=REMARK)
    files = pipeline.run(store, use, theatre.agreement, "the simulated agreement", request)
    daily = evening(store, theatre, level, use)
    measures = measure(store, theatre, names, use)
    use.tell.done()  # type: ignore[attr-defined]
    told = {
        "case": store.where,
        "report": f"{store.where}/{report_folder(level)}/report.html",
        "daily": f"{store.where}/{report_folder(level)}/{next(name for name in daily if name.endswith('.en.html'))}",
        "files": sorted({**files, **daily}),
        **measures,
    }
    show(told, as_json, _lines(told))


def evening(store: Store, theatre: Simulation, level: str, use: Tools) -> dict[str, bytes]:
    """The daily report of the theatre's middle, in every language that there is."""
    middle = (theatre.since + (theatre.until - theatre.since) / 2).date()
    texts = {name: read_file(path).decode("utf-8") for name, path in shipped("messages").items()}
    request = DailyRequest(middle, theatre.until + AFTER, "UTC", level=level, simulated=True)
    return pipeline.daily(store, use, request, texts)


def raw_of(feed: Feed) -> bytes:
    """A simulated feed -> the bytes of its file."""
    if isinstance(feed.frame, pl.DataFrame):
        return feed.frame.write_csv().encode()
    return json.dumps(feed.frame, separators=(",", ":")).encode()


def play(store: Store, theatre: Simulation, use: Tools) -> pl.DataFrame:
    """Pull every simulated feed through its real source -> names(capture, feed)."""
    rows = []
    for feed in theatre.feeds:
        origin = source(feed.source)
        options: dict[str, Any] = dict(feed.options)
        if origin.default_mapping and "mapping" not in options:
            options["mapping"] = mapping(origin.default_mapping)
        request = Request(files=((feed.name, raw_of(feed)),), options=options)
        rows += [(p.capture.id, feed.name) for p in pipeline.pull(store, origin, request, PoliteTransport(), use)]
    return pl.DataFrame(rows, schema={"capture": pl.String, "feed": pl.String}, orient="row")


def measure(store: Store, theatre: Simulation, names: pl.DataFrame, use: Tools) -> dict[str, Any]:
    """The rooms' answers against the truth."""
    fused, judged = pipeline.fuse(store, use), pipeline.assess(store, use)
    told = told_rows(know(store).table(store, "observations"), names, theatre.sightings)
    findings = judged.tables["findings"].filter((pl.col("term") == "ceasefire") & (pl.col("reading") == "text"))
    return compare(theatre.truth, told, fused.tables["links"], fused.tables["incidents"], findings)


def _lines(t: dict[str, Any]) -> list[str]:
    return [
        f"report: {t['report']}",
        f"a mission's report of one evening: {t['daily']} (and in other languages beside it)",
        f"a simulated theatre: {t['true_incidents']} things happened, {t['true_incidents_seen']} of them were seen",
        f"  fuse:   {t['incidents']} incidents; pairs put together that belong together {t['links_precision']:.0%}, "
        f"pairs that belong together found {t['links_recall']:.0%} (F1 {t['links_f1']:.2f})",
        f"          place off by {t['place_error_median_m']:.0f} m in the middle; "
        f"the stated circle, meant for 95 %, holds {t['place_inside_radius']:.0%}",
        f"          {t['existence_share_real']:.0%} of incidents are real, {t['existence_mean_p']:.0%} was said "
        f"(calibration error {t['existence_calibration_error']:.2f}; a prior, not calibrated)",
        f"  assess: of {t['indicated']} incidents indicated under the ceasefire {t['indicated_precision']:.0%} "
        f"truly were barred acts; of {t['barred_seen']} barred acts that were seen {t['indicated_recall']:.0%} "
        f"are indicated; {t['barred_unseen']} nobody saw",
        f"follow one back to its bytes: trucewatch why FINDING --case {t['case']}",
    ]

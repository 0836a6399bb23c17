"""End to end: a patrol's notebook goes in; nothing of who wrote it, what it says or where exactly comes out."""

from __future__ import annotations

import re
from datetime import timedelta

import polars as pl
import pytest

from trucewatch import pipeline
from trucewatch.ports import Request
from trucewatch.report import ReportRequest
from trucewatch.sources import source
from trucewatch.stores.memory import MemoryCase
from trucewatch.testing import NOON, SALT, FakeClock, FakeTransport

NOTEBOOK = """\
team,observer,observer_lon,observer_lat,time,kind,heard_or_seen,bearing,km,lon,lat,radius_m,place,says,nothing,range_km
MARK-TEAM,MARK-OBSERVER,10.0123417,50.0234519,2026-01-11 10:00Z,shelling,heard,90,2-4,,,,Oakford,MARK-SAYS one,,
MARK-TEAM,MARK-OBSERVER,10.0123417,50.0234519,2026-01-11 11:00Z,shelling,seen,,,10.1345618,50.1456713,80,Oakford,MARK-SAYS two,,
MARK-TEAM,MARK-OBSERVER,10.0123417,50.0234519,2026-01-12 11:00Z,,seen,,,,,,,MARK-SAYS three,true,5
MARK-TEAM,MARK-OBSERVER,10.0123417,50.0234519,not a time,shelling,seen,,,,,,MARK-PLACE,MARK-SAYS four,,
"""
DIGITS = ("10.01234", "50.02345", "10.13456", "50.14567")
FILES = ("report.html", "report.json", "incidents.parquet", "findings.csv")


def released(level: str) -> dict[str, bytes]:
    from reported import AGREEMENT

    store, tools = MemoryCase(), pipeline.Tools(FakeClock(), lambda: SALT, "test")
    request = Request(files=(("MARK-OBSERVER-book.csv", NOTEBOOK.encode()),))
    pipeline.pull(store, source("report"), request, FakeTransport({}), tools)
    ask = ReportRequest(level, made_at=NOON + timedelta(days=90))
    return pipeline.run(store, tools, AGREEMENT, "test.yaml", ask)


def readable(name: str, raw: bytes) -> str:
    """A file's text; of Parquet all cells and all metadata, beside the bytes as they lie."""
    text = raw.decode(errors="replace")
    if name.endswith(".parquet"):
        table = pl.read_parquet(raw)
        text += repr(pl.read_parquet_metadata(raw)) + repr(table.drop("geometry").rows())
    return text


@pytest.mark.parametrize("level", ["public", "parties"])
@pytest.mark.parametrize("name", FILES)
def test_no_observer_no_words_no_exact_place_is_in_any_file(level, name):
    text = readable(name, released(level)[name])
    assert re.findall(r"MARK-\w+", text) == []
    assert [digits for digits in DIGITS if digits in text] == []


@pytest.mark.parametrize("level", ["public", "parties"])
def test_places_of_all_tables_are_centres_of_cells(level):
    table = pl.read_parquet(released(level)["incidents.parquet"])
    exact = pl.read_parquet(released("restricted")["incidents.parquet"])
    assert table.height == exact.height == 2
    assert set(table["lon"]).isdisjoint(exact["lon"]) and set(table["lat"]).isdisjoint(exact["lat"])
    assert (table.sort("id")["radius_m"] > exact.sort("id")["radius_m"]).all()


def test_the_markers_can_be_found_where_they_may_be():
    """The check above would see them: restricted holds them all but the team's name, which no table keeps."""
    files = released("restricted")
    text = "".join(readable(name, raw) for name, raw in files.items())
    assert set(re.findall(r"MARK-[A-Z]+", text)) == {"MARK-SAYS", "MARK-OBSERVER"}
    assert "10.13456" in text

"""Each number leads to its rows: by its own filter, over the files beside the page, to the same hash."""

from __future__ import annotations

import hashlib
import io
import json
import re

import polars as pl
import pytest
from reported import DAY, HOUR, SINCE, UNTIL, Page, made, many, material, sighting

from trucewatch.archive import geoparquet
from trucewatch.report import ReportParams, ReportRequest, report

ROWS = [
    *many(12, SINCE + HOUR, 7 * HOUR),
    *many(5, SINCE - 9 * DAY, 20 * HOUR, capture="1", killed=2),
    sighting(SINCE - 15 * DAY, 37.0, 41.0, capture="1"),
    *many(4, SINCE + 2 * DAY, 9 * HOUR, kind="small_arms", capture="2", by="Aaland", injured=3),
    sighting(SINCE + 3 * DAY, 33.0, 41.0, killed=1, source="x", capture="2"),
    sighting(SINCE + 3 * DAY, 33.0, 41.0, killed=3, source="y", capture="3"),
    sighting(SINCE + 3 * DAY + HOUR, 33.0, 41.0, source="z", stance="denies", capture="3"),
    sighting(SINCE + 4 * DAY, None, None, capture="3"),
    sighting(SINCE + 5 * DAY, 34.0, 46.0, stance="denies", kind="air_strike", capture="3"),
    sighting(SINCE - HOUR, 35.0, 41.0, 2 * HOUR, capture="3"),
    sighting(UNTIL + DAY, 36.0, 41.0, capture="4"),
]


def files(level: str) -> tuple[dict, pl.DataFrame, pl.DataFrame]:
    """The report's data and tables as a reader of the files has them."""
    out = made(ROWS, level)
    incidents = pl.read_parquet(io.BytesIO(geoparquet(out.incidents, out.stamp)))
    return json.loads(out.json), incidents, pl.read_csv(out.findings.write_csv().encode())


def recomputed(note: dict, incidents: pl.DataFrame, findings: pl.DataFrame) -> list[str]:
    with pl.SQLContext(incidents=incidents, findings=findings) as sql:
        column, table = ("subject", "findings") if note["table"] == "findings.csv" else ("id", "incidents")
        found = sql.execute(f"select {column} from {table} where {note['filter']}", eager=True)
    return sorted(set(found[column].to_list()))


@pytest.mark.parametrize("level", ["public", "parties", "restricted"])
def test_every_notes_filter_finds_the_very_rows_of_its_hash(level):
    told, incidents, findings = files(level)
    assert {note["table"] for note in told["notes"]} == {"incidents.parquet", "findings.csv"}
    for note in told["notes"]:
        ids = recomputed(note, incidents, findings)
        assert len(ids) == note["incidents"], note["says"]
        assert ids == note["incident_ids"]
        assert hashlib.sha256("\n".join(ids).encode()).hexdigest() == note["incident_ids_sha256"]


def test_the_numbers_of_the_summary_are_their_notes():
    told, _, _ = files("restricted")
    notes = {note["note"]: note for note in told["notes"]}
    for row in told["summary"]:
        assert notes[row["note"]]["incidents"] == row["now"]
        assert notes[row["note_before"]]["incidents"] == row["before"]
    for article in told["articles"]:
        assert notes[article["contested"]["note"]]["incidents"] == article["contested"]["n"]
        for reading in article["readings"]:
            for verdict in reading["verdicts"].values():
                assert notes[verdict["note"]]["incidents"] == verdict["n"]


def test_the_record_has_all_that_a_note_can_speak_of():
    """Otherwise the tests above would hold for want of rows."""
    told, _, _ = files("restricted")
    held = {row["measure"]: row["now"] for row in told["summary"]}
    assert all(n > 0 for n in held.values()), held
    assert any(article["contested"]["n"] for article in told["articles"])


def test_notes_count_from_one_and_every_mark_on_the_page_leads_to_one():
    out = made(ROWS)
    told, page = json.loads(out.json), Page(out.html)
    assert [note["note"] for note in told["notes"]] == list(range(1, len(told["notes"]) + 1))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    marks = {attrs["href"] for tag, attrs in page.tags if tag == "a"}
    assert {mark.removeprefix("#") for mark in marks} <= set(ids)
    assert marks == {f"#note-{note['note']}" for note in told["notes"]}


def test_every_number_in_the_tables_of_the_page_has_a_note():
    """Of the situation and of every article: a cell that begins with a figure has a mark behind it."""
    page = made(ROWS).html
    tables = re.findall(r"<table.*?</table>", page.split("5. What could not be seen")[0], re.DOTALL)
    cells = re.findall(r"<td>((?:\d+|not told)[^<]*)(<sup>)?", "".join(tables))
    assert len(cells) >= 30
    assert [text for text, mark in cells if not mark] == []
    assert re.search(r"Contested between readings: \d+ incidents?<sup>", page)


def test_captures_of_a_note_are_those_whose_rows_speak_of_its_incidents():
    m = material(ROWS)
    told = json.loads(report(m, ReportRequest("restricted", SINCE, UNTIL, made_at=UNTIL)).json)
    for note in told["notes"]:
        linked = (
            m.links.filter(pl.col("incident").is_in(note["incident_ids"]))["observation"].str.split("#").list.first()
        )
        assert {c["capture"]: c["observations"] for c in note["captures"]} == dict(
            linked.value_counts().rows() if linked.len() else []
        ), note["says"]
        entries = dict(m.captures.select("capture", "entry").rows())
        assert all(c["entry"] == entries[c["capture"]] for c in note["captures"])


def test_a_long_list_gives_way_to_its_hash():
    out = report(
        material(many(30)), ReportRequest("restricted", SINCE, UNTIL, made_at=UNTIL), ReportParams(note_rows=10)
    )
    note = json.loads(out.json)["notes"][0]
    ids = sorted(out.incidents["id"].to_list())
    assert (note["incidents"], note["incident_ids"]) == (30, None)
    assert note["incident_ids_sha256"] == hashlib.sha256("\n".join(ids).encode()).hexdigest()


def test_the_same_rows_for_the_same_words_are_one_note():
    told, _, _ = files("restricted")
    keys = [(note["says"], note["incident_ids_sha256"]) for note in told["notes"]]
    assert len(keys) == len(set(keys))


def test_a_number_of_none_has_a_note_that_leads_to_no_rows():
    told = json.loads(made([*many(2), sighting(SINCE - 15 * DAY)]).json)
    note = told["notes"][told["summary"][0]["note_before"] - 1]
    assert (note["incidents"], note["incident_ids"], note["captures"]) == (0, [], [])
    assert note["incident_ids_sha256"] == hashlib.sha256(b"").hexdigest()

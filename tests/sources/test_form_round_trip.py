"""A form that was generated, filled in with a value of its own in every field, to rows, to the report: nothing is lost."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.dailies import spoken
from trucewatch.ports import Request
from trucewatch.report.daily import DailyRequest
from trucewatch.sources.form import SOURCE, questions
from trucewatch.sources.form.questions import NAMES, RECORDS
from trucewatch.stores.memory import MemoryCase
from trucewatch.testing import SALT, FakeClock, FakeTransport

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
from reported import AGREEMENT

MESSAGES = Path(__file__).parents[2] / "messages"
CHOICES = {name: list(told) for name, told in questions._LISTS.items()}
UNSEEN = {
    "start": "is held against the time that is told, and no fact of the world",
    "end": "likewise",
    "audit": "names the audit's file; the file is read from the zip",
    "team": "behind its hash, which the source's name has",
    "observer": "behind its hash, and only where there is no team",
    "record": "decides which table a row goes to, which the other fields show",
}
"""Fields whose value stands in no table by intent, and why."""
NO_PLACE = ("harm", "tally", "restriction")
"""Where monitors stood when they were told of harm, when they counted, or when they were stopped, is no place of what
they tell; the first has it where they went to see, the last in the ground that they were kept from."""


def relevant() -> dict[str, list[str]]:
    """record -> the fields that the form asks of it, by the form's own conditions."""
    asked = {record: [] for record in RECORDS}
    for question in questions._QUESTIONS:
        when = question[5] if len(question) > 5 else ""
        named = re.findall(r"= '(\w+)'", when) or list(RECORDS)
        for record in named:
            asked[record].append(question[1])
    return asked


def value(record: str, name: str, n: int) -> str:
    """A value that no other field of any record has, where the field is free."""
    types = {q[1]: q[0] for q in questions._QUESTIONS}
    if types[name].startswith("select_one"):
        keys = CHOICES[types[name].split()[1]]
        return record if name == "record" else keys[n % len(keys)]
    if types[name].startswith("select_multiple"):
        return "medical crater"
    fixed = {
        "position": f"50.{n}13 10.{n}17 0 7", "time": f"2026-01-12T10:1{n}:00.000+02:00", "bearing": f"4{n}",
        "until": f"2026-01-12T11:2{n}:00.000+02:00", "near_km": f"1.{n}", "far_km": f"2.{n}", "range_km": f"3.{n}7",
        "p_seen_if_there": f"0.{n}3", "photo": f"{record}.jpg", "start": "2026-01-12T12:00:00.000+02:00",
        "end": "2026-01-12T12:01:00.000+02:00", "audit": "audit.csv",
    }  # fmt: skip
    if types[name] == "integer":
        return str(7000 + 100 * n + NAMES.index(name))
    return fixed.get(name, f"{record} {name} told")


@pytest.fixture(scope="module")
def trip():
    asked = relevant()
    filled = {
        record: {"_uuid": f"u{n}", **{name: value(record, name, n) for name in asked[record]}}
        for n, record in enumerate(RECORDS)
    }
    store, tools = MemoryCase(), pipeline.Tools(FakeClock(datetime(2026, 6, 1, tzinfo=UTC)), lambda: SALT, "test")
    raw = json.dumps({"results": list(filled.values())}).encode()
    pulled = pipeline.pull(store, SOURCE, Request(files=(("all.json", raw),)), FakeTransport({}), tools)
    pipeline.agree(store, AGREEMENT, "test.yaml", tools)
    texts = spoken({"en": (MESSAGES / "en.yaml").read_text()}, ("en",))
    request = DailyRequest(date(2026, 1, 12), tools.clock.now(), "Europe/Kyiv", level="restricted")
    files = pipeline.daily(store, tools, request, texts)
    return filled, know(store), store, files, pulled[0].problems


def test_every_row_of_every_record_comes_in(trip):
    assert not trip[4]["lost"].any()
    assert set(trip[4]["code"]) <= {"attachment"}


@pytest.mark.parametrize("record", RECORDS)
def test_every_field_of_the_form_is_found_in_a_table_or_in_the_report(trip, record):
    filled, known, store, _, problems = trip
    n = list(RECORDS).index(record) + 1
    rows = [
        row
        for name in ("observations", "looks", "statements")
        for row in known.table(store, name).filter(known.table(store, name)["id"].str.ends_with(f"#{n}")).to_dicts()
    ]
    shapes = [row.pop("footprint", None) for row in rows]
    text = repr(rows) + repr(problems.filter(problems["where"].str.ends_with(f"row {n}"))["message"].to_list())
    missing = []
    for name, told in filled[record].items():
        if name in UNSEEN or name == "_uuid" or (name == "position" and record in NO_PLACE):
            continue
        if name in ("position", "range_km") and any(shapes):
            continue  # the ground looked at, or kept from: a circle about that place
        if not any(form in text for form in forms(name, told)):
            missing.append(name)
    assert missing == []


def forms(name: str, told: str) -> list[str]:
    """How a value may stand in a table."""
    if name == "position":
        return [told.split()[0]]
    if name in ("near_km", "far_km"):
        return [repr(float(told) * 1000), repr(round(float(told) * 1000, 3))]
    if name in ("time", "until"):
        return [repr(datetime.fromisoformat(told).astimezone(UTC).replace(tzinfo=None)).removesuffix(")")]
    if name == "bearing":
        return [f"'bearing_deg': {float(told)}"]
    return [told.replace("_", " "), told, repr(told.split())]


def test_what_the_daily_report_tells_of_each_record_is_what_was_filled_in(trip):
    filled, *_, files, _ = trip
    said = json.loads(files["daily-2026-01-12.json"])
    page = files["daily-2026-01-12.en.html"].decode()
    for head in ("weapons", "ordnance", "facilitation"):
        (row,) = said[head]
        assert str(row["figure"]) == filled[head].get("count", "None")
        assert (row["unit"], row["words"]) == (filled[head].get("weapon"), filled[head]["says"])
    (tally,) = said["tallies"]
    told = filled["tally"]
    assert [tally["about"], str(tally["figure"]), tally["unit"], tally["by"]] == [
        told[f"tally_{name}"] for name in ("about", "figure", "unit", "speaker")
    ]
    (cause,) = said["restrictions"]
    assert cause["what"] == [f"restriction.{filled['restriction']['restriction']}"] and cause["now"]["n"] == 1
    incident = next(row for row in said["annex"]["rows"] if row["weapon"] == filled["incident"]["weapon"])
    assert (str(incident["count_high"]), incident["kind"]) == (filled["incident"]["count"], filled["incident"]["kind"])
    assert incident["phases"] == [filled["incident"]["phase"]] and incident["sensed"] == [
        filled["incident"]["heard_or_seen"]
    ]
    (stood,) = incident["observers"]
    assert (stood["near_km"], stood["far_km"]) == tuple(
        float(filled["incident"][name]) for name in ("near_km", "far_km")
    )
    high = {one["what"][0]: one["now"]["high"] for one in said["harm"]}
    killed = int(filled["harm"]["killed"]), int(filled["incident"]["killed"])
    assert (high["harm.killed_sure"], high["harm.killed"]) == killed
    assert "A. Person" not in page and "observer told" not in page


def test_the_reasons_for_what_is_in_no_table_are_about_fields_that_there_are():
    assert set(UNSEEN) <= set(NAMES)
    types = {question[1] for question in questions._QUESTIONS}
    assert {name for fields in relevant().values() for name in fields} == types

"""The field form out, and its submissions in: nothing lost on the way, and no observer named."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import polars as pl
import pytest

from trucewatch.base.errors import FetchError, InputError
from trucewatch.ports import Request
from trucewatch.sources.form import SOURCE
from trucewatch.sources.form.questions import NAMES, RECORDS, xlsform
from trucewatch.testing import FakeTransport, check_source

BASE = {
    "_uuid": "u1", "team": "North", "observer": "A. Person", "record": "incident", "position": "50.0 10.0 120 8",
    "time": "2030-02-01T10:00:00.000+02:00", "_submission_time": "2030-02-01T09:00:00",
    "_submitted_by": "aperson",
}  # fmt: skip
INCIDENT = BASE | {
    "kind": "explosion", "heard_or_seen": "heard", "count": "9", "bearing": "SSE", "near_km": "2", "far_km": "4",
    "weapon": "mortar", "target": "water", "killed": "1", "injured": "2", "place": "Mill", "range_km": "5",
    "p_seen_if_there": "0.5", "says": "in sequence", "until": "2030-02-01T10:05:00.000+02:00",
}  # fmt: skip
HARM = BASE | {"_uuid": "u2", "record": "harm", "kind": "shelling", "killed": "1", "corroborated": "visit medical"}
TALLY = BASE | {
    "_uuid": "u3",
    "record": "tally",
    "tally_about": "explosions",
    "tally_figure": "40",
    "tally_unit": "explosions",
}
WEAPONS = BASE | {
    "_uuid": "u4",
    "record": "weapons",
    "weapons_where": "holding_area",
    "weapon": "howitzer",
    "count": "3",
}
DENIED = BASE | {"_uuid": "u5", "record": "restriction", "restriction": "denied_access", "range_km": "3"}
NOTHING = BASE | {"_uuid": "u6", "record": "nothing", "range_km": "4", "until": "2030-02-01T14:00:00.000+02:00"}
ORDNANCE = BASE | {"_uuid": "u7", "record": "ordnance", "ordnance": "mines", "again": "first_time", "count": "12"}
REPAIR = BASE | {"_uuid": "u8", "record": "facilitation", "facilitation": "water", "outcome": "not_held"}
ALL = [INCIDENT, HARM, TALLY, WEAPONS, DENIED, NOTHING, ORDNANCE, REPAIR]


def kobo(*items: dict) -> bytes:
    return json.dumps({"count": len(items), "next": None, "results": list(items)}).encode()


def read(*items: dict, raw: bytes | None = None, **options: str):
    return check_source(SOURCE, raw or kobo(*items), url="data.json", options=options)


def codes(*items: dict) -> list[str]:
    return read(*items).problems["code"].to_list()


def table(items: list[dict], separator: str = ";") -> bytes:
    names = list(dict.fromkeys(name for item in items for name in item))
    made = io.StringIO()
    sheet = csv.DictWriter(made, names, delimiter=separator)
    sheet.writeheader()
    sheet.writerows(items)
    return made.getvalue().encode()


def test_the_form_is_one_that_pyxform_takes(tmp_path):
    pyxform = pytest.importorskip("pyxform.xls2xform")
    path = tmp_path / "form.xlsx"
    path.write_bytes(xlsform())
    told = pyxform.convert(path, validate=False)
    assert told.warnings == [] or not told.warnings
    assert all(f"/{name}" in told.xform for name in NAMES if name not in ("start", "end", "audit"))
    assert "orx:audit" in told.xform or "audit" in told.xform


def test_the_form_is_the_same_bytes_each_time_and_a_sheet_that_others_read():
    assert xlsform() == xlsform()
    assert zipfile.ZipFile(io.BytesIO(xlsform())).testzip() is None
    assert pl.read_excel(io.BytesIO(xlsform()), sheet_name="survey").height == len(NAMES)


def test_every_kind_of_record_comes_in_as_what_it_is():
    got = read(*ALL)
    assert got.observations["kind"].to_list() == ["explosion", "shelling", "presence", "obstruction", "presence"]
    assert got.statements["about"].to_list() == [
        "explosions", "weapons: holding area", "ordnance: mines: first time", "facilitation: water: not held",
    ]  # fmt: skip
    assert got.looks["gap"].to_list() == [None, None, "denied_access"]
    assert set(RECORDS) == {item["record"] for item in ALL}


def test_nothing_of_an_incident_is_lost():
    row = read(INCIDENT).observations.row(0, named=True)
    assert [row[n] for n in ("key", "count", "weapon", "target", "killed", "injured", "place")] == [
        "u1", 9, "mortar", "water", 1, 2, "Mill",
    ]  # fmt: skip
    assert row["sector"] == {
        "lon": 10.0, "lat": 50.0, "bearing_deg": 157.5, "spread_deg": 11.25, "near_m": 2000.0, "far_m": 4000.0,
    }  # fmt: skip
    assert (row["t0"].isoformat(), row["t1"].isoformat()) == ("2030-02-01T08:00:00+00:00", "2030-02-01T08:05:00+00:00")
    assert row["published_at"].isoformat() == "2030-02-01T09:00:00+00:00"
    assert row["says"] == "heard: in sequence"
    look = read(INCIDENT).looks.row(0, named=True)
    assert look["p_seen_if_there"] == 0.5 and look["footprint"]


def test_a_patrol_that_heard_nothing_looked_and_one_that_was_denied_did_not():
    assert read(NOTHING).looks["gap"].to_list() == [None] and read(NOTHING).observations.is_empty()
    gap = read(DENIED).looks.row(0, named=True)
    assert gap["gap"] == "denied_access" and gap["footprint"] and gap["p_seen_if_there"] is None


def test_how_harm_was_corroborated_is_kept():
    assert read(HARM).observations["corroborated"].to_list() == [["visit", "medical"]]
    told = [HARM | {"corroborated": "not_corroborated"}, HARM | {"corroborated": ""}]
    assert [read(one).observations["corroborated"].to_list() for one in told] == [[[]], [None]]


def test_harm_that_monitors_went_to_see_is_where_they_stood_and_what_they_were_told_elsewhere_has_no_place():
    seen = read(HARM).observations.row(0, named=True)
    assert (seen["lon"], seen["lat"], seen["radius_m"], seen["sector"]) == (10.0, 50.0, 250.0, None)
    for told in (HARM | {"corroborated": "medical witness"}, HARM | {"corroborated": ""}, HARM | {"position": ""}):
        row = read(told).observations.row(0, named=True)
        assert (row["lon"], row["radius_m"]) == (None, None)
    shot = {k: v for k, v in INCIDENT.items() if k not in ("bearing", "near_km", "far_km")}
    assert read(shot | {"corroborated": "visit"}).observations["lon"].to_list() == [None], "of harm alone"


def test_how_it_was_noticed_and_what_of_a_shot_are_kept_as_words():
    row = read(INCIDENT | {"phase": "impact"}).observations.row(0, named=True)
    assert (row["sensed"], row["phase"]) == ("heard", "impact")


def test_no_observer_and_no_account_is_named_in_any_table():
    for frame in read(*ALL).tables().values():
        assert "aperson" not in str(frame.to_dicts()).lower() and "a. person" not in str(frame.to_dicts()).lower()


@pytest.mark.parametrize("separator", [";", ","])
def test_the_csv_of_kobo_says_the_same_as_its_json(separator):
    grouped = [{f"group/{k}" if k in NAMES else k: v for k, v in item.items()} for item in ALL]
    told, again = read(*ALL), read(raw=table(grouped, separator))
    for name in ("observations", "looks", "statements"):
        one, other = getattr(told, name), getattr(again, name)
        assert one.drop("id", "capture").equals(other.drop("id", "capture"))


def test_the_answer_of_odk_central_says_the_same():
    item = {k: v for k, v in INCIDENT.items() if not k.startswith("_")} | {
        "__id": "u1",
        "__system": {"submissionDate": "2030-02-01T09:00:00.000Z", "submitterName": "aperson", "reviewState": None, "edits": 0},
        "position": {"type": "Point", "coordinates": [10.0, 50.0, 120], "properties": {"accuracy": 8}},
    }  # fmt: skip
    got = read(raw=json.dumps({"value": [item]}).encode()).observations
    assert got.drop("id", "capture").equals(read(INCIDENT).observations.drop("id", "capture"))


def test_the_csv_of_odk_central_has_its_point_in_columns():
    item = {f"body-{k}": v for k, v in INCIDENT.items() if k in NAMES and k != "position"} | {
        "SubmissionDate": "2030-02-01T09:00:00.000Z", "position-Latitude": "50.0", "position-Longitude": "10.0",
        "position-Altitude": "1", "position-Accuracy": "8", "KEY": "u1", "SubmitterName": "aperson", "ReviewState": "",
    }  # fmt: skip
    got = read(raw=table([item], ",")).observations
    assert got.drop("id", "capture").equals(read(INCIDENT).observations.drop("id", "capture"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bearing": "400"}, "bad_bearing"),
        ({"far_km": "2 miles"}, "bad_number"),
        ({"until": "2030-02-01T10:05:00+03:00", "time": "2030-02-01T09:00:00+02:00"}, "mixed_zones"),
        ({"position": "50.0 10.0 0 900"}, "poor_fix"),
        ({"time": "2030-02-03T10:00:00+02:00", "until": ""}, "after_submission"),
        ({"_validation_status": {"uid": "validation_status_on_hold"}}, "on_hold"),
        ({"_validation_status": {"uid": "validation_status_approved", "timestamp": 1896163200},
          "_last_edited": "2030-03-01T00:00:00"}, "edited_after_approval"),
        ({"__system": {"reviewState": "edited"}}, "edited_after_approval"),
        ({"photo": "1.jpg"}, "attachment"),
    ],
)  # fmt: skip
def test_what_is_odd_is_told_and_the_row_is_kept(change, code):
    got = read(INCIDENT | change)
    assert code in got.problems["code"].to_list() and got.observations.height == 1


def test_a_bearing_of_400_degrees_gives_no_place():
    row = read(INCIDENT | {"bearing": "400"}).observations.row(0, named=True)
    assert row["lon"] is None and row["sector"]["bearing_deg"] is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"_validation_status": {"uid": "validation_status_not_approved"}}, "not_approved"),
        ({"__system": {"reviewState": "rejected"}}, "not_approved"),
        ({"record": "gossip"}, "unknown_record"),
        ({"time": "2030-02-01T10:00:00"}, "no_zone"),
    ],
)
def test_what_cannot_count_is_lost_with_its_reason(change, code):
    got = read(INCIDENT | change)
    assert got.problems.filter("lost")["code"].to_list() == [code] and got.observations.is_empty()


@pytest.mark.parametrize("where", ["missing_from_site", "not_verifiable", "behind the barn", ""])
def test_weapons_that_were_seen_nowhere_are_counted_and_are_present_nowhere(where):
    got = read(WEAPONS | {"weapons_where": where})
    assert got.observations.is_empty()
    assert got.statements["figure"].to_list() == [3.0]


@pytest.mark.parametrize("cause", ["", "road_closed"])
def test_a_patrol_that_was_kept_away_by_another_word_or_none_did_not_look(cause):
    got = read(DENIED | {"restriction": cause})
    assert got.looks["gap"].to_list() == ["other_impediment"]
    assert got.problems["code"].to_list() == ["unknown_choice"]
    assert "expected denied_access" in got.problems["message"][0]


@pytest.mark.parametrize(
    ("item", "code", "subject"),
    [
        (WEAPONS | {"weapons_where": "nowhere"}, "unknown_choice", "weapons_where"),
        (ORDNANCE | {"ordnance": "traps"}, "unknown_choice", "ordnance"),
        (REPAIR | {"facilitation": ""}, "unknown_choice", "facilitation"),
        (REPAIR | {"outcome": "maybe"}, "unknown_choice", "outcome"),
        (TALLY | {"tally_figure": "many"}, "bad_number", "tally_figure"),
        (TALLY | {"tally_figure": "-4"}, "bad_number", "tally_figure"),
        (TALLY | {"tally_about": ""}, "unknown_choice", "tally_about"),
        (TALLY | {"until": "2030-01-01T10:00:00+02:00"}, "bad_time", "until"),
        (INCIDENT | {"_validation_status": {"uid": "validation_status_strange"}}, "unknown_review", "review"),
    ],
)
def test_an_answer_that_the_form_does_not_offer_is_told_and_the_record_is_kept(item, code, subject):
    got = read(item)
    assert got.problems.select("code", "subject", "lost").rows() == [(code, subject, False)]
    assert got.observations.height + got.statements.height >= 1


def test_a_tally_below_nothing_is_no_figure():
    assert read(TALLY | {"tally_figure": "-4"}).statements["figure"].to_list() == [None]


def test_a_submission_that_stands_twice_counts_once_as_it_was_told_last():
    got = read(INCIDENT, INCIDENT | {"count": "7"})
    assert got.observations["count"].to_list() == [7]
    assert got.problems.filter("lost").select("where", "code").rows() == [("data.json, row 1", "twice")]


def test_a_question_of_the_missions_own_that_is_not_read_is_told_once_and_an_empty_one_is_not():
    own = {"checkpoint/post": "7", "crew": [{"name": "x"}], "remarks": "", "_version_": "v1", "meta/instanceID": "uuid:1",
           "formhub/uuid": "f", "__version__": "v", "corroborated/visit": "1"}  # fmt: skip
    told = read(INCIDENT | own, INCIDENT | own | {"_uuid": "u9"}).problems
    assert told.select("code", "subject").rows() == [
        ("unknown_question", "checkpoint/post"), ("unknown_question", "crew"),
    ]  # fmt: skip


def test_what_was_approved_and_not_changed_since_has_no_remark():
    fine = {
        "_validation_status": {"uid": "validation_status_approved", "timestamp": 1896163200},
        "_last_edited": "2029-01-01T00:00:00",
    }
    assert codes(INCIDENT | fine) == []


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a": 1}', b"a;b\n1;2\n", b"[]"])
def test_what_is_no_export_is_one_line(raw):
    with pytest.raises(InputError):
        SOURCE.read(__import__("trucewatch.testing", fromlist=["capture_of"]).capture_of(SOURCE, raw), raw)


ASK = {"server": "https://forms.invalid", "asset": "aX", "token": "secret"}


def test_pages_of_kobo_are_followed_and_the_token_is_not_kept():
    first = json.dumps({"next": "https://forms.invalid/2", "results": [INCIDENT]}).encode()
    way = FakeTransport({"https://forms.invalid/2": (200, kobo(HARM)), "https://forms.invalid/api": (200, first)})
    got = list(SOURCE.fetch(Request(options=ASK), way))
    assert len(got) == 2 and "secret" not in str([(f.url, f.options) for f in got])


def test_the_token_is_sent_to_no_other_server():
    first = json.dumps({"next": "https://elsewhere.invalid/2", "results": [INCIDENT]}).encode()
    with pytest.raises(FetchError, match="another server"):
        list(SOURCE.fetch(Request(options=ASK), FakeTransport({"https://forms.invalid": (200, first)})))


@pytest.mark.parametrize("gone", ["server", "asset", "token"])
def test_what_an_api_needs_is_asked_for(gone):
    with pytest.raises(InputError):
        list(SOURCE.fetch(Request(options={k: v for k, v in ASK.items() if k != gone}), FakeTransport({})))


def test_odk_central_is_asked_by_project_and_form():
    way = FakeTransport({"https://forms.invalid/v1/projects/7/forms/f.svc/Submissions": (200, b'{"value": []}')})
    ask = {"server": "https://forms.invalid", "project": "7", "form": "f", "token": "t"}
    assert len(list(SOURCE.fetch(Request(options=ask), way))) == 1


def test_a_zone_that_there_is_not_is_refused_before_anything_is_captured():
    asked = Request(files=(("a", b"[]"),), options={"zone": "Mars/Base"})
    with pytest.raises(InputError, match="there is no time zone 'Mars/Base'"):
        list(SOURCE.fetch(asked, FakeTransport({})))

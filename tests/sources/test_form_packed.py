"""ODK's zip: attachments are referred to, and the audit says where the phone was and when; notes, and never a refusal."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from test_form import ASK, BASE, INCIDENT, kobo

from trucewatch.base.errors import FetchError, InputError
from trucewatch.ports import Request
from trucewatch.sources.form import SOURCE
from trucewatch.sources.form import packed as packed_module
from trucewatch.testing import FakeTransport, capture_of, check_source

OPENED = 1896163500000
"""2030-02-01 08:05 UTC in milliseconds: five minutes after the incident began."""
EVENT = {"instance ID": "u1", "event": "question", "node": "/data/time", "start": OPENED, "end": OPENED + 60000,
         "latitude": "50.0001", "longitude": "10.0", "accuracy": "5"}  # fmt: skip
FILLED = {"KEY": "u1", "photo": "1.jpg", **{k: v for k, v in INCIDENT.items() if not k.startswith("_")}}


def sheet(rows: list[dict]) -> bytes:
    made = io.StringIO()
    table = csv.DictWriter(made, list(dict.fromkeys(k for row in rows for k in row)))
    table.writeheader()
    table.writerows(rows)
    return made.getvalue().encode()


def packed(rows=(FILLED,), events=(EVENT,), media=("1.jpg",), **more: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as kept:
        kept.writestr("form.csv", sheet(list(rows)))
        if events is not None:
            kept.writestr("form - audit.csv", sheet(list(events)))
        for name in media:
            kept.writestr(f"media/{name}", b"\xff\xd8\xff")
        for name, raw in more.items():
            kept.writestr(name.replace("__", "."), raw)
    return made.getvalue()


def read(raw: bytes):
    return check_source(SOURCE, raw, url="export.zip")


def codes(**over) -> list[str]:
    return read(packed(**over)).problems["code"].to_list()


def test_a_zip_with_everything_in_order_has_no_remark_and_refers_to_its_picture():
    got = read(packed())
    assert got.problems.is_empty() and got.rows == 1
    row = got.observations.row(0, named=True)
    assert (row["attachments"], row["count"], row["sensed"]) == (["1.jpg"], 9, "heard")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"latitude": "50.02"}, ["audit_place"]),
        ({"latitude": "50.009"}, []),  # 1,001 m, less the two errors
        ({"latitude": "50.0115", "accuracy": "400"}, []),
        ({"latitude": "", "longitude": ""}, []),
        ({"start": OPENED - 7_200_000, "end": OPENED - 7_100_000}, ["audit_time"]),
        ({"start": OPENED + 3 * 86_400_000, "end": OPENED + 3 * 86_400_000}, ["late_entry"]),
        ({"instance ID": "u2"}, ["no_audit"]),
        ({"start": "", "end": ""}, ["no_audit"]),
    ],
)
def test_what_the_audit_says_otherwise_is_a_note_and_the_row_is_kept(change, code):
    got = read(packed(events=[EVENT | change]))
    assert got.problems["code"].to_list() == code and got.observations.height == 1
    assert not got.problems["lost"].any()


def test_the_nearest_that_the_phone_came_counts():
    away = EVENT | {"latitude": "51"}
    assert codes(events=[away, EVENT, away]) == [] and codes(events=[away, away]) == ["audit_place"]


def test_a_picture_that_is_named_and_not_there_is_told():
    assert codes(media=()) == ["attachment"] and codes(media=("2.jpg",)) == ["attachment"]


def test_without_an_audit_nothing_is_said_of_place_and_time_and_another_table_is_told():
    assert codes(events=None) == []
    assert codes(events=[{"a": "b"}]) == ["no_audit"]


def test_a_zip_that_is_none_of_ours_is_one_line(monkeypatch):
    two = packed(other__csv=sheet([FILLED]))
    for raw in (b"PK\x03\x04 and no more", two, packed(rows=[{"a": "1"}]), packed()[:-30]):
        with pytest.raises(InputError) as wrong:
            read(raw)
        assert str(wrong.value).startswith("export.zip: ") and "\n" not in str(wrong.value)
    monkeypatch.setattr(packed_module, "MOST_BYTES", 10)
    with pytest.raises(InputError, match="MB"):
        read(packed())


@pytest.mark.parametrize("raw", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n", b"\x00\x00\x00\x18ftypmp42", b"%PDF-1.4"])
def test_a_picture_by_itself_is_kept_and_has_no_rows(raw):
    got = SOURCE.read(capture_of(SOURCE, raw), raw)
    assert got.rows == 0 and got.problems.is_empty()


def test_an_audit_by_itself_is_kept_with_a_word():
    got = read(b"event,node,start,end,latitude,longitude,accuracy\nform start,,1,,,,\n")
    assert got.rows == 0 and got.problems["code"].to_list() == ["audit_apart"]


def test_attachments_of_kobo_are_fetched_from_that_server_alone():
    item = BASE | {"_attachments": [{"download_url": "https://forms.invalid/media/1.jpg?x=y", "filename": "a/1.jpg"}]}
    way = {"https://forms.invalid/media": (200, b"\xff\xd8\xff"), "https://forms.invalid/api": (200, kobo(item))}
    got = list(SOURCE.fetch(Request(options=ASK | {"attachments": "yes"}), FakeTransport(way)))
    assert [f.url for f in got][1:] == ["https://forms.invalid/media/1.jpg"] and got[1].raw == b"\xff\xd8\xff"
    assert len(list(SOURCE.fetch(Request(options=ASK), FakeTransport(way)))) == 1
    away = json.loads(kobo(item))
    away["results"][0]["_attachments"][0]["download_url"] = "https://elsewhere.invalid/1.jpg"
    way["https://forms.invalid/api"] = (200, json.dumps(away).encode())
    with pytest.raises(FetchError, match="another server"):
        list(SOURCE.fetch(Request(options=ASK | {"attachments": "yes"}), FakeTransport(way)))


def test_odk_central_gives_all_in_one_zip():
    ask = {"server": "https://forms.invalid", "project": "7", "form": "f", "token": "t", "attachments": "yes"}
    way = FakeTransport({"https://forms.invalid/v1/projects/7/forms/f/submissions.csv.zip": (200, packed())})
    got = list(SOURCE.fetch(Request(options=ask), way))
    assert len(got) == 1 and read(got[0].raw).observations.height == 1

"""Any table with a mapping: files that are broken, are something else, or wear another dress."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from trucewatch.base.errors import InputError
from trucewatch.ports import Read
from trucewatch.sources.http import plain
from trucewatch.sources.table import SOURCE
from trucewatch.sources.table.rows import Reads, rows_of
from trucewatch.testing import check_source

GOLDEN = Path(__file__).parent / "golden"
MAPPINGS = Path(__file__).parents[2] / "mappings"
Real = Callable[[str], bytes]


def shipped(name: str) -> dict[str, Any]:
    made: dict[str, Any] = plain(yaml.safe_load((MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8")))
    return made


def codes(got: Read, *, lost: bool) -> list[str]:
    return sorted(got.problems.filter(pl.col("lost") == lost)["code"].to_list())


SIMPLE: dict[str, Any] = {
    "mapping": "simple",
    "zone": "Asia/Bangkok",
    "time": {"start": "when"},
    "columns": {"kind": "what", "lon": "lon", "lat": "lat", "count": {"column": "n", "as": "about"}},
}
HEAD = "when,what,lon,lat,n\n"


def simple(body: str, **changed: Any) -> Read:
    return check_source(SOURCE, (HEAD + body).encode(), options={"mapping": {**SIMPLE, **changed}})


# --- files that are broken or are something else


@pytest.mark.parametrize("raw", [b"", b"  \n ", b"<!DOCTYPE html><html>no</html>", b"\x00\x01\x02\xff" * 99, bytes(range(256)) * 9,
                                 b"\x1f\x8b broken", b"PK\x03\x04 broken", b"{", b"[", b"[1, 2", b'{"a": [1], "b": [2]'])  # fmt: skip
def test_nonsense_is_refused_in_one_line_that_names_the_file(raw: bytes) -> None:
    with pytest.raises(InputError) as wrong:
        check_source(SOURCE, raw, url="dir/x.csv", options={"mapping": SIMPLE})
    assert str(wrong.value).startswith("x.csv") and "\n" not in str(wrong.value)


def test_a_csv_cut_in_half_loses_only_its_last_row() -> None:
    raw = (GOLDEN / "table_cir.csv").read_bytes()[:420]
    got = check_source(SOURCE, raw, options={"mapping": shipped("cir-eyes-on-russia")})
    assert got.rows == 2 and got.observations.height == 1 and codes(got, lost=True) == ["broken_row"]


def test_a_csv_cut_inside_quotes_loses_only_its_last_row() -> None:
    got = simple('2025-01-01 10:00,shelling,100,14,1\n2025-01-01 10:00,"shelli')
    assert got.rows == 2 and got.observations.height == 1


def test_a_json_list_cut_in_half_keeps_its_whole_objects() -> None:
    raw = (GOLDEN / "table_bellingcat.json").read_bytes()
    got = check_source(SOURCE, raw[:-400], options={"mapping": shipped("bellingcat-civilian-harm")})
    assert got.rows == 3 and got.observations.height == 2 and codes(got, lost=True) == ["broken_row"]


def test_bytes_of_windows_are_read_and_said_to_be() -> None:
    got = check_source(
        SOURCE,
        (HEAD + "2025-01-01 10:00,shelling,100,14,1\n").encode()
        + "2025-01-01 10:00,caf\u00e9,1.5,2,1\n".encode("cp1252"),
        options={"mapping": SIMPLE},
    )
    assert got.observations.height == 2 and "encoding" in codes(got, lost=False)


@pytest.mark.parametrize("dress", ["bom", "crlf", "cr", "gzip", "utf-16", "blank lines", "semicolons", "preamble"])
def test_the_same_table_in_another_dress_gives_the_same_rows(dress: str) -> None:
    text = HEAD + "2025-01-01 10:00,shelling,100,14,1\n2025-01-02 10:00,clash,101,15,2\n"
    raw = {
        "bom": lambda: b"\xef\xbb\xbf" + text.encode(),
        "crlf": lambda: text.replace("\n", "\r\n").encode(),
        "cr": lambda: text.replace("\n", "\r").encode(),
        "gzip": lambda: gzip.compress(text.encode(), mtime=0),
        "utf-16": lambda: text.encode("utf-16"),
        "blank lines": lambda: text.replace("\n", "\n\n").encode(),
        "semicolons": lambda: text.replace(",", ";").encode(),
        "preamble": lambda: b"Published by somebody\nall rights reserved\n" + text.encode(),
    }[dress]()
    reads = {"semicolons": {"separator": ";"}, "preamble": {"header_row": 3}}.get(dress, {})
    got = check_source(SOURCE, raw, options={"mapping": {**SIMPLE, "reads": reads}})
    assert got.observations["kind"].to_list() == ["shelling", "clash"] and got.observations["lon"].to_list() == [
        100.0,
        101.0,
    ]
    assert got.problems.is_empty()


@pytest.mark.parametrize("form", ["list", "lines", "object with a list", "list_at", "excel"])
def test_the_same_rows_as_json_or_excel_give_the_same_observations(form: str) -> None:
    rows = [{"when": "2025-01-01 10:00", "what": "shelling", "lon": 100.5, "lat": 14.25, "n": 2}]
    reads: dict[str, Any] = {}
    if form == "excel":
        out = io.BytesIO()
        pl.DataFrame(rows).write_excel(out)
        raw = out.getvalue()
    elif form == "list_at":
        raw, reads = json.dumps({"data": {"a": rows, "b": rows}}).encode(), {"list_at": "data.b"}
    else:
        made = {
            "list": json.dumps(rows),
            "lines": "\n".join(map(json.dumps, rows * 2)),
            "object with a list": json.dumps({"meta": 1, "data": rows}),
        }
        raw = made[form].encode()
    got = check_source(SOURCE, raw, options={"mapping": {**SIMPLE, "reads": reads}})
    assert got.observations.select("lon", "lat", "count", "kind").row(0) == (100.5, 14.25, 2, "shelling")


def test_quoted_commas_and_line_ends_stay_in_their_cell() -> None:
    rows = rows_of(b'a,b\n"x, y","two\nlines"\n1,2\n', "f.csv")
    assert rows.frame.rows() == [("x, y", "two\nlines"), ("1", "2")]


def test_a_stray_quote_does_not_swallow_the_file_unnoticed() -> None:
    rows = rows_of(b'a,b\n1,x"y\n3,4\n5,6\n', "f.csv")
    assert rows.count == rows.frame.height + len(rows.problems)
    assert rows.frame["a"].to_list() == ["1", "3", "5"]


def test_headers_that_repeat_are_told_apart() -> None:
    assert rows_of(b"a,a,\n1,2,3\n", "f.csv", Reads()).frame.columns == ["a", "a (2)", "column 3"]

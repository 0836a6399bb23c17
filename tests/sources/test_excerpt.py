"""The row that `why` shows is the row that the feed read."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from trucewatch.excerpt import NOT_A_LINE, excerpt
from trucewatch.ports import Source
from trucewatch.sources import source
from trucewatch.testing import check_source

Dress = Callable[[str], bytes]
LETTER = "\u00e4"
FIXED = (
    "event_id_cnty,event_date,sub_event_type,latitude,longitude,geo_precision,time_precision,notes",
    "{key},2021-03-04,Armed clash,14,100,1,1,{says}",
    {"zone": "UTC"},
)
MAPPING = {"time": {"start": "t"}, "zone": "UTC", "columns": {"key": "key", "says": "says", "kind": {"value": "clash"}}}
FEEDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "acled": FIXED,
    "table": ("key,t,says", "{key},2021-03-04 10:00,{says}", {"mapping": MAPPING}),
    "report": ("id,time,kind,says", "{key},2021-03-04 10:00Z,clash,{says}", {}),
}
DRESSES: dict[str, Dress] = {
    "plain": str.encode,
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "windows": lambda text: text.encode("cp1252"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "gzip": lambda text: gzip.compress(text.encode(), mtime=0),
    "blank lines": lambda text: ("\n\n" + text.replace("\n", "\n\n") + "\n\n").encode(),
}


def shown(feed: Source, raw: bytes, options: dict[str, Any]) -> dict[str, str]:
    """key -> the row that is shown for it."""
    read = check_source(feed, raw, options=options)
    rows = read.observations.select("key", "locator").rows()
    return {key: excerpt(raw, locator, feed.name, options) for key, locator in rows}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("name", FEEDS)
def test_each_row_is_shown_as_the_feed_counts_it(name: str, dress: str) -> None:
    head, row, options = FEEDS[name]
    says = [f"h{LETTER}", f'"two\nlines, {LETTER}"', '"a ""word"""', f"caf{LETTER}"]
    lines = [row.format(key=f"K{n}", says=told) for n, told in enumerate(says)]
    got = shown(source(name), DRESSES[dress]("\n".join([head, *lines]) + "\n"), options)
    assert list(got) == [f"K{n}" for n in range(4)]
    assert all(line.startswith(f"{key},2021-03-04") and "\n" not in line for key, line in got.items())
    assert got["K0"].endswith(f"h{LETTER}") and got["K3"].endswith(f"caf{LETTER}") and f"lines, {LETTER}" in got["K1"]


@pytest.mark.parametrize("says", [["one", 'a "quote', "two", '"open', "three"], ["one", '\n"', "c", 'ba"', 'c\n"']])
@pytest.mark.parametrize("name", FEEDS)
def test_a_stray_quote_never_leads_to_another_row(name: str, says: list[str]) -> None:
    head, row, options = FEEDS[name]
    raw = "\n".join([head, *(row.format(key=f"K{n}", says=told) for n, told in enumerate(says))]).encode()
    got = shown(source(name), raw, options)
    assert got["K0"].startswith("K0,")
    assert all(line == NOT_A_LINE or line.startswith(f"{key},") for key, line in got.items())


def test_a_cut_gzip_shows_what_came_before_the_cut() -> None:
    head, row, options = FIXED
    packed = gzip.compress("\n".join([head, *(row.format(key=f"K{n}", says=n) for n in range(900))]).encode(), mtime=0)
    got = shown(source("acled"), packed[: len(packed) // 2], options)
    assert len(got) > 50 and all(line.startswith(f"{key},") for key, line in got.items())


def test_cells_are_joined_as_they_were_and_long_rows_are_cut() -> None:
    options = {"mapping": {"reads": {"separator": ";"}}}
    assert excerpt(b"a;b\n1,5;2\n", "row 1", "table", options) == "1,5;2"
    assert len(excerpt(b"a,b\n1," + b"x" * 999, "row 1", "table")) == 240


@pytest.mark.parametrize(
    ("raw", "locator", "options"),
    [
        (b'[{"a": 1}]', "row 1", {}),
        (b"\xef\xbb\xbf" + b' {"a": 1}\n{"a": 2}', "row 1", {}),
        (b"PK\x03\x04...\n1\n2", "row 1", {}),
        (b"a,b\n1,2\n3,4\n", "row 1", {"mapping": {"reads": {"header_row": 2}}}),
        (b"a,b\n1,2\n3,4\n", "row 1", {"mapping": {"reads": {"encoding": "cp850"}}}),
        (b"a,b\n1,2\n", "row 2", {}),
        (b"a,b\n1,2\n", "feature 1", {}),
        (b"a,b\n1\r2,2\n3,4", "row 1", {}),
        (b"", "row 1", {}),
    ],
)
def test_what_is_not_certain_is_not_shown(raw: bytes, locator: str, options: dict[str, Any]) -> None:
    assert excerpt(raw, locator, "table", options) == NOT_A_LINE


def test_a_file_that_begins_with_p_is_text() -> None:
    assert excerpt(b"Place,b\n1,2\n", "row 1", "table") == "1,2"


def test_a_feed_that_is_not_known_is_shown_where_blank_lines_make_no_difference() -> None:
    assert excerpt(b"a,b\n1,2\n\n3,4\n", "row 1", "other") == "1,2"
    assert excerpt(b"a,b\n1,2\n\n3,4\n", "row 2", "other") == NOT_A_LINE

"""The security zone of 2015, on an invented line.

The Package of Measures of 12 February 2015 wants artillery of 100 mm and over withdrawn so that a security zone at
least 50 km wide arises. Both sides withdraw by equal distances, so the zone reaches 25 km to each side of the line.
Ukraine measures from the line as it is; the armed formations from the line of 19 September 2014. The lines here are
invented: two straight meridians, the older one about 15 km to the west of the newer.

Each story is a shot by a howitzer, after the withdrawal was to be done, at a distance from a line.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pyproj
import shapely
from assessed import drawn, happened, judged, shipped

GEOD = pyproj.Geod(ellps="WGS84")
NEW_LINE_LON = 38.0
OLD_LINE_LON = GEOD.fwd(38.0, 48.0, -90, 15_000)[0]
LINES = drawn(
    ("line: contact de facto", shapely.LineString([(NEW_LINE_LON, 47), (NEW_LINE_LON, 49)]), datetime(2015, 2, 28, tzinfo=UTC)),
    ("line: contact 2014-09-19", shapely.LineString([(OLD_LINE_LON, 47), (OLD_LINE_LON, 49)]), datetime(2014, 9, 19, tzinfo=UTC)),
)  # fmt: skip
AFTER = datetime(2015, 3, 10, 8, tzinfo=UTC)


def shot(km: float, *, of: float = NEW_LINE_LON, to: str = "west", by: str = "Ukraine", weapon: str | None = "122 mm howitzer", when: datetime = AFTER) -> pl.DataFrame:  # fmt: skip
    """A shot from so many km west or east of a line, known to 100 m, by somebody, with something."""
    lon = GEOD.fwd(of, 48.0, -90 if to == "west" else 90, km * 1_000)[0]
    return happened({"lon": lon, "radius_m": 100.0, "by": by, "weapon": weapon, "t0": when})


def answer(shots: pl.DataFrame, term: str, areas: pl.DataFrame = LINES) -> str:
    """The verdict under that term as its text reads, or `left out`."""
    found = judged(shots, shipped("minsk-ii-2015"), areas).findings.filter(
        pl.col("term") == term, pl.col("reading") == "text"
    )
    return found["verdict"].item() if found.height else "left out"


def test_a_howitzer_fired_at_24_km_from_the_line_was_inside_the_zone():
    assert answer(shot(24), "artillery-ukraine") == "strongly_indicated"
    assert answer(shot(24, to="east"), "artillery-ukraine") == "strongly_indicated"


def test_a_howitzer_fired_at_26_km_from_the_line_was_outside_it_for_50_km_is_the_width_of_both_sides():
    assert answer(shot(26), "artillery-ukraine") == "left out"
    assert answer(shot(26, to="east"), "artillery-ukraine") == "left out"


def test_each_party_is_measured_from_its_own_line():
    theirs = "Donetsk People's Republic"
    # 24 km east of the old line is 9 km east of the new one; 24 km east of the new one is 39 km from the old one.
    assert answer(shot(24, of=OLD_LINE_LON, to="east", by=theirs), "artillery-armed-formations") == "strongly_indicated"
    assert answer(shot(26, of=OLD_LINE_LON, to="east", by=theirs), "artillery-armed-formations") == "left out"
    assert answer(shot(24, to="east", by=theirs), "artillery-armed-formations") == "left out"


def test_nobody_is_held_to_the_line_of_the_other():
    assert answer(shot(10), "artillery-armed-formations") == "left out"
    assert answer(shot(10, by="Luhansk People's Republic"), "artillery-ukraine") == "left out"


def test_rockets_have_a_wider_zone_and_the_heaviest_a_wider_one_still():
    for term, weapon, inside, outside in (
        ("rockets-ukraine", "BM-21 Grad", 34, 36),
        ("heavy-rockets-ukraine", "Tochka", 69, 71),
    ):
        assert answer(shot(inside, weapon=weapon), term) == "strongly_indicated"
        assert answer(shot(outside, weapon=weapon), term) == "left out"


def test_without_the_line_nobody_can_tell_and_it_says_which_map_would_settle_it():
    found = judged(shot(24), shipped("minsk-ii-2015")).findings.filter(
        pl.col("term") == "artillery-ukraine", pl.col("reading") == "text"
    )
    assert found["verdict"].to_list() == ["cannot_tell"]
    assert found["because"].item() == "whether it lies in the zone"
    assert found["would_settle"].item() == "a map of 2015-03-01 that draws the line: contact de facto"


def test_without_the_weapon_nobody_can_tell_either():
    found = judged(shot(24, weapon=None), shipped("minsk-ii-2015"), LINES).findings
    found = found.filter(pl.col("term") == "artillery-ukraine", pl.col("reading") == "text")
    assert found["verdict"].to_list() == ["cannot_tell"]
    assert found["would_settle"].item() == "what was done and with what, or what was hit"


def test_before_the_withdrawal_was_to_be_done_a_howitzer_could_still_stand_there_but_not_fire():
    early = shot(24, when=datetime(2015, 3, 1, 21, 58, tzinfo=UTC))
    assert answer(early, "artillery-ukraine") == "left out"
    found = judged(early, shipped("minsk-ii-2015"), LINES).findings.filter(pl.col("term") == "ceasefire")
    assert set(found["verdict"]) == {"strongly_indicated"}


def test_where_the_readings_part_the_finding_is_contested():
    """Debaltseve, the first afternoon. One party calls it internal; the text and the other party do not."""
    fired = happened({"lon": 38.41, "lat": 48.34, "radius_m": 1_000.0, "by": "DPR", "t0": datetime(2015, 2, 15, 13, tzinfo=UTC)})  # fmt: skip
    made = judged(fired, shipped("minsk-ii-2015"))
    found = made.findings.filter(pl.col("term") == "ceasefire")
    assert dict(found.select("reading", "verdict").rows()) == {
        "text": "strongly_indicated",
        "ukraine": "strongly_indicated",
    }
    assert found["contested"].to_list() == [True, True]
    out = made.left_out.filter(pl.col("reading") == "dpr", pl.col("n") > 0)
    assert out.select("term", "reason").rows() == [("ceasefire", "outside its zone")]


def test_the_last_minute_before_midnight_in_kyiv_is_not_yet_the_ceasefire():
    midnight = datetime(2015, 2, 14, 22, tzinfo=UTC)
    for minutes, wanted in ((-1, "left out"), (0, "strongly_indicated")):
        fired = shot(1, to="east", when=midnight + timedelta(minutes=minutes))
        assert answer(fired, "ceasefire") == wanted

"""Ground gained under a term that freezes the lines: one mapper's maps, how late they may be, and what is not known."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely
import yaml
from assessed import DATA, PARAMS, ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trucewatch.assess.advance import ADVANCES, advances
from trucewatch.assess.geometry import km2, local, moved
from trucewatch.assess.model import Agreement, Freed, Party, Reading, Span, Term, Umbrella, When, Where
from trucewatch.ports import Capture
from trucewatch.sources.control import SOURCE
from trucewatch.tables import AREAS

T0 = datetime(2020, 5, 1, 12, tzinfo=UTC)
OPEN = When(sure=(Span(T0, None),), may=(Span(T0, None),), ends="open")
EVERYWHERE = Where("the whole front", everywhere=True)
WEST = shapely.box(36, 47, 38, 49)
DAY = timedelta(days=1)


def east_to(lon: float) -> shapely.Geometry:
    """North's ground, grown to the east as far as that."""
    return shapely.box(36, 47, lon, 49)


def frozen(binds=("north", "south"), when=OPEN, where=EVERYWHERE, umbrellas=(), kind="no_advance") -> Agreement:
    parties = tuple(Party(name, name.title(), ()) for name in ("north", "south", "third"))
    reading = Reading("text", "The lines are frozen.", "x", tuple(binds), ("advance",), (), (), where, when)
    return Agreement("a", "A", "UTC", "x", True, parties, (Term("freeze", "1", None, (reading,), kind),), umbrellas)


def maps(*drawn: tuple[float, str, shapely.Geometry], source: str = "control/one") -> pl.DataFrame:
    """(days after the start, held by, ground)."""
    rows = [
        {
            "id": f"{source}#{n}", "capture": "m", "source": source, "on": T0 + days * DAY, "held_by": by,
            "geometry": shapely.to_wkb(shape), "crs": "OGC:CRS84",
        }
        for n, (days, by, shape) in enumerate(drawn)
    ]  # fmt: skip
    return AREAS.fit(pl.DataFrame(rows, {name: AREAS.schema[name] for name in rows[0]}, orient="row"))


def told(agreed: Agreement, *drawn, params=PARAMS, **more) -> list[dict]:
    found = advances(agreed, maps(*drawn, **more), params)
    assert found.schema == ADVANCES
    return found.to_dicts()


def test_ground_gained_after_the_lag_is_gained_in_force():
    first, last = told(frozen(["north"]), (-1, "north", WEST), (4, "north", WEST), (9, "north", east_to(38.1)))
    assert (first["p_event"], first["gained_km2"]) == (0.0, 0.0)
    assert (last["p_event"], last["p_when"], last["p_inside"], last["p_bound"]) == (PARAMS.p_mapper, 1.0, 1.0, 1.0)
    assert last["gained_km2"] == pytest.approx(km2(shapely.box(38, 47, 38.1, 49)), rel=0.01)
    assert last["sure_km2"] == last["new_km2"] == last["gained_km2"]
    assert last["subject"] == "ground:control/one:2020-04-30T12:00:00Z/2020-05-10T12:00:00Z"
    assert last["lacks"] is None


def test_ground_first_drawn_within_the_lag_may_have_been_gained_before_the_start():
    """Finding 8 of the field guide: growth on the maps of a two-day truce is no seizure during it."""
    days = (-1, 1, 2)
    rows = told(frozen(["north"]), *((n, "north", east_to(38 + 0.05 * (n + 1))) for n in days))
    for row in rows:
        assert row["gained_km2"] > 100 and row["sure_km2"] == 0
        assert (row["p_event"], row["p_when"]) == (PARAMS.p_mapper, None)
        assert row["lacks"] == "when the ground changed hands: maps may be 3 days late"


def test_a_map_long_after_the_one_of_the_start_does_not_tell_when():
    """What changed between a map of before the start and one a month later may have changed on the first day of it."""
    (row,) = told(frozen(["north"]), (-1, "north", WEST), (30, "north", east_to(38.1)))
    assert row["p_when"] is None
    _, row = told(frozen(["north"]), (-1, "north", WEST), (2.9, "north", WEST), (30, "north", east_to(38.1)))
    assert row["p_when"] is None
    _, row = told(frozen(["north"]), (-1, "north", WEST), (3, "north", WEST), (30, "north", east_to(38.1)))
    assert row["p_when"] == 1.0


def test_of_a_gain_in_two_steps_only_the_later_is_surely_in_force():
    steps = ((-1, 38.0), (1, 38.1), (5, 38.1), (6, 38.2))
    rows = told(frozen(["north"]), *((n, "north", east_to(lon)) for n, lon in steps))
    last = rows[-1]
    assert last["gained_km2"] == pytest.approx(2 * last["sure_km2"], rel=0.01)
    assert last["new_km2"] == last["sure_km2"] and last["p_when"] == 1.0
    assert rows[1]["p_when"] is None and rows[1]["new_km2"] == 0


def test_after_the_end_maps_count_for_the_lag_and_no_longer():
    end = T0 + 10 * DAY
    when = When(sure=(Span(T0, end),), may=(Span(T0, end),), ends="set")
    steps = ((-1, 38.0), (5, 38.0), (10, 38.0), (12, 38.1), (14, 38.2))
    rows = told(frozen(["north"], when), *((n, "north", east_to(lon)) for n, lon in steps))
    assert [row["on"] for row in rows] == [T0 + n * DAY for n in (5, 10, 12)]
    assert rows[-1]["p_event"] == PARAMS.p_mapper and rows[-1]["p_when"] is None


def test_ground_gained_in_a_pause_alone_is_not_gained_in_force():
    spans = (Span(T0, T0 + 10 * DAY), Span(T0 + 30 * DAY, None))
    when = When(sure=spans, may=spans, ends="open")
    steps = ((-1, 38.0), (14, 38.0), (20, 38.1), (40, 38.1))
    rows = told(frozen(["north"], when), *((n, "north", east_to(lon)) for n, lon in steps))
    assert [row["p_when"] for row in rows] == [None, 0.0, 0.0]
    assert rows[-1]["gained_km2"] > 100 and rows[-1]["sure_km2"] == 0


def test_between_the_agreed_and_the_actual_start_nothing_is_surely_in_force():
    actual = T0 + 20 * DAY
    when = When(sure=(Span(actual, None),), may=(Span(T0, None),), ends="open", agreed=T0, actual=actual)
    steps = ((-1, 38.0), (5, 38.0), (9, 38.1), (25, 38.1), (26, 38.2))
    rows = told(frozen(["north"], when), *((n, "north", east_to(lon)) for n, lon in steps))
    assert [row["p_when"] for row in rows] == [None, None, None, 1.0]


def test_grey_ground_at_the_start_is_neither_gained_nor_not():
    grey = shapely.box(38, 47, 38.1, 49)
    for word in ("unknown", "contested"):
        rows = told(
            frozen(["north"]), (-1, "north", WEST), (-1, word, grey), (5, "north", WEST), (9, "north", east_to(38.1))
        )
        assert (rows[-1]["gained_km2"], rows[-1]["p_event"]) == (0.0, None)
        assert rows[-1]["unclear_km2"] == pytest.approx(km2(grey), rel=0.001)
        assert "km2 at the start: drawn as unknown or contested then" in rows[-1]["lacks"]


def test_a_strip_thinner_than_a_line_is_drawn_is_no_gain():
    strip = 38 + 150 / 74_600  # 150 m at 48 north
    (_, row) = told(frozen(["north"]), (-1, "north", WEST), (5, "north", WEST), (9, "north", east_to(strip)))
    assert (row["gained_km2"], row["p_event"]) == (0.0, 0.0)
    (_, row) = told(
        frozen(["north"]), (-1, "north", WEST), (5, "north", WEST), (9, "north", east_to(strip)),
        params=replace(PARAMS, map_edge_m=100.0),
    )  # fmt: skip
    assert row["gained_km2"] > 30 and row["p_event"] == PARAMS.p_mapper


def test_a_field_is_too_little():
    field = shapely.union(WEST, shapely.box(38, 48, 38.008, 48.007))  # 0.46 km2
    (_, row) = told(frozen(["north"]), (-1, "north", WEST), (5, "north", WEST), (9, "north", field))
    assert 0.3 < row["gained_km2"] < PARAMS.least_km2 and row["p_event"] == 0.0


def test_what_one_side_gains_the_other_has_lost():
    drawn = [(n, by, shape) for n, lon in ((-1, 38.0), (5, 38.0), (9, 38.1)) for by, shape in (
        ("north", east_to(lon)), ("south", shapely.box(lon, 47, 40, 49)))]  # fmt: skip
    rows = {(row["party"], row["on"]): row for row in told(frozen(), *drawn)}
    north, south = rows["north", T0 + 9 * DAY], rows["south", T0 + 9 * DAY]
    assert north["gained_km2"] == pytest.approx(south["lost_km2"], rel=1e-6)
    assert (south["gained_km2"], south["p_event"], north["lost_km2"]) == (0.0, 0.0, 0.0)


def test_only_bound_parties_have_rows():
    drawn = ((-1, "north", WEST), (-1, "south", shapely.box(38, 47, 40, 49)), (9, "north", east_to(38.1)))
    assert {row["party"] for row in told(frozen(["south"]), *drawn)} == {"south"}
    assert told(frozen([]), *drawn) == []
    assert told(frozen(kind="barred_acts"), *drawn) == []


def test_maps_of_two_mappers_are_never_joined():
    one = maps((-1, "north", WEST), (9, "north", WEST), source="control/one")
    other = maps((-2, "north", east_to(38.1)), (12, "north", east_to(38.1)), source="control/other")
    found = advances(frozen(["north"]), pl.concat([one, other]), PARAMS)
    assert found["source"].to_list() == ["control/one", "control/other"]
    assert found["gained_km2"].to_list() == [0.0, 0.0]


def test_a_map_that_draws_what_the_one_before_drew_tells_the_same():
    """Held against maps that each differ by a hair, which no short cut takes for the same."""
    steps = ((-1, 38.0), (1, 38.0), (5, 38.1), (6, 38.1), (8, 38.2), (9, 38.2), (9.5, 38.2))
    same = told(frozen(["north"]), *((n, "north", east_to(lon)) for n, lon in steps))
    hair = told(frozen(["north"]), *((n, "north", east_to(lon + n * 1e-9)) for n, lon in steps))
    assert [row.keys() for row in same] == [row.keys() for row in hair]
    for one, other in zip(same, hair, strict=True):
        assert {k: v for k, v in one.items() if not k.endswith("km2")} == {
            k: v for k, v in other.items() if not k.endswith("km2")
        }
        assert [one[k] for k in one if k.endswith("km2")] == pytest.approx(
            [other[k] for k in one if k.endswith("km2")], abs=0.001
        )


def test_readings_that_do_not_differ_here_are_told_the_same_under_their_own_names():
    agreed = frozen(["north"])
    (term,) = agreed.terms
    later = replace(
        term.readings[0],
        who="north",
        when=When(sure=(Span(T0 + 30 * DAY, None),), may=(Span(T0 + 30 * DAY, None),), ends="open"),
    )
    agreed = replace(
        agreed, terms=(replace(term, readings=(*term.readings, replace(term.readings[0], who="south"), later)),)
    )
    found = told(agreed, (-1, "north", WEST), (5, "north", WEST), (9, "north", east_to(38.1)))
    by = {who: [row for row in found if row["reading"] == who] for who in ("text", "south", "north")}
    assert [row | {"reading": "text"} for row in by["south"]] == by["text"] and len(by["text"]) == 2
    assert [row["lacks"] for row in by["north"]] == [
        "maps by one source, of the start and after it, that draw who holds what"
    ]


def test_readings_of_one_start_and_other_sure_spans_are_told_apart():
    agreed = frozen(["north"])
    (term,) = agreed.terms
    doubtful = replace(term.readings[0], who="south", when=When(sure=(), may=(Span(T0, None),)))
    agreed = replace(agreed, terms=(replace(term, readings=(term.readings[0], doubtful)),))
    found = told(agreed, (-1, "north", WEST), (5, "north", WEST), (9, "north", east_to(38.1)))
    assert [(row["reading"], row["p_when"]) for row in found if row["p_event"]] == [("text", 1.0), ("south", None)]


@pytest.mark.parametrize(
    ("days", "sure", "expected"),
    [
        (20, False, (1.0, 1.0)),  # after the last map: nothing was gained after it
        (8, False, (1.0, None)),  # between the maps that show the gain
        (4, False, (1.0, None)),
        (8, True, (1.0, None)),
        (4, True, (1.0, None)),  # the gain may be as old as the second day, by a map that is late
        (1, True, (0.0, 1.0)),  # surely later
        (1, False, (1.0, None)),
    ],
)
def test_ground_gained_after_a_party_held_itself_released_may_be_no_breach(days, sure, expected):
    text = frozen()
    freed = (Freed("north", T0 + days * DAY, sure),)
    released = replace(text.terms[0].readings[0], freed=freed)
    both = replace(text, terms=(replace(text.terms[0], readings=(text.terms[0].readings[0], released)),))
    drawn = ((-1, "north", WEST), (5, "north", WEST), (10, "north", east_to(38.5)))
    rows = [row for row in told(both, *drawn) if row["on"] == T0 + 10 * DAY]
    assert (rows[0]["p_when"], rows[0]["p_bound"]) == (1.0, 1.0)
    got = rows[1]
    assert got["p_when"] == expected[0] and (expected[0] == 0.0 or got["p_bound"] == expected[1])
    assert (got["p_bound"] is None) == ("whether it was still bound" in (got["lacks"] or ""))


def test_a_release_takes_back_nothing_of_what_was_gained_before_it():
    text = frozen()
    released = replace(text.terms[0].readings[0], freed=(Freed("north", T0 + 20 * DAY, sure=True),))
    agreed = replace(text, terms=(replace(text.terms[0], readings=(released,)),))
    drawn = [(n, "north", shape) for n, shape in ((-1, WEST), (5, WEST), (10, east_to(38.5)), (30, east_to(39)))]
    assert [(row["p_when"], row["p_bound"]) for row in told(agreed, *drawn)][-1] == (1.0, 1.0)


def test_no_map_of_the_start_is_said_and_nothing_is_measured_from_a_later_one():
    (row,) = told(frozen(["north"]), (1, "north", WEST), (9, "north", east_to(39)))
    assert row["lacks"] == "a map by control/one of 2020-05-01 12:00 UTC or before"
    assert (row["gained_km2"], row["p_event"], row["on"]) == (None, None, None)
    (row,) = told(frozen(["north"]), (1, "somebody else", WEST))
    assert row["lacks"] == "maps by one source, of the start and after it, that draw who holds what"
    (row,) = told(frozen(["north"], When()), (1, "north", WEST))
    assert row["lacks"] == "when the term began, and so which map is that of the start"


def test_a_map_of_the_very_start_is_the_map_of_the_start():
    rows = told(frozen(["north"]), (-9, "north", shapely.box(36, 47, 37, 49)), (0, "north", WEST), (9, "north", WEST))
    assert [row["gained_km2"] for row in rows] == [0.0]


def test_ground_outside_the_terms_own_is_left_out():
    ring = ((38.0, 48.0), (40.0, 48.0), (40.0, 49.0), (38.0, 49.0))
    half = Where("the northern half", ring=ring, crs="OGC:CRS84")
    drawn = ((-1, "north", WEST), (5, "north", WEST), (9, "north", east_to(38.1)))
    whole, part = (told(frozen(["north"], where=where), *drawn)[-1]["gained_km2"] for where in (EVERYWHERE, half))
    assert part == pytest.approx(whole / 2, rel=0.02)
    row = told(frozen(["north"], where=Where("some ground")), *drawn)[-1]
    assert row["p_inside"] is None and row["lacks"] == "the ground meant by: some ground"


def test_a_name_for_two_parties_is_bound_where_both_are():
    both = (Umbrella("Allies", ("north", "south")),)
    drawn = ((-1, "Allies", WEST), (5, "Allies", WEST), (9, "Allies", east_to(38.1)))
    row = told(frozen(["north", "south"], umbrellas=both), *drawn)[-1]
    assert (row["party"], row["p_bound"]) == ("north, south", 1.0)
    row = told(frozen(["north"], umbrellas=both), *drawn)[-1]
    assert row["p_bound"] is None and row["lacks"] == "which of the parties that the map draws as one gained it"


def test_ground_that_passes_from_the_alliance_to_its_member_is_no_gain():
    both = (Umbrella("Allies", ("north", "south")),)
    drawn = ((-1, "Allies", WEST), (5, "north", WEST))
    rows = told(frozen(["north", "south"], umbrellas=both), *drawn)
    assert {(row["party"], row["gained_km2"]) for row in rows} == {("north", 0.0), ("north, south", 0.0)}


def ragged(seed: int, days: int = 4) -> list[tuple[float, str, shapely.Geometry]]:
    """Maps of a front that wanders from day to day."""
    chance = np.random.default_rng(seed)
    lat = np.linspace(47, 49, 12)
    lon = np.full(12, 38.0)
    drawn = []
    for n in range(days):
        lon = lon + chance.normal(0, 0.01, 12)
        drawn.append((4.0 * n - 1, "north", shapely.Polygon([(36, 47), *zip(lon, lat, strict=True), (36, 49)])))
        drawn.append((4.0 * n - 1, "south", shapely.Polygon([(40, 47), *zip(lon, lat, strict=True), (40, 49)])))
    return drawn


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_swapping_the_parties_swaps_what_is_told_of_them(seed):
    drawn = ragged(seed)
    other = {"north": "south", "south": "north"}
    one = advances(frozen(), maps(*drawn), PARAMS)
    two = advances(frozen(), maps(*((n, other[by], shape) for n, by, shape in drawn)), PARAMS)
    two = two.with_columns(pl.col("party").replace(other))
    assert one.sort("party", "on").equals(two.sort("party", "on"))


@example(seed=514, edge=0.0, wider=5.0, least=0.0, more=0.0)  # an overlay that full precision does not do
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 2_000), st.floats(0, 2_000), st.floats(0, 5), st.floats(0, 5))
def test_a_wider_tolerance_never_gains_more(seed, edge, wider, least, more):
    drawn = ragged(seed)
    narrow = advances(frozen(), maps(*drawn), replace(PARAMS, map_edge_m=edge, least_km2=least))
    wide = advances(frozen(), maps(*drawn), replace(PARAMS, map_edge_m=edge + wider, least_km2=least + more))
    for name in ("gained_km2", "new_km2", "lost_km2"):
        # A round brush has corners: 1 part in 1,000.
        assert (wide[name] <= narrow[name] * 1.001 + 1e-6).all()
    assert (wide["p_event"].fill_null(1) <= narrow["p_event"].fill_null(1)).all() or edge == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_areas_are_those_that_the_ellipsoid_has(seed):
    """A slow twin: differences taken in degrees, areas geodesic, strips taken off on another plane."""
    drawn = ragged(seed)
    found = {(r["party"], r["on"]): r for r in told(frozen(), *drawn)}
    held = {(by, n): shape for n, by, shape in drawn}
    for (party, on), row in found.items():
        start, now = held[party, -1.0], held[party, (on - T0) / DAY]
        grown = shapely.difference(shapely.segmentize(now, 0.02), shapely.segmentize(start, 0.02))
        if shapely.is_empty(grown):
            continue
        there, back = local(grown)
        core = shapely.buffer(moved(grown, there), -PARAMS.map_edge_m / 2)
        kept = shapely.intersection(grown, moved(shapely.buffer(core, PARAMS.map_edge_m / 2), back))
        assert row["gained_km2"] == pytest.approx(km2(kept), rel=0.003, abs=0.02)


def august() -> pl.DataFrame:
    folder = DATA / "deepstate_occupied_daily_2025_08"
    if not folder.is_dir():
        pytest.skip("the maps are not here: set TRUCEWATCH_DATA")
    told = {"mapping": yaml.safe_load((ROOT / "mappings" / "deepstate-occupied.yaml").read_text(encoding="utf-8"))}
    made = []
    for path in sorted(folder.glob("*.geojson.gz"))[9:20]:
        capture = Capture(f"c{zlib.crc32(path.name.encode())}", "control", path.name, "", T0, "", told)
        made.append(SOURCE.read(capture, path.read_bytes()).areas)
    return pl.concat(made).with_columns(held_by=pl.lit("north"))


def test_real_daily_maps_against_a_freeze_that_never_was():
    """Eleven days of one mapper, by what it draws; whether it is right, and when the ground changed hands, is open."""
    start = datetime(2025, 8, 11, 0, tzinfo=UTC)
    when = When(sure=(Span(start, None),), may=(Span(start, None),), ends="open")
    found = advances(frozen(["north"], when), august(), PARAMS)
    assert found["start"].unique().to_list() == [datetime(2025, 8, 10, 3, tzinfo=UTC)]
    assert found.height == 10
    assert found["gained_km2"].to_list()[:3] == pytest.approx([11.5, 58.8, 66.0], rel=0.01)
    # The maps of 11 to 14 August may show what changed before the 11th; from the one of the 15th on they do not.
    assert found["p_when"].to_list() == [None] * 4 + [1.0] * 6
    assert (found["sure_km2"] <= found["gained_km2"] + 1e-9).all()

"""Positions and stakes in a case: entries of the log, runs that are made again, and what a state of the log knew."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from trucewatch import pipeline, replay, settling
from trucewatch.archive import know
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.covering import Asked
from trucewatch.ports import Request
from trucewatch.positioned import settled_of
from trucewatch.settle import positions, possible, settled, stuck
from trucewatch.sources import source
from trucewatch.stores.memory import MemoryCase
from trucewatch.testing import FakeClock, FakeTransport
from trucewatch.trail import trail
from trucewatch.withhold import withhold

sys.path.insert(0, str(Path(__file__).parent))
from ford import FORD
from test_settle_keep import STAKES

LOOKS = b"""source,means,start,until,lon,lat,range_km,p_seen_if_there
patrol,patrol,2010-03-11 08:00Z,2010-03-11 17:00Z,-40.0,40.0,20,0.8
camera,camera,2010-03-11 00:00Z,2010-03-13 00:00Z,-40.0,40.0,5,0.4
"""
WITHOUT_CELLS = STAKES[: STAKES.index("looks:")]


@pytest.fixture
def tools() -> pipeline.Tools:
    salts = iter(range(10_000))
    return pipeline.Tools(FakeClock(), lambda: next(salts).to_bytes(32, "big"), "test")


@pytest.fixture
def store() -> MemoryCase:
    return MemoryCase()


def looked(store, tools) -> str:
    asked = Request(files=(("looks.csv", LOOKS),))
    return pipeline.pull(store, source("looks"), asked, FakeTransport({}), tools)[0].capture.id


def outcomes(store) -> set[str]:
    again = replay.Again(store, know(store), source, "test")
    return {replay.replay(again, n).outcome for n in replay.chosen(again.known, "all")}


def kinds(store) -> list[str]:
    return [entry.kind for entry in know(store).entries]


def test_positions_are_an_entry_once_for_the_same_text_and_a_later_text_is_the_next_edition(store, tools):
    settling.enter(store, FORD, "ford.yaml", tools)
    settling.enter(store, FORD, "other-name.yaml", tools)
    assert kinds(store) == ["positions"]
    settling.enter(store, FORD.replace("The ford", "The wide ford"), "ford.yaml", tools)
    assert kinds(store) == ["positions"] * 2 and know(store).positions["ford"][0] == 1
    assert know(store, 1).positions["ford"][1]["text"] == FORD


def test_a_run_says_what_the_room_says_and_is_found_and_made_again(store, tools):
    settling.enter(store, FORD, "ford.yaml", tools)
    run = settling.settle(store, tools, firmness="demand")
    made = positions(FORD)
    assert run.tables["conflicts"].equals(stuck(made, "demand").table)
    allowed = run.tables["allowed"].filter(run.tables["allowed"]["allowed"])
    left = possible(made, "demand").left
    assert allowed.select("issue", "option").rows() == [(i, o) for i, options in left.items() for o in options]
    assert run.new and not settling.settle(store, tools, "ford", "demand").new
    assert settling.settle(store, tools, on=date(2030, 2, 1)).tables["held"]["party"].unique().to_list() == ["north"]
    assert outcomes(store) == {"same bytes"}


def test_as_of_an_earlier_state_answers_from_that_edition_and_replay_keeps_to_it(store, tools):
    settling.enter(store, FORD, "ford.yaml", tools)
    first = settling.settle(store, tools).tables["conflicts"]
    softer = FORD.replace("accepts: [as-is], firmness: red_line", "accepts: [as-is], firmness: demand")
    settling.enter(store, softer, "ford.yaml", tools)
    assert settling.settle(store, tools).tables["conflicts"].is_empty() and not first.is_empty()
    assert settling.settle(store, tools, as_of=1).tables["conflicts"].equals(first)
    with pytest.raises(InputError, match="no positions were entered among the first 0 entries"):
        settling.settle(store, tools, as_of=0)
    assert outcomes(store) == {"same bytes"}


def test_a_table_that_was_tampered_with_is_seen_by_replay(store, tools, monkeypatch):
    settling.enter(store, FORD, "ford.yaml", tools)
    settling.settle(store, tools)
    real = replay.settled_again
    monkeypatch.setattr(replay, "settled_again", lambda *a: {**real(*a), "held": real(*a)["held"].head(1)})
    assert outcomes(store) == {"differs"}


def test_an_id_that_the_case_has_not_names_the_nearest_and_several_have_to_be_told_apart(store, tools):
    settling.enter(store, FORD, "ford.yaml", tools)
    with pytest.raises(UnknownName, match="did you mean 'ford'"):
        settling.settle(store, tools, "frod")
    settling.enter(store, FORD.replace("positions: ford", "positions: bridge"), "b.yaml", tools)
    with pytest.raises(InputError, match="one of bridge, ford"):
        settling.settle(store, tools)


def test_a_file_of_which_nothing_is_left_is_not_entered(store, tools):
    with pytest.raises(InputError, match="no issue with two parties"):
        settling.enter(store, "positions: x\n", "x.yaml", tools)
    assert kinds(store) == []


def test_an_entrys_hash_confirms_no_guess_at_positions_nor_does_a_runs(store, tools):
    other = MemoryCase()
    elsewhere = pipeline.Tools(FakeClock(), lambda: b"\xff" * 32, "test")
    for case, use in ((store, tools), (other, elsewhere)):
        settling.enter(case, FORD, "ford.yaml", use)
        settling.settle(case, use)
    ours, theirs = ([entry.body_hash for entry in know(case).entries] for case in (store, other))
    assert set(ours).isdisjoint(theirs)


def test_keep_takes_the_exposure_that_cover_makes_and_is_made_again(store, tools):
    looked(store, tools)
    made, seen, run, _ = settling.keep(store, tools, (WITHOUT_CELLS, "s.yaml"), Asked(), "restricted")
    assert run.body["inputs"]["exposure"] == seen.body["outputs"]["exposure"] and made.id == "ford-truce"
    assert set(run.tables["look_values"]["look"]) == set(seen.tables["exposure"]["source"]) - {"together"}
    assert run.tables["keepings"]["noticed_high"].max() > 0
    again = settling.keep(store, tools, (WITHOUT_CELLS, "s.yaml"), Asked(), "restricted")
    assert not again[2].new and kinds(store).count("stakes") == 1
    assert outcomes(store) == {"same bytes"}


@pytest.mark.parametrize("level", ["public", "parties"])
def test_keep_on_a_case_is_restricted_and_enters_nothing_at_another_level(store, tools, level):
    looked(store, tools)
    before = kinds(store)
    with pytest.raises(InputError, match="never told at the level"):
        settling.keep(store, tools, (WITHOUT_CELLS, "s.yaml"), Asked(), level)
    assert kinds(store) == before


def test_where_the_looks_are_withheld_the_answer_goes_with_them(store, tools):
    capture = looked(store, tools)
    run = settling.keep(store, tools, (WITHOUT_CELLS, "s.yaml"), Asked(), "restricted")[2]
    withhold(store, capture, "an observer is in danger", replace(tools, by="the mission"))
    known = know(store)
    assert known.standing(set(run.body["outputs"].values())) is not None
    again = replay.Again(store, known, source, "test")
    entry = known.run_at[[body["room"] for body in known.runs].index("keep")]
    assert replay.replay(again, entry).outcome == "withheld"


def test_what_a_report_tells_is_of_the_standing_edition_and_of_no_day_gone_by(store, tools):
    settling.enter(store, FORD, "ford.yaml", tools)
    settling.settle(store, tools, firmness="demand")
    settling.settle(store, tools)
    settling.settle(store, tools, on=date(2030, 2, 1))
    assert [(of.firmness, of.on) for of in settled_of(store, know(store), "public")] == [
        ("red_line", None),
        ("demand", None),
    ]
    settling.enter(store, FORD.replace("The ford", "The wide ford"), "ford.yaml", tools)
    assert settled_of(store, know(store), "public") == ()


def hops(store, wanted) -> dict[str, dict[str, str]]:
    return {hop.what.split(" (entry")[0]: {**hop.facts, "verified": hop.verified} for hop in trail(store, wanted)}


def test_why_follows_a_conflict_to_who_said_what_and_to_what_moved_since(store, tools):
    settling.enter(store, FORD, "ford.yaml", tools)
    row = settling.settle(store, tools).tables["conflicts"].filter(pl.col("kind") == "conflict").row(0, named=True)
    first = hops(store, row["id"][:12])
    assert {f"position {line}" for line in row["lines"]} <= set(first)
    quotes = {first[f"position {line}"]["quote"] for line in row["lines"]}
    assert quotes == {"not one step back", "they must go back first"}
    assert first["what became of it"]["stands"] == "in the edition that stands (entry 0)"
    assert all("entry" in facts["verified"] or "stands in" in facts["verified"] for facts in first.values())
    # A line further down in the file, and nothing else: the same lines collide, under another id.
    settling.enter(store, FORD.replace("title: The ford", "notes: read again\ntitle: The ford"), "ford.yaml", tools)
    there = hops(store, row["id"][:12])["what became of it"]
    assert there["Northland on line"] == there["Southland on line"] == "says the same"
    assert there["there"].startswith("the same parties still collide")
    # The north moves.
    gave = FORD.replace(
        "drafts:\n      - {draft: first, takes: pulled", MOVED + "    drafts:\n      - {draft: first, takes: pulled"
    )
    assert gave != FORD
    settling.enter(store, gave, "ford.yaml", tools)
    moved = hops(store, row["id"][:12])["what became of it"]
    assert "both a day's march back" in moved["Northland on line"] and moved["Southland on line"] == "says the same"
    assert moved["there"] == "these lines no longer stand among those of its kind"


MOVED = """  - {party: north, on: "2030-04-01", accepts: [as-is, pulled], firmness: red_line, quote: "a march back, then", source: the northern radio}
"""


def test_why_takes_no_id_that_nobody_has_and_none_so_short_that_it_is_a_guess(store, tools):
    settling.enter(store, FORD, "ford.yaml", tools)
    settling.settle(store, tools)
    for wanted in ("ffffffff", ""):
        with pytest.raises(InputError, match="nor a statement or conflict"):
            trail(store, wanted)


SECRET = FORD.replace('quote: "not one step back"', 'level: parties, quote: "not one step back"')


def test_what_was_said_in_confidence_is_in_no_table_that_a_wider_level_tells(store, tools):
    settling.enter(store, SECRET, "ford.yaml", tools)
    settling.settle(store, tools)
    wide, parties, narrow = (settled_of(store, know(store), level)[0] for level in ("public", "parties", "restricted"))
    assert (wide.hidden, parties.hidden, narrow.hidden) == (True, False, False)
    text = repr([table.to_dicts() for table in (wide.held, wide.conflicts, wide.allowed, wide.packages)])
    assert "not one step back" not in text and "north/line@2030-02-01" not in text
    assert narrow.conflicts.height > wide.conflicts.height == 0
    without = settled(positions(SECRET).at("public"))
    assert wide.conflicts.equals(without.conflicts) and wide.packages.equals(without.packages)


def test_a_file_that_is_narrow_is_narrow_in_every_part_and_a_level_that_cannot_be_read_is_the_narrowest():
    narrow = positions(SECRET.replace("title: The ford", "title: The ford\nlevel: restricted", 1))
    assert {one.level for issue in narrow.issues for one in issue.positions} == {"restricted"}
    assert narrow.at("parties").issues == () and narrow.at("restricted") == narrow
    wrong = positions(SECRET.replace("title: The ford", "title: The ford\nlevel: secret", 1))
    assert "there is no level 'secret'" in str(wrong.faults[0]) and wrong.at("parties").issues == ()
    said = positions(SECRET.replace("level: parties", "level: secret"))
    assert len(said.faults) == 1 and "line" in str(said.faults[0])


def test_faults_which_name_what_they_are_of_are_told_only_where_all_is():
    made = positions(SECRET.replace("accepts: [stops]", "accepts: []"))
    assert made.faults and not made.at("public").faults and made.at("restricted").faults == made.faults


def test_the_body_of_a_run_does_not_hold_the_text(store, tools):
    settling.enter(store, FORD, "ford.yaml", tools)
    assert "bread" not in json.dumps(settling.settle(store, tools).body)

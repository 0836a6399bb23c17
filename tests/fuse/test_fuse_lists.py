"""Two real lists: known pairs are found, and what that costs on copies that can only meet by chance."""

from __future__ import annotations

import polars as pl
import pytest
from listed import both, civharm, jittered, known, linked, met, recall, shifted, written

from trucewatch.fuse.learn import learn
from trucewatch.fuse.learnt import Learnt


@pytest.mark.slow
def test_known_pairs_of_two_real_lists_are_found_and_few_rows_meet_by_chance():
    assert known().height == 348
    learnt = learn(both(civharm()))
    assert learnt.sources["told_share"].max() < 0.3, (
        "half a kilometre is told, where matches lie within some tens of metres"
    )
    links = linked(civharm(), learnt)
    found = recall(links)
    by_chance = [met(linked(shifted(civharm(), days), learnt)) for days in (30, -30)]
    said = f"recall {found:.3f}, met {met(links):.3f}, on copies moved by a month {by_chance}"
    assert found >= 0.95 and max(by_chance) < 0.02, said


@pytest.mark.slow
def test_known_pairs_are_found_with_one_list_moved_by_a_kilometre():
    moved = jittered(civharm(), 1_000.0, seed=1)
    found = recall(linked(moved, learn(both(moved))))
    assert found >= 0.85, f"recall {found:.3f}"


@pytest.mark.slow
def test_radii_taken_at_their_word_bring_more_chance_meetings():
    at_word, learnt = written(1.0), learn(both(civharm()))
    second = shifted(civharm(), 30)
    assert met(linked(second, at_word)) > 3 * met(linked(second, learnt))


@pytest.mark.slow
def test_one_row_a_source_loses_most_of_the_pairs():
    links = linked(civharm(), Learnt("one", written(1.0).sources.with_columns(most_per_incident=pl.lit(1, pl.Int64))))
    assert recall(links) < 0.7
    learnt = learn(both(civharm()))
    assert dict(learnt.sources.select("source", "most_per_incident").rows())["cir"] >= 10
